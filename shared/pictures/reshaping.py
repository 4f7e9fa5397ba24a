"""The OSS image processing with which a vendor fetches a picture: what OSS can read, turn, resize and write.

Its documents differ on the order of the actions ("Overview" says: as they are written; "Auto-orient" has an example
in which a picture is turned before it is resized, though it is written after) and on whether the longest side that it
turns is 4,096 pixels or less than that. The values built here give the same picture by each of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Rejected
from shared.messages import pictures as messages
from shared.messages.message import AND, SEMICOLON, Message
from shared.pictures.header.facts import Header

# "Overview" (limits), "Resize images", and the error pages 0040-00000009, -12, -14 (AVIF), -18 (TIFF), -19.
_SOURCE_BYTES = 20_000_000
_SOURCE_SIDE = 30_000
_SOURCE_SIDES = {"tiff": 16_384, "avif": 10_000}
_SOURCE_PIXELS = 250_000_000
"""Pixels of all frames together."""
_RESULT_SIDE = 16_384
_RESULT_PIXELS = 16_777_216

_ROTATED_SIDE = 4_096
"""Pixels a side that a picture may have to be rotated ("Rotate", error page 0040-00000006), after resizing, as in the
FAQ on image processing."""
_ORIENTED_SIDE = 4_095
"""Pixels a side that the source may have, as stored, for auto-orient: less than 4,096 ("Auto-orient")."""
_ORIENTED_FORMATS = frozenset({"jpg"})
"""Formats in which OSS reads the EXIF orientation; no document says that it does in WebP, PNG or TIFF."""
_CLOCKWISE = {3: 180, 6: 90, 8: 270}
"""Degrees that undo an EXIF orientation; the others are mirrored, and OSS has no action that mirrors."""


@dataclass(frozen=True)
class Rendering:
    """The picture as the vendor fetches it: `process` (an `x-oss-process` value; empty: as stored), and the sides."""

    process: str
    width: int
    height: int


@dataclass(frozen=True)
class Encoding:
    """How OSS writes the picture: its actions, and an upper bound of bytes per pixel."""

    actions: str
    bytes_a_pixel: float


JPEG = Encoding("format,jpg/quality,Q_90", 0.9)
"""Photos take 0.1 to 0.5 bytes per pixel, uniform noise 0.9 (4:2:0, as most encoders write)."""
PNG = Encoding("format,png", 4.1)
"""With transparency, photos take 1.5 to 2.5 bytes per pixel, noise the 4 of RGBA and deflate's overhead."""


def encoding(header: Header) -> Encoding:
    """How to write a picture. OSS does not write a transparent HEIC as JPG ("Overview"), and perhaps not an AVIF."""
    return PNG if header.alpha and header.format in ("heic", "avif") else JPEG


def refuse_unreadable(header: Header, size: int, problems: list[Message]) -> None:
    """Raises `Rejected` when OSS cannot read a picture of `size` bytes; `problems` say why it has to be reshaped."""
    why = SEMICOLON.join(problems)
    if header.format == "webp" and header.frames > 1:  # error page 0040-00000010
        raise Rejected("AnimatedPicture", messages.ANIMATED(why=why))
    advice = list(_advice(header, size))
    if advice:
        said = messages.TOO_LARGE(
            why=why,
            most_bytes=_SOURCE_BYTES,
            most_side=_source_side(header),
            most_pixels=_SOURCE_PIXELS,
            size=size,
            width=header.width,
            height=header.height,
            frames=messages.FRAMES(frames=header.frames) if header.frames > 1 else "",
            advice=AND.join(advice),
        )
        raise Rejected("PictureTooLarge", said)


def largest(header: Header, max_side: float, max_bytes: float, written: Encoding) -> tuple[float, float]:
    """The longest side and the most pixels that a reshaped picture may have, by OSS's limits and the vendor's."""
    side = _RESULT_SIDE if header.orientation == 1 else _ROTATED_SIDE
    return min(max_side, side), min(_RESULT_PIXELS, max_bytes / written.bytes_a_pixel)


def within(header: Header, side: float, pixels: float) -> tuple[int, int]:
    """The sides of the picture, as stored, reduced to a longest one of `side` and to `pixels` in all."""
    scale = min(1.0, side / max(header.width, header.height), math.sqrt(pixels / (header.width * header.height)))
    return max(1, int(header.width * scale)), max(1, int(header.height * scale))


def reshaped(header: Header, sides: tuple[int, int], written: Encoding) -> Rendering:
    """A picture resized to `sides` (before turning), turned upright and encoded as `written`.

    Raises `Rejected` when OSS cannot turn it.
    """
    turned = header.as_viewed(sides)
    stored = (header.width, header.height)
    to_stored, to_turned = ([] if sides == stored else [_resize(each)] for each in (sides, turned))
    if header.orientation == 1:
        steps = to_stored
    elif header.format in _ORIENTED_FORMATS and max(stored) <= _ORIENTED_SIDE:
        steps = ["auto-orient,1", *to_turned]
    elif header.orientation in _CLOCKWISE and max(sides) <= _ROTATED_SIDE:
        steps = ["auto-orient,0", *to_stored, f"rotate,{_CLOCKWISE[header.orientation]}"]
    else:
        said = messages.CANNOT_BE_TURNED(
            how=messages.TURNED() if header.orientation in _CLOCKWISE else messages.MIRRORED(),
            orientation=header.orientation,
            format=header.format.upper(),
            width=header.width,
            height=header.height,
        )
        raise Rejected("CannotBeTurned", said)
    return Rendering("/".join(["image", *steps, written.actions]), *turned)


def _resize(sides: tuple[int, int]) -> str:
    return "resize,m_fixed,w_{},h_{}".format(*sides)


def _source_side(header: Header) -> int:
    return _SOURCE_SIDES.get(header.format, _SOURCE_SIDE)


def _advice(header: Header, size: int) -> Iterator[Message]:
    """What to do about each of OSS's limits that the picture exceeds."""
    if size > _SOURCE_BYTES:
        yield messages.FEWER_BYTES(megabytes=_SOURCE_BYTES // 1_000_000)
    if max(header.width, header.height) > _source_side(header):
        yield messages.SMALLER_SIDES(side=_source_side(header))
    pages = 1 if header.format == "tiff" else header.frames  # pages are no animation
    pixels = header.width * header.height
    if pixels > _SOURCE_PIXELS:
        yield messages.FEWER_PIXELS(millions=_SOURCE_PIXELS // 1_000_000)
    elif pixels * pages > _SOURCE_PIXELS:
        yield messages.ONE_FRAME()
