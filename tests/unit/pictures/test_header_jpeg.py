"""JPEG: markers found as libjpeg finds them, EXIF read as viewers do, and the colours of print."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from shared.errors import Rejected
from shared.pictures.header import MOST_READS, WINDOW
from shared.pictures.header.facts import Header
from tests.pictures import Order, after_start, exif, exif_segment, padded, picture, segment, turned
from tests.unit.pictures.headers import Object, header

PHOTO = picture(64, 48)


def shape_by_libjpeg(content: bytes) -> tuple[int, ...]:
    """Pillow looks for markers by itself, and less patiently than the decoder it hands them to."""
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    height, width = decoded.shape[:2]
    return int(height), int(width)


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


@pytest.mark.parametrize("stray", [b"\0", b"\0" * 5_000, b"\xff\0" * 9, b"JFIF", b"\xff" * 5_000, bytes(WINDOW) * 3])
def test_bytes_that_belong_to_no_segment_are_stepped_over(stray: bytes) -> None:
    content = after_start(PHOTO, segment(0xE0, b"JFIF\0") + stray)
    assert header(content) == header(PHOTO)
    assert shape_by_libjpeg(content) == (48, 64)


@pytest.mark.parametrize("code", [0x01, *range(0xD0, 0xD8)])
def test_a_marker_without_a_segment_is_stepped_over(code: int) -> None:
    assert header(after_start(PHOTO, bytes([0xFF, code]))) == header(PHOTO)


@pytest.mark.parametrize("length", [0, 1])
def test_a_segment_that_claims_to_be_shorter_than_its_length_is_empty(length: int) -> None:
    assert header(after_start(PHOTO, b"\xff\xe0" + struct.pack(">H", length))) == header(PHOTO)


@pytest.mark.parametrize("code", sorted({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}))
def test_every_kind_of_frame_tells_its_sides(code: int) -> None:
    """Progressive, lossless, arithmetic: only the marker differs."""
    found = header(PHOTO.replace(b"\xff\xc0", bytes([0xFF, code]), 1))
    assert replace(found, buffered=0.0) == header(PHOTO)
    assert (found.buffered > 0) == (code in {0xC2, 0xC6, 0xCA, 0xCE})


@pytest.mark.parametrize(("subsampling", "buffered"), [("4:2:0", 3), ("4:2:2", 4), ("4:4:4", 6)])
def test_a_progressive_file_tells_how_much_a_decoder_keeps_of_it(subsampling: str, buffered: float) -> None:
    for progressive in (True, False):
        Image.new("RGB", (64, 48)).save(out := io.BytesIO(), "JPEG", progressive=progressive, subsampling=subsampling)
        assert header(out.getvalue()).buffered == (buffered if progressive else 0)


@pytest.mark.parametrize("code", [0xC4, 0xC8, 0xCC])
def test_tables_and_extensions_are_no_frame(code: int) -> None:
    assert header(after_start(PHOTO, segment(code, struct.pack(">BHHB", 8, 1, 1, 3)))) == header(PHOTO)


def test_a_jpeg_of_12_bits_has_36_a_pixel() -> None:
    at = PHOTO.index(b"\xff\xc0") + 4
    assert header(PHOTO[:at] + b"\x0c" + PHOTO[at + 1 :]) == Header("jpg", 64, 48, bits=36)


@pytest.mark.parametrize("adobe", [None, 0, 2])
def test_four_channels_are_the_colours_of_print_whatever_adobe_says(adobe: int | None) -> None:
    content = picture(64, 48, mode="CMYK")
    content = content.replace(b"\xff\xee", b"\xff\xed", 1)  # Pillow's own segment of Adobe's
    if adobe is not None:
        content = after_start(content, segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([adobe])))
    assert header(content) == Header("jpg", 64, 48, bits=32, cmyk=True)


def test_three_channels_are_no_colours_of_print() -> None:
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    assert not header(after_start(PHOTO, adobe)).cmyk


def test_a_picture_of_several_jpegs_is_its_first() -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", size) for size in ((64, 48), (640, 480)))
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert header(out.getvalue()) == Header("jpg", 64, 48)


def test_the_first_exif_counts() -> None:
    two = exif_segment(exif(6, "big")) + exif_segment(exif(3, "little"))
    assert header(after_start(PHOTO, two)).orientation == 6
    damaged = exif_segment(b"II*") + exif_segment(exif(3, "little"))
    assert header(after_start(PHOTO, damaged)).orientation == 1


def test_what_is_in_the_segment_of_exif_without_being_it_is_stepped_over() -> None:
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    assert header(after_start(PHOTO, xmp + exif_segment(exif(8, "big")))).orientation == 8


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(
    ("kind", "number", "orientation"),
    [
        *(("H", 1, 6), ("I", 1, 6), ("B", 1, 6), ("i", 1, 6), ("h", 1, 6)),
        *(("H", 2, 6), ("B", 4, 6)),  # several, of which the first
        *(("H", 0, 1), ("H", 3, 1), ("I", 2, 1), ("H", 2**32 - 1, 1)),  # none, or elsewhere
        *(("s", 1, 1), ("f", 1, 1)),  # no whole number
    ],
)
def test_an_orientation_counts_whatever_whole_number_it_is(
    order: Order, kind: str, number: int, orientation: int
) -> None:
    value: object = {"s": b"6", "f": 6.0}.get(kind, 6)
    content = exif_segment(exif(value, order, kind=kind, number=number))  # type: ignore[arg-type]
    assert header(after_start(PHOTO, content)).orientation == orientation


def test_of_two_orientations_the_first_counts() -> None:
    one = exif(6, "little")[22:34]
    both = b"II*\0\x08\0\0\0\2\0" + one + one.replace(b"\6", b"\3")
    assert header(after_start(PHOTO, exif_segment(both))).orientation == 6


@pytest.mark.parametrize("cut", range(14, 38))
def test_exif_that_is_cut_off_behind_its_orientation_still_says_it(cut: int) -> None:
    content = exif_segment(exif(6, "big")[:cut])
    assert header(after_start(PHOTO, content)).orientation == (6 if cut >= 34 else 1)


def test_an_orientation_that_another_segment_would_complete_is_none() -> None:
    """What EXIF points to lies within its segment: not in whatever follows."""
    outside = b"II*\0" + struct.pack("<I", 12)
    content = exif_segment(outside) + exif_segment(exif(6, "little"))
    assert header(after_start(PHOTO, content)).orientation == 1


def test_large_profiles_and_thumbnails_cost_a_read_each_and_exif_behind_them_counts() -> None:
    photo = Object(padded(turned(picture(300, 200), 6, "big"), 5))
    assert photo.header() == Header("jpg", 300, 200, orientation=6)
    assert len(photo.reads) == 5


@pytest.mark.parametrize("code", [0xD8, 0xD9, 0xDA])
def test_a_scan_or_an_end_before_the_sides_is_refused_as_broken(code: int) -> None:
    with pytest.raises(Rejected) as refused:
        header(after_start(PHOTO, segment(code, b"")))
    assert refused.value.code == "BrokenImage"
