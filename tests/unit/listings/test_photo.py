"""Files of every kind that a photo may be: each comes out upright, in sRGB and with its pixels, or with a sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from shared.errors import Rejected
from shared.listings.subject import Subject
from tests.pictures.corners import COLOURS, case, corners, stored
from tests.pictures.known_alpha import answer, known_alpha, write

_PICTURE = known_alpha("product", 480, 360)
_PHOTO = Image.fromarray(_PICTURE.photo)
_CUTOUT = answer(_PICTURE, longest=240)

Pixels = Any


def opened(folder: Path, content: bytes | Image.Image, cutout: Pixels = _CUTOUT) -> Subject:
    """A subject of a photo of these bytes, or of this picture as PNG."""
    photo, sold = folder / "photo", folder / "cutout"
    if isinstance(content, bytes):
        photo.write_bytes(content)
    else:
        content.save(photo, "PNG")
    Image.fromarray(cutout).save(sold, "PNG")
    return Subject.open(photo, sold)


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    picture.save(out := io.BytesIO(), form, **options)
    return out.getvalue()


def opaque(subject: Subject) -> tuple[Pixels, Pixels]:
    """The colours of the cutout's opaque pixels, and those of the photo as it was drawn."""
    cutout = subject.cut().numpy()
    where = (cutout[..., 3] == 255) & (cv2.erode(_PICTURE.alpha, np.ones((9, 9), np.uint8)) == 255)
    assert where.mean() > 0.05
    return cutout[where][:, :3].astype(float), _PICTURE.photo[where].astype(float)


def _grey_cutout() -> Pixels:
    """With one band of colour and one of transparency."""
    return np.dstack([np.asarray(Image.fromarray(_CUTOUT[..., :3]).convert("L")), _CUTOUT[..., 3]])


def sixteen_bit() -> bytes:
    done, content = cv2.imencode(".png", cv2.cvtColor(_PICTURE.photo, cv2.COLOR_RGB2BGR).astype(np.uint16) * 257)
    assert done
    return content.tobytes()


@pytest.mark.parametrize(
    ("content", "off"),
    [
        (lambda: saved(_PHOTO, "JPEG", quality=95, subsampling=0), 3),
        (lambda: saved(_PHOTO, "JPEG", quality=95, subsampling=0, progressive=True), 3),
        (lambda: saved(_PHOTO, "PNG"), 0),
        (lambda: saved(_PHOTO, "WEBP", lossless=True), 0),
        (lambda: saved(_PHOTO, "TIFF", compression="tiff_lzw"), 0),
        (lambda: saved(_PHOTO, "AVIF", quality=95), 4),
        (lambda: saved(_PHOTO.quantize(256), "GIF"), 8),
        (sixteen_bit, 0),
    ],
    ids=["jpeg", "progressive", "png", "webp", "tiff", "avif", "gif", "16 bit"],
)
def test_a_photo_of_each_format_keeps_its_pixels(tmp_path: Path, content: Callable[[], bytes], off: float) -> None:
    found, true = opaque(opened(tmp_path, content()))
    assert abs(found - true).mean() <= off


def test_an_interlaced_png_keeps_its_pixels(tmp_path: Path) -> None:
    import pyvips

    content = pyvips.Image.new_from_array(_PICTURE.photo).pngsave_buffer(interlace=True)
    found, true = opaque(opened(tmp_path, content))
    assert np.array_equal(found, true)


