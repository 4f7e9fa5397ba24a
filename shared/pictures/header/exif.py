"""Directories as TIFF has them, in TIFF itself and in the EXIF of every other format."""

from __future__ import annotations

import struct

from shared.pictures.header.view import View

ORIENTATION = 0x0112

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
"""`struct`'s layouts of the field types that hold whole numbers (TIFF 6.0, page 15; type 13: its Technical Note 1)."""

_MOST_ENTRIES = 4096
"""Entries of one directory; libtiff has the same limit."""

_PREFIX = b"Exif\0\0"
"""Belongs to JPEG, but some writers of WebP and PNG write it too; decoders skip it."""


class Directory:
    """The entries of the directory at `offset`; where a tag occurs twice, the first counts."""

    def __init__(self, view: View, order: str, offset: int) -> None:
        """Raises `struct.error` or `ValueError` when there is no directory at `offset`."""
        (count,) = view.unpack(f"{order}H", offset)
        if count > _MOST_ENTRIES:
            raise ValueError("more entries than any directory has")
        listing = view.at(offset + 2, 12 * count + 4)
        self._view = view
        self._order = order
        self._entries: dict[int, tuple[int, int, bytes]] = {}
        for start in range(0, min(12 * count, len(listing) - 11), 12):
            tag, kind, number, value = struct.unpack_from(f"{order}HHI4s", listing, start)
            self._entries.setdefault(tag, (kind, number, value))
        self.cut_off = len(listing) < 12 * count
        """Whether entries lie beyond the end: decoders of EXIF use the other ones, those of TIFF refuse the file."""
        after = listing[12 * count :]
        self.next: int = struct.unpack(f"{order}I", after)[0] if len(after) == 4 else 0
        """The offset of the next directory; 0: none."""

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def number(self, tag: int, default: int) -> int:
        """The first whole number of `tag`; `default` when the entry itself does not hold one."""
        kind, number, value = self._entries.get(tag, (0, 0, b""))
        layout = _INTEGERS.get(kind)
        if layout is None or not 1 <= number <= 4 // struct.calcsize(layout):
            return default
        return int(struct.unpack_from(self._order + layout, value)[0])

    def offsets(self, tag: int, most: int) -> tuple[int, ...]:
        """The first `most` of the offsets that `tag` holds."""
        kind, number, value = self._entries.get(tag, (0, 0, b""))
        if kind not in (4, 13) or number == 0:
            return ()
        if number == 1:
            return struct.unpack(f"{self._order}I", value)
        number = min(number, most)
        return self._view.unpack(f"{self._order}{number}I", struct.unpack(f"{self._order}I", value)[0])

    @property
    def orientation(self) -> int:
        """1 to 8; 1 (upright) when it is absent or makes no sense."""
        found = self.number(ORIENTATION, 1)
        return found if 1 <= found <= 8 else 1


def byte_order(view: View) -> str:
    """The byte order, as `struct` writes it. Raises `KeyError` when the view does not begin as TIFF does."""
    return _ORDERS[view.at(0, 4)]


def first_directory(view: View, order: str) -> int:
    """The offset of the first directory."""
    return int(view.unpack(f"{order}I", 4)[0])


def exif_orientation(exif: View) -> int:
    """The EXIF orientation, 1 to 8; 1 for damaged EXIF, as viewers then show the picture as stored."""
    if exif.at(0, len(_PREFIX)) == _PREFIX:
        exif = exif.part(len(_PREFIX), exif.size)
    try:
        order = byte_order(exif)
        return Directory(exif, order, first_directory(exif, order)).orientation
    except (KeyError, ValueError, struct.error):
        return 1
