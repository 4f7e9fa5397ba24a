"""WebP (RFC 9649): a RIFF file with one picture, or an extended header and more chunks."""

from __future__ import annotations

from collections.abc import Iterator

from shared.pictures.header.exif import exif_orientation
from shared.pictures.header.facts import Header
from shared.pictures.header.view import View

_ANIMATION, _EXIF, _ALPHA = 0x02, 0x08, 0x10


def read_webp(view: View) -> Header:
    """Raises `ValueError` for an unknown kind of WebP, and `struct.error` when the file is cut off."""
    match view.at(12, 4):
        case b"VP8 ":
            width, height = view.unpack("<HH", 26)
            return Header("webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (packed,) = view.unpack("<I", 21)
            sides = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
            return Header("webp", *sides, bits=32, alpha=bool(packed >> 28 & 1))
        case b"VP8X":
            return _extended(view)
        case _:
            raise ValueError("an unknown kind of WebP")


def _extended(view: View) -> Header:
    """Counts the frames of an animation to two, which is all that is needed, and does not read its EXIF, as only a
    single picture can be turned. Decoders ignore chunks that the flags do not announce, so they are not read."""
    flags, low, high, low2, high2 = view.unpack("<B3xHBHB", 20)
    frames, orientation = 0, 1
    wanted = b"ANMF" if flags & _ANIMATION else b"EXIF" if flags & _EXIF else b""
    for name, body in _chunks(view) if wanted else ():
        if name != wanted:
            continue
        frames += 1
        if name == b"EXIF":
            orientation = exif_orientation(body)
            break
        if frames == 2:
            break
    return Header(
        "webp",
        (high << 16 | low) + 1,
        (high2 << 16 | low2) + 1,
        orientation=orientation,
        frames=max(1, frames),
        alpha=bool(flags & _ALPHA),
    )


def _chunks(view: View) -> Iterator[tuple[bytes, View]]:
    offset = 12
    while offset + 8 <= view.size:
        name, length = view.unpack("<4sI", offset)
        yield name, view.part(offset + 8, length)
        offset += 8 + length + length % 2
