"""GIF (CompuServe, 89a)."""

from __future__ import annotations

import struct

from shared.pictures.header.facts import Header
from shared.pictures.header.view import Exhausted, View

_STRIDE = 1024 * 1024
_COUNTED = 20_000_000
"""Frames are counted in so many bytes: OSS refuses what is longer, whatever it shows ("Image processing", limits)."""

_IMAGE, _EXTENSION, _END = b",", b"!", b";"
_GRAPHIC_CONTROL = 0xF9


def read_gif(view: View) -> Header:
    """The number of frames stands nowhere, and only the walk over all blocks tells it: in reads of a mebibyte, so 20
    at the most. What comes after damage, or after more blocks than any GIF has, is not counted."""
    view = view.part(0, _COUNTED)
    view.read_in(_STRIDE)
    width, height, flags = view.unpack("<HHB", 6)
    offset = 13 + _palette(flags)
    frames, alpha = 0, False
    try:
        while (mark := view.at(offset, 1)) not in (_END, b""):
            if mark == _IMAGE:
                left, top, wide, high, flags = view.unpack("<HHHHB", offset + 1)
                if not frames:  # a first frame that is larger than the screen enlarges it, for browsers and Pillow
                    width, height = max(width, left + wide), max(height, top + high)
                frames += 1
                offset = _past_blocks(view, offset + 11 + _palette(flags))
            elif mark == _EXTENSION:
                label, _, control = view.unpack("BBB", offset + 1)
                alpha |= not frames and label == _GRAPHIC_CONTROL and control & 1 == 1
                offset = _past_blocks(view, offset + 2)
            else:
                offset += 1
    except (struct.error, Exhausted):
        pass
    return Header("gif", width, height, bits=8, frames=max(1, frames), alpha=alpha)


def _palette(flags: int) -> int:
    """Bytes of the palette that follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(view: View, offset: int) -> int:
    """Where the chain of blocks that begins at `offset` ends: with one that is empty, or with the file."""
    while length := view.at(offset, 1):
        offset += 1 + length[0]
        if not length[0]:
            break
    return offset
