"""Small pictures of what lies in the bucket, for people to look at: made by OSS, or here where OSS cannot."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.cloud.ports import Bucket
from shared.errors import Rejected
from shared.messages.message import Message

MOST_BYTES = 40_000_000
"""Bytes of an original that is fetched to be made smaller here: as many as an upload may have."""
MOST_PIXELS = 120_000_000
"""Pixels of such an original, as its header says. Each takes three bytes of memory."""
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
"""Formats that are read here. For some of the others, Pillow starts a program (EPS: Ghostscript)."""
_PROCESS = "image/auto-orient,1/resize,m_lfit,w_{side},h_{side}/format,webp"
_NOT_SHOWN = Message("this is no picture that can be shown", "无法显示该图片")


def thumbnail(bucket: Bucket, key: str, side: int) -> bytes:
    """The picture at `key` as WebP, turned upright, neither side longer than `side` pixels.

    OSS refuses to turn pictures whose sides are over 4,096 pixels ("Auto-orient"), and reads some formats only: those
    are made smaller here. Raises `Rejected` for what is no picture, or too large, and else what `Bucket.download` does.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "picture"
        try:
            bucket.download(key, file, process=_PROCESS.format(side=side), most=MOST_BYTES)
            return file.read_bytes()
        except Rejected:
            bucket.download(key, file, most=MOST_BYTES)
            return _smaller(file, side)


def _smaller(file: Path, side: int) -> bytes:
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - most are made by OSS

    out = io.BytesIO()
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Rejected("PictureTooLarge", _NOT_SHOWN)
            picture.draft("RGB", (2 * side, 2 * side))  # decodes a large JPEG at a fraction of its size
            ImageOps.exif_transpose(picture, in_place=True)
            picture.thumbnail((side, side))
            picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(out, "WEBP", quality=85)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Rejected("NoPicture", _NOT_SHOWN) from None
    return out.getvalue()
