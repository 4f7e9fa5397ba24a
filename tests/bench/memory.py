"""How much memory an instance takes for the largest photo and the largest result there are."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import cv2
import numpy as np

from tests.bench.backlog import PHOTO, by_functions
from tests.bench.progress import say
from tests.bench.table import Table
from tests.bench.usage import forget_peak, peak_mb, resident_mb
from tests.cloud.box import Cloud
from tests.cloud.vendor_drawn import Drawn
from tests.cloud.viapi_actions import ACTIONS
from tests.scenarios.shop import Shop

_ACTION, _FOLDER = "SegmentHDBody", "uploads/portrait/hd-body/"
_SOURCE_BYTES = 40_000_000
_SIDE = 10_000
_GREYS = 3
"""Of the result's noise: a PNG of 10,000 × 10,000 pixels then has some 100 MB."""


@dataclass(frozen=True)
class Memory:
    """MB (10^6 bytes)."""

    source: float
    result: float
    idle: float
    """Resident, of an instance that has served a small photo and waits."""
    peak: float
    """Resident, the most while it served the large one."""
    source_read: float


def measure() -> Memory:
    say("memory: making a photo of 40 MB and a result of 100 megapixels")
    source, result = photo(_SOURCE_BYTES), png(_SIDE)
    with Cloud(qps=1000, timer_seconds=math.inf) as cloud:
        shop = Shop(cloud)

        def serve(name: str, content: bytes) -> None:
            shop.upload(f"{_FOLDER}{name}.jpg", content)
            cloud.fc.quiet(120)

        for number in range(5):
            serve(f"small-{number}", PHOTO)
        (pid,) = cloud.fc.instance_pids()
        idle = resident_mb(pid)
        forget_peak(pid)
        say(f"memory: serving {len(source) / 1e6:.1f} MB, answered with {len(result) / 1e6:.1f} MB")
        with _drawing(result):
            serve("large", source)
        stored = shop.bucket.read(f"cutouts/{_FOLDER.removeprefix('uploads/')}large.jpg.png")
        if stored is None or len(stored.body) != len(result):
            raise RuntimeError("the large result was not stored: nothing to measure")
        read = sum(each.bytes_out for each in by_functions(cloud) if each.key == f"{_FOLDER}large.jpg")
        return Memory(len(source) / 1e6, len(result) / 1e6, idle, peak_mb(pid), read / 1e6)


def table(found: Memory) -> Table:
    return Table(
        "Memory of an instance with a large photo and a large result",
        ["what", "figure", "goal"],
        [
            ["photo", f"{found.source:.1f} MB, of which it read {found.source_read * 1000:.0f} kB", ""],
            ["result", f"{found.result:.1f} MB, 100 megapixels", ""],
            ["idle instance, resident", f"{found.idle:.1f} MB", ""],
            ["peak over that", f"{found.peak - found.idle:.1f} MB", "≤ 24 MB"],
        ],
    )


def photo(most: int) -> bytes:
    """A JPEG of noise, 6,000 × 6,000 pixels, at the best quality that `most` bytes allow, and zeros behind it."""
    pixels = np.random.default_rng(0).integers(0, 256, (6000, 6000, 3), np.uint8)
    for quality in range(95, 50, -1):
        done, content = cv2.imencode(".jpg", pixels[:300], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and content.size * 20 <= most * 0.99:
            break
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return bytes(jpeg) + bytes(most - len(jpeg))


def png(side: int) -> bytes:
    """A square RGBA picture of noise, made a row at a time: whole, it is four bytes a pixel."""
    noise, squeeze = np.random.default_rng(0), zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    row = np.zeros((side, 4), np.uint8)
    pieces = []
    for _ in range(side):
        row[:] = noise.integers(0, _GREYS, (side, 1), np.uint8)
        pieces.append(squeeze.compress(b"\0" + row.tobytes()))
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    body = b"".join([*pieces, squeeze.flush()])
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@contextmanager
def _drawing(content: bytes) -> Iterator[None]:
    """The vendor answers with this picture, whatever it was shown."""
    row = ACTIONS[_ACTION]
    ACTIONS[_ACTION] = replace(row, draw=lambda order: {"ImageURL": Drawn(content, "png")})
    try:
        yield
    finally:
        ACTIONS[_ACTION] = row
