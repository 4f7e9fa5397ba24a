"""What an image is, read from its first bytes: format, sides, bits a pixel, EXIF orientation.

Written here rather than taken from Pillow, because admission needs the bits of a PNG as stored (Pillow shows a
16-bit RGB PNG as 8-bit), needs no pixel, and would pay for a decoder with 20 MB of every function's package.
Pillow is the oracle of its tests instead.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from shared.errors import Rejected
from shared.models import Header

More = Callable[[int, int], bytes]
"""`more(start, length)` reads further into the object; it may return less at its end."""

WINDOW = 64 * 1024
"""Bytes read at once: the head of nearly every photo holds all that is needed."""

_MAX_WINDOWS = 64
"""A JPEG may carry megabytes of profiles and thumbnails before its size; past this it is no photo."""

_MAX_SEGMENTS = 10_000
"""Of a JPEG, before its size: a profile or a thumbnail takes a few, and an empty one as long to step over."""

_PADDING = 4 * 1024
"""Bytes of a JPEG's padding that are stepped over at once."""

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def read_header(head: bytes, more: More) -> Header:
    """Read the header of the image that begins with `head`.

    Raises `Rejected`: `NotAnImage` for anything OSS cannot process either, `BrokenImage` when the header is cut off
    or makes no sense.
    """
    view = _View(head, more)
    reader = next((reader for magic, reader in _READERS if magic.match(head)), None)
    if reader is None:
        raise Rejected("NotAnImage", "this is no JPEG, PNG, BMP, WebP, GIF, TIFF or HEIC picture, whatever its name")
    try:
        header = reader(view)
    except (struct.error, KeyError, ValueError):
        raise Rejected("BrokenImage", "the picture's header is cut off or damaged") from None
    if header.width < 1 or header.height < 1:
        raise Rejected("BrokenImage", f"the picture's header says {header.width} × {header.height} pixels")
    return header


class _View:
    """The object's bytes, fetched a window at a time where they lie beyond the head."""

    def __init__(self, head: bytes, more: More) -> None:
        self._head = head
        self._more = more
        self._start = 0
        self._window = b""
        self._windows = 0

    def at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on; fewer than `length` where the object ends."""
        if offset + length <= len(self._head) or len(self._head) < WINDOW:
            return self._head[offset : offset + length]
        if not self._start <= offset <= offset + length <= self._start + len(self._window):
            self._windows += 1
            if self._windows > _MAX_WINDOWS:
                raise ValueError("the header is too far into the file")
            self._start, self._window = offset, self._more(offset, max(length, WINDOW))
        return self._window[offset - self._start :][:length]

    def unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        return struct.unpack(layout, self.at(offset, struct.calcsize(layout)))


def _png(view: _View) -> Header:
    width, height, depth, colour = view.unpack(">IIBB", 16)
    return Header("png", width, height, bits=depth * _PNG_CHANNELS[colour])


def _jpeg(view: _View) -> Header:
    offset, orientation = 2, 1
    for _ in range(_MAX_SEGMENTS):
        mark, code = view.unpack(">BB", offset)
        if mark != 0xFF:
            raise ValueError("no marker where one must be")
        if code == 0xFF:  # padding, of which there may be megabytes
            padding = view.at(offset, _PADDING)
            offset += len(padding) - len(padding.lstrip(b"\xff")) - 1
            continue
        if 0xD0 <= code <= 0xDA:
            raise ValueError("a marker that has no place before the frame header")
        (length,) = view.unpack(">H", offset + 2)
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):  # a frame header, of whatever kind
            precision, height, width, channels = view.unpack(">BHHB", offset + 4)
            return Header("jpg", width, height, bits=precision * channels, orientation=orientation)
        if code == 0xE1 and view.at(offset + 4, 6) == b"Exif\0\0":
            orientation = _orientation(view.at(offset + 10, length - 8))
        offset += 2 + length
    raise ValueError("more segments than any photo has")


def _orientation(exif: bytes) -> int:
    """EXIF tag 0x0112 of the first directory; 1 (upright) when it is absent or makes no sense."""
    order = ">" if exif[:2] == b"MM" else "<"
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(entries):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, directory + 2 + 12 * entry)
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass  # damaged EXIF in a sound picture: viewers show it as stored, and so do we
    return 1


def _bmp(view: _View) -> Header:
    (kind,) = view.unpack("<I", 14)
    if kind == 12:
        width, height, _, bits = view.unpack("<HHHH", 18)
    else:
        width, height, _, bits = view.unpack("<iiHH", 18)
    return Header("bmp", width, abs(height), bits=bits)  # a negative height: rows from top to bottom


def _gif(view: _View) -> Header:
    width, height = view.unpack("<HH", 6)
    return Header("gif", width, height, bits=8)


def _webp(view: _View) -> Header:
    match view.at(12, 4):
        case b"VP8 ":
            width, height = view.unpack("<HH", 26)
            return Header("webp", width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (packed,) = view.unpack("<I", 21)
            return Header("webp", (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, bits=32)
        case b"VP8X":
            low, high, low2, high2 = view.unpack("<HBHB", 24)
            return Header("webp", (high << 16 | low) + 1, (high2 << 16 | low2) + 1)
        case _:
            raise ValueError("an unknown kind of WebP")


def _tiff(view: _View) -> Header:
    order = ">" if view.at(0, 2) == b"MM" else "<"
    (directory,) = view.unpack(f"{order}I", 4)
    (entries,) = view.unpack(f"{order}H", directory)
    tags: dict[int, int] = {}
    for entry in range(entries):
        tag, kind = view.unpack(f"{order}HH", directory + 2 + 12 * entry)
        (tags[tag],) = view.unpack(order + ("H" if kind == 3 else "I"), directory + 10 + 12 * entry)
    orientation = tags.get(0x0112, 1)
    return Header("tiff", tags[0x0100], tags[0x0101], orientation=orientation if 1 <= orientation <= 8 else 1)


def _heic(view: _View) -> Header:
    # The sides stand in `ispe` boxes, one for each tile and one for the whole; a decoder turns by `irot` itself.
    head = view.at(0, WINDOW)
    sides = [struct.unpack_from(">II", head, at + 8) for at in _positions(head, b"ispe")]
    width, height = max(sides, key=lambda side: side[0] * side[1])
    if any(head[at + 4] & 1 for at in _positions(head, b"irot")):
        width, height = height, width
    return Header("heic", width, height)


def _positions(data: bytes, word: bytes) -> list[int]:
    found, at = [], data.find(word)
    while at >= 0:
        if at + 16 <= len(data):
            found.append(at)
        at = data.find(word, at + 4)
    return found


_READERS: tuple[tuple[re.Pattern[bytes], Callable[[_View], Header]], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL), _bmp),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"II\*\0|MM\0\*"), _tiff),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
    (re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL), _heic),
)
