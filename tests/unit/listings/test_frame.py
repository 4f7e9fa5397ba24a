"""A vendor's picture that is not of the photo, or not in its frame, is refused; one that was compressed is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shared.errors import Rejected
from shared.listings.subject import Subject
from tests.pictures.known_alpha import NAMES, KnownAlpha, answer, known_alpha, write

Pixels = Any
_TEXTURED = tuple(name for name in NAMES if name not in ("glass", "white_on_white", "dark_on_dark"))
"""Glass has no opaque pixel, and what is all white or all dark looks much the same where it is shifted to."""


def drawn(name: str) -> KnownAlpha:
    return known_alpha(name, 1200, 900)


def opened(picture: KnownAlpha, cutout: Pixels, folder: Path) -> Subject:
    return Subject.open(*write(picture, cutout, folder))


@pytest.mark.parametrize("name", NAMES)
def test_a_cutout_of_the_photo_is_accepted(name: str, tmp_path: Path) -> None:
    for longest in (1200, 999, 500):
        opened(drawn(name), answer(drawn(name), longest=longest), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_one_that_was_sent_to_the_vendor_as_a_coarse_jpeg_is_accepted(name: str, tmp_path: Path) -> None:
    cutout = answer(drawn(name), longest=600)
    Image.fromarray(drawn(name).photo).resize((600, 450)).save(out := io.BytesIO(), "JPEG", quality=60)
    cutout[..., :3] = np.where(cutout[..., 3:] > 0, np.asarray(Image.open(out)), 0)
    opened(drawn(name), cutout, tmp_path)


@pytest.mark.parametrize(
    "moved",
    [
        lambda cutout: np.roll(cutout, 24, 1),
        lambda cutout: cutout[:, ::-1],
        lambda cutout: cutout[::-1],
        lambda cutout: cutout[::-1, ::-1],
        lambda cutout: np.asarray(Image.fromarray(cutout).crop((30, 22, 570, 427)).resize((600, 450))),
    ],
    ids=["shifted", "mirrored", "upside down", "turned", "cropped and enlarged"],
)
@pytest.mark.parametrize("name", _TEXTURED)
def test_one_that_lies_otherwise_is_refused(name: str, moved: Callable[[Pixels], Pixels], tmp_path: Path) -> None:
    with pytest.raises(Rejected) as refused:
        opened(drawn(name), np.ascontiguousarray(moved(answer(drawn(name), longest=600))), tmp_path)
    assert refused.value.code == "AnotherFrame"


@pytest.mark.parametrize("sides", [(450, 600), (600, 447), (540, 450), (600, 600)])
@pytest.mark.parametrize("bands", [1, 4])
def test_another_aspect_is_refused_of_a_mask_too(sides: tuple[int, int], bands: int, tmp_path: Path) -> None:
    picture = drawn("product")
    cutout = np.asarray(Image.fromarray(answer(picture, longest=600)).resize(sides))
    with pytest.raises(Rejected) as refused:
        opened(picture, cutout if bands == 4 else np.ascontiguousarray(cutout[..., 3]), tmp_path)
    assert refused.value.code == "AnotherFrame"
    assert "{:,} × {:,}".format(*sides) in refused.value.text.en


@pytest.mark.parametrize("sides", [(600, 449), (600, 451), (601, 450), (100, 75), (333, 250)])
def test_sides_rounded_to_whole_pixels_are_the_same_aspect(sides: tuple[int, int], tmp_path: Path) -> None:
    picture = drawn("product")
    cutout = np.asarray(Image.fromarray(picture.alpha).resize(sides))
    opened(picture, cutout, tmp_path)


def test_a_picture_without_transparency_is_no_mask(tmp_path: Path) -> None:
    picture = drawn("product")
    cutout = np.ascontiguousarray(answer(picture, longest=600)[..., :3])
    with pytest.raises(Rejected, match="NoTransparency"):
        opened(picture, cutout, tmp_path)


def test_a_mask_may_be_saved_with_three_channels(tmp_path: Path) -> None:
    picture = drawn("product")
    mask = answer(picture, longest=600)[..., 3]
    assert not opened(picture, np.dstack([mask] * 3), tmp_path).empty


def test_the_cutout_of_another_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="AnotherFrame"):
        opened(drawn("product"), answer(drawn("rice"), longest=600), tmp_path)
