"""What a row of the table of capabilities says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.pictures.admission import Limits
from shared.vendors.options import Option


@dataclass(frozen=True)
class Companion:
    """The second picture that a capability needs: its role in names, and the vendor's field for it."""

    role: str
    field: str
    same_size: bool = True
    """Whether it must lie on the first one pixel upon pixel."""
    instead: str = ""
    """The option that serves in its place; a document beside the picture may hold it, `<image>.<option>.json`."""


@dataclass(frozen=True)
class Capability:
    """One row of the table: what values make it differ from its neighbours."""

    name: str
    """`<group>/<capability>`, the first two folders of an upload."""
    title: str
    provider: str
    action: str
    limits: Limits
    image: str = "ImageURL"
    """The vendor's field for the picture; its answer spells its pictures the same way."""
    companion: Companion | None = None
    place: Literal["query", "body"] = "query"
    """Where the vendor reads the pictures' fields."""
    options: Mapping[str, Option] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    """What the vendor may call the pictures of one answer; those without a name are numbered."""
    asynchronous: bool = False
    batch: int = 1
    """Pictures that one call may hold."""
    max_qps: float = math.inf
    """Calls a second beyond which the vendor lets nobody buy."""
    price_yuan: float | None = None
    """What the manual of 2022-05 asks for a call as you go, in its first step by volume; None where it names no such
    price, or said that calls were free, which has ended since."""
    substitute: str = ""
    """Set for an action that left the vendor's SDK: the capability to use when the vendor no longer knows it."""

    @property
    def companion_roles(self) -> tuple[str, ...]:
        """The roles of what may lie beside a picture, of which the first found is used: none when it is enough."""
        return tuple(filter(None, (self.companion.role, self.companion.instead))) if self.companion else ()

    @property
    def fields(self) -> dict[str, str]:
        """The vendor's field for each picture, by role."""
        return {"image": self.image} | ({self.companion.role: self.companion.field} if self.companion else {})
