"""Pictures from the bucket, for the page.

Strangers put files into the bucket: an SVG or an HTML file that is called `.png` must not run as a page of the desk.
So the content type is taken from the first bytes, and only formats that cannot contain a script are sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore

from console.thumbnails import MOST_BYTES, thumbnail
from shared.cloud.ports import Bucket
from shared.errors import Rejected
from shared.jobs.keys import CUTOUTS, LISTINGS, UPLOADS
from shared.messages.message import Message

SIDES = {"320": 320, "1280": 1280}
"""Pixels of the longer side, by the name of the size in the address; `full` is the picture as it is stored."""
CODES = ("NotShown", "NoPicture", "PictureTooLarge")
"""The codes of errors about files that no browser shows."""
SHOWN = (UPLOADS, CUTOUTS, LISTINGS)
"""The folders whose pictures are sent."""
_WHOLE = BoundedSemaphore(2)
"""Pictures that are read as a whole at once: each is in memory, with up to 150 MB."""
_TYPES: Mapping[str, re.Pattern[bytes]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/bmp": re.compile(rb"BM"),
    "image/avif": re.compile(rb"....ftypavi[fs]", re.DOTALL),
}
_NO_PICTURE = Message("no browser shows this as a picture", "浏览器无法显示该文件")


def picture(bucket: Bucket, key: str, size: str) -> tuple[str, bytes]:
    """The picture's content type and its bytes. Raises `Rejected` for what no browser shows, and for what is in none of
    the folders `SHOWN`; and what `Bucket.download` does."""
    if not key.startswith(SHOWN):
        raise Rejected("NotShown", _NO_PICTURE)
    body = thumbnail(bucket, key, SIDES[size]) if size in SIDES else _whole(bucket, key)
    for content_type, magic in _TYPES.items():
        if magic.match(body):
            return content_type, body
    raise Rejected("NotShown", _NO_PICTURE)


def _whole(bucket: Bucket, key: str) -> bytes:
    with _WHOLE, TemporaryDirectory() as folder:
        file = Path(folder) / "picture"
        bucket.download(key, file, most=MOST_BYTES)
        return file.read_bytes()
