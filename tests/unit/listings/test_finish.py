"""The cutout at the photo's size, against photos whose alpha and colours are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pyvips
from PIL import Image

from shared.listings.colours import Colours
from shared.listings.photo import fitted
from shared.listings.subject import Subject
from shared.pictures.geometry import Box
from tests.pictures.known_alpha import NAMES, KnownAlpha, answer, known_alpha, write

_WIDTH, _HEIGHT = 1200, 900
_SOLD = 400
"""The vendor's longest side: a third of the photo's, as 2,000 is of 6,000."""

Pixels = Any


def finished(picture: KnownAlpha, folder: Path) -> tuple[Pixels, Pixels]:
    """The cutout at full size, and the photo's pixels as they were stored."""
    photo, cutout = write(picture, answer(picture, longest=_SOLD), folder)
    return Subject.open(photo, cutout).cut().numpy(), np.asarray(Image.open(photo))


def bicubic(picture: KnownAlpha) -> Pixels:
    sold = answer(picture, longest=_SOLD)[..., 3]
    return cv2.resize(sold, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)


def on_white(colours: Pixels, alpha: Pixels) -> Pixels:
    share = alpha[..., None] / 255
    return colours * share + 255 * (1 - share)


def decibels(difference: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[KnownAlpha, Pixels, Pixels]]:
    folder = tmp_path_factory.mktemp("known")
    pictures = [known_alpha(name, _WIDTH, _HEIGHT) for name in NAMES]
    return [(picture, *finished(picture, folder)) for picture in pictures]


def test_alpha_is_nearer_to_the_true_one_than_the_vendors_enlarged_bicubically(drawn: Any) -> None:
    squares, sums = [], []
    for picture, cutout, _ in drawn:
        ours, plain = (each.astype(float) - picture.alpha for each in (cutout[..., 3], bicubic(picture)))
        squares.append(np.mean(ours**2) / np.mean(plain**2))
        sums.append(np.mean(abs(ours)) / np.mean(abs(plain)))
    assert np.exp(np.mean(np.log(squares))) <= 0.6, dict(zip(NAMES, squares, strict=True))
    assert np.exp(np.mean(np.log(sums))) <= 0.75, dict(zip(NAMES, sums, strict=True))


def test_colours_on_white_are_nearer_to_the_subjects_than_the_photos_own(drawn: Any) -> None:
    """Where the subject is half-transparent, with the true alpha and no JPEG, so that only the colours count."""
    gains = {}
    for picture, *_ in drawn:
        photo, alpha = (pyvips.Image.new_from_array(each) for each in (picture.photo, picture.alpha))
        low = fitted(alpha, _SOLD, 300).copy_memory(), fitted(photo, _SOLD, 300).copy_memory()
        soft = (picture.alpha > 0) & (picture.alpha < 255)
        right = on_white(picture.colours, picture.alpha)[soft]
        found = Colours(*low).at(photo, alpha).numpy()
        ours, own = (on_white(each, picture.alpha)[soft] - right for each in (found, picture.photo))
        gains[picture.name] = decibels(ours) - decibels(own)
    assert np.mean(list(gains.values())) >= 5, gains
    assert min(gains.values()) > 0, gains


def test_an_opaque_pixel_is_the_photos_and_a_clear_one_is_black(drawn: Any) -> None:
    for _, cutout, photo in drawn:
        opaque, clear = cutout[..., 3] == 255, cutout[..., 3] == 0
        # Pillow and libvips decode with the same library: a difference would be a shift, or a colour made up.
        assert abs(cutout[opaque][:, :3].astype(int) - photo[opaque]).max() <= 1
        assert not cutout[clear][:, :3].any()


