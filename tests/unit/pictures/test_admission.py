"""What a vendor takes is shown as it is, what can be made to fit is reshaped by OSS, the rest is told why not."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.errors import Rejected
from shared.pictures.admission import Limits, admit_mask, admit_picture
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import PNG, Rendering
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from tests.cloud.oss_image import process
from tests.cloud.oss_image_actions import READINGS, Reading
from tests.pictures.corners import COLOURS, corners, stored

ROWS = sorted(CAPABILITIES.values(), key=lambda row: row.name)
FORMATS = ("jpg", "png", "bmp", "webp", "gif", "tiff", "heic", "avif")
MIRRORED = (2, 4, 5, 7)
AS_JPEG = "format,jpg/quality,Q_90"

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def admit(row: Capability, header: Header, size: int = 100_000) -> Rendering:
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
        assert admit(row, Header("jpg", *sides)) == Rendering("", *sides)


@every_row
def test_the_last_byte_that_passes_passes(row: Capability) -> None:
    most = 10**9 if row.limits.max_bytes == math.inf else int(row.limits.max_bytes)
    assert admit(row, Header("jpg", 1000, 800), most) == Rendering("", 1000, 800)


@every_row
def test_a_byte_too_many_is_compressed_away_where_oss_can_read_the_picture(row: Capability) -> None:
    if row.limits.max_bytes == math.inf:
        return
    size = int(row.limits.max_bytes) + 1
    if size <= 20_000_000:
        assert admit(row, Header("jpg", 1000, 800), size) == Rendering(f"image/{AS_JPEG}", 1000, 800)
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
    assert wide == Rendering(f"image/resize,m_fixed,w_{most},h_{less}/{AS_JPEG}", most, less)
    assert high == Rendering(f"image/resize,m_fixed,w_{less},h_{most}/{AS_JPEG}", less, most)


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
    assert admit(row, Header("gif", least, least, bits=8)) == Rendering(f"image/{AS_JPEG}", least, least)


def test_a_picture_is_never_made_larger_than_oss_makes_them() -> None:
    shown = admit(CAPABILITIES["general/hd-common"], Header("jpg", 12_000, 9_000), 15_000_000)
    assert shown == Rendering(f"image/resize,m_fixed,w_4729,h_3547/{AS_JPEG}", 4729, 3547)
    assert 0.999 < shown.width * shown.height / 16_777_216 <= 1


@every_row
@pytest.mark.parametrize("form", FORMATS)
def test_a_format_passes_or_becomes_a_jpeg(row: Capability, form: str) -> None:
    shown = admit(row, Header(form, 600, 400))
    assert shown == Rendering("" if form in row.limits.formats else f"image/{AS_JPEG}", 600, 400)


@every_row
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16, 24, 32, 48, 64])
def test_a_png_depth_passes_or_becomes_a_jpeg(row: Capability, bits: int) -> None:
    shown = admit(row, Header("png", 600, 400, bits=bits))
    assert shown == Rendering("" if bits in row.limits.png_bits else f"image/{AS_JPEG}", 600, 400)


def test_depth_is_a_matter_of_pngs_alone() -> None:
    assert admit(CAPABILITIES["general/common"], Header("bmp", 600, 400, bits=8)).process == ""


@every_row
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_turned_by_its_exif_is_turned_for_the_vendor(row: Capability, orientation: int) -> None:
    shown = admit(row, Header("jpg", 600, 400, orientation=orientation))
    sides = (400, 600) if orientation >= 5 else (600, 400)
    assert shown == Rendering(f"image/auto-orient,1/{AS_JPEG}", *sides)


def test_a_phone_photo_is_turned_first_and_resized_to_sides_that_are_turned() -> None:
    shown = admit(CAPABILITIES["general/common"], Header("jpg", 4000, 3000, orientation=6), 5_000_000)
    assert shown == Rendering(f"image/auto-orient,1/resize,m_fixed,w_1499,h_1999/{AS_JPEG}", 1499, 1999)


@pytest.mark.parametrize(("orientation", "degrees"), [(3, 180), (6, 90), (8, 270)])
def test_what_auto_orient_does_not_take_is_resized_as_stored_and_rotated(orientation: int, degrees: int) -> None:
    row = CAPABILITIES["general/hd-common"]
    own, turned = f"auto-orient,1/{AS_JPEG}", f"rotate,{degrees}/{AS_JPEG}"

    def asked(width: int, height: int, form: str = "jpg") -> str:
        return admit(row, Header(form, width, height, orientation=orientation)).process

    # "Under 4,096", says the one page, and "not over 4,096" the other: at 4,096 both let it be rotated.
    assert asked(4095, 4095) == f"image/{own}"
    assert asked(4096, 3000) == f"image/auto-orient,0/{turned}"
    assert asked(4097, 3000) == f"image/auto-orient,0/resize,m_fixed,w_4096,h_2999/{turned}"
    for form in ("webp", "png", "tiff"):  # of which no document says that OSS looks for an orientation in them
        assert asked(600, 400, form) == f"image/auto-orient,0/{turned}"


@pytest.mark.parametrize("orientation", MIRRORED)
@pytest.mark.parametrize(("form", "width"), [("jpg", 4096), ("webp", 600), ("png", 600), ("tiff", 600)])
def test_what_is_mirrored_and_cannot_be_mirrored_back_is_refused_with_what_to_do(
    form: str, width: int, orientation: int
) -> None:
    error = refusal(CAPABILITIES["picwish/cutout"], Header(form, width, 400, orientation=orientation))
    assert error.code == "CannotBeTurned"
    for said in (f"EXIF orientation {orientation}", f"{width:,} × 400", "save it again upright"):
        assert said in error.message


# ---------------------------------------------------------------- what the vendor fetches, pixel by pixel

both_readings = pytest.mark.parametrize("reading", READINGS.values(), ids=list(READINGS))


def fetched(body: bytes, shown: Rendering, reading: Reading) -> Image.Image:
    """What a vendor gets, whose sides must be those that were promised."""
    content = process(body, shown.process, reading).content if shown.process else body
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (shown.width, shown.height)
    return picture


@both_readings
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("longest", [600, 2100, 4095, 4096, 4097, 6001])
@pytest.mark.parametrize("name", ["general/common", "portrait/hd-body"])
def test_a_photo_reaches_the_vendor_upright_and_undistorted(
    name: str, longest: int, orientation: int, reading: Reading
) -> None:
    sides = (longest, longest // 10)
    body = stored(sides, orientation)
    row, header = CAPABILITIES[name], Header("jpg", *sides, orientation=orientation)
    if orientation in MIRRORED and longest >= 4096:
        assert refusal(row, header, len(body)).code == "CannotBeTurned"
        return
    shown = admit(row, header, len(body))
    assert corners(fetched(body, shown, reading)) == COLOURS
    long, short = max(shown.width, shown.height), min(shown.width, shown.height)
    assert abs(long / short - 10) < 0.1
    assert (shown.width < shown.height) is (orientation >= 5)


@both_readings
@pytest.mark.parametrize(
    ("form", "orientation"),
    # A GIF has no orientation, and none of a HEIC's own is written by an encoder at hand.
    [*product(["PNG", "WEBP", "TIFF", "AVIF"], range(1, 9)), ("GIF", 1), ("HEIF", 1)],
)
def test_so_does_a_picture_of_any_other_format(form: str, orientation: int, reading: Reading) -> None:
    body = stored((2400, 300), orientation, form)
    decoded = {"AVIF": "avif", "HEIF": "heic"}.get(form)  # upright, and its sides are those that a decoder shows
    if decoded or form == "GIF":
        header = Header(decoded or "gif", *((2400, 300) if orientation < 5 or not decoded else (300, 2400)))
    else:
        header = Header(form.lower(), 2400, 300, orientation=orientation)
    row = CAPABILITIES["general/common"]
    if header.orientation in MIRRORED:
        assert refusal(row, header, len(body)).code == "CannotBeTurned"
    else:
        assert corners(fetched(body, admit(row, header, len(body)), reading)) == COLOURS


@both_readings
@pytest.mark.parametrize(
    ("sides", "of_picture", "of_mask"),
    [
        *(((120, 60), *pair) for pair in product(range(1, 9), repeat=2)),
        *((sides, *pair) for sides in ((2100, 300), (4800, 300)) for pair in [(1, 6), (6, 1), (6, 8), (3, 1), (8, 7)]),
    ],
)
def test_a_mask_lies_upon_its_picture_however_either_is_turned(
    sides: tuple[int, int], of_picture: int, of_mask: int, reading: Reading
) -> None:
    bodies, headers = [], []
    for orientation in (of_picture, of_mask):
        lies = sides if orientation < 5 else sides[::-1]
        bodies.append(stored(lies, orientation))
        headers.append(Header("jpg", *lies, orientation=orientation))
    if of_mask in MIRRORED and max(sides) >= 4096:
        with pytest.raises(Rejected, match="save it again upright"):
            admit_pair(headers[0], headers[1])
        return
    pair = admit_pair(headers[0], headers[1])
    seen = [fetched(body, shown, reading) for body, shown in zip(bodies, pair, strict=True)]
    assert seen[0].size == seen[1].size
    assert [corners(picture) for picture in seen] == [COLOURS, COLOURS]


# ---------------------------------------------------------------- what OSS reads


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


@pytest.mark.parametrize(
    ("header", "size", "advice"),
    [
        (Header("jpg", 4000, 3000), 20_000_001, "make it smaller than 20 MB, and upload that"),
        (Header("jpg", 30_001, 900), 9_000_000, "scale it down to 30,000 pixels a side, and upload that"),
        (Header("avif", 10_001, 900), 9_000_000, "scale it down to 10,000 pixels a side, and upload that"),
        (Header("png", 25_000, 10_001), 9_000_000, "scale it down to 250 million pixels, and upload that"),
        (Header("gif", 1000, 1000, frames=251), 9_000_000, "save one frame of it as JPEG, and upload that"),
        (
            Header("tiff", 16_385, 900),
            21_000_000,
            "smaller than 20 MB and scale it down to 16,384 pixels a side, and up",
        ),
        (Header("webp", 2000, 900, frames=2), 9_000, "save one of its frames as JPEG, and upload that"),
    ],
)
def test_a_refusal_says_what_to_do(header: Header, size: int, advice: str) -> None:
    assert advice in refusal(CAPABILITIES["general/common"], header, size).message


@pytest.mark.parametrize(
    "header", [Header("gif", 1000, 1000, bits=8, frames=250), Header("tiff", 1000, 1000, frames=1000)]
)
def test_frames_count_where_they_move_and_pages_do_not(header: Header) -> None:
    assert admit(CAPABILITIES["general/common"], header).process == f"image/{AS_JPEG}"


def test_an_animated_webp_is_shown_as_it_is_or_not_at_all() -> None:
    animated = Header("webp", 600, 400, frames=2)
    assert admit(CAPABILITIES["general/common"], animated) == Rendering("", 600, 400)
    for name, header in (
        ("goods/commodity", animated),
        ("general/common", replace(animated, width=2000)),
        ("general/common", replace(animated, orientation=6)),
    ):
        error = refusal(CAPABILITIES[name], header)
        assert (error.code, "one of its frames" in error.message) == ("AnimatedPicture", True)


@pytest.mark.parametrize("form", ["heic", "avif"])
def test_a_heic_or_avif_that_can_be_transparent_becomes_a_png_and_any_other_a_jpeg(form: str) -> None:
    row = CAPABILITIES["goods/commodity"]
    assert admit(row, Header(form, 600, 400)).process == f"image/{AS_JPEG}"
    assert admit(row, Header(form, 600, 400, alpha=True)).process == "image/format,png"
    large = admit(row, Header(form, 4000, 3000, alpha=True), 5_000_000)
    assert large == Rendering("image/resize,m_fixed,w_987,h_740/format,png", 987, 740)
    assert admit(row, Header("png", 4000, 3000, alpha=True), 5_000_000).process.endswith(AS_JPEG)


def test_transparent_noise_has_no_more_bytes_a_pixel_as_a_png_than_is_reckoned_with() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (700, 900, 4), dtype=np.uint8)
    Image.fromarray(noise).save(body := io.BytesIO(), "PNG")
    made = process(body.getvalue(), f"image/{PNG.actions}").content
    assert 4 < len(made) / (700 * 900) < PNG.bytes_a_pixel


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
    orientation=st.just(1) | st.integers(1, 8),
    frames=st.sampled_from([1, 1, 1, 2, 100]),
    alpha=st.booleans(),
).map(lambda header: replace(header, orientation=1) if header.format in ("heic", "avif", "gif", "bmp") else header)
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
        assert_oss_can_make_it(shown, header, size)
        as_png = header.alpha and header.format in ("heic", "avif")
        assert shown.width * shown.height * (4.1 if as_png else 0.9) <= limits.max_bytes
        assert shown.process.endswith("format,png" if as_png else AS_JPEG)
    else:
        assert header.format in limits.formats
        assert size <= limits.max_bytes
        assert (shown.width, shown.height, 1) == (header.width, header.height, header.orientation)


def assert_oss_can_make_it(shown: Rendering, header: Header, size: int) -> None:
    """Follows the process step by step, as OSS does by each of its documents, and holds it against their limits."""
    assert size <= 20_000_000
    assert max(header.width, header.height) <= {"tiff": 16_384, "avif": 10_000}.get(header.format, 30_000)
    assert header.width * header.height * (1 if header.format == "tiff" else header.frames) <= 250_000_000
    assert header.format != "webp" or header.frames == 1
    _, *steps = shown.process.split("/")
    assert header.orientation == 1 or steps[0] in ("auto-orient,0", "auto-orient,1")
    for turned_first in (False, True):
        order = sorted(steps, key=lambda step: not step.startswith("auto-orient")) if turned_first else steps
        lies, sides = header.orientation, (header.width, header.height)
        for step in order:
            if resize := _RESIZE.fullmatch(step):
                wanted = int(resize[1]), int(resize[2])
                assert wanted[0] <= sides[0], "OSS enlarges nothing unless it is told to"
                assert wanted[1] <= sides[1], "OSS enlarges nothing unless it is told to"
                sides = wanted
            elif step == "auto-orient,1":
                assert header.format == "jpg"
                assert max(header.width, header.height) < 4096
                lies, sides = 1, (sides[::-1] if header.orientation >= 5 else sides)
            elif step.startswith("rotate"):
                assert max(sides) <= 4096
                assert step == f"rotate,{ {3: 180, 6: 90, 8: 270}[lies] }"
                lies, sides = 1, (sides[::-1] if header.orientation >= 5 else sides)
        assert (lies, sides) == (1, (shown.width, shown.height))
    assert shown.width * shown.height <= 16_777_216
    assert max(shown.width, shown.height) <= 16_384


@given(headers, sizes, st.sampled_from(ROWS))
def test_a_resized_picture_keeps_its_shape_to_a_pixel(header: Header, size: int, row: Capability) -> None:
    try:
        shown = admit(row, header, size)
    except Rejected:
        return
    width, height = (
        (shown.height, shown.width) if header.orientation >= 5 and shown.process else (shown.width, shown.height)
    )
    scale = width / header.width if header.width > header.height else height / header.height
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


def admit_pair(
    image: Header, mask: Header, size: int = 100_000, limits: Limits = MASKED
) -> tuple[Rendering, Rendering]:
    shown = admit_picture(image, 100_000, limits)
    return shown, admit_mask(mask, size, limits, image, shown)


def test_a_mask_of_the_pictures_size_is_shown_as_it_is() -> None:
    image, mask = Header("jpg", 600, 400), Header("png", 600, 400, bits=8)
    assert admit_pair(image, mask) == (Rendering("", 600, 400), Rendering("", 600, 400))


def test_a_mask_is_resized_with_its_picture_and_stays_sharp() -> None:
    image, mask = Header("jpg", 4000, 3000), Header("png", 4000, 3000, bits=8)
    shown, shown_mask = admit_pair(image, mask)
    assert shown_mask == Rendering("image/resize,m_fixed,w_1999,h_1499/format,png", 1999, 1499)
    assert (shown.width, shown.height) == (shown_mask.width, shown_mask.height)


@pytest.mark.parametrize("mask", [Header("webp", 600, 400), Header("gif", 600, 400, bits=8)])
def test_a_mask_in_a_format_the_vendor_does_not_take_becomes_a_png(mask: Header) -> None:
    assert admit_pair(Header("jpg", 600, 400), mask)[1] == Rendering("image/format,png", 600, 400)


def test_an_upright_mask_of_a_turned_picture_is_held_against_what_a_viewer_sees() -> None:
    image = Header("jpg", 600, 400, orientation=6)
    assert admit_pair(image, Header("png", 400, 600, bits=8))[1] == Rendering("", 400, 600)
    with pytest.raises(Rejected):
        admit_pair(image, Header("png", 600, 400, bits=8))


def test_a_turned_mask_of_a_turned_picture_is_turned_too() -> None:
    image = Header("jpg", 600, 400, orientation=6)
    assert admit_pair(image, image)[1] == Rendering("image/auto-orient,1/format,png", 400, 600)


@pytest.mark.parametrize(
    ("mask", "asked"),
    [
        (Header("jpg", 4000, 3000, orientation=6), "image/auto-orient,1/resize,m_fixed,w_1499,h_1999/format,png"),
        (
            Header("png", 4000, 3000, orientation=8),
            "image/auto-orient,0/resize,m_fixed,w_1999,h_1499/rotate,270/format,png",
        ),
        (Header("png", 3000, 4000), "image/resize,m_fixed,w_1499,h_1999/format,png"),
        (
            Header("webp", 3000, 4000, orientation=3),
            "image/auto-orient,0/resize,m_fixed,w_1499,h_1999/rotate,180/format,png",
        ),
    ],
)
def test_a_mask_is_turned_as_it_lies_itself(mask: Header, asked: str) -> None:
    image = Header("jpg", 4000, 3000, orientation=6)
    assert admit_pair(image, mask)[1] == Rendering(asked, 1499, 1999)


@pytest.mark.parametrize("sides", [(599, 400), (600, 401), (400, 600), (1200, 800)])
def test_a_mask_of_another_size_is_refused_with_both_sizes(sides: tuple[int, int]) -> None:
    with pytest.raises(Rejected) as refused:
        admit_pair(Header("jpg", 600, 400), Header("png", *sides, bits=8))
    assert refused.value.code == "MaskSize"
    assert f"{sides[0]} × {sides[1]} pixels and the picture 600 × 400" in refused.value.message
    assert "scale or crop one of them" in refused.value.message


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
        assert_oss_can_make_it(shown_mask, mask, size)
        assert shown_mask.process.endswith("format,png")
    else:
        assert mask.orientation == 1


def test_a_picture_too_long_for_its_width_is_refused_where_the_vendor_says_so() -> None:
    row = CAPABILITIES["portrait/features"]
    assert admit(row, Header("jpg", 400, 800)) == Rendering("", 400, 800)
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
