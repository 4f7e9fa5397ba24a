"""The pictures with a known alpha are what the tests and figures of listing pictures stand on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.pictures.known_alpha import NAMES, SPOILT_KINDS, answer, known_alpha, mirrored, spoilt, write

SMALL = (240, 180)


@pytest.mark.parametrize("name", ["rice", "plant", "product"])
def test_a_picture_is_the_same_every_time(name: str) -> None:
    picture, again = known_alpha(name, *SMALL), known_alpha.__wrapped__(name, *SMALL)
    assert np.array_equal(picture.photo, again.photo)
    assert np.array_equal(picture.alpha, again.alpha)


@pytest.mark.parametrize("name", NAMES)
def test_each_picture_has_a_subject_in_its_frame(name: str) -> None:
    picture = known_alpha(name, *SMALL)
    assert picture.photo.shape == picture.colours.shape == (180, 240, 3)
    assert 0.02 < np.mean(picture.alpha) / 255 < 0.6


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_shows_the_subject_s_own_colours_where_it_is_opaque(name: str) -> None:
    picture = known_alpha(name, *SMALL)
    opaque, clear = picture.alpha == 255, picture.alpha == 0
    assert np.array_equal(picture.photo[opaque], picture.colours[opaque])
    assert (picture.on_white()[clear] == 255).all()


def test_only_an_exact_answer_is_the_true_alpha_made_smaller() -> None:
    picture = known_alpha("chair", 1200, 900)
    found = {kind: answer(picture, kind, longest=600) for kind in ("exact", "coarse", "blurred")}
    true = cv2.resize(picture.alpha, (600, 450), interpolation=cv2.INTER_AREA)
    assert {each.shape for each in found.values()} == {(450, 600, 4)}
    off = {kind: np.abs(each[..., 3].astype(int) - true).mean() for kind, each in found.items()}
    assert off["exact"] == 0 < min(off["blurred"], off["coarse"])
    assert (found["exact"][found["exact"][..., 3] == 0] == 0).all()


def test_a_vendor_never_enlarges() -> None:
    assert answer(known_alpha("chair", *SMALL)).shape == (180, 240, 4)


@pytest.mark.parametrize("kind", SPOILT_KINDS)
@pytest.mark.parametrize("name", ["product", "glass", "rice"])
def test_a_spoilt_answer_is_of_its_photo_and_not_the_right_one(name: str, kind: str) -> None:
    picture = known_alpha(name, *SMALL)
    photo, found = spoilt(picture, kind)
    assert found.shape[:2] == photo.alpha.shape
    right = np.array_equal(found[..., 3], photo.alpha)
    assert right == (kind == "cut by frame")
    assert (photo is picture) == (kind != "cut by frame")


def test_a_subject_cut_by_the_frame_reaches_it() -> None:
    _, found = spoilt(known_alpha("product", *SMALL), "cut by frame")
    assert (found[:, -1, 3] > 127).any()
    assert not (known_alpha("product", *SMALL).alpha[:, -1] > 127).any()


def test_a_mirrored_picture_has_four_times_the_pixels() -> None:
    picture = known_alpha("rice", *SMALL)
    large = mirrored(picture)
    assert large.photo.shape == (360, 480, 3)
    assert np.array_equal(large.alpha[:180, :240], picture.alpha)
    assert np.array_equal(large.alpha[::-1, ::-1], large.alpha)


def test_files_hold_a_photo_as_cameras_write_it_and_the_answer_to_the_bit(tmp_path: Path) -> None:
    picture = known_alpha("plant", *SMALL)
    found = answer(picture)
    photo, cutout = write(picture, found, tmp_path)
    with Image.open(photo) as image:
        assert (image.format, image.size) == ("JPEG", SMALL)
    with Image.open(cutout) as image:
        assert np.array_equal(np.asarray(image), found)
