"""What an outage, and photos that may not be read, cost the photos that wait beside them: a few, in virtual time.

`python -m tests.reliability.outages` and `python -m tests.reliability.poisoned` have the large ones.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.pipeline.circuit_breaker import CircuitBreaker
from tests.bench.poisoned import MOST_LONGER
from tests.reliability import outages, poisoned
from tests.reliability.outages import Found, Outage
from tests.reliability.virtual_line import Call
from tests.reliability.virtual_time import VirtualTime
from tests.unit.fakes import START, Clock

OUTAGE = Outage(150, timedelta(minutes=11))


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "oss_cutout")


def test_an_outage_is_a_pause_and_no_verdict_on_the_photos_that_wait() -> None:
    found = outages.measure(OUTAGE)
    assert [*found.broken()] == []
    assert found.during, "the outage was noticed"


def test_an_outage_that_spends_tries_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each failed call were its photo's own."""
    monkeypatch.setattr(
        CircuitBreaker, "failed", lambda breaker, error, photos, now: Unavailable(error.code, error.text)
    )
    assert outages.measure(OUTAGE).failed > 100


def test_a_photo_that_may_not_be_read_holds_up_no_other() -> None:
    none, some = (poisoned.measure(200, count) for count in (0, 4))
    assert none.served == 200
    assert some.served == 196
    assert some.longer(none) <= MOST_LONGER


def test_photos_that_make_the_vendor_fail_hold_up_those_behind_them_for_minutes_however_many_they_are() -> None:
    found = poisoned.measure_spoilt(120, 150)
    assert len(found.served) == 150
    assert found.served[-1] < 3600, "it was three days when each probe was the next of them"


# ---------------------------------------------------------------- what is measured is counted right


def call(at: float, *, takes: float = 1.0, ok: bool = False) -> Call:
    return Call("", START + timedelta(seconds=at), START + timedelta(seconds=at + takes), ok)


KEPT = Found(
    Outage(200, timedelta(minutes=11)),
    ended=START,
    during=[],
    after=[call(0.5 * number, ok=True) for number in range(200)],
    served=200,
    failed=0,
    displaced=0,
    miscounted=0,
)


@pytest.mark.parametrize(
    ("during", "at_once"),
    [
        ([], 0),
        ([call(0)], 0),
        ([call(0), call(2)], 0),  # a second's pause after the answer
        ([call(0), call(0.5), call(1)], 2),  # on their way together
        ([call(0), call(1.1), call(3)], 1),  # the second as soon as the first had its answer
        ([call(0, takes=9), call(5), call(12)], 1),
    ],
)
def test_calls_that_no_pause_came_before_are_counted(during: list[Call], at_once: int) -> None:
    assert replace(KEPT, during=during).at_once == at_once


def test_the_whole_quota_is_one_call_in_each_slot() -> None:
    assert [*KEPT.broken()] == []
    assert (KEPT.first_minute, KEPT.share) == (1, 1)
    assert replace(KEPT, after=KEPT.after[::2]).share == pytest.approx(0.5, abs=0.01)
    late = [call(30 + 0.5 * number, ok=True) for number in range(199)]
    assert replace(KEPT, after=[KEPT.after[0], *late]).first_minute == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    "amiss",
    [
        {"served": 199},
        {"failed": 1},
        {"miscounted": 1},
        {"displaced": 13},
        {"during": [call(0.5 * number) for number in range(14)]},
        {"after": []},
    ],
)
def test_a_promise_that_is_not_kept_is_told(amiss: dict[str, Any]) -> None:
    assert len([*replace(KEPT, **amiss).broken()]) == 1


def test_a_row_says_what_was_found() -> None:
    row = outages.table([KEPT]).markdown("make it").splitlines()[4]
    assert row == "| 200 | 11 min | 2 | 200 | 0 | 0 | 0 | 0 s | 100.0 % | 100.0 % | 200 of 200 | 0 |"


# ---------------------------------------------------------------- virtual time


def test_time_goes_on_while_everybody_waits_and_who_waits_longest_goes_first() -> None:
    clock, told = Clock(), list[tuple[str, float]]()
    time = VirtualTime(clock)

    def work(name: str, *pauses: float) -> str:
        for pause in pauses:
            time.sleep(pause)
            told.append((name, (clock() - START).total_seconds()))
        return name

    futures = [time.submit(work, "a", 3600, 1), time.submit(work, "b", 3600), time.submit(work, "c", 1)]
    done, others = time.wait(futures, 7200, "FIRST_COMPLETED")
    assert ([each.result() for each in done], len(others)) == (["c"], 2)
    time.sleep(7200)
    assert told == [("c", 1), ("a", 3600), ("b", 3600), ("a", 3601)]
    assert clock() == START + timedelta(seconds=7201)


def test_a_wait_ends_when_its_time_is_over_and_an_error_is_the_result_of_its_run() -> None:
    clock = Clock()
    time = VirtualTime(clock)
    slow = time.submit(time.sleep, 10)
    assert time.wait([slow], 5, "FIRST_COMPLETED") == ([], [slow])
    assert clock() == START + timedelta(seconds=5)
    broken = time.submit(lambda: 1 / 0)
    assert time.wait([slow, broken], 1, "FIRST_COMPLETED") == ([broken], [slow])
    assert isinstance(broken.exception(), ZeroDivisionError)
