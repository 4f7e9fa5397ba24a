"""Each preset of subjects of all shapes, read with another library than it was written with; and what is not kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from shared.errors import Rejected
from shared.listings import make as making
from shared.listings.compose import fitting_scale
from shared.listings.make import Made, make
from shared.listings.presets import PRESETS, Preset
from shared.pictures.geometry import Box
from tests.unit.listings.drawn import SHAPES, Drawn, drawn

TAOBAO, TRANSPARENT, ORIGINAL = (PRESETS[name] for name in ("taobao-white", "tmall-transparent", "original"))
IN_WHITE = ("bytes", "type", "size", "white", "pixels", "share")


def read(made: Made) -> np.ndarray:
    with Image.open(made.path) as image:
        return np.asarray(image)


def frame(pixels: np.ndarray) -> np.ndarray:
    """All values of the ten pixels along each side."""
    inner = np.ones(pixels.shape[:2], bool)
    inner[10:-10, 10:-10] = False
    return pixels[inner]


def box_of(mask: np.ndarray) -> Box:
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()), int(rows.min())
    return Box(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)


def same_but_for(one: Box, two: Box, pixels: int) -> bool:
    corners = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in (one, two)]
    return all(abs(first - second) <= pixels for first, second in zip(*corners, strict=True))


_ALIKE = {name for name in PRESETS if name.startswith("tmall-main")} | {"douyin-white", "1688", "lazada", "tiktok-shop"}
"""They ask what another row asks."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "preset",
    [pytest.param(each, id=name, marks=[pytest.mark.slow] * (name in _ALIKE)) for name, each in PRESETS.items()],
)
def test_a_picture_is_what_its_preset_asks(preset: Preset, shape: str, tmp_path: Path) -> None:
    subject = drawn(shape)
    made = make(subject, preset, tmp_path)
    assert made.path == tmp_path / f"{preset.name}.{made.extension}"
    assert made.bytes == made.path.stat().st_size
    assert preset.least_bytes <= made.bytes <= preset.most_bytes
    with Image.open(made.path) as image:
        assert (image.format, image.mode) == (("JPEG", "RGB") if preset.form == "jpeg" else ("PNG", "RGBA"))
        assert (Image.MIME[image.format or ""], image.size) == (made.content_type, (made.width, made.height))
        assert image.getexif() == {}
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
    pixels = read(made)
    if preset.background == "white":
        assert (made.passed, frame(pixels).min()) == (IN_WHITE, 255)
        assert made.quality is not None
    else:
        assert (pixels[pixels[..., 3] == 0] == 0).all()
        assert same_but_for(box_of(pixels[..., 3] >= 13), made.box, 0)
    across, down = made.box.width / made.width, made.box.height / made.height
    assert made.share == pytest.approx(max(across, down) if preset.measured == "side" else across * down)
    if isinstance(preset.canvas, str):
        assert made.scale == 1
        return
    assert (made.width, made.height) == preset.canvas
    assert made.scale == fitting_scale(subject.box, preset, preset.canvas)
    as_asked = made.share == pytest.approx(preset.fill, abs=0.005)
    assert as_asked or max(across, down) == pytest.approx(1 - 2 * preset.margin, abs=0.005)
    assert abs(2 * made.box.x + made.box.width - made.width) <= 2, "it stands in the middle"
    assert abs(2 * made.box.y + made.box.height - made.height) <= 2


@pytest.mark.parametrize("shape", ["round", "wide", "touching the frame", "whole frame"])
def test_the_box_of_a_listing_is_where_its_subject_shows(shape: str, tmp_path: Path) -> None:
    made = make(drawn(shape), TAOBAO, tmp_path)
    assert same_but_for(box_of(read(made).min(2) < 225), made.box, 8)


def test_original_and_trimmed_are_the_subject_untouched(tmp_path: Path) -> None:
    subject = drawn("round")
    assert (read(make(subject, ORIGINAL, tmp_path)) == subject.pixels).all()
    made, box = make(subject, PRESETS["trimmed"], tmp_path), subject.box
    assert (read(made) == subject.pixels[box.y : box.y + box.height, box.x : box.x + box.width]).all()
    assert made.box == Box(0, 0, box.width, box.height)


def test_amazons_fill_is_of_the_area_as_far_as_the_margin_lets_it(tmp_path: Path) -> None:
    amazon = PRESETS["amazon-main"]
    assert make(drawn("round"), amazon, tmp_path).share == pytest.approx(0.85, abs=0.005)
    tall = make(drawn("tall"), amazon, tmp_path)
    assert tall.share < 0.1
    assert tall.box.height / tall.height == pytest.approx(0.94, abs=0.005)


def test_a_speck_that_fades_as_it_is_reduced_does_not_count(tmp_path: Path) -> None:
    pixels = np.zeros((2400, 2400, 4), np.uint8)
    pixels[1000:1500, 1000:1400] = (30, 90, 160, 255)
    pixels[100, 2300] = (30, 90, 160, 40)
    made = make(Drawn(pixels), TRANSPARENT, tmp_path)
    assert made.box.height == pytest.approx(680, abs=4)
    assert made.box.x + made.box.width / 2 == pytest.approx(400, abs=1)


