"""JPEG (ITU-T T.81), as libjpeg reads it."""

from __future__ import annotations

import re

from shared.pictures.header.exif import exif_orientation
from shared.pictures.header.facts import Header
from shared.pictures.header.view import View

_MARKER = re.compile(rb"\xff([\x01-\xfe])", re.DOTALL)
_STRAY = 4 * 1024
"""Bytes that are searched at once for the next marker, where padding or stray bytes lie between segments."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of frame headers: baseline, progressive, lossless, arithmetic. The three that are left out are not."""

_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})

_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a segment."""

_ENDS = frozenset({0xD8, 0xD9, 0xDA})
"""Start of image, end of image, start of scan: not allowed before the frame header."""

_APP1 = 0xE1


def read_jpeg(view: View) -> Header:
    """The first EXIF segment counts. Four channels are CMYK, or YCCK by the Adobe segment: both are for print."""
    offset, orientation = 2, 0
    while True:
        code, offset = _marker(view, offset)
        if code in _ALONE:
            continue
        if code in _ENDS:
            raise ValueError("a marker that has no place before the frame header")
        if code in _FRAMES:
            precision, height, width, channels = view.unpack(">BHHB", offset + 2)
            bits = precision * channels
            buffered = _coefficients(view.at(offset + 8, 3 * channels)) if code in _PROGRESSIVE else 0.0
            turned = orientation or 1
            return Header("jpg", width, height, bits, turned, cmyk=channels == 4, buffered=buffered)
        (length,) = view.unpack(">H", offset)
        if code == _APP1 and not orientation and view.at(offset + 2, 6) == b"Exif\0\0":
            orientation = exif_orientation(view.part(offset + 2, length - 2))
        offset += length


def _coefficients(channels: bytes) -> float:
    """Bytes for each pixel of what libjpeg keeps: two for each sample of each channel, of which some are subsampled."""
    samples = [(factors >> 4) * (factors & 15) for factors in channels[1::3]]
    return 2 * sum(samples) / max(samples, default=1)


def _marker(view: View, offset: int) -> tuple[int, int]:
    """The first marker's code from `offset` on, and the offset after it. Raises `ValueError` when there is none."""
    if found := _MARKER.match(view.at(offset, 2)):
        return found[1][0], offset + 2
    while stray := view.at(offset, _STRAY):
        if found := _MARKER.search(stray):
            return found[1][0], offset + found.end()
        offset += max(1, len(stray) - 1)
    raise ValueError("no marker where one must be")
