"""GIF (CompuServe, 89a)."""

from __future__ import annotations

import struct

from shared.pictures.header.facts import Header
from shared.pictures.header.view import Exhausted, View

_STRIDE = 1024 * 1024
_COUNTED = 20_000_000
"""Bytes in which frames are counted: OSS refuses a longer file anyway ("Image processing", limits)."""

_IMAGE, _EXTENSION, _END = b",", b"!", b";"
_GRAPHIC_CONTROL = 0xF9


def read_gif(view: View) -> Header:
    """Counts the frames by going through all blocks, since no field has their number: at most 20 reads of a mebibyte.

    Frames after damage, or after more blocks than any GIF has, are not counted.
    """
    view = view.part(0, _COUNTED)
    view.read_in(_STRIDE)
    width, height, flags = view.unpack("<HHB", 6)
    offset = 13 + _palette(flags)
    frames, alpha = 0, False
    try:
        while (kind := view.at(offset, 1)) not in (_END, b""):
            if kind == _IMAGE:
                left, top, wide, high, flags = view.unpack("<HHHHB", offset + 1)
                if not frames:  # browsers and Pillow enlarge the screen to the first frame
                    width, height = max(width, left + wide), max(height, top + high)
                frames += 1
                offset = _past_blocks(view, offset + 11 + _palette(flags))
            elif kind == _EXTENSION:
                label, _, control = view.unpack("BBB", offset + 1)
                alpha |= not frames and label == _GRAPHIC_CONTROL and control & 1 == 1
                offset = _past_blocks(view, offset + 2)
            else:
                offset += 1
    except (struct.error, Exhausted):
        pass
    return Header("gif", width, height, bits=8, frames=max(1, frames), alpha=alpha)


def _palette(flags: int) -> int:
    """The size in bytes of the palette that follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(view: View, offset: int) -> int:
    """The offset after the chain of blocks that begins at `offset`: it ends with an empty block, or with the file."""
    while length := view.at(offset, 1):
        offset += 1 + length[0]
        if not length[0]:
            break
    return offset
