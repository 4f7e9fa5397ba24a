"""A header read from the first bytes says what Pillow says of the whole picture; nonsense is refused, never a crash."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from shared.errors import Rejected
from shared.header import MOST_READS, WINDOW
from shared.models import Header
from tests.headers import Object, header
from tests.heif_pictures import heic
from tests.pictures import padded, picture, png, tiff, turned

NO_PICTURE = r"no JPEG, PNG, BMP, WebP, GIF, TIFF, HEIC or AVIF picture.*: save it as JPEG or PNG, and upload that"
NO_HEADER = r"header (is cut off or damaged|says .* pixels): save it again as JPEG, and upload that"
Order = Literal["little", "big"]
_OUR_WORDS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "WEBP": "webp", "GIF": "gif", "TIFF": "tiff"}


def sides_by_pillow(content: bytes) -> tuple[str, int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return _OUR_WORDS[str(image.format)], image.width, image.height


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
    assert (found.format, found.width, found.height) == sides_by_pillow(content) == (_OUR_WORDS[form], *size)


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


@pytest.mark.parametrize(("mode", "bits"), [("L", 8), ("RGB", 24), ("CMYK", 32)])
def test_a_jpeg_has_the_bits_of_its_channels(mode: str, bits: int) -> None:
    assert header(picture(mode=mode)).bits == bits


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_turns_a_jpeg_as_it_turns_for_pillow(orientation: int, order: Order) -> None:
    content = turned(picture(64, 48), orientation, order)
    found = header(content)
    assert found.orientation == orientation
    assert (found.width, found.height) == (64, 48)
    with Image.open(io.BytesIO(content)) as image:
        assert found.turned == ImageOps.exif_transpose(image).size


@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_is_found_where_pillow_writes_it(orientation: int) -> None:
    assert header(picture(orientation=orientation)).orientation == orientation


@pytest.mark.parametrize("nonsense", [0, 9, 65_535])
@pytest.mark.parametrize("order", ["little", "big"])
def test_an_orientation_that_does_not_exist_is_upright(nonsense: int, order: Order) -> None:
    assert header(turned(picture(), nonsense, order)).orientation == 1
    assert header(tiff(40, 30, order, orientation=nonsense)).orientation == 1


@pytest.mark.parametrize(
    "exif", [b"", b"II", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\x08\0\0\0\0\0\0\0\0\0"]
)
def test_damaged_exif_leaves_a_sound_jpeg_upright(exif: bytes) -> None:
    content = picture()
    segment = struct.pack(">BBH", 0xFF, 0xE1, len(exif) + 8) + b"Exif\0\0" + exif
    assert header(content[:2] + segment + content[2:]) == header(content)


@pytest.mark.parametrize(("segments", "reads"), [(0, 0), (1, 1), (2, 2), (64, 64)])
def test_a_jpeg_frame_behind_application_segments_is_found_with_a_read_for_each(segments: int, reads: int) -> None:
    photo = Object(padded(turned(picture(300, 200), 6, "big"), segments))
    found = photo.header()
    assert (found.width, found.height, found.orientation) == (300, 200, 6)
    assert len(photo.reads) == reads


def test_a_jpeg_frame_behind_more_than_a_megabyte_is_found() -> None:
    photo = Object(padded(picture(300, 200), 16))
    assert len(photo.content) > 1_048_576
    assert photo.header().width == 300


def test_a_jpeg_is_given_up_after_so_many_reads() -> None:
    photo = Object(padded(picture(), 90))
    with pytest.raises(Rejected) as refused:
        photo.header()
    assert refused.value.code == "BrokenImage"
    assert len(photo.reads) == MOST_READS


def test_padding_between_jpeg_segments_is_stepped_over() -> None:
    content = picture()
    assert header(content[:2] + b"\xff\xff\xff" + content[2:]) == header(content)


@pytest.mark.parametrize("cut", range(WINDOW - 12, WINDOW + 4))
def test_a_jpeg_frame_that_straddles_the_end_of_the_head_is_found(cut: int) -> None:
    content = picture(300, 200)
    frame = content.index(b"\xff\xc0")
    filling = cut - frame - 4
    segment = struct.pack(">BBH", 0xFF, 0xEB, filling + 2) + bytes(filling)
    photo = Object(content[:2] + segment + content[2:])
    assert photo.content.index(b"\xff\xc0") == cut
    assert (photo.header().width, photo.header().height) == (300, 200)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("before", [0, 1_000_000])
def test_a_tiff_with_its_directory_at_the_end_takes_at_most_one_read(order: Order, before: int) -> None:
    scan = Object(tiff(1000, 700, order, orientation=8, before=before))
    assert sides_by_pillow(scan.content)[0] == "tiff"
    assert scan.header() == Header("tiff", 1000, 700, orientation=8)
    assert len(scan.reads) == (1 if len(scan.content) > WINDOW else 0)


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
    ("quarter_turns", "sides"), [(0, (4032, 3024)), (1, (3024, 4032)), (2, (4032, 3024)), (3, (3024, 4032))]
)
def test_a_heic_has_the_sides_of_the_whole_as_it_is_shown(quarter_turns: int, sides: tuple[int, int]) -> None:
    assert header(heic(4032, 3024, quarter_turns=quarter_turns)) == Header("heic", *sides)


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
