"""The nouns: what a capability is, what is known of a picture, what is said to a vendor and what it answers."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Option:
    """`field` is the vendor's name; `values` what its manual documents: anything else is refused before the call."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Capability:
    """One row of the table: what values make it differ from its neighbours."""

    name: str
    """`<group>/<capability>`, the first two folders of an upload."""
    title: str
    provider: str
    action: str
    limits: Limits
    fields: Mapping[str, str]
    """The vendor's field for each picture: `image` first, then the second picture's role where one is needed."""
    place: Literal["query", "body"] = "query"
    """Where the vendor reads the pictures' fields."""
    options: Mapping[str, Option] = field(default_factory=dict)
    asynchronous: bool = False
    price_yuan: float = 0.0
    """A call's list price beyond free allowances; 0 where calls are free and throughput is what is bought."""
    substitute: str = ""
    """Set for an action that left the vendor's SDK: the capability to use when the vendor no longer knows it."""

    @property
    def companion(self) -> str:
        """The role of the second picture; empty when one is enough."""
        return next((role for role in self.fields if role != "image"), "")


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
