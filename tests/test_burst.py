"""What is promised of bursts is counted right, holds in a small one, and is missed where settle keeps no pace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.burst import measure
from tests.burst_figures import Burst, Found, displacement, most_within
from tests.cloud.manifest import ROOT
from tests.snippets import stage

SMALL = Burst(60, 2.5)
INSTANCES = 8
"""Of the two functions: each may be turned away once before it knows of the others."""
KEPT = Found(
    Burst(2_000, 2.5),
    lost=0,
    paid_twice=0,
    calls=2_020,
    throttled=20,
    most=21,
    displaced=26,
    unheard=0.1,
    seconds=200.0,
)
FROM_SOURCE = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    from shared.handlers import on_timer, on_upload
    from shared.pace import Pace
"""


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
    assert (burst.qps, burst.width, burst.seconds) == (5, 26, 200)


def test_what_is_kept_is_not_told_as_broken() -> None:
    assert list(KEPT.broken()) == []


@pytest.mark.parametrize(
    "broken",
    [
        replace(KEPT, throttled=41),
        replace(KEPT, most=22),
        replace(KEPT, displaced=27),
        replace(KEPT, unheard=0.6),
    ],
)
def test_each_promise_that_is_broken_is_told(broken: Found) -> None:
    assert len(list(broken.broken())) == 1


def test_a_small_burst_is_served_in_order_at_the_pace_that_was_bought() -> None:
    found = measure(SMALL)
    assert (found.lost, found.paid_twice) == (0, 0), found
    assert found.throttled <= INSTANCES + 0.02 * found.calls, found
    assert found.keeps_quota, found
    assert found.displaced <= SMALL.width, found
    # How soon the platform's own queue is empty is told by large ones only: its pauses take as long as all this.


def test_a_settle_that_keeps_no_pace_is_found_by_a_small_burst(tmp_path: Path) -> None:
    functions = {group: f"{FROM_SOURCE}    handler = on_upload({group!r})\n" for group in ("general", "goods")}
    hasty = f"{FROM_SOURCE}    Pace.wait = lambda pace, quota: None\n    handler = on_timer()\n"
    stage(tmp_path, functions | {"settle": hasty})
    found = measure(replace(SMALL, code=tmp_path), grace=0.0)
    assert found.throttled > INSTANCES + 0.02 * found.calls, found
    assert "calls throttled" in " ".join(found.broken())
