"""When a capability may be called, after calls that its vendor refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.cloud.concurrency import VENDOR_SLOW
from shared.errors import Rejected
from shared.jobs.job import Blocked, Job, Stage, Submitted, Waiting
from shared.jobs.receipt import receipt
from shared.pipeline.circuit_breaker import NEVER, CircuitBreaker, State
from shared.pipeline.outcomes import Concluded, End, Parked, Skipped
from tests.unit.fakes import START


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def parked(stage: Stage, due: float = 0) -> Parked:
    return Parked(Job(id="1", source="uploads/general/common/a", uploaded_at=START, due=at(due), stage=stage))


THROTTLED = parked(Waiting(not_accepted=True))
ACCEPTED = parked(Submitted("T-1", START))
BLOCKED = parked(Blocked())
KEPT_BACK = Parked(replace(THROTTLED.job, code=VENDOR_SLOW))
SKIPPED = Skipped(THROTTLED.job, existed=True)
REJECTED = Concluded(THROTTLED.job, receipt(THROTTLED.job, START, error=Rejected("BadImage", "no picture")))


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker()


def refuse(breaker: CircuitBreaker, times: int) -> float:
    """One call after the other, each as soon as the breaker allows; the seconds at which the last one was refused."""
    seconds = 0.0
    for _ in range(times):
        seconds = max(seconds, (breaker.open_until - START).total_seconds())
        breaker.learn([THROTTLED], at(seconds))
    return seconds


def test_it_is_closed_at_first(breaker: CircuitBreaker) -> None:
    assert breaker.state(START) == State.CLOSED


def test_two_refusals_are_tolerated(breaker: CircuitBreaker) -> None:
    refuse(breaker, 2)
    assert breaker.state(START) == State.CLOSED


@pytest.mark.parametrize(("refusals", "seconds"), [(3, 1), (4, 2), (5, 4), (6, 8), (7, 16), (8, 30), (40, 30)])
def test_from_the_third_refusal_on_it_is_open_twice_as_long_each_time_and_then_half_open(
    breaker: CircuitBreaker, refusals: int, seconds: float
) -> None:
    last = refuse(breaker, refusals)
    assert breaker.open_until == at(last + seconds)
    assert breaker.state(at(last + seconds - 0.1)) == State.OPEN
    assert breaker.state(at(last + seconds)) == State.HALF_OPEN


def test_an_accepted_probe_closes_it_and_refusals_are_counted_anew(breaker: CircuitBreaker) -> None:
    now = at(refuse(breaker, 5) + 4)
    breaker.learn([ACCEPTED], now)
    assert breaker.state(now) == State.CLOSED
    breaker.learn([THROTTLED], now)
    breaker.learn([THROTTLED], now)
    assert breaker.state(now) == State.CLOSED


def test_calls_that_were_sent_before_it_opened_do_not_count_as_refusals(breaker: CircuitBreaker) -> None:
    refuse(breaker, 3)
    for _ in range(9):
        breaker.learn([THROTTLED], at(0.5))
    assert breaker.open_until == at(1)


def test_it_is_open_until_the_moment_that_the_daily_limit_says(breaker: CircuitBreaker) -> None:
    breaker.learn([parked(Waiting(not_accepted=True), due=3600)], START)
    assert breaker.state(at(3599)) == State.OPEN
    assert breaker.state(at(3600)) == State.CLOSED


def test_an_accepted_call_does_not_shorten_that(breaker: CircuitBreaker) -> None:
    breaker.learn([parked(Waiting(not_accepted=True), due=3600)], START)
    breaker.learn([ACCEPTED], START)
    assert breaker.state(at(3599)) == State.OPEN


def test_a_refusal_that_an_operator_must_act_on_opens_it_for_good(breaker: CircuitBreaker) -> None:
    breaker.learn([ACCEPTED, BLOCKED], START)
    assert breaker.open_until == NEVER
    breaker.learn([THROTTLED], START)
    assert breaker.open_until == NEVER


def test_the_first_of_the_jobs_that_were_blocked_is_a_probe(breaker: CircuitBreaker) -> None:
    assert breaker.state(START, was_blocked=True) == State.HALF_OPEN
    breaker.learn([ACCEPTED], START)
    assert breaker.state(START, was_blocked=True) == State.CLOSED


@pytest.mark.parametrize("outcomes", [[], [SKIPPED], [KEPT_BACK], [SKIPPED, KEPT_BACK]])
def test_jobs_that_were_not_called_for_teach_it_nothing(breaker: CircuitBreaker, outcomes: list[End]) -> None:
    for _ in range(9):
        breaker.learn(outcomes, START)
    assert breaker.state(START) == State.CLOSED
    assert breaker.state(START, was_blocked=True) == State.HALF_OPEN, "nor that the vendor accepts calls"
    refuse(breaker, 2)
    breaker.learn(outcomes, START)
    refuse(breaker, 1)
    assert breaker.state(START) == State.OPEN


@pytest.mark.parametrize("outcome", [ACCEPTED, REJECTED, parked(Waiting())])
def test_any_answer_about_a_picture_counts_as_accepted(breaker: CircuitBreaker, outcome: End) -> None:
    refuse(breaker, 2)
    breaker.learn([outcome], START)
    refuse(breaker, 2)
    assert breaker.state(START) == State.CLOSED
