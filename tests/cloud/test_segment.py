"""The stand-in's cutouts are cut along the subject of the photo, not drawn from anywhere else."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from tests import samples
from tests.cloud.segment import Alpha, Pixels, parts, refine, subject


def disc(height: int, width: int, *centres: tuple[int, int, int]) -> tuple[Pixels, Alpha]:
    """Red discs (x, y, radius) on a green gradient, and where they are."""
    truth = np.zeros((height, width), np.uint8)
    for x, y, radius in centres:
        cv2.circle(truth, (x, y), radius, 255, -1)
    photo = np.zeros((height, width, 3), np.uint8)
    photo[..., 1] = np.linspace(60, 140, width, dtype=np.uint8)
    photo[truth > 0] = (200, 40, 30)
    return photo, truth


def overlap(found: Alpha, truth: Alpha) -> float:
    """Intersection over union."""
    one, other = found > 127, truth > 127
    return float((one & other).sum() / (one | other).sum())


def test_the_subject_is_found_to_within_a_few_pixels_in_its_own_size() -> None:
    photo, truth = disc(413, 617, (300, 200, 120))
    found = subject(photo)
    assert found.shape == truth.shape
    assert found.dtype == np.uint8
    assert overlap(found, truth) > 0.97


def test_a_speck_of_the_subjects_colour_is_not_part_of_it() -> None:
    photo, _ = disc(300, 400, (200, 150, 90), (330, 150, 8))
    found = subject(photo)
    assert found[150, 200] == 255
    assert not found[130:170, 315:345].any()


def test_a_photo_larger_than_any_working_size_is_cut_as_well() -> None:
    photo, truth = disc(1700, 2600, (1300, 850, 500))
    assert overlap(subject(photo), truth) > 0.97


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("astronaut", [(120, 225), (300, 170), (450, 150)], [(20, 300), (60, 400), (10, 10), (300, 30)]),
        ("coffee", [(280, 100), (230, 330), (330, 250)], [(10, 10), (20, 560), (370, 30), (390, 590)]),
        ("rocket", [(200, 322), (300, 322)], [(50, 50), (50, 320), (200, 100), (300, 500)]),
    ],
)
def test_the_demos_photos_keep_their_subject_and_lose_their_background(
    name: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    found = subject(samples.photo(name))
    assert [int(found[at]) for at in inside] == [255] * len(inside)
    assert [int(found[at]) for at in outside] == [0] * len(outside)


def test_the_same_photo_gives_the_same_pixels() -> None:
    photo, _ = disc(200, 300, (150, 100, 50), (40, 40, 20))
    assert np.array_equal(subject(photo), subject(photo))


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_photo_of_nothing_does_no_harm(shade: int) -> None:
    photo = np.full((40, 50, 3), shade, np.uint8)
    assert subject(photo).shape == (40, 50)


def test_a_plain_picture_is_drawn_in_seconds() -> None:
    photo = np.full((200, 300, 3), 240, np.uint8)
    photo[:, :150] = (200, 40, 30)
    begun = time.thread_time()
    subject(photo)
    assert time.thread_time() - begun < 12  # a tenth of it on an idle machine; over 30 s if GrabCut sees it as it is


def test_a_rough_mask_is_drawn_to_the_edges_of_the_photo() -> None:
    photo, truth = disc(400, 500, (250, 200, 90))
    coarse = np.zeros_like(truth)
    cv2.circle(coarse, (256, 206), 84, 255, -1)
    assert overlap(refine(photo, coarse), truth) > overlap(coarse, truth) + 0.05


def test_refining_follows_the_mask_and_not_the_middle_of_the_photo() -> None:
    photo, _ = disc(400, 600, (150, 200, 60), (450, 200, 60))
    _, left = disc(400, 600, (150, 200, 60))
    refined = refine(photo, left)
    assert overlap(refined, left) > 0.9


@pytest.mark.parametrize("shade", [0, 255])
def test_a_mask_of_all_or_nothing_stays_what_it_is(shade: int) -> None:
    photo, truth = disc(200, 200, (100, 100, 40))
    assert (refine(photo, np.full_like(truth, shade)) == shade).all()


def test_parts_are_the_largest_pieces_first_without_specks() -> None:
    _, alpha = disc(200, 600, (100, 100, 40), (300, 100, 60), (450, 100, 20), (550, 100, 3))
    found = parts(alpha)
    assert [overlap(part, disc(200, 600, one)[1]) == 1 for part, one in zip(
        found, [(300, 100, 60), (100, 100, 40), (450, 100, 20)], strict=True)] == [True] * 3  # fmt: skip
    assert len(parts(alpha, most=2)) == 2
    assert len(parts(alpha, most=9)) == 3
    assert parts(np.zeros_like(alpha)) == []