def test_a_grey_photo_becomes_grey_of_three_bands(tmp_path: Path) -> None:
    found, _ = opaque(opened(tmp_path, _PHOTO.convert("L"), _grey_cutout()))
    assert found.shape[1] == 3
    assert (found[:, 0] == found[:, 2]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stored_turned_comes_out_upright(tmp_path: Path, orientation: int) -> None:
    sides = (96, 64) if orientation < 5 else (64, 96)
    content = stored(sides, orientation, quality=95, subsampling=0)
    sold = np.full((32, 48, 4), 255, np.uint8)
    sold[..., :3] = np.asarray(Image.open(io.BytesIO(stored((48, 32), 1, "PNG"))))
    subject = opened(tmp_path, content, sold)
    assert (subject.width, subject.height) == (96, 64)
    cutout = subject.cut().numpy()
    assert corners(Image.fromarray(cutout[..., :3])) == COLOURS


@pytest.mark.parametrize("name", ["webp-ori6.webp", "exif-ori6.png", "phone-orientation6.jpg", "two-exif-6-then-1.jpg"])
def test_whatever_carries_the_exif_the_photo_is_upright(tmp_path: Path, name: str) -> None:
    from PIL import ImageOps

    with Image.open(io.BytesIO(case(name))) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    sold = np.dstack([np.asarray(upright), np.full((upright.height, upright.width), 255, np.uint8)])
    subject = opened(tmp_path, case(name), sold)
    assert (subject.width, subject.height) == upright.size
    assert abs(subject.cut().numpy()[..., :3].astype(float) - np.asarray(upright)).mean() < 3


def p3() -> bytes:
    """A profile of Display P3's primaries: sRGB's, with red and green further out."""
    import struct

    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189)}
    (count,) = struct.unpack_from(">I", content, 128)
    for at in range(132, 132 + 12 * count, 12):
        name, offset = struct.unpack_from(">4sI", content, at)
        if name in primaries:
            struct.pack_into(">3i", content, offset + 8, *(round(value * 65536) for value in primaries[name]))
    return bytes(content)


