"""Wherever an instance dies, in whichever way an upload is served: it is served, and paid for once but at the points
that are named."""

from __future__ import annotations

import pytest

from tests.reliability.crash_points import walk
from tests.reliability.leaks import watched
from tests.reliability.planted import FOUND_BY_CRASH_POINTS, Plant, is_found_by_crash_points
from tests.reliability.shapes import SHAPES, Shape


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_wherever_an_instance_dies_the_result_arrives_and_is_paid_for_twice_only_at_the_named_points(
    shape: Shape,
) -> None:
    with watched() as watch:
        walked = walk(shape, every_retry=False)  # `make reliability` goes through them all
    assert walked.wrong == []
    assert walked.paid_again == shape.paid_again
    assert watch.lines > walked.points, "each of these lives ends with a line"
    assert watch.leaked == []


@pytest.mark.parametrize("plant", FOUND_BY_CRASH_POINTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found_by_the_deaths_or_in_the_log(plant: Plant) -> None:
    assert is_found_by_crash_points(plant)
