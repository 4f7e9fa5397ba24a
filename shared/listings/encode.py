"""Writes a composed picture as a file: PNG, or JPEG of a number of bytes within a window."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from pathlib import Path
from typing import Literal

import pyvips

from shared.listings.presets import Preset

_FIRST = 95
"""Taobao takes 38 to 300 KB for 800 × 800 pixels. Ten drawn listings have 39 to 222 KB at this quality, and 26 to 173
at 92; of 32 others, 31 were in the window at 92, and the largest had 229 KB at 95."""
_LOWER = range(60, _FIRST)
"""White decodes to 255 at every quality from 46 on; below 60, what is near the subject suffers."""
_HIGHER = range(_FIRST + 1, 101)
_COMMENT = 65_533
"""The most bytes of text in a COM segment: its length is of 16 bits and counts itself (ITU-T T.81, B.2.4.5)."""


def write(picture: pyvips.Image, preset: Preset, path: Path) -> int | None:
    """Writes RGB as JPEG, or RGBA as PNG, to `path`; returns the quality of a JPEG.

    A picture that no quality brings into the window is written all the same, as near as it comes.
    """
    if preset.form == "png":
        # libvips sets no filter by itself; with Paeth the file has 60 % of the bytes. Level 6 takes a third more time,
        # and saves 5 % at the most.
        picture.pngsave(str(path), compression=3, filter="paeth", keep="none", profile=preset.profile or "none")
        return None
    content, quality = jpeg(picture, preset)
    path.write_bytes(content)
    return quality


def jpeg(picture: pyvips.Image, preset: Preset) -> tuple[bytes, int]:
    """The file and its quality, 60 to 100: 95 if the bytes are in the window then, else the nearest that is.

    Chroma has the full resolution, but for a picture that is still too large at quality 60: with less, white is exact
    only from 24 pixels beside the subject on. A picture that is too small at 100 is padded.
    """

    @cache
    def encoded(quality: int, subsampling: Literal["off", "on"]) -> bytes:
        found = picture.jpegsave_buffer(
            Q=quality,
            subsample_mode=subsampling,
            optimize_coding=True,
            overshoot_deringing=True,
            keep="none",
            profile=preset.profile or "none",
        )
        return bytes(found)

    first = encoded(_FIRST, "off")
    if len(first) > preset.most_bytes:
        for subsampling in ("off", "on"):
            found = bisect_right(_LOWER, preset.most_bytes, key=lambda each: len(encoded(each, subsampling)))
            if found:
                return encoded(_LOWER[found - 1], subsampling), _LOWER[found - 1]
        return encoded(_LOWER[0], "on"), _LOWER[0]
    if len(first) < preset.least_bytes:
        found = bisect_left(_HIGHER, preset.least_bytes, key=lambda each: len(encoded(each, "off")))
        quality = _HIGHER[min(found, len(_HIGHER) - 1)]
        return padded(encoded(quality, "off"), preset.least_bytes), quality
    return first, _FIRST


def padded(content: bytes, least: int) -> bytes:
    """A JPEG of at least `least` bytes: comments of zeros after its first marker, which decoders pass over.

    libvips writes no JFIF segment, which would have to stand there.
    """
    missing = least - len(content)
    segments = b""
    while len(segments) < missing:
        text = min(_COMMENT, max(0, missing - len(segments) - 4))
        segments += b"\xff\xfe" + (text + 2).to_bytes(2, "big") + bytes(text)
    return content[:2] + segments + content[2:]
