"""What was made of a picture is kept for the next who shows it."""

from __future__ import annotations

import numpy as np

from tests.cloud.remembered import remembered


def test_the_last_answers_are_kept_and_told_apart_by_pixels_and_by_shape() -> None:
    asked: list[tuple[int, ...]] = []

    @remembered(2)
    def shape(picture: np.ndarray, number: int) -> tuple[int, ...]:
        asked.append(picture.shape)
        return picture.shape

    wide, high = np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)
    assert [shape(wide, 1), shape(wide.copy(), 1), shape(high, 1)] == [(2, 3), (2, 3), (3, 2)]
    assert asked == [(2, 3), (3, 2)]
    shape(wide, 1)
    shape(wide, 2)  # which takes the place of the one that was asked for longest ago
    shape(wide, 1)
    assert len(asked) == 3
    shape(high, 1)
    assert len(asked) == 4
