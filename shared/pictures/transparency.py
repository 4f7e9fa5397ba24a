"""Finds out whether a PNG is wholly transparent, while it is streamed and without decoding it.

A vendor that finds no subject answers with a wholly transparent picture. A PNG stores every byte of a line as the
difference from earlier neighbours, whatever the filter. So as long as every alpha was 0, a stored 0 is an alpha of 0,
and the first other value is the first visible pixel.
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
"""Bytes that are buffered. No cutout has a longer line or chunk: a file that does is not examined further."""
_EXAMINED = 1 << 16
"""Bytes that are examined at once. More would be slower, as the rest of the buffer is copied each time."""
_PIXELS = 100_000_000
"""Pixels of the largest cutout. A file that claims more, or has more lines than it claims, is not examined further."""


class Transparency:
    """Passes a picture's chunks on. After the last, `total` says whether it is an RGBA PNG without a visible pixel."""

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
            for at in range(0, len(chunk), _EXAMINED):
                if self._undecided:
                    self._buffer += chunk[at : at + _EXAMINED]
                    self._undecided = self._examine() and len(self._buffer) <= _BLOCK
            yield chunk

    def _examine(self) -> bool:
        """Whether there was no visible pixel in what has arrived."""
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
            return False  # damaged: the format is not checked here

    def _shows_nothing(self, lines: bytes) -> bool:
        """Whether no pixel of these whole lines is visible; examined by line or by column, whichever are fewer."""
        self._left -= (count := len(lines) // self._stride)
        if self._left < 0:
            return False
        if count < self._stride:
            alphas = (lines[at + 4 : at + self._stride : 4] for at in range(0, len(lines), self._stride))
        else:
            alphas = (lines[at :: self._stride] for at in range(4, self._stride, 4))
        return not any(each.strip(b"\0") for each in alphas)

    def _lines(self) -> Iterator[bytes]:
        """The uncompressed whole lines that have arrived."""
        for data in self._compressed():
            left = data
            while left and not self._inflate.eof:  # it would keep what follows its end
                self._line += self._inflate.decompress(left, _BLOCK)
                left = self._inflate.unconsumed_tail
                whole = len(self._line) - len(self._line) % self._stride
                yield self._line[:whole]
                self._line = self._line[whole:]

    def _compressed(self) -> Iterator[bytes]:
        """The data of IDAT chunks that has arrived. The beginning of a chunk that is incomplete stays in the buffer."""
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