def test_specks_of_which_nothing_is_left_when_they_are_reduced_are_refused(tmp_path: Path) -> None:
    pixels = np.zeros((2400, 2400, 4), np.uint8)
    pixels[3, 3] = pixels[2390, 2390] = (30, 90, 160, 40)
    assert make(Drawn(pixels), PRESETS["original"], tmp_path).bytes
    with pytest.raises(Rejected) as refused:
        make(Drawn(pixels), TRANSPARENT, tmp_path)
    assert refused.value.code == "NotPassed"


def test_what_reaches_the_frame_of_the_photo_stands_free_in_the_listing(tmp_path: Path) -> None:
    for shape in ("touching the frame", "whole frame"):
        made = make(drawn(shape), TAOBAO, tmp_path)
        assert min(made.box.x, made.box.y, 800 - made.box.x - made.box.width, 800 - made.box.y - made.box.height) >= 60


# ---------------------------------------------------------------- a spoilt file is caught
Spoil = Callable[[pyvips.Image, Preset, Path], None]


def _as_jpeg(change: Callable[[pyvips.Image], pyvips.Image], **how: int) -> Spoil:
    def write(picture: pyvips.Image, preset: Preset, path: Path) -> None:
        changed = change(picture).cast("uchar").copy(interpretation="srgb")
        path.write_bytes(changed.jpegsave_buffer(**{"Q": 92, "keep": 0, **how}))

    return write


def _as_png(change: Callable[[pyvips.Image], pyvips.Image]) -> Spoil:
    return lambda picture, preset, path: change(picture).cast("uchar").pngsave(str(path))


def _cut_short(picture: pyvips.Image, preset: Preset, path: Path) -> None:
    path.write_bytes(picture.jpegsave_buffer(Q=100)[:60_000])


def _dotted(picture: pyvips.Image, x: int, y: int) -> pyvips.Image:
    return picture.draw_rect([225] * picture.bands, x, y, 1, 1)


def _moved(picture: pyvips.Image) -> pyvips.Image:
    return picture.wrap(x=30, y=0)


SPOILT: dict[str, tuple[Preset, Spoil, str]] = {
    "too few bytes": (TAOBAO, _as_jpeg(lambda picture: picture, Q=40), "bytes"),
    "too many bytes": (TAOBAO, _as_jpeg(lambda picture: picture, Q=100), "bytes"),
    "PNG under the name of a JPEG": (PRESETS["taobao-main"], _as_png(lambda picture: picture), "a PNG"),
    "JPEG under the name of a PNG": (ORIGINAL, _as_jpeg(lambda picture: picture.flatten()), "a JPEG"),
    "another size": (TAOBAO, _as_jpeg(lambda picture: picture.crop(0, 0, 800, 799)), "799 pixels"),
    "one band": (TAOBAO, _as_jpeg(lambda picture: picture.colourspace("b-w"), Q=100), "1 bands"),
    "no transparency": (TRANSPARENT, _as_png(lambda picture: picture.flatten()), "3 bands"),
    "background of 254": (TAOBAO, _as_jpeg(lambda picture: (picture > 253).ifthenelse(254, picture)), "is 254"),
    "grey in a corner": (TAOBAO, _as_jpeg(lambda picture: _dotted(picture, 799, 799)), "white, 255"),
    "grey near the left": (TAOBAO, _as_jpeg(lambda picture: _dotted(picture, 9, 400)), "white, 255"),
    "grey near the right": (TAOBAO, _as_jpeg(lambda picture: _dotted(picture, 790, 400)), "white, 255"),
    "grey near the top": (TAOBAO, _as_jpeg(lambda picture: _dotted(picture, 400, 9)), "white, 255"),
    "grey near the bottom": (TAOBAO, _as_jpeg(lambda picture: _dotted(picture, 400, 790)), "white, 255"),
    "red and blue exchanged": (TAOBAO, _as_jpeg(lambda picture: picture[2].bandjoin([picture[1], picture[0]])), "else"),
    "moved": (TAOBAO, _as_jpeg(_moved), "something else"),
    "empty": (PRESETS["taobao-main"], _as_jpeg(lambda picture: picture * 0 + 255), "something else"),
    "cut short": (TAOBAO, _cut_short, "decoded"),
    "a colour where it is clear": (ORIGINAL, _as_png(lambda picture: picture | [1, 0, 0, 0]), "clear"),
    "one pixel of a PNG": (TRANSPARENT, _as_png(lambda picture: picture ^ [0, 0, 255, 0]), "clear"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_not_kept(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preset, spoil, said = SPOILT[name]
    make(drawn("round"), preset, tmp_path).path.unlink()
    monkeypatch.setattr(making, "write", spoil)
    with pytest.raises(Rejected, match=said) as refused:
        make(drawn("round"), preset, tmp_path)
    assert refused.value.code == "NotPassed"
    assert preset.name in refused.value.text.zh
    assert list(tmp_path.iterdir()) == []


def test_a_subject_of_the_wrong_share_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for off, fills in ((0.9, "7[67]%"), (1.1, "9[34]%")):
        monkeypatch.setattr("shared.listings.compose.fitting_scale", lambda *given, by=off: by * fitting_scale(*given))
        with pytest.raises(Rejected, match=f"the subject fills {fills}"):
            make(drawn("round"), TAOBAO, tmp_path)


def test_a_picture_that_no_quality_brings_into_the_window_is_not_kept(tmp_path: Path) -> None:
    narrow = replace(TAOBAO, least_bytes=0, most_bytes=20_000)
    with pytest.raises(Rejected, match="must have 0 to 20,000"):
        make(drawn("round"), narrow, tmp_path)
