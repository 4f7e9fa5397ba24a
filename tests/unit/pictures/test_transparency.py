"""A picture in which nothing shows is told from any other, by a look at what streams by."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.pictures.transparency import Transparency
from tests.pictures import picture, zeros


def png(alpha: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: int = 255) -> bytes:
    rgba = np.full((*alpha.shape, 4), colour, np.uint8)
    rgba[..., 3] = alpha
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    return out.getvalue()


def chunks(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG of RGBA pixels, made of such chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", header), *more, (b"IEND", b""))
    )


def total(body: bytes, size: int = 777) -> bool:
    transparency = Transparency(body[at : at + size] for at in range(0, len(body), size))
    assert b"".join(transparency) == body, "what is stored is what came"
    return transparency.total


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_nothing_shows_in_a_picture_that_is_transparent_throughout(size: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 60, 4), np.uint8)
    noise[..., 3] = 0
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    assert total(png(np.zeros((300, 200), np.uint8)), size)
    assert total(out.getvalue(), size)


@given(st.integers(0, 29), st.integers(0, 19), st.integers(1, 255), st.integers(1, 2000))
def test_one_pixel_that_shows_is_enough(x: int, y: int, alpha: int, size: int) -> None:
    alphas = np.zeros((20, 30), np.uint8)
    alphas[y, x] = alpha
    assert not total(png(alphas, colour=0), size)


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_of_png_is_seen_through(kind: int) -> None:
    """Lines stored by each filter, of colours that differ and alphas that are 0: the stored alphas are 0 as well."""
    width, height = 5, 4
    line = bytes([kind]) + bytes([9, 8, 7, 0]) * width
    body = zlib.compress(line * height)

    content = chunks(width, height, (b"tEXt", b"Title\0x"), (b"IDAT", body[:9]), (b"IDAT", body[9:]))
    decoded = np.asarray(Image.open(io.BytesIO(content)))
    assert total(content) is bool((decoded[..., 3] == 0).all()) is True


@pytest.mark.parametrize(
    "body",
    [b"", b"\x89PNG", picture(), picture(form="PNG"), picture(form="PNG", mode="LA"), b"\x89PNG" + bytes(100)],
)
def test_other_kinds_of_picture_are_nothing_to_say_about(body: bytes) -> None:
    assert not total(body)


@pytest.mark.parametrize(
    "make",
    [
        lambda: chunks(10, 10, (b"junk", bytes(8 << 20)), (b"IDAT", zlib.compress(bytes(410)))),
        lambda: chunks(1 << 30, 1, (b"IDAT", zeros(64))),
    ],
    ids=["a chunk", "a line"],
)
def test_a_picture_that_only_fills_memory_is_passed_on_and_not_looked_into(make: Callable[[], bytes]) -> None:
    body = make()
    tracemalloc.start()
    transparency = Transparency(body[at : at + (1 << 16)] for at in range(0, len(body), 1 << 16))
    size = sum(map(len, transparency))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (size, transparency.total) == (len(body), False)
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("make", "is_total"),
    [
        (lambda: chunks(1, 100_000_000, (b"IDAT", zeros(95))), True),
        (lambda: chunks(10, 10, (b"IDAT", zeros(381))), False),
        (lambda: chunks(30_000, 30_000, (b"IDAT", zeros(381))), False),
        (lambda: chunks(0, 1 << 31, (b"IDAT", zeros(381))), False),
        (lambda: chunks(10, 10, *[(b"IDAT", b"")] * 500_000), True),
        (lambda: chunks(10, 10, (b"IDAT", zlib.compress(bytes(410))), *[(b"IDAT", bytes(1 << 20))] * 16), True),
    ],
    ids=["narrow lines", "more lines than it has", "too large", "no width", "tiny chunks", "more after its end"],
)
def test_a_bomb_in_one_piece_takes_neither_long_nor_much(make: Callable[[], bytes], is_total: bool) -> None:
    body = make()
    began = time.thread_time()
    transparency = Transparency(iter([body]))
    assert sum(map(len, transparency)) == len(body)
    assert transparency.total is is_total
    assert time.thread_time() - began < 5, "narrow lines took six seconds when each was looked at by itself"
    tracemalloc.start()
    assert sum(map(len, Transparency(iter([body[: 1 << 22]])))) > 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_picture_that_is_damaged_is_not_called_empty() -> None:
    body = bytearray(png(np.zeros((50, 50), np.uint8)))
    body[45] ^= 0xFF
    assert not total(bytes(body))
