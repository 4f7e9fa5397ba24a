"""Reads an image's header: format, sides, orientation, frames and transparency; one reader for each file format.

Written here rather than taken from Pillow, because admission needs the bits per pixel of a PNG as stored (Pillow shows
a 16-bit RGB PNG as 8-bit) and no pixels, and a decoder would add 20 MB to every function's package. The tests compare
it with Pillow.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from shared.errors import Rejected
from shared.messages import pictures as messages
from shared.pictures.header.bmp import read_bmp
from shared.pictures.header.facts import Header
from shared.pictures.header.gif import read_gif
from shared.pictures.header.heif import read_heif
from shared.pictures.header.jpeg import read_jpeg
from shared.pictures.header.png import read_png
from shared.pictures.header.refusals import camera_raw, is_camera_raw, unreadable
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
"""By the first bytes. Patterns are compiled when needed, as a cold start should not compile all of them."""


def read_header(head: bytes, size: int, more: More, name: str = "") -> Header:
    """The header of the image of `size` bytes that begins with `head`; `more` reads what lies beyond.

    Calls `more` at most `MOST_READS` times: not at all or once for nearly every photo, once for each mebibyte of a GIF.
    `name` distinguishes camera raw from TIFF where nothing else does.

    Raises `Rejected`, each with what to do: `NotAnImage` for what OSS cannot process either ("Image processing" lists
    its source formats), `CameraRaw`, and `BrokenImage` when the header is cut off or makes no sense.
    """
    reader = next((reader for magic, reader in _READERS if re.match(magic, head, re.DOTALL)), None)
    if reader is None:
        raise unreadable(head)
    try:
        header = reader(View.of(head, size, more))
    except (struct.error, LookupError, ValueError, ArithmeticError):
        raise Rejected("BrokenImage", messages.BROKEN()) from None
    if header.format == "tiff" and is_camera_raw(name):
        raise camera_raw()
    if header.width < 1 or header.height < 1:
        raise Rejected("BrokenImage", messages.BROKEN_SIDES(width=header.width, height=header.height))
    return header
