"""Whether a PNG shows anything at all, found out while it streams by.

A vendor that finds no subject answers with a picture that is transparent throughout. In a PNG every byte of a line is
stored as its difference from neighbours that came before, whatever the filter; so as long as every alpha so far was 0,
a stored 0 is an alpha of 0, and the first other one is the first pixel that shows. No pixel need be decoded for that.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

_HEADER = 33
"""Bytes of the signature and the IHDR chunk, which always come first."""
_RGBA = b"\x08\x06\x00\x00\x00"
"""Bit depth 8, colour type 6, and nothing unusual in compression, filters and interlacing."""
_BLOCK = 1 << 20
"""Bytes, of what is kept to be looked at: a line or a chunk that is longer is no cutout's, and nothing waits for it."""
_LOOK = 1 << 16
"""Bytes, that are looked at together: more takes longer than its parts, as what is left of it is copied."""
_PIXELS = 100_000_000
"""A cutout has no more. What claims more, or has more lines than it claims, unfolds for ever and is not looked into."""


class Transparency:
    """Passes a picture's chunks on; afterwards `total` says whether it is an RGBA PNG in which no pixel shows."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._undecided = True
        self._buffer = b""
        self._stride = 0
        self._left = 0
        self._chunk_left = 0
        self._inflate = zlib.decompressobj()
        self._line = b""

    @property
    def total(self) -> bool:
        return self._undecided and self._stride > 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            for at in range(0, len(chunk), _LOOK):
                if self._undecided:
                    self._buffer += chunk[at : at + _LOOK]
                    self._undecided = self._look() and len(self._buffer) <= _BLOCK
            yield chunk

    def _look(self) -> bool:
        """Whether nothing has shown yet in what has come."""
        if not self._stride:
            if len(self._buffer) < _HEADER:
                return True
            if self._buffer[:4] != b"\x89PNG" or self._buffer[24:29] != _RGBA:
                return False
            width, height = struct.unpack(">II", self._buffer[16:24])
            self._stride, self._left = 1 + 4 * width, height
            self._buffer = self._buffer[_HEADER:]
            if self._stride > _BLOCK or not 0 < width * height <= _PIXELS:
                return False
        try:
            return all(self._shows_nothing(lines) for lines in self._lines())
        except zlib.error:
            return False  # damaged: for whoever opens it to say

    def _shows_nothing(self, lines: bytes) -> bool:
        """Of whole lines: looked at by line or by column, whichever are fewer."""
        self._left -= (count := len(lines) // self._stride)
        if self._left < 0:
            return False
        if count < self._stride:
            alphas = (lines[at + 4 : at + self._stride : 4] for at in range(0, len(lines), self._stride))
        else:
            alphas = (lines[at :: self._stride] for at in range(4, self._stride, 4))
        return not any(each.strip(b"\0") for each in alphas)

    def _lines(self) -> Iterator[bytes]:
        """Whole lines, as many as have come."""
        for data in self._compressed():
            left = data
            while left and not self._inflate.eof:  # what follows its end, it would keep
                self._line += self._inflate.decompress(left, _BLOCK)
                left = self._inflate.unconsumed_tail
                whole = len(self._line) - len(self._line) % self._stride
                yield self._line[:whole]
                self._line = self._line[whole:]

    def _compressed(self) -> Iterator[bytes]:
        """What has come of the IDAT chunks' data; the start of a chunk that has not come whole is kept."""
        at = 0
        while self._chunk_left or len(self._buffer) - at >= 8:
            if not self._chunk_left:
                length, kind = struct.unpack_from(">I4s", self._buffer, at)
                if kind != b"IDAT":
                    if len(self._buffer) - at < 12 + length:
                        break
                    at += 12 + length
                    continue
                at += 8
                self._chunk_left = length + 4  # with its checksum
            data = self._buffer[at : at + self._chunk_left]
            if not data:
                break
            checksum = max(0, 4 - (self._chunk_left - len(data)))
            yield data[: len(data) - checksum]
            self._chunk_left -= len(data)
            at += len(data)
        self._buffer = self._buffer[at:]
