"""Small pictures of what lies in the bucket, for people to look at: made by OSS, or here where OSS cannot."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from shared.cloud.ports import Bucket
from shared.errors import Rejected
from shared.messages.message import Message, Sentence

MOST_BYTES = 150_000_000
"""Bytes of a picture that is fetched from the bucket, as for listing pictures: the cutout of a photo of 36 megapixels,
which has 20 MB, may have over 40 MB as PNG."""
MOST_PIXELS = 120_000_000
"""Pixels of a picture that is made smaller here, as its header says."""
MOST_DECODED = 60_000_000
"""Pixels that are decoded of it: all of them, but for a JPEG. Each takes four bytes in Pillow, and as many again while
the transparency is multiplied out."""
_DECODING = Lock()
"""One picture is decoded at a time: it may take half a gigabyte of memory."""
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
"""Formats that are read here. For some of the others, Pillow starts a program (EPS: Ghostscript)."""
_PROCESS = "image/auto-orient,1/resize,m_lfit,w_{side},h_{side}/format,webp"
_NOT_SHOWN = Message("this is no picture that can be shown", "无法显示该图片")
_TOO_LARGE = Sentence(
    "a picture of {width} × {height} pixels is too large for a preview",
    "图片为 {width} × {height} 像素，过大，无法预览",
)


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
        with _DECODING, Image.open(file, formats=_FORMATS) as picture:
            width, height = picture.size
            picture.draft("RGB", (2 * side, 2 * side))  # decodes a large JPEG at a fraction of its size
            if width * height > MOST_PIXELS or picture.width * picture.height > MOST_DECODED:
                raise Rejected("PictureTooLarge", _TOO_LARGE(width=width, height=height))
            ImageOps.exif_transpose(picture, in_place=True)
            picture.thumbnail((side, side))
            picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(out, "WEBP", quality=85)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Rejected("NoPicture", _NOT_SHOWN) from None
    return out.getvalue()
