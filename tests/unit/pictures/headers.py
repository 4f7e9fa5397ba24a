"""A picture in a bucket, whose header is read as the line does it, with each read counted."""

from __future__ import annotations

import io

from PIL import Image

from shared.pictures.header import WINDOW, read_header
from shared.pictures.header.facts import Header

OUR_WORDS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "WEBP": "webp", "GIF": "gif", "TIFF": "tiff"}


class Object:
    def __init__(self, content: bytes, name: str = "") -> None:
        self.content = content
        self.name = name
        self.reads: list[tuple[int, int]] = []

    def more(self, start: int, length: int) -> bytes:
        """OSS answers a range that is not within the object with the whole of it: none may be asked for."""
        assert length > 0
        assert 0 <= start <= start + length <= len(self.content)
        self.reads.append((start, length))
        return self.content[start : start + length]

    def header(self) -> Header:
        return read_header(self.content[:WINDOW], len(self.content), self.more, self.name)


def header(content: bytes, name: str = "") -> Header:
    return Object(content, name).header()


def sides_by_pillow(content: bytes) -> tuple[str, int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return OUR_WORDS[str(image.format)], image.width, image.height
