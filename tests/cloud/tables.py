"""What each vendor takes, by its stand-in's own table, drawn up from the vendor's manual, not from our rows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from tests.cloud import damo_apis, picwish_work, viapi_actions
from tests.cloud.oss_image_actions import FORMATS
from tests.cloud.vendor_pictures import Limits

_OSS_NAMES = {pillow: name for name, pillow in FORMATS.items() if name != "jpeg"}


@dataclass(frozen=True)
class Takes:
    """What a vendor takes, in OSS's words; bounds are inclusive, in bytes and pixels."""

    formats: frozenset[str]
    max_bytes: float
    least: int
    most: int
    aspect: float
    """The longer side over the shorter one."""
    depths_refused: frozenset[int]
    """Bits a pixel that a PNG may not have."""
    seconds: tuple[str, ...]
    """The fields of pictures beside the first."""
    same_size: bool
    options: Mapping[str, tuple[str, ...]]
    """Every value by the vendor's name, which for a list ends in `.N`; none where they are too many to list."""

    @property
    def second(self) -> Literal["", "of any size", "of the same size"]:
        """What the second picture must be beside the first one; empty where there is none."""
        if not self.seconds:
            return ""
        return "of the same size" if self.same_size else "of any size"


class Row(Protocol):
    """What the row of an action says in every stand-in's own table."""

    @property
    def pictures(self) -> tuple[str, ...]:
        """The fields that hold links; the first is the photo."""
        ...

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """The other fields, and their values."""
        ...


def our_name(field: str) -> str:
    """Our name of an option, by the vendor's: `ReturnForm`, `output_type` and `ClothClass.N` in kebab-case."""
    return re.sub("(?<=[a-z])(?=[A-Z])|_", "-", field.removesuffix(".N")).lower()


def _takes(limits: Limits, row: Row, *, same_size: bool) -> Takes:
    return Takes(
        formats=frozenset(_OSS_NAMES[form] for form in limits.formats),
        max_bytes=limits.max_bytes,
        least=limits.least,
        most=limits.most,
        aspect=limits.aspect[1] if limits.aspect else math.inf,
        depths_refused=limits.png_depths_refused,
        seconds=row.pictures[1:],
        same_size=same_size,
        options=row.options,
    )


def viapi(action: str) -> Takes:
    """Raises `KeyError` for an action that the stand-in does not have, like its neighbours."""
    row = viapi_actions.ACTIONS[action]
    return _takes(row.limits, row, same_size=row.same_size)


def picwish(path: str) -> Takes:
    return _takes(picwish_work.LIMITS, picwish_work.ACTIONS[path.rpartition("/")[2]], same_size=True)


def damo(api: str) -> Takes:
    return _takes(damo_apis.LIMITS, damo_apis.APIS[api], same_size=True)
