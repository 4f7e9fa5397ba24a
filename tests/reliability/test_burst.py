"""What is promised of bursts is counted right. A burst itself takes minutes and a quiet machine: `make reliability`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.reliability.burst_figures import Burst, Found, displacement, most_within

KEPT = Found(
    Burst(2_000, 2.5),
    lost=0,
    paid_twice=0,
    calls=2_020,
    throttled=20,
    most=126,
    displaced=15,
    unheard=0.1,
    seconds=200.0,
)


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 1.0, 2.0, 3.0], 2),  # the third comes when the stretch of the first is over
        ([0.0, 1.0, 1.5, 1.9, 3.0], 4),
        ([3.0, 0.0, 1.5, 1.0, 1.9], 4),  # they are noted in another order than that in which they came
        ([7.0, 7.0, 7.0], 3),
    ],
)
def test_the_calls_of_the_fullest_stretch_are_counted(moments: list[float], most: int) -> None:
    assert most_within(moments, 2.0) == most


@pytest.mark.parametrize(
    ("came", "called", "places"),
    [
        ("abcde", "abcde", 0),
        ("abcde", "bacde", 1),
        ("abcde", "bcdea", 4),
        ("abcde", "edcba", 4),
        ("abcde", "eabcd", 4),
        ("abcde", "ade", 0),  # what was never called is lost, and not out of order
        ("ade", "abcde", 0),
        ("", "", 0),
    ],
)
def test_the_places_between_two_orders_are_counted(came: str, called: str, places: int) -> None:
    assert displacement(came, called) == places


def test_time_that_goes_faster_buys_as_many_calls_in_as_much_less_of_it() -> None:
    burst = Burst(2_000, 2.5)
    assert (burst.qps, burst.width, burst.seconds) == (5, 25, 200)


def test_what_is_kept_is_not_told_as_broken() -> None:
    assert list(KEPT.broken()) == []


@pytest.mark.parametrize(
    "broken",
    [
        replace(KEPT, throttled=41),
        replace(KEPT, most=127),
        replace(KEPT, displaced=27),
        replace(KEPT, unheard=0.8),
    ],
)
def test_each_promise_that_is_broken_is_told(broken: Found) -> None:
    assert len(list(broken.broken())) == 1
