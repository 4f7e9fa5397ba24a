"""What is uploaded: for each capability that is set up a photo, with the second picture that it needs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.functions.manifest import is_set_up
from console.settings import Settings
from shared.jobs import keys
from shared.pictures.header import read_header
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability

ANY_NAME = "验证 1+2%20"
"""In the name of one photo: what a key may hold, and what an event or a link might spell in another way."""


@dataclass(frozen=True)
class Photo:
    """A photo to be uploaded to `key`, after what is to lie beside it."""

    capability: Capability
    key: str
    content: bytes
    beside: tuple[tuple[str, bytes], ...] = ()
    """Keys and contents of the second picture."""


def capabilities(settings: Settings, only: Sequence[str] = ()) -> list[Capability]:
    """Those of vendors that are set up; of these `only`, if any are named."""
    rows = (row for row in CAPABILITIES.values() if is_set_up(settings, row.name.partition("/")[0]))
    return [row for row in rows if not only or row.name in only]


def photos(rows: Sequence[Capability], files: Sequence[Path], folder: str) -> Iterator[Photo]:
    """Each of `files` for each of `rows`, under `uploads/<capability>/<folder>/`. Raises `OSError`.

    The first photo has a name with everything in it that a key may hold.
    """
    for number, row in enumerate(rows):
        for place, file in enumerate(files):
            content = file.read_bytes()
            again = f"-{place + 1}" if file.name in [each.name for each in files[:place]] else ""  # of another folder
            name = f"{file.stem}{again}{'' if number else ANY_NAME}{file.suffix}"
            key = f"{keys.UPLOADS}{row.name}/{folder}/{name}"
            yield Photo(row, key, content, tuple(_beside(row, key, content)))


def _beside(row: Capability, key: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if row.companion is None:
        return
    if row.companion.same_size:
        width, height = read_header(content, len(content), lambda start, length: content[start : start + length]).turned
        yield f"{key}.{row.companion.role}.png", mask(width, height)
    else:
        yield f"{key}.{row.companion.role}{Path(key).suffix}", content


def mask(width: int, height: int) -> bytes:
    """A PNG, black with a white middle that is half as wide and half as high: grey, of 8 bits."""
    clear = b"\0" + bytes(width)
    middle = b"\0" + b"".join((bytes(width // 4), b"\xff" * (width // 2), bytes(width - width // 4 - width // 2)))
    rows = (middle if height // 4 <= row < height // 4 + height // 2 else clear for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
