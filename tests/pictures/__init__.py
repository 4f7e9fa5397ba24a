"""Pictures of every kind: made with Pillow, and byte by byte where Pillow cannot."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache
from typing import Literal

from PIL import Image

Order = Literal["little", "big"]

_EXIF_ORIENTATION = 0x0112


@lru_cache(maxsize=64)
def picture(
    width: int = 640, height: int = 480, form: str = "JPEG", *, mode: str = "RGB", orientation: int = 1, **save: object
) -> bytes:
    """A gradient from black to white; the last ones are kept, for thousands of tests upload the same few."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    if orientation != 1:
        exif = Image.Exif()
        exif[_EXIF_ORIENTATION] = orientation
        save["exif"] = exif
    out = io.BytesIO()
    image.save(out, form, **save)
    return out.getvalue()


def png(width: int, height: int, depth: int, colour: int) -> bytes:
    """A black PNG of `depth` bits a channel and PNG colour type `colour`, as Pillow never writes one with 16."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" + bytes((width * depth * channels + 7) // 8)
    palette = [chunk(b"PLTE", bytes(3))] if colour == 3 else []
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
            *palette,
            chunk(b"IDAT", zlib.compress(row * height)),
            chunk(b"IEND", b""),
        ]
    )


def zeros(megabytes: int) -> bytes:
    """So many of them, 1 << 20 bytes each, as zlib packs them to a thousandth: one is packed, and then repeated."""
    packed, block = zlib.compressobj(9), bytes(1 << 20)
    first, again = (packed.compress(block) + packed.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = (megabytes << 20) % 65_521 << 16 | 1  # Adler-32, which of zeros counts only how many there are
    return first + again * (megabytes - 1) + b"\3\0" + struct.pack(">I", checksum)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def turned(jpeg: bytes, orientation: int, order: Order) -> bytes:
    """A JPEG with an EXIF segment of two entries, the second its orientation, in the byte order asked for."""
    return after_start(jpeg, exif_segment(exif(orientation, order)))


def exif(orientation: int, order: Order, *, kind: str = "H", number: int = 1) -> bytes:
    """EXIF with an orientation of the kind that `struct` calls so, said to be `number` of them."""
    mark, symbol = (b"II", "<") if order == "little" else (b"MM", ">")
    width = struct.pack(f"{symbol}HHII", 0x0100, 4, 1, 640)
    value = struct.pack(symbol + kind, orientation).ljust(4, b"\0")
    types = {"B": 1, "s": 2, "H": 3, "I": 4, "h": 8, "i": 9, "f": 11}
    turn = struct.pack(f"{symbol}HHI", _EXIF_ORIENTATION, types[kind], number) + value
    return mark + struct.pack(f"{symbol}HIH", 42, 8, 2) + width + turn + bytes(4)


def exif_segment(content: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + content)


def padded(jpeg: bytes, segments: int) -> bytes:
    """A JPEG with so many application segments of 65,537 bytes before everything else."""
    return after_start(jpeg, segment(0xEB, bytes(65_533)) * segments)


def after_start(jpeg: bytes, segment: bytes) -> bytes:
    return jpeg[:2] + segment + jpeg[2:]


def segment(code: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body


def tiff(width: int, height: int, order: Order, *, orientation: int = 1, before: int = 0) -> bytes:
    """A one-bit TIFF with `before` bytes of nothing and its strip before its directory, as scanners write them."""
    mark, symbol = (b"II", "<") if order == "little" else (b"MM", ">")
    strip = bytes((width + 7) // 8 * height)
    directory = 8 + before + len(strip)
    shorts = [(0x0102, 1), (0x0103, 1), (0x0106, 1), (_EXIF_ORIENTATION, orientation), (0x0116, height)]
    longs = [(0x0100, width), (0x0101, height), (0x0111, 8 + before), (0x0117, len(strip))]
    entries = sorted(
        [(tag, struct.pack(f"{symbol}HHIHH", tag, 3, 1, value, 0)) for tag, value in shorts]
        + [(tag, struct.pack(f"{symbol}HHII", tag, 4, 1, value)) for tag, value in longs]
    )
    head = mark + struct.pack(f"{symbol}HI", 42, directory)
    listing = struct.pack(f"{symbol}H", len(entries)) + b"".join(entry for _, entry in entries) + bytes(4)
    return head + bytes(before) + strip + listing
