"""Recognizes a result's format by its first bytes, and decodes results that are in the vendor's reply itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from shared.errors import Unavailable
from shared.messages import pictures as messages
from shared.messages.message import Text

IMAGE_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "bmp": "image/bmp"}
"""The formats that a result may have: content types by extension."""


@dataclass(frozen=True)
class Download:
    """A result while it is downloaded: its format, and its bytes in pieces, which can be read once."""

    content_type: str
    extension: str
    chunks: Iterator[bytes]


INLINE = "data:"
"""How the link of a picture begins that is in the vendor's reply itself."""

_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
_UNPACKED_AT_ONCE = 4 << 14
"""Characters of base64 that are decoded at once: about as many bytes as HTTP delivers at once."""

_MAGIC = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpg": re.compile(rb"\xff\xd8\xff"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "bmp": re.compile(rb"BM"),
}
_MAGIC_BYTES = 12


def recognized(pieces: Iterator[bytes], sender: Text) -> Download:
    """The download in `pieces`, its format recognized by its first bytes. Raises `Unavailable` when it is no image.

    `sender` is who sent it, for the message.
    """
    first = b""
    while len(first) < _MAGIC_BYTES and (piece := next(pieces, b"")):
        first += piece
    for extension, magic in _MAGIC.items():
        if magic.match(first):
            return Download(IMAGE_TYPES[extension], extension, chain((first,), pieces))
    raise Unavailable("ResultNotAnImage", messages.RESULT_NOT_AN_IMAGE(sender=sender))


def unpacked(url: str) -> Download:
    """The picture in the link `data:;base64,…`. Raises `Unavailable` when there is none."""
    start = url.find(",") + 1 or len(url)
    if (len(url) - start) % 4 or not _BASE64.fullmatch(url, start):
        raise Unavailable("ResultNotAnImage", messages.RESULT_NO_BASE64())
    slices = range(start, len(url), _UNPACKED_AT_ONCE)
    return recognized((base64.b64decode(url[at : at + _UNPACKED_AT_ONCE]) for at in slices), messages.THE_VENDOR())
