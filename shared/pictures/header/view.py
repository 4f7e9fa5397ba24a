"""The bytes of an object, fetched a window at a time where they lie beyond its head."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

More = Callable[[int, int], bytes]
"""`more(start, length)` reads bytes that lie within the object."""

WINDOW = 64 * 1024
"""Bytes read at once: the head of nearly every photo holds all that is needed."""

MOST_READS = 64
"""Of one object. A JPEG may carry megabytes of profiles and thumbnails before its size; past this it is no photo."""

_MOST_LOOKS = 100_000
"""Into what was read, so that no object takes more than half a second of a whole CPU. Of honest files a GIF of 20 MB
takes most, some 80,000: one for each of its blocks of 255 bytes."""


class Exhausted(ValueError):
    """The object took more reads or looks than any photo."""


class _Object:
    """What all views of one object share: its head, one window further on, and the allowance for both."""

    def __init__(self, head: bytes, more: More) -> None:
        self.stride = WINDOW
        self._head = head
        self._more = more
        self._start = 0
        self._window = b""
        self._reads = 0
        self._looks = 0

    def at(self, start: int, length: int, end: int) -> bytes:
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise Exhausted("more parts than any photo has")
        if start + length <= len(self._head):
            return self._head[start : start + length]
        if not self._start <= start <= start + length <= self._start + len(self._window):
            self._reads += 1
            if self._reads > MOST_READS:
                raise Exhausted("the header is too far into the file")
            wanted = min(max(length, self.stride), end - start)
            self._start, self._window = start, self._more(start, wanted)[:wanted]
        return self._window[start - self._start : start - self._start + length]


class View:
    """`size` bytes of an object; offsets count from the first of them."""

    def __init__(self, whole: _Object, start: int, size: int, end: int) -> None:
        self.size = size
        self._whole = whole
        self._start = start
        self._end = end

    @classmethod
    def of(cls, head: bytes, size: int, more: More) -> View:
        """The whole object of `size` bytes, of which `head` is at hand. Raises `Exhausted` on the 65th read."""
        return cls(_Object(head, more), 0, size, size)

    def at(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on; fewer than `length` where the view ends."""
        length = min(length, self.size - offset)
        return self._whole.at(self._start + offset, length, self._end) if length > 0 else b""

    def unpack(self, layout: str, offset: int) -> tuple[Any, ...]:
        """Raises `struct.error` where the view ends too early."""
        return struct.unpack(layout, self.at(offset, struct.calcsize(layout)))

    def part(self, offset: int, size: int) -> View:
        """A view of `size` bytes from `offset` on, or of as many as there are."""
        return View(self._whole, self._start + offset, max(0, min(size, self.size - offset)), self._end)

    def read_in(self, stride: int) -> None:
        """From now on, read so many bytes at once."""
        self._whole.stride = stride
