"""The bytes of an object: its head, and beyond it one window at a time, read when needed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

More = Callable[[int, int], bytes]
"""`more(start, length)` reads bytes that lie within the object."""

WINDOW = 64 * 1024
"""Bytes that are read at once; for nearly every photo the first window is enough."""

MOST_READS = 64
"""Reads of one object. A JPEG may have megabytes of profiles and thumbnails before its frame header, but not more."""

_MOST_ACCESSES = 100_000
"""Accesses to one object's bytes, so that none takes more than half a second of a CPU. The most that a sound file needs
are 80,000, for a GIF of 20 MB: one for each of its blocks of 255 bytes."""


class Exhausted(ValueError):
    """The header took more reads or accesses than that of any photo."""


class _Object:
    """What all views of one object share: its head, the window read last, and the counts of reads and accesses."""

    def __init__(self, head: bytes, more: More) -> None:
        self.stride = WINDOW
        self._head = head
        self._more = more
        self._start = 0
        self._window = b""
        self._reads = 0
        self._accesses = 0

    def at(self, start: int, length: int, end: int) -> bytes:
        self._accesses += 1
        if self._accesses > _MOST_ACCESSES:
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
        """A view of the whole object of `size` bytes that begins with `head`. Its 65th read raises `Exhausted`."""
        return cls(_Object(head, more), 0, size, size)

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on; fewer where the view ends."""
        length = min(length, self.size - offset)
        return self._whole.at(self._start + offset, length, self._end) if length > 0 else b""

    def unpack(self, layout: str, offset: int) -> tuple[Any, ...]:
        """The values at `offset` by a layout of `struct`. Raises `struct.error` where the view ends too early."""
        return struct.unpack(layout, self.at(offset, struct.calcsize(layout)))

    def part(self, offset: int, size: int) -> View:
        """A view of `size` bytes from `offset` on, or of as many as there are."""
        return View(self._whole, self._start + offset, max(0, min(size, self.size - offset)), self._end)

    def read_in(self, stride: int) -> None:
        """From now on, read `stride` bytes at once."""
        self._whole.stride = stride
