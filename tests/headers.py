"""A picture in a bucket, whose header is read as the line does it, with each read counted."""

from __future__ import annotations

from shared.header import WINDOW, read_header
from shared.models import Header


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
