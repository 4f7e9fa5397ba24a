"""A header read from the first bytes says what Pillow says of the whole picture; nonsense is refused, never a crash."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.pictures.header import MOST_READS, WINDOW
from shared.pictures.header.facts import Header
from tests.pictures import Order, padded, picture, png, tiff, turned
from tests.pictures.heif import heic
from tests.unit.pictures.headers import OUR_WORDS, Object, header, sides_by_pillow

NO_PICTURE = r"no JPEG, PNG, BMP, WebP, GIF, TIFF, HEIC or AVIF picture.*: save it as JPEG or PNG, and upload that"
NO_HEADER = r"header (is cut off or damaged|says .* pixels): save it again as JPEG, and upload that"


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (640, 480), (257, 1025)])
@pytest.mark.parametrize(
    ("form", "mode", "save"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("PNG", "1", {}),
        ("PNG", "P", {}),
        ("PNG", "LA", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "I;16", {}),
        ("BMP", "1", {}),
        ("BMP", "P", {}),
        ("BMP", "RGB", {}),
        ("BMP", "RGBA", {}),
        ("GIF", "P", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
        ("TIFF", "RGB", {}),
        ("TIFF", "L", {"compression": "tiff_lzw"}),
        ("TIFF", "1", {}),
    ],
)
def test_format_and_sides_are_what_pillow_finds(
    form: str, mode: str, save: dict[str, Any], size: tuple[int, int]
) -> None:
    content = picture(*size, form, mode=mode, **save)
    found = header(content)
    assert (found.format, found.width, found.height) == sides_by_pillow(content) == (OUR_WORDS[form], *size)


@pytest.mark.parametrize("nonsense", [0, 9, 65_535])
@pytest.mark.parametrize("order", ["little", "big"])
def test_an_orientation_that_does_not_exist_is_upright(nonsense: int, order: Order) -> None:
    assert header(turned(picture(), nonsense, order)).orientation == 1
    assert header(tiff(40, 30, order, orientation=nonsense)).orientation == 1


def test_a_bmp_stored_from_top_to_bottom_has_the_height_it_shows() -> None:
    content = bytearray(picture(40, 30, "BMP"))
    content[22:26] = struct.pack("<i", -30)
    assert sides_by_pillow(bytes(content)) == ("bmp", 40, 30)
    assert header(bytes(content)) == Header("bmp", 40, 30, bits=24)


def test_a_bmp_of_os2_is_read() -> None:
    content = b"BM" + struct.pack("<IHHI", 26 + 120, 0, 0, 26) + struct.pack("<IHHHH", 12, 10, 4, 1, 24) + bytes(128)
    assert sides_by_pillow(content) == ("bmp", 10, 4)
    assert header(content) == Header("bmp", 10, 4, bits=24)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"hello", b"<html><body>no</body></html>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", b"\0" * 100],
)
def test_what_is_no_picture_is_refused_whatever_its_name(content: bytes) -> None:
    with pytest.raises(Rejected, match=NO_PICTURE) as refused:
        header(content)
    assert refused.value.code == "NotAnImage"


@pytest.mark.parametrize(
    "content",
    [
        picture(form="PNG")[:20],
        png(1, 1, 8, 0).replace(b"\x08\0\0\0\0", b"\x08\x05\0\0\0", 1),
        picture()[:100],
        b"\xff\xd8\xff\xd9",
        picture(form="GIF", mode="P")[:8],
        picture(form="WEBP")[:25],
        picture(form="WEBP").replace(b"VP8 ", b"VP9 "),
        tiff(10, 10, "little")[:-40],
        tiff(10, 10, "big").replace(b"\x01\x00\x00\x04", b"\x01\x0f\x00\x04"),
        heic(10, 10)[:24],
    ],
    ids=["png", "png-colour", "jpg", "jpg-end", "gif", "webp", "webp-kind", "tiff", "tiff-width", "heic"],
)
def test_a_header_that_is_cut_off_or_senseless_is_refused_as_broken(content: bytes) -> None:
    with pytest.raises(Rejected, match=NO_HEADER) as refused:
        header(content)
    assert refused.value.code == "BrokenImage"


@pytest.mark.parametrize("content", [b"GIF89a" + bytes(7) + b";", tiff(0, 10, "little")])
def test_a_picture_without_pixels_is_refused_as_broken(content: bytes) -> None:
    with pytest.raises(Rejected, match="pixels") as refused:
        header(content)
    assert refused.value.code == "BrokenImage"


SAMPLES = [
    turned(picture(90, 60, progressive=True), 5, "little"),
    padded(turned(picture(90, 60), 7, "big"), 2),
    png(30, 20, 16, 6),
    picture(30, 20, "BMP"),
    picture(30, 20, "GIF", mode="P"),
    picture(30, 20, "WEBP"),
    picture(30, 20, "WEBP", lossless=True),
    picture(30, 20, "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"),
    tiff(30, 20, "little"),
    tiff(30, 20, "big", before=70_000),
    heic(4000, 3000, quarter_turns=1),
]
MAGICS = [
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF89a", b"II*\0", b"MM\0*"),
    *(b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"),
]


def assert_sound(content: bytes) -> None:
    """A header that makes sense, or a refusal; never another exception, never reading without end."""
    photo = Object(content)
    with contextlib.suppress(Rejected):
        found = photo.header()
        assert found.width > 0
        assert found.height > 0
        assert 1 <= found.orientation <= 8
    assert len(photo.reads) <= MOST_READS
    assert all(length <= 2 * WINDOW for _, length in photo.reads)


@settings(deadline=None)
@given(st.sampled_from([b"", *MAGICS]), st.binary(max_size=300), st.sampled_from([0, WINDOW]))
def test_any_bytes_are_a_header_or_a_refusal(magic: bytes, rest: bytes, filling: int) -> None:
    assert_sound(magic + rest + bytes(filling))


@settings(deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_picture_cut_off_anywhere_is_a_header_or_a_refusal(sample: bytes, data: st.DataObject) -> None:
    assert_sound(sample[: data.draw(st.integers(0, min(len(sample), 500)) | st.integers(0, len(sample)))])


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_picture_with_flipped_bits_is_a_header_or_a_refusal(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    place = st.integers(0, min(len(sample), 200) - 1) | st.integers(0, len(sample) - 1)
    for at in data.draw(st.lists(place, min_size=1, max_size=4)):
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    assert_sound(bytes(damaged))
