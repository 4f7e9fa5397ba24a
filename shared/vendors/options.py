"""The kinds of options that vendors document, and how each kind's value becomes fields of the vendor's API."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import FailFast, TypeAdapter, ValidationError

from shared.errors import Rejected
from shared.messages import uploads as messages
from shared.messages.message import COMMA, Message, shortened
from shared.pictures.geometry import Box, Frame, covered, rendered_box

_BOXES = TypeAdapter(Annotated[tuple[Box, ...], FailFast()])
"""It stops at the first box that is none: one fault is told, and each that is found takes a kilobyte."""


@dataclass(frozen=True)
class OneOf:
    """An option with one of `values`. `field` is the vendor's name of the option."""

    field: str
    values: tuple[str, ...]
    unlistable: tuple[str, ...] = ()
    """Values with which the result is no cutout in the photo's own frame, so no listing pictures can be made of it."""

    @property
    def accepted(self) -> Message:
        """The values that it takes, for a message."""
        return COMMA.join(self.values)

    def vendor_fields(self, value: str) -> dict[str, str] | None:
        """The value as fields of the vendor's API; None when the vendor documents no such value."""
        return {self.field: value} if value in self.values else None


@dataclass(frozen=True)
class SomeOf:
    """An option with several of `values`: joined by `+` here; the vendor numbers them, `Field.1`, `Field.2` …

    `unlistable` is as that of `OneOf`."""

    field: str
    values: tuple[str, ...]
    unlistable: tuple[str, ...] = ()

    @property
    def accepted(self) -> Message:
        return COMMA.join(self.values)

    def vendor_fields(self, value: str) -> dict[str, str] | None:
        chosen = value.split("+")
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(self.values):
            return None
        return {f"{self.field}.{number}": each for number, each in enumerate(chosen, 1)}


@dataclass(frozen=True)
class Colour:
    """An option whose value is a colour, RRGGBB in hexadecimal. It has an effect only beside another option."""

    field: str
    only_with: tuple[str, str]
    """The other option and its value."""

    @property
    def accepted(self) -> Message:
        return messages.COLOUR(other="=".join(self.only_with))

    def vendor_fields(self, value: str) -> dict[str, str] | None:
        return {self.field: value} if re.fullmatch("[0-9A-Fa-f]{6}", value) else None


@dataclass(frozen=True)
class Areas:
    """An option whose value is a JSON list of rectangles, in pixels of the uploaded picture as stored."""

    field: str
    most: int
    max_share: float
    """The share of the picture that they may cover together, 0 to 1."""

    @property
    def accepted(self) -> Message:
        return messages.AREAS(most=self.most)

    def vendor_fields(self, value: str) -> dict[str, str] | None:
        return {self.field: value}  # `admit_areas` checks it, which needs the picture's sides


Option = OneOf | SomeOf | Colour | Areas


def admit_areas(text: str, areas: Areas, frame: Frame) -> str:
    """The rectangles in `text` for the vendor: JSON, in pixels of the picture that the vendor fetches.

    Raises `Rejected` when `text` has none or too many, or they are not in the picture or cover too much of it.
    """
    try:
        boxes = _BOXES.validate_json(text, strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
        where = " of ".join(f"number {part + 1}" if isinstance(part, int) else part for part in reversed(fault["loc"]))
        said = f"{where}: {fault['msg']}" if where else fault["msg"]
        refusal = messages.NOT_AREAS(field=areas.field, accepted=areas.accepted, fault=said)
        raise Rejected("InvalidAreas", refusal) from None
    if not 1 <= len(boxes) <= areas.most:
        raise Rejected("InvalidAreas", messages.NUMBER_OF_AREAS(count=len(boxes), field=areas.field, most=areas.most))
    for box in boxes:
        inside = box.x + box.width <= frame.width and box.y + box.height <= frame.height
        if min(box.x, box.y) < 0 or min(box.width, box.height) < 1 or not inside:
            where = shortened(json.dumps(asdict(box)))
            raise Rejected("InvalidAreas", messages.AREA_OUTSIDE(area=where, width=frame.width, height=frame.height))
    # Rounded outwards they may cover more than in the upload, and the vendor measures them in the picture it fetches.
    shown = tuple(rendered_box(box, frame) for box in boxes)
    share, pixels = covered(shown), frame.rendered_width * frame.rendered_height
    if share > areas.max_share * pixels:
        too_large = messages.AREAS_TOO_LARGE(
            field=areas.field, covered=share, pixels=pixels, share=share / pixels, most=areas.max_share
        )
        raise Rejected("InvalidAreas", too_large)
    return json.dumps([asdict(box) for box in shown])
