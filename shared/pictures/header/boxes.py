"""Boxes of ISO/IEC 14496-12, of which HEIF is made."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from shared.pictures.header.view import View


def boxes(view: View, offset: int = 0) -> Iterator[tuple[bytes, View]]:
    """The type and content of each box from `offset` on. Raises `struct.error` or `ValueError` for a damaged one."""
    while offset + 8 <= view.size:
        size, name = view.unpack(">I4s", offset)
        header = 8
        if size == 1:
            (size,) = view.unpack(">Q", offset + 8)
            header = 16
        elif size == 0:  # to the end of the file
            size = view.size - offset
        if size < header:
            raise ValueError("a box that ends before it begins")
        yield name, view.part(offset + header, size - header)
        offset += size


class Fields:
    """The fields of a box, one after another; those of a full box begin with its version and flags."""

    def __init__(self, box: View) -> None:
        self._box = box
        self._offset = 0
        (self.flags,) = self.take(">I")
        self.version = self.flags >> 24

    def take(self, layout: str) -> tuple[Any, ...]:
        """The next fields, by a layout of `struct`. Raises `struct.error` where the box ends."""
        values = self._box.unpack(layout, self._offset)
        self._offset += struct.calcsize(layout)
        return values

    def one(self, layout: str) -> int:
        """The next field, which is a whole number."""
        return int(self.take(layout)[0])


def down(box: View, *path: bytes) -> Iterator[View]:
    """All the boxes at `path` within `box`."""
    for name, body in boxes(box):
        if name == path[0]:
            yield from down(body, *path[1:]) if len(path) > 1 else (body,)
