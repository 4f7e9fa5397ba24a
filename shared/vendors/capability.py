"""The columns of the table of capabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.pictures.admission import Limits
from shared.vendors.options import Option


@dataclass(frozen=True)
class Companion:
    """The second picture that a capability needs: its role, which is part of its key, and the vendor's field for it."""

    role: str
    field: str
    same_size: bool = True
    """Whether it must have the sides of the first picture."""
    instead: str = ""
    """The option that may be given in its place, also as a document beside the picture: `<image>.<option>.json`."""


@dataclass(frozen=True)
class Capability:
    """One row of the table of capabilities."""

    name: str
    """`<group>/<capability>`, the first two folders of an upload."""
    title: str
    """What the vendor's console calls it."""
    provider: str
    """The vendor's name in `shared.entry.wiring`."""
    action: str
    """The vendor's name for it, or the path of its API."""
    limits: Limits
    """What the vendor takes without reshaping."""
    image: str = "ImageURL"
    """The vendor's field for the picture's link; VIAPI's replies call the result's link the same."""
    companion: Companion | None = None
    place: Literal["query", "body"] = "query"
    """Where VIAPI reads the pictures' fields."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """By our names, as folders of an upload spell them."""
    listable: bool = False
    """Whether its picture, the first of several, is a cutout or a mask in the photo's own frame: then listing pictures
    can be made of it."""
    labels: frozenset[str] = frozenset()
    """What the vendor may call the pictures of one reply; pictures without a name are numbered."""
    asynchronous: bool = False
    """Whether the vendor always accepts a call first, and is polled for the result."""
    batch: int = 1
    """Uploads that one call may contain."""
    max_qps: float = math.inf
    """The most calls a second that the vendor sells."""
    price_yuan: float | None = None
    """The price of a call, pay as you go, in the first volume tier of the manual of 2022-05. None: it states no such
    price, or said that calls were free, which has ended since."""
    substitute: str = ""
    """For an action that was removed from the vendor's SDK: the capability to use once the vendor refuses it."""

    @property
    def companion_roles(self) -> tuple[str, ...]:
        """The roles of its companions, of which the first that exists is used; empty when it takes none."""
        return tuple(filter(None, (self.companion.role, self.companion.instead))) if self.companion else ()

    @property
    def fields(self) -> dict[str, str]:
        """The vendor's field for each picture, by role."""
        return {"image": self.image} | ({self.companion.role: self.companion.field} if self.companion else {})
