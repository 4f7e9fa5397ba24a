"""What an image is, read from its header: format, sides, orientation, frames, transparency; one reader a container.

Written here rather than taken from Pillow, because admission needs the bits of a PNG as stored (Pillow shows a
16-bit RGB PNG as 8-bit), needs no pixel, and would pay for a decoder with 20 MB of every function's package.
Pillow is the oracle of its tests instead.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from shared.pictures.header.bmp import read_bmp
from shared.pictures.header.facts import Header
from shared.pictures.header.gif import read_gif
from shared.pictures.header.heif import read_heif
from shared.pictures.header.jpeg import read_jpeg
from shared.pictures.header.png import read_png
from shared.pictures.header.refusals import broken, camera_raw, is_camera_raw, unreadable
from shared.pictures.header.tiff import read_tiff
from shared.pictures.header.view import MOST_READS, WINDOW, More, View
from shared.pictures.header.webp import read_webp

__all__ = ["MOST_READS", "WINDOW", "More", "read_header"]

_READERS: tuple[tuple[bytes, Callable[[View], Header]], ...] = (
    (rb"\xff\xd8", read_jpeg),
    (rb"\x89PNG\r\n\x1a\n", read_png),
    (rb"RIFF....WEBP", read_webp),
    (rb"....ftyp(?:....){0,40}?(?:hei[cxms]|hev[cxms]|mif[12]|msf1|avi[fs])", read_heif),
    (rb"GIF8[79]a", read_gif),
    (rb"BM.{12}[\x0c\x10-\x40\x6c\x7c]\0\0\0", read_bmp),
    (rb"II\*\0(?!....CR\x02)|MM\0\*", read_tiff),
)
"""By how the file begins: patterns that are compiled when they are needed, which for most photos is the first."""


def read_header(head: bytes, size: int, more: More, name: str = "") -> Header:
    """Read the header of the image of `size` bytes that begins with `head`, which `more` reads further into.

    It takes at most `MOST_READS` reads: none or one for nearly every photo, one for each mebibyte of a GIF. The name
    tells camera raw from TIFF where nothing else does.

    Raises `Rejected`, each with what to do: `NotAnImage` for what OSS cannot process either ("Image processing" lists
    its source formats), `CameraRaw`, and `BrokenImage` when the header is cut off or makes no sense.
    """
    reader = next((reader for magic, reader in _READERS if re.match(magic, head, re.DOTALL)), None)
    if reader is None:
        raise unreadable(head)
    try:
        header = reader(View.of(head, size, more))
    except (struct.error, LookupError, ValueError, ArithmeticError):
        raise broken("is cut off or damaged") from None
    if header.format == "tiff" and is_camera_raw(name):
        raise camera_raw()
    if header.width < 1 or header.height < 1:
        raise broken(f"says {header.width} × {header.height} pixels")
    return header
