"""The nouns: what a capability is, what is known of a picture, what is said to a vendor and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.documents import ResultLink
from shared.errors import CutoutError
from shared.options import Option

MARK = "oss-cutout"
"""The metadata on every object we write for people: the ETags of the pictures it was made from."""


@dataclass(frozen=True)
class Credentials:
    """An access key; `security_token` is empty for a permanent one."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r})"  # a secret must not end up in a log


@dataclass(frozen=True)
class Limits:
    """What a vendor takes, all bounds inclusive: `max_bytes` in bytes, sides in pixels."""

    formats: frozenset[str]
    max_bytes: float
    min_side: int
    max_side: int
    png_bits: frozenset[int] = frozenset({24, 32})
    """Bits a pixel that a PNG may have."""
    max_aspect: float = math.inf
    """The longer side over the shorter one."""
    max_link: float = math.inf
    """Characters that the picture's address may have."""


@dataclass(frozen=True)
class Second:
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
    second: Second | None = None
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
    def companions(self) -> tuple[str, ...]:
        """The roles of what may lie beside a picture, of which the first found is used: none when it is enough."""
        return tuple(filter(None, (self.second.role, self.second.instead))) if self.second else ()

    @property
    def fields(self) -> dict[str, str]:
        """The vendor's field for each picture, by role."""
        return {"image": self.image} | ({self.second.role: self.second.field} if self.second else {})


@dataclass(frozen=True)
class Header:
    """What the header of an image says. Sides are in pixels, as stored, before any turning by EXIF.

    Those of `heic` and `avif` are the sides that every decoder shows, after the file's own `clap` and `irot`; their
    orientation is 1, since a decoder does not apply EXIF inside HEIF (ISO/IEC 23008-12).
    """

    format: str
    """`jpg`, `png`, `bmp`, `webp`, `gif`, `tiff`, `heic` or `avif`: OSS's names."""
    width: int
    height: int
    bits: int = 24
    """Bits a pixel."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    frames: int = 1
    """Pictures in the file; more than one is an animation, or pages."""
    alpha: bool = False
    """Whether it can be transparent."""
    cmyk: bool = False
    """Whether its colours are those of print."""

    @property
    def turned(self) -> tuple[int, int]:
        """Width and height as a viewer shows them."""
        return self.as_viewed((self.width, self.height))

    def as_viewed(self, sides: tuple[int, int]) -> tuple[int, int]:
        """`sides` of the picture as stored, brought to its viewer's order, or back again."""
        return (sides[1], sides[0]) if self.orientation >= 5 else sides


@dataclass(frozen=True)
class Entry:
    """An object as a listing shows it."""

    key: str
    etag: str
    modified: datetime
    size: int
    """Bytes."""


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
class Quota:
    """An allowance: so many calls a second, shared by all that name it."""

    name: str
    per_second: float


@dataclass(frozen=True)
class Task:
    """What a vendor is asked for one upload: links to the pictures, and options, both by the vendor's own fields."""

    links: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One HTTP request to a vendor: with a form or with JSON, and the quota it draws on.

    `longest_reply` is in bytes: links and boxes are some kilobytes.
    """

    method: str
    url: str
    quota: Quota
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    longest_reply: int = 1_000_000


@dataclass(frozen=True)
class Reply:
    """`headers` by their names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stamp:
    """What makes a call unique: the moment and a number used once."""

    now: datetime
    nonce: str


@dataclass(frozen=True)
class Done:
    """The vendor has finished."""

    pictures: tuple[ResultLink, ...]
    request_id: str


@dataclass(frozen=True)
class Accepted:
    """The vendor has taken the work and will be asked for it by `ticket`, which tasks of one call share."""

    ticket: str
    request_id: str


@dataclass(frozen=True)
class Pending:
    """The vendor is still at it."""


@dataclass(frozen=True)
class Failed:
    """The vendor gave the work up; the ticket is worth nothing any more."""

    error: CutoutError


IMAGE_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "bmp": "image/bmp"}
"""What a result may be: content types by extension."""


@dataclass(frozen=True)
class Download:
    content_type: str
    extension: str
    chunks: Iterator[bytes]
