"""PNG, WebP and GIF: what stands in their chunks and blocks, wherever it does; Pillow is the oracle."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from PIL import Image

from shared.pictures.header import WINDOW
from shared.pictures.header.facts import Header
from tests.pictures import chunk, exif, picture, png
from tests.unit.pictures.headers import Object, header, sides_by_pillow

FOUR = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue", "white")]


def animated(form: str, frames: list[Image.Image] = FOUR, **how: Any) -> bytes:
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], **how)
    return out.getvalue()


# ---------------------------------------------------------------- PNG

SMALL = png(64, 48, 8, 2)
AT = SMALL.index(b"IDAT") - 4


@pytest.mark.parametrize("kind", [b"VP8 ", b"VP8L", b"VP8X"])
def test_the_webp_samples_cover_its_three_kinds(kind: bytes) -> None:
    samples = {
        b"VP8 ": picture(form="WEBP"),
        b"VP8L": picture(form="WEBP", lossless=True),
        b"VP8X": picture(form="WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    }
    assert samples[kind][12:16] == kind


def test_the_scale_that_shares_a_lossy_webps_sides_is_not_part_of_them() -> None:
    content = bytearray(picture(40, 30, "WEBP"))
    content[27] |= 0x40
    content[29] |= 0x80
    assert sides_by_pillow(bytes(content)) == ("webp", 40, 30)
    assert header(bytes(content)) == Header("webp", 40, 30)


def test_sides_of_the_largest_extended_webp_are_read_in_full() -> None:
    riff = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4)
    found = header(riff + (70_000 - 1).to_bytes(3, "little") + (0xFFFFFF).to_bytes(3, "little"))
    assert (found.width, found.height) == (70_000, 0x1000000)


@pytest.mark.parametrize(
    ("depth", "colour", "bits"),
    [
        (1, 0, 1),
        (2, 0, 2),
        (4, 0, 4),
        (8, 0, 8),
        (16, 0, 16),
        (1, 3, 1),
        (2, 3, 2),
        (4, 3, 4),
        (8, 3, 8),
        (8, 4, 16),
        (16, 4, 32),
        (8, 2, 24),
        (8, 6, 32),
        (16, 2, 48),
        (16, 6, 64),
    ],
)
def test_a_png_has_the_bits_a_pixel_that_are_stored(depth: int, colour: int, bits: int) -> None:
    content = png(50, 40, depth, colour)
    with Image.open(io.BytesIO(content)) as image:
        image.load()  # the sample is a sound PNG
    assert header(content) == Header("png", 50, 40, bits=bits, alpha=colour in (4, 6))


def with_chunks(*before: bytes, behind: tuple[bytes, ...] = (), content: bytes = SMALL) -> bytes:
    """Before the pixels and behind them."""
    at = content.index(b"IDAT") - 4
    return content[:at] + b"".join(before) + content[at:-12] + b"".join(behind) + content[-12:]


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_of_a_png_counts_before_its_pixels_and_behind_them(prefix: bytes, orientation: int) -> None:
    said = chunk(b"eXIf", prefix + exif(orientation, "big"))
    for content in (
        with_chunks(said),
        with_chunks(behind=(said,)),
        with_chunks(behind=(chunk(b"tEXt", b"a\0b"), said)),
    ):
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            assert image.getexif().get(0x0112, 1) == orientation
        assert header(content) == Header("png", 64, 48, orientation=orientation)


def test_the_exif_before_the_pixels_counts_first() -> None:
    too_early, late = (chunk(b"eXIf", exif(orientation, "little")) for orientation in (6, 3))
    assert header(with_chunks(too_early, behind=(late,))).orientation == 6


def test_exif_behind_the_pixels_costs_a_long_png_one_read() -> None:
    pixels = tuple(chunk(b"IDAT", bytes(8_192)) for _ in range(300))
    for behind, orientation in ((chunk(b"eXIf", exif(6, "big")), 6), (b"", 1), (chunk(b"tEXt", b"a\0eXIf of me"), 1)):
        photo = Object(with_chunks(behind=(*pixels, behind)))
        assert photo.header() == Header("png", 64, 48, orientation=orientation)
        assert len(photo.reads) == 1


def test_long_texts_and_profiles_of_a_png_are_stepped_over() -> None:
    photo = Object(
        with_chunks(chunk(b"iCCP", bytes(900_000)), chunk(b"eXIf", exif(6, "big")), chunk(b"tRNS", bytes(6)))
    )
    assert photo.header() == Header("png", 64, 48, orientation=6, alpha=True)
    assert len(photo.reads) <= 2


@pytest.mark.parametrize(("colour", "alpha"), [(0, False), (2, False), (3, False), (4, True), (6, True)])
def test_a_png_can_be_transparent_by_its_colour_type_or_by_one_colour(colour: int, alpha: bool) -> None:
    content = png(64, 48, 8, colour)
    assert header(content).alpha is alpha
    assert header(with_chunks(chunk(b"tRNS", bytes(2)), content=content)).alpha


def test_a_transparency_that_comes_too_late_is_none() -> None:
    assert not header(with_chunks(behind=(chunk(b"tRNS", bytes(6)),))).alpha


def test_the_frames_of_a_png_are_counted() -> None:
    assert header(animated("PNG")).frames == 4
    assert header(with_chunks(chunk(b"acTL", struct.pack(">II", 1, 0)))).frames == 1
    for wrong in (struct.pack(">II", 0, 0), struct.pack(">II", 2**31, 0), b"\0"):
        assert header(with_chunks(chunk(b"acTL", wrong))).frames == 1


def test_the_dialect_of_apple_has_its_header_behind_another_chunk() -> None:
    content = SMALL[:8] + chunk(b"CgBI", b"P\0 \2") + SMALL[8:]
    assert header(content) == header(SMALL)


# ---------------------------------------------------------------- WebP


def webp(flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    listed = [(b"VP8X", bytes([flags, 0, 0, 0]) + (63).to_bytes(3, "little") + (47).to_bytes(3, "little")), *chunks]
    body = b"".join(
        struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2) for name, content in listed
    )
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("pixels", [100, 101, 3_000_001])
def test_the_exif_of_a_webp_counts_behind_its_pixels(prefix: bytes, pixels: int) -> None:
    said = (b"EXIF", prefix + exif(6, "little"))
    photo = Object(webp(0x08, (b"ICCP", bytes(9)), (b"VP8 ", bytes(pixels)), said))
    assert photo.header() == Header("webp", 64, 48, orientation=6)
    assert len(photo.reads) == (1 if pixels > WINDOW else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_that_pillow_writes_into_a_webp_is_read(orientation: int) -> None:
    assert header(picture(64, 48, "WEBP", orientation=orientation)).orientation == orientation


def test_exif_that_a_webp_does_not_announce_is_not_there() -> None:
    photo = Object(webp(0, (b"VP8 ", bytes(100_000)), (b"EXIF", exif(6, "little"))))
    assert photo.header().orientation == 1
    assert photo.reads == []


def test_a_webp_of_several_frames_is_an_animation() -> None:
    assert header(animated("WEBP")) == Header("webp", 64, 48, frames=2)
    assert header(webp(0x02, (b"ANIM", bytes(6)), (b"ANMF", bytes(30)))).frames == 1
    long = Object(webp(0x02, (b"ANIM", bytes(6)), *[(b"ANMF", bytes(100_000))] * 90))
    assert long.header().frames == 2
    assert len(long.reads) == 1


@pytest.mark.parametrize("how", [{}, {"lossless": True}])
@pytest.mark.parametrize(("mode", "alpha"), [("RGB", False), ("RGBA", True)])
def test_a_webp_says_whether_it_can_be_transparent(mode: str, alpha: bool, how: dict[str, Any]) -> None:
    out = io.BytesIO()
    Image.new(mode, (64, 48), (9, 9, 9, 9)[: len(mode)]).save(out, "WEBP", **how)
    assert header(out.getvalue()).alpha is alpha


# ---------------------------------------------------------------- GIF


@pytest.mark.parametrize("frames", [1, 2, 4])
def test_the_frames_of_a_gif_are_counted(frames: int) -> None:
    assert header(animated("GIF", FOUR[:frames])) == Header("gif", 64, 48, bits=8, frames=frames)


def test_a_comment_a_loop_and_bytes_between_blocks_are_stepped_over() -> None:
    content = animated("GIF", FOUR, loop=0, comment=b"," * 700)
    at = content.index(b"!\xfe")
    assert header(content[:at] + bytes(3) + content[at:]).frames == 4


def test_a_gif_is_transparent_when_its_first_frame_is() -> None:
    clear, opaque = (b"!\xf9\4" + bytes([flags, 0, 0, 0, 0]) for flags in (0b101, 0b100))
    one = frame(b"\1\0")
    assert header(gif(clear + one, 2)).alpha
    assert not header(gif(opaque + one + clear + one, 1)).alpha
    assert not header(gif(one, 1)).alpha


def gif(frame: bytes, frames: int, screen: tuple[int, int] = (64, 48)) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", *screen, 0, 0, 0) + frame * frames + b";"


def frame(blocks: bytes, sides: tuple[int, int] = (64, 48)) -> bytes:
    return b"," + struct.pack("<HHHHB", 0, 0, *sides, 0) + b"\2" + blocks + b"\0"


def test_a_first_frame_that_is_larger_than_the_screen_enlarges_it() -> None:
    content = gif(frame(b"\2\x4c\1", (70, 50)), 1)
    assert sides_by_pillow(content) == ("gif", 70, 50)
    assert header(content) == Header("gif", 70, 50, bits=8)


def test_a_gif_of_megabytes_costs_a_read_for_each_and_is_counted_to_20_of_them() -> None:
    one = frame((b"\xff" + bytes(255)) * 400)
    for frames in (30, 300):
        photo = Object(gif(one, frames))
        looked_at = min(len(photo.content), 20_000_000)
        assert photo.header().frames == looked_at // len(one) + (frames == 300)
        assert len(photo.reads) == -(-looked_at // 1_048_576)


@pytest.mark.parametrize("content", [gif(frame(b"\1\0"), 1_500_000), gif(frame(b"\1\0" * 9_000_000), 1)])
def test_a_gif_of_countless_blocks_is_counted_only_so_far(content: bytes) -> None:
    found = Object(content).header()
    assert 1 <= found.frames < 100_000
    assert (found.width, found.height) == (64, 48)


def test_a_gif_that_is_cut_off_has_the_frames_that_are_there() -> None:
    assert header(gif(frame(b"\1\0"), 3)[:-4]).frames == 3
    assert header(gif(frame(b"\1\0"), 3)[:-10]).frames == 2