def test_a_hard_edge_leaves_no_haze_and_a_soft_shadow_stays(drawn: Any) -> None:
    cutouts = {picture.name: (picture, cutout) for picture, cutout, _ in drawn}
    chair, cutout = cutouts["chair"]
    away = cv2.dilate((chair.alpha > 0).astype(np.uint8), np.ones((25, 25), np.uint8)) == 0
    assert (cutout[away][:, 3] > 0).mean() < 0.001
    shadow, cutout = cutouts["shadow"]
    beside = cv2.dilate((shadow.alpha > 200).astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    faint = (shadow.alpha > 10) & (shadow.alpha < 60) & ~beside
    assert abs(cutout[faint][:, 3].astype(float) - shadow.alpha[faint]).mean() < 2


@pytest.mark.parametrize("scale", [0.13, 0.25, 0.5, 0.9, 1.6])
def test_scaled_it_is_the_full_size_reduced_or_enlarged(drawn: Any, tmp_path: Path, scale: float) -> None:
    picture, full, _ = next(each for each in drawn if each[0].name == "product")
    subject = Subject.open(*write(picture, answer(picture, longest=_SOLD), tmp_path))
    scaled = subject.cut(scale).numpy()
    sides = round(_WIDTH * scale), round(_HEIGHT * scale)
    assert scaled.shape == (*sides[::-1], 4)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    expected = cv2.resize(on_white(full[..., :3], full[..., 3]), sides, interpolation=how)
    assert decibels(on_white(scaled[..., :3], scaled[..., 3]) - expected) > 30


@pytest.mark.parametrize("scale", [1.0, 0.4, 1.5])
def test_a_region_is_that_part_of_the_whole(drawn: Any, tmp_path: Path, scale: float) -> None:
    picture = drawn[0][0]
    subject = Subject.open(*write(picture, answer(picture, longest=_SOLD), tmp_path))
    whole = subject.cut(scale).numpy()
    part = subject.cut(scale, region=Box(300, 200, 500, 400)).numpy()
    x, y, width, height = (round(each * scale) for each in (300, 200, 500, 400))
    assert np.array_equal(part, whole[y : y + height, x : x + width])
    assert part.shape == (height, width, 4)


def test_a_whole_frame_can_be_cut_as_a_region_at_any_scale(drawn: Any, tmp_path: Path) -> None:
    picture = drawn[0][0]
    subject = Subject.open(*write(picture, answer(picture, longest=_SOLD), tmp_path))
    for scale in (0.0001, 0.3337, 0.999):
        part = subject.cut(scale, region=Box(1, 1, _WIDTH - 1, _HEIGHT - 1))
        assert (part.width, part.height) == (max(1, round(1199 * scale)), max(1, round(899 * scale)))
        part.copy_memory()


def test_the_box_and_the_low_pictures_are_the_subjects(drawn: Any, tmp_path: Path) -> None:
    picture = next(each for each, *_ in drawn if each.name == "product")
    subject = Subject.open(*write(picture, answer(picture, longest=_SOLD), tmp_path))
    rows, columns = np.nonzero(picture.alpha >= 13)
    box = subject.box
    for found, true in (
        (box.x, columns.min()),
        (box.y, rows.min()),
        (box.x + box.width, columns.max() + 1),
        (box.y + box.height, rows.max() + 1),
    ):
        assert abs(found - true) <= 3  # one pixel of the vendor's
    assert (subject.width, subject.height, subject.empty) == (_WIDTH, _HEIGHT, False)
    photo, alpha = subject.low(128)
    assert (photo.width, photo.height, photo.bands) == (alpha.width, alpha.height, 3) == (128, 96, 3)
    assert alpha.avg() == pytest.approx(picture.alpha.mean(), abs=1)


def test_a_vendors_picture_of_the_photos_own_size_keeps_its_alpha(tmp_path: Path) -> None:
    picture = known_alpha("hair", 600, 450)
    cutout = Subject.open(*write(picture, answer(picture), tmp_path)).cut().numpy()
    assert abs(cutout[..., 3].astype(int) - picture.alpha).max() <= 6


def test_a_vendors_picture_larger_than_the_photo_is_reduced(tmp_path: Path) -> None:
    picture = known_alpha("product", 600, 450)
    photo, cutout = write(picture, answer(picture), tmp_path)
    Image.open(cutout).resize((1200, 900)).save(cutout)
    subject = Subject.open(photo, cutout)
    assert abs(subject.cut().numpy()[..., 3].astype(float) - picture.alpha).mean() < 1
