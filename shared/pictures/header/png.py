"""PNG (W3C, third edition), APNG, and Apple's dialect of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.pictures.header.exif import exif_orientation
from shared.pictures.header.facts import Header
from shared.pictures.header.view import WINDOW, View

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""
_WITH_ALPHA = frozenset({4, 6})

_LATE_EXIF = rb"eXIf(?=II\*\0|MM\0\*|Exif\0\0)"


def read_png(view: View) -> Header:
    """Reads the chunks before the pixels. `CgBI`, which is Apple's, may come before IHDR.

    An `eXIf` after the pixels counts too, as it does for libpng, Pillow, libvips and ImageMagick (the specification
    requires it before them, where nearly all write it). It is searched for in the last window only, which costs one
    read for a PNG that is longer than a window.
    """
    chunks: dict[bytes, View] = {}
    pixels = view.size
    for name, body, start in _chunks(view):
        if name in (b"IDAT", b"IEND"):
            pixels = start
            break
        chunks.setdefault(name, body)
    width, height, depth, colour, _, _, interlaced = chunks[b"IHDR"].unpack(">IIBBBBB", 0)
    exif = chunks.get(b"eXIf") or _late_exif(view, pixels)
    return Header(
        "png",
        width,
        height,
        bits=(bits := depth * _CHANNELS[colour]),
        orientation=exif_orientation(exif) if exif else 1,
        frames=_frames(chunks.get(b"acTL")),
        alpha=colour in _WITH_ALPHA or b"tRNS" in chunks,
        buffered=bits / 8 if interlaced else 0.0,
    )


def _chunks(view: View) -> Iterator[tuple[bytes, View, int]]:
    """The name, content and offset of each chunk."""
    offset = 8
    while offset + 8 <= view.size:
        length, name = view.unpack(">I4s", offset)
        yield name, view.part(offset + 8, length), offset
        offset += 12 + length


def _frames(control: View | None) -> int:
    """The frames of an APNG; 1 when the number is not a valid one."""
    (frames,) = control.unpack(">I", 0) if control and control.size >= 4 else (1,)
    return frames if 1 <= frames < 2**31 else 1


def _late_exif(view: View, pixels: int) -> View | None:
    start = max(pixels, view.size - WINDOW)
    found = re.search(_LATE_EXIF, view.at(start, WINDOW))
    return view.part(start + found.end(), WINDOW) if found else None
