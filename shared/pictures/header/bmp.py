"""BMP, of Windows and of OS/2."""

from __future__ import annotations

from shared.pictures.header.facts import Header
from shared.pictures.header.view import View

_OS2_1 = 12
"""Bytes of the information header whose sides are 16 bits wide; those of all others are 32 (signed, from Windows)."""


def read_bmp(view: View) -> Header:
    """Raises `struct.error` when the file is cut off."""
    (kind,) = view.unpack("<I", 14)
    width, height, _, bits = view.unpack("<HHHH" if kind == _OS2_1 else "<iiHH", 18)
    return Header("bmp", width, abs(height), bits=bits)  # a negative height: rows from top to bottom
