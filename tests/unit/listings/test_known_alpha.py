"""Listing pictures from a photo and a vendor's answer in files, beside what they should show: the alpha is known."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from shared.listings.make import make
from shared.listings.presets import PRESETS
from shared.listings.subject import Subject
from shared.pictures.geometry import Box
from tests.pictures.known_alpha import KnownAlpha, answer, known_alpha, write


def opened(name: str, folder: Path) -> tuple[KnownAlpha, Subject]:
    """The drawing, and the subject of its photo and of a vendor's picture that has half the sides."""
    picture = known_alpha(name)
    return picture, Subject.open(*write(picture, answer(picture, longest=600), folder))


def psnr(one: np.ndarray, two: np.ndarray) -> float:
    """In dB."""
    return 10 * math.log10(255**2 / np.mean((one.astype(float) - two) ** 2))


def on_canvas(picture: KnownAlpha, box: Box, scale: float, canvas: tuple[int, int]) -> np.ndarray:
    """What is in `box` of the drawing, on white at that scale, in the middle of a white canvas."""
    sides = round(picture.alpha.shape[1] * scale), round(picture.alpha.shape[0] * scale)
    by = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    whole = np.asarray(cv2.resize(picture.on_white(), sides, interpolation=by))
    left, top, width, height = (round(each * scale) for each in (box.x, box.y, box.width, box.height))
    found = np.full((canvas[1], canvas[0], 3), 255, np.uint8)
    x, y = (canvas[0] - width) // 2, (canvas[1] - height) // 2
    found[y : y + height, x : x + width] = whole[top : top + height, left : left + width]
    return found


@pytest.mark.parametrize("name", ["hair", "product", "white_on_white", "rice"])
@pytest.mark.parametrize("preset", ["taobao-white", "temu"])
def test_a_listing_shows_the_true_subject_on_white_and_where_it_should(preset: str, name: str, tmp_path: Path) -> None:
    picture, subject = opened(name, tmp_path)
    made = make(subject, PRESETS[preset], tmp_path)
    true = on_canvas(picture, subject.box, made.scale, (made.width, made.height))
    with Image.open(made.path) as image:
        shown = np.asarray(image)
    assert psnr(shown, true) > 34
    for moved in (np.roll(true, 1, 0), np.roll(true, 1, 1)):
        assert psnr(shown, moved) < psnr(shown, true) - 1, "it stands as near as whole pixels let it"


@pytest.mark.parametrize("name", ["hair", "product", "chair"])
def test_the_original_has_the_photos_sides_and_its_pixels_where_it_is_opaque(name: str, tmp_path: Path) -> None:
    picture, subject = opened(name, tmp_path)
    with Image.open(make(subject, PRESETS["original"], tmp_path).path) as image:
        shown = np.asarray(image)
    with Image.open(tmp_path / f"{name}.jpg") as image:
        photo = np.asarray(image)
    assert shown.shape[:2] == photo.shape[:2]
    opaque = shown[..., 3] == 255
    assert opaque.mean() > 0.5 * (picture.alpha == 255).mean()
    # Two decoders of JPEG differ by a step or two.
    assert np.abs(shown[opaque, :3].astype(int) - photo[opaque]).mean() < 1
