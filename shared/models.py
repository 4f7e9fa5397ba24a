"""The nouns: what a capability is, what is known of a picture, what is said to a vendor and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.documents import ResultLink
from shared.errors import CutoutError


@dataclass(frozen=True)
class Limits:
    """What a vendor takes, all bounds inclusive: `max_bytes` in bytes, sides in pixels."""

    formats: frozenset[str]
    max_bytes: int
    min_side: int
    max_side: int
    png_bits: frozenset[int] = frozenset({24, 32})
    """Bits a pixel that a PNG may have."""
    max_aspect: float = math.inf
    """The longer side over the shorter one."""


@dataclass(frozen=True)
class Second:
    """The second picture that a capability needs: its role in names, and the vendor's field for it."""

    role: str
    field: str
    same_size: bool = True
    """Whether it must lie on the first one pixel upon pixel."""


@dataclass(frozen=True)
class OneOf:
    """An option with one value. `field` is the vendor's name; what `values` does not list is refused."""

    field: str
    values: tuple[str, ...]

    def spoken(self, value: str) -> dict[str, str] | None:
        """The value in the vendor's words; None when it documents no such value."""
        return {self.field: value} if value in self.values else None


@dataclass(frozen=True)
class SomeOf:
    """An option with several values at once, which we join by `+` and the vendor numbers: `Field.1`, `Field.2` …"""

    field: str
    values: tuple[str, ...]

    def spoken(self, value: str) -> dict[str, str] | None:
        chosen = value.split("+")
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(self.values):
            return None
        return {f"{self.field}.{number}": each for number, each in enumerate(chosen, 1)}


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
    second: Second | None = None
    place: Literal["query", "body"] = "query"
    """Where the vendor reads the pictures' fields."""
    options: Mapping[str, OneOf | SomeOf] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    """What the vendor may call the pictures of one answer; those without a name are numbered."""
    asynchronous: bool = False
    price_yuan: float = 0.0
    """A call's list price beyond free allowances; 0 where calls are free and throughput is what is bought."""
    substitute: str = ""
    """Set for an action that left the vendor's SDK: the capability to use when the vendor no longer knows it."""

    @property
    def companion(self) -> str:
        """The role of the second picture; empty when one is enough."""
        return self.second.role if self.second else ""

    @property
    def fields(self) -> dict[str, str]:
        """The vendor's field for each picture, by role."""
        return {"image": self.image} | ({self.second.role: self.second.field} if self.second else {})


@dataclass(frozen=True)
class Header:
    """What the first bytes of an image say. Sides are as stored, before any turning, in pixels."""

    format: str
    """`jpg`, `png`, `bmp`, `webp`, `gif`, `tiff` or `heic`: OSS's names."""
    width: int
    height: int
    bits: int = 24
    """Bits a pixel."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""

    @property
    def turned(self) -> tuple[int, int]:
        """Width and height as a viewer shows them."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@dataclass(frozen=True)
class Entry:
    """An object as a listing shows it."""

    key: str
    etag: str
    modified: datetime


@dataclass(frozen=True)
class Source:
    """An uploaded object: its facts and its first bytes."""

    key: str
    etag: str
    size: int
    """Bytes."""
    modified: datetime
    metadata: Mapping[str, str]
    """The user's metadata, without the `x-oss-meta-` prefix."""
    head: bytes


@dataclass(frozen=True)
class Stored:
    """A small document read back, with the ETag it had."""

    body: bytes
    etag: str
    mark: str


@dataclass(frozen=True)
class Request:
    """One HTTP request to a vendor; `quota` names the allowance it draws on."""

    method: str
    url: str
    quota: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


@dataclass(frozen=True)
class Stamp:
    """What makes a signature unique: the moment and a number used once."""

    now: datetime
    nonce: str


@dataclass(frozen=True)
class Done:
    """The vendor has finished."""

    pictures: tuple[ResultLink, ...]
    request_id: str


@dataclass(frozen=True)
class Accepted:
    """The vendor has taken the work and will be asked for it by `ticket`."""

    ticket: str


@dataclass(frozen=True)
class Pending:
    """The vendor is still at it."""


@dataclass(frozen=True)
class Failed:
    """The vendor gave the work up; the ticket is worth nothing any more."""

    error: CutoutError


@dataclass(frozen=True)
class Download:
    content_type: str
    extension: str
    chunks: Iterator[bytes]