def test_colours_of_a_wider_space_are_brought_to_srgb(tmp_path: Path) -> None:
    srgb, profile = ImageCms.createProfile("sRGB"), p3()
    wide = ImageCms.profileToProfile(_PHOTO, srgb, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    assert wide is not None
    shifted = np.abs(np.asarray(wide).astype(float) - _PICTURE.photo).mean()
    found, true = opaque(opened(tmp_path, saved(wide, "PNG", icc_profile=profile)))
    assert abs(found - true).mean() < 1 < shifted


@pytest.mark.parametrize("profile", [b"no profile at all", p3()[:200], bytes(3000)], ids=["text", "cut off", "zeros"])
def test_a_broken_profile_is_as_none(tmp_path: Path, profile: bytes) -> None:
    found, true = opaque(opened(tmp_path, saved(_PHOTO, "PNG", icc_profile=profile)))
    assert np.array_equal(found, true)


def test_a_profile_for_other_bands_is_as_none(tmp_path: Path) -> None:
    grey = _PHOTO.convert("L")
    content = saved(grey, "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    subject = opened(tmp_path, content, _grey_cutout())
    assert abs(opaque(subject)[0][:, 0] - np.asarray(grey)[_opaque_of(subject)]).max() <= 1


def _opaque_of(subject: Subject) -> Pixels:
    cutout = subject.cut().numpy()
    return (cutout[..., 3] == 255) & (cv2.erode(_PICTURE.alpha, np.ones((9, 9), np.uint8)) == 255)


def test_cmyk_without_a_profile_comes_near_to_the_colours_it_was_made_of(tmp_path: Path) -> None:
    content = saved(_PHOTO.convert("CMYK"), "JPEG", quality=95)
    # What the vendor sees are other colours again: a mask has none to compare.
    found, true = opaque(opened(tmp_path, content, _CUTOUT[..., 3]))
    assert abs(found - true).mean() < 45
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.9


def saturated(cutout: Pixels) -> tuple[Image.Image, Pixels]:
    """The photo with a strongly coloured subject, and its cutout."""
    red = np.array([230, 20, 30])
    photo = np.where(_PICTURE.alpha[..., None] > 0, _PICTURE.photo * 0.2 + red * 0.8, _PICTURE.photo).astype(np.uint8)
    small = np.asarray(Image.fromarray(photo).resize((cutout.shape[1], cutout.shape[0]), Image.Resampling.BOX))
    return Image.fromarray(photo), np.dstack([small, cutout[..., 3]])


def test_a_vendor_that_knows_of_no_profiles_may_have_kept_the_files_numbers(tmp_path: Path) -> None:
    numbers, cutout = saturated(_CUTOUT)
    subject = opened(tmp_path, saved(numbers, "PNG", icc_profile=p3()), cutout)
    shown = subject.cut().numpy()[_opaque_of(subject)][:, :3].astype(float)
    own = np.asarray(numbers)[_opaque_of(subject)].astype(float)
    assert abs(shown - own).mean() > 10, "the listing has the photo's colours, and not its numbers"


def test_a_vendor_may_have_read_the_colours_of_print_without_a_profile(tmp_path: Path) -> None:
    photo, _ = saturated(_CUTOUT)
    print_colours = photo.convert("CMYK")
    small = print_colours.convert("RGB").resize((_CUTOUT.shape[1], _CUTOUT.shape[0]), Image.Resampling.BOX)
    opened(tmp_path, saved(print_colours, "JPEG", quality=95), np.dstack([np.asarray(small), _CUTOUT[..., 3]]))


def test_what_is_clear_in_the_photo_itself_stays_clear(tmp_path: Path) -> None:
    own = np.full(_PICTURE.alpha.shape, 255, np.uint8)
    own[:180] = 0
    own[180:200] = 128
    photo = Image.fromarray(np.dstack([_PICTURE.photo, own]))
    subject, plain = opened(tmp_path, photo), opened(tmp_path, _PHOTO).cut().numpy()
    cutout = opened(tmp_path, photo).cut().numpy()
    assert not cutout[:180].any()
    assert abs(cutout[180:200, :, 3] - plain[180:200, :, 3] * (128 / 255)).max() <= 1
    assert np.array_equal(cutout[200:], plain[200:])
    assert subject.box.y >= 178


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_of_an_animation_the_first_frame_counts(tmp_path: Path, form: str) -> None:
    frames = {"save_all": True, "append_images": [Image.new("RGB", _PHOTO.size, "red")]}
    if form == "WEBP":
        frames["lossless"] = True
    found, true = opaque(opened(tmp_path, saved(_PHOTO, form, **frames)))
    assert abs(found - true).mean() < 8


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
@pytest.mark.parametrize(
    ("form", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("TIFF", {"compression": "tiff_lzw"})],
)
def test_a_photo_that_ends_too_early_is_refused(tmp_path: Path, form: str, options: Any, kept: float) -> None:
    content = saved(_PHOTO, form, **options)
    with pytest.raises(Rejected) as refused:
        opened(tmp_path, content[: int(len(content) * kept)])
    assert refused.value.code == "PhotoUnreadable"
    assert "save it again" in refused.value.text.en


@pytest.mark.parametrize("content", [b"", b"BM" + bytes(60), b"\xff\x0a" + bytes(60), b"<svg/>", b"%PDF-1.4"])
def test_what_libvips_does_not_read_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        opened(tmp_path, content)
    assert refused.value.code == "PhotoUnreadable"


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_cutout_that_ends_too_early_is_refused(tmp_path: Path, kept: float) -> None:
    photo, cutout = write(_PICTURE, _CUTOUT, tmp_path)
    cutout.write_bytes(cutout.read_bytes()[: int(cutout.stat().st_size * kept)])
    with pytest.raises(Rejected) as refused:
        Subject.open(photo, cutout)
    assert refused.value.code == "CutoutUnreadable"


@pytest.mark.parametrize("mode", ["RGBA", "L", "RGB", "1"])
def test_a_cutout_may_be_a_picture_or_a_mask(tmp_path: Path, mode: str) -> None:
    photo, cutout = write(_PICTURE, _CUTOUT, tmp_path)
    alpha = Image.fromarray(_CUTOUT[..., 3])
    if mode != "RGBA":
        alpha.convert(mode).save(cutout)
    found = Subject.open(photo, cutout).cut().numpy()[..., 3]
    assert abs(found.astype(float) - _PICTURE.alpha).mean() < 2


def test_a_cutout_that_shows_nothing_is_empty(tmp_path: Path) -> None:
    faint = _CUTOUT.copy()
    faint[..., 3] = 12
    for alpha in (faint, np.zeros_like(faint)):
        subject = opened(tmp_path, _PHOTO, alpha)
        assert subject.empty
        assert (subject.box.width, subject.box.height) == (0, 0)


def test_of_a_cutout_of_the_whole_frame_the_box_is_the_frame(tmp_path: Path) -> None:
    subject = opened(tmp_path, _PHOTO, np.full((180, 240), 255, np.uint8))
    assert (subject.box.x, subject.box.y, subject.box.width, subject.box.height) == (0, 0, 480, 360)
    assert np.array_equal(subject.cut().numpy()[..., :3], _PICTURE.photo)
