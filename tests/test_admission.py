"""What a vendor takes is shown as it is, what can be made to fit is reshaped by OSS, the rest is told why not."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.admission import Shown, admit_mask, admit_picture
from shared.capabilities import CAPABILITIES
from shared.errors import Rejected
from shared.models import Capability, Header, Limits

ROWS = sorted(CAPABILITIES.values(), key=lambda row: row.name)
FORMATS = ("jpg", "png", "bmp", "webp", "gif", "tiff", "heic")
AS_JPEG = "format,jpg/quality,Q_90"

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def admit(row: Capability, header: Header, size: int = 100_000) -> Shown:
    return admit_picture(header, size, row.limits)


def refusal(row: Capability, header: Header, size: int = 100_000) -> Rejected:
    with pytest.raises(Rejected) as refused:
        admit(row, header, size)
    return refused.value


@every_row
def test_the_smallest_and_the_largest_sides_pass_as_they_are(row: Capability) -> None:
    least, most = row.limits.min_side, row.limits.max_side
    reach = min(most, int(least * row.limits.max_aspect)) if row.limits.max_aspect < 100 else most
    for sides in ((least, least), (least, reach), (reach, least), (most, most)):
        assert admit(row, Header("jpg", *sides)) == Shown("", *sides)


@every_row
def test_the_last_byte_that_passes_passes(row: Capability) -> None:
    most = 10**9 if row.limits.max_bytes == math.inf else int(row.limits.max_bytes)
    assert admit(row, Header("jpg", 1000, 800), most) == Shown("", 1000, 800)


@every_row
def test_a_byte_too_many_is_compressed_away_where_oss_can_read_the_picture(row: Capability) -> None:
    if row.limits.max_bytes == math.inf:
        return
    size = int(row.limits.max_bytes) + 1
    if size <= 20_000_000:
        assert admit(row, Header("jpg", 1000, 800), size) == Shown(f"image/{AS_JPEG}", 1000, 800)
    else:
        error = refusal(row, Header("jpg", 1000, 800), size)
        assert error.code == "PictureTooLarge"
        for said in (f"{size:,} bytes", f"up to {row.limits.max_bytes:,}", "20,000,000"):
            assert said in error.message


@every_row
def test_a_pixel_too_many_is_resized_away(row: Capability) -> None:
    most = row.limits.max_side
    less = int(1100 * (most / (most + 1)))
    wide, high = admit(row, Header("jpg", most + 1, 1100)), admit(row, Header("jpg", 1100, most + 1))
    assert wide == Shown(f"image/resize,m_fixed,w_{most},h_{less}/{AS_JPEG}", most, less)
    assert high == Shown(f"image/resize,m_fixed,w_{less},h_{most}/{AS_JPEG}", less, most)


@every_row
def test_a_pixel_too_few_is_refused_with_what_there_is_and_what_would_pass(row: Capability) -> None:
    least = row.limits.min_side
    for sides in ((least - 1, 500), (500, least - 1)):
        error = refusal(row, Header("png", *sides))
        assert error.code == "PictureTooSmall"
        assert f"{sides[0]:,} × {sides[1]:,} pixels" in error.message
        assert f"both sides must have at least {least}" in error.message


@every_row
def test_the_smallest_picture_may_need_reshaping_and_be_taken(row: Capability) -> None:
    least = row.limits.min_side
    assert admit(row, Header("gif", least, least, bits=8)) == Shown(f"image/{AS_JPEG}", least, least)


def test_a_picture_is_never_made_larger_than_oss_makes_them() -> None:
    shown = admit(CAPABILITIES["general/hd-common"], Header("jpg", 12_000, 9_000), 15_000_000)
    assert shown == Shown(f"image/resize,m_fixed,w_4729,h_3547/{AS_JPEG}", 4729, 3547)
    assert 0.999 < shown.width * shown.height / 16_777_216 <= 1


@every_row
@pytest.mark.parametrize("form", FORMATS)
def test_a_format_passes_or_becomes_a_jpeg(row: Capability, form: str) -> None:
    shown = admit(row, Header(form, 600, 400))
    assert shown == Shown("" if form in row.limits.formats else f"image/{AS_JPEG}", 600, 400)


@every_row
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16, 24, 32, 48, 64])
def test_a_png_depth_passes_or_becomes_a_jpeg(row: Capability, bits: int) -> None:
    shown = admit(row, Header("png", 600, 400, bits=bits))
    assert shown == Shown("" if bits in row.limits.png_bits else f"image/{AS_JPEG}", 600, 400)


def test_depth_is_a_matter_of_pngs_alone() -> None:
    assert admit(CAPABILITIES["general/common"], Header("bmp", 600, 400, bits=8)).process == ""


@every_row
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_turned_by_its_exif_is_turned_for_the_vendor(row: Capability, orientation: int) -> None:
    shown = admit(row, Header("jpg", 600, 400, orientation=orientation))
    assert shown.process == f"image/auto-orient,1/{AS_JPEG}"
    assert (shown.width, shown.height) == ((400, 600) if orientation >= 5 else (600, 400))


def test_a_phone_photo_is_resized_before_it_is_turned() -> None:
    shown = admit(CAPABILITIES["general/common"], Header("jpg", 4000, 3000, orientation=6), 5_000_000)
    assert shown == Shown(f"image/resize,m_fixed,w_1999,h_1499/auto-orient,1/{AS_JPEG}", 1499, 1999)


def test_a_large_picture_is_not_turned_at_more_than_4096_pixels_a_side() -> None:
    row = CAPABILITIES["general/hd-common"]
    assert admit(row, Header("jpg", 4096, 4000, orientation=3)).process == f"image/auto-orient,1/{AS_JPEG}"
    assert admit(row, Header("jpg", 4097, 3000, orientation=8)) == Shown(
        f"image/resize,m_fixed,w_4096,h_2999/auto-orient,1/{AS_JPEG}", 2999, 4096
    )


@pytest.mark.parametrize(
    ("header", "size", "said"),
    [
        (Header("jpg", 4000, 3000), 20_000_001, "20,000,001 bytes"),
        (Header("jpg", 30_001, 2000), 9_000_000, "30,001 × 2,000 pixels"),
        (Header("tiff", 16_385, 2000), 9_000_000, "16,384 pixels a side"),
        (Header("png", 25_000, 10_001), 9_000_000, "25,000 × 10,001 pixels"),
    ],
)
def test_what_oss_cannot_reshape_is_refused_with_what_it_could(header: Header, size: int, said: str) -> None:
    error = refusal(CAPABILITIES["general/common"], header, size)
    assert error.code == "PictureTooLarge"
    assert said in error.message
    assert "250,000,000 in all" in error.message


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (Header("jpg", 4000, 3000), 20_000_000),
        (Header("jpg", 30_000, 2000), 9_000_000),
        (Header("tiff", 16_384, 2000), 9_000_000),
        (Header("png", 25_000, 10_000), 9_000_000),
    ],
)
def test_what_oss_can_just_reshape_is_reshaped(header: Header, size: int) -> None:
    assert admit(CAPABILITIES["general/common"], header, size).process.startswith("image/resize")


def test_a_strip_too_narrow_once_resized_is_refused_with_what_it_would_be() -> None:
    row = CAPABILITIES["general/common"]
    # 20,000 to 1,999 is 10 to 1: 331 pixels would be 33.08.
    assert admit(row, Header("jpg", 20_000, 331)).process == f"image/resize,m_fixed,w_1999,h_33/{AS_JPEG}"
    error = refusal(row, Header("jpg", 20_000, 330))
    assert error.code == "PictureTooNarrow"
    for said in ("20,000 × 330 pixels", "1,999 × 32", "at least 33"):
        assert said in error.message


def test_a_refusal_names_every_limit_that_is_passed() -> None:
    error = refusal(CAPABILITIES["general/vehicle"], Header("gif", 40_000, 900, bits=8), 21_000_000)
    assert "it is a GIF, taken are BMP, JPG, PNG" in error.message
    assert "it has 21,000,000 bytes, taken are up to 3,000,000" in error.message
    assert "it has 40,000 × 900 pixels, taken are 33 to 1,999 a side" in error.message


headers = st.builds(
    Header,
    format=st.sampled_from(FORMATS),
    width=st.integers(1, 20_000) | st.integers(1, 40_000),
    height=st.integers(1, 20_000) | st.integers(1, 40_000),
    bits=st.sampled_from([1, 8, 16, 24, 32, 48, 64]),
    orientation=st.sampled_from([1, 1, 1, 3, 6, 8]),
)
sizes = st.integers(1, 21_000_000) | st.integers(1, 50_000_000)
_RESIZE = re.compile(r"resize,m_fixed,w_(\d+),h_(\d+)")


@given(headers, sizes, st.sampled_from(ROWS))
def test_whatever_is_shown_keeps_the_limits_of_the_vendor_and_of_oss(
    header: Header, size: int, row: Capability
) -> None:
    try:
        shown = admit(row, header, size)
    except Rejected:
        return
    limits = row.limits
    assert limits.min_side <= min(shown.width, shown.height)
    assert max(shown.width, shown.height) <= limits.max_side
    if shown.process:
        assert_oss_can_make_it(shown, header)
        assert shown.width * shown.height * 0.9 <= limits.max_bytes
        assert shown.process.endswith(AS_JPEG)
    else:
        assert header.format in limits.formats
        assert size <= limits.max_bytes
        assert (shown.width, shown.height, 1) == (header.width, header.height, header.orientation)


def assert_oss_can_make_it(shown: Shown, header: Header) -> None:
    """Follows the process step by step, as OSS does, and holds each against its documented limits."""
    width, height = header.width, header.height
    for step in shown.process.removeprefix("image/").split("/"):
        if resize := _RESIZE.fullmatch(step):
            width, height = int(resize[1]), int(resize[2])
        elif step == "auto-orient,1":
            assert max(width, height) <= 4096
            if header.orientation >= 5:
                width, height = height, width
    assert (width, height) == (shown.width, shown.height)
    assert width * height <= 16_777_216
    assert max(width, height) <= 16_384


@given(headers, sizes, st.sampled_from(ROWS))
def test_a_resized_picture_keeps_its_shape_to_a_pixel(header: Header, size: int, row: Capability) -> None:
    try:
        shown = admit(row, header, size)
    except Rejected:
        return
    width, height = (
        (shown.height, shown.width) if header.orientation >= 5 and shown.process else (shown.width, shown.height)
    )
    scale = max(width / header.width, height / header.height)
    assert abs(header.width * scale - width) <= 1 + 1e-6
    assert abs(header.height * scale - height) <= 1 + 1e-6


def test_even_noise_fits_the_vendors_bytes_once_reshaped() -> None:
    row = CAPABILITIES["general/refine-mask"]
    shown = admit(row, Header("jpg", 4000, 4000), 19_000_000)
    assert shown.width * shown.height > 3_300_000  # as large as can be
    noise = np.random.default_rng(7).integers(0, 256, (shown.height, shown.width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=90)
    assert len(out.getvalue()) <= row.limits.max_bytes


MASKED = CAPABILITIES["general/refine-mask"].limits


def admit_pair(image: Header, mask: Header, size: int = 100_000, limits: Limits = MASKED) -> tuple[Shown, Shown]:
    shown = admit_picture(image, 100_000, limits)
    return shown, admit_mask(mask, size, limits, image, shown)


def test_a_mask_of_the_pictures_size_is_shown_as_it_is() -> None:
    image, mask = Header("jpg", 600, 400), Header("png", 600, 400, bits=8)
    assert admit_pair(image, mask) == (Shown("", 600, 400), Shown("", 600, 400))


def test_a_mask_is_resized_with_its_picture_and_stays_sharp() -> None:
    image, mask = Header("jpg", 4000, 3000), Header("png", 4000, 3000, bits=8)
    shown, shown_mask = admit_pair(image, mask)
    assert shown_mask == Shown("image/resize,m_fixed,w_1999,h_1499/format,png", 1999, 1499)
    assert (shown.width, shown.height) == (shown_mask.width, shown_mask.height)


@pytest.mark.parametrize("mask", [Header("webp", 600, 400), Header("gif", 600, 400, bits=8)])
def test_a_mask_in_a_format_the_vendor_does_not_take_becomes_a_png(mask: Header) -> None:
    assert admit_pair(Header("jpg", 600, 400), mask)[1] == Shown("image/format,png", 600, 400)


def test_an_upright_mask_of_a_turned_picture_is_held_against_what_a_viewer_sees() -> None:
    image = Header("jpg", 600, 400, orientation=6)
    assert admit_pair(image, Header("png", 400, 600, bits=8))[1] == Shown("", 400, 600)
    with pytest.raises(Rejected):
        admit_pair(image, Header("png", 600, 400, bits=8))


def test_a_turned_mask_of_a_turned_picture_is_turned_too() -> None:
    image = Header("jpg", 600, 400, orientation=6)
    assert admit_pair(image, image)[1] == Shown("image/auto-orient,1/format,png", 400, 600)


def test_a_large_turned_mask_is_resized_before_it_is_turned() -> None:
    image = Header("jpg", 6000, 4500, orientation=6)
    assert admit_pair(image, image)[1] == Shown(
        "image/resize,m_fixed,w_1999,h_1499/auto-orient,1/format,png", 1499, 1999
    )


@pytest.mark.parametrize("sides", [(599, 400), (600, 401), (400, 600), (1200, 800)])
def test_a_mask_of_another_size_is_refused_with_both_sizes(sides: tuple[int, int]) -> None:
    with pytest.raises(Rejected) as refused:
        admit_pair(Header("jpg", 600, 400), Header("png", *sides, bits=8))
    assert refused.value.code == "MaskSize"
    assert f"{sides[0]} × {sides[1]} pixels and the picture 600 × 400" in refused.value.message


def test_a_mask_that_oss_cannot_reshape_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        admit_pair(Header("jpg", 4000, 3000), Header("png", 4000, 3000, bits=8), size=20_000_001)
    assert refused.value.code == "PictureTooLarge"
    assert "20,000,001 bytes" in refused.value.message


@given(headers, headers, sizes)
def test_a_shown_mask_lies_pixel_upon_pixel_and_oss_can_make_it(image: Header, mask: Header, size: int) -> None:
    width, height = image.turned
    if mask.orientation >= 5:
        width, height = height, width
    mask = replace(mask, width=width, height=height)
    try:
        shown, shown_mask = admit_pair(image, mask, size)
    except Rejected:
        return
    assert (shown_mask.width, shown_mask.height) == (shown.width, shown.height)
    if shown_mask.process:
        assert_oss_can_make_it(shown_mask, mask)
        assert shown_mask.process.endswith("format,png")
    else:
        assert mask.orientation == 1


def test_a_picture_too_long_for_its_width_is_refused_where_the_vendor_says_so() -> None:
    row = CAPABILITIES["portrait/features"]
    assert admit(row, Header("jpg", 400, 800)) == Shown("", 400, 800)
    assert "2 times the shorter one" in refusal(row, Header("jpg", 400, 801)).message
    assert "2 times the shorter one" in refusal(row, Header("jpg", 801, 400)).message


@given(width=st.integers(101, 9000), longer=st.floats(1, 2), lying=st.booleans())
def test_no_rounding_makes_a_picture_longer_for_its_width_than_the_vendor_says(
    width: int, longer: float, lying: bool
) -> None:
    row = CAPABILITIES["portrait/features"]
    sides = (width, int(width * longer)) if not lying else (int(width * longer), width)
    shown = admit(row, Header("jpg", *sides))
    assert max(shown.width, shown.height) <= 2 * min(shown.width, shown.height)
