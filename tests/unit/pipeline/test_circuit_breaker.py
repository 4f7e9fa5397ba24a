"""When a capability may be called, by what its vendor said to the last calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from shared.errors import KeptBack, NotFetched, Unavailable, VendorDown
from shared.jobs.job import Doubt, Job
from shared.pipeline.circuit_breaker import CircuitBreaker, State
from tests.unit.fakes import START

PAGE = VendorDown("HTTP502", "a gateway's page", request_id="R-1")
FAILURE = Unavailable("InternalError", "nobody knows why", request_id="R-1")
DAY, HOUR = 24 * 3600, 3600


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def jobs(*names: str, doubt: Doubt = "") -> list[Job]:
    """Of the uploads that share a call."""
    return [Job(id="1", source=name, uploaded_at=START, due=START, doubt=doubt) for name in names]


@pytest.fixture
def breaker() -> CircuitBreaker:
    return CircuitBreaker()


def opens(breaker: CircuitBreaker, seconds: float) -> float:
    """The seconds from which on calls may be made, if not at once."""
    return max(seconds, (breaker.open_until - START).total_seconds()) if breaker.open_until > at(seconds) else seconds


def repeat(breaker: CircuitBreaker, told: Callable[[datetime], object], times: int) -> float:
    """One call after the other, each as soon as the breaker allows; the seconds at which the last one ended so."""
    seconds = 0.0
    for _ in range(times):
        seconds = opens(breaker, seconds)
        told(at(seconds))
    return seconds


def failing(breaker: CircuitBreaker, error: Unavailable = PAGE) -> Callable[[datetime], object]:
    """Calls that fail so, each for another photo."""
    numbers = count()
    return lambda now: breaker.failed(error, jobs(f"{next(numbers)}.jpg"), now)


def state(breaker: CircuitBreaker, seconds: float) -> State:
    return breaker.state(at(seconds))


def let_through(breaker: CircuitBreaker, seconds: float) -> bool:
    try:
        breaker.let_through(at(seconds))
    except KeptBack:
        return False
    return True


def test_it_is_closed_at_first(breaker: CircuitBreaker) -> None:
    assert state(breaker, 0) is State.CLOSED


# -------------------------------------------------------------------- throttled


def test_two_throttled_calls_are_tolerated(breaker: CircuitBreaker) -> None:
    repeat(breaker, breaker.throttled, 2)
    assert state(breaker, 0) is State.CLOSED


@pytest.mark.parametrize(("times", "seconds"), [(3, 1), (4, 2), (5, 4), (6, 8), (7, 16), (8, 30), (2000, 30)])
def test_from_the_third_throttled_call_on_it_is_open_twice_as_long_each_time_and_then_half_open(
    breaker: CircuitBreaker, times: int, seconds: float
) -> None:
    last = repeat(breaker, breaker.throttled, times)
    assert breaker.open_until == at(last + seconds)
    assert state(breaker, last + seconds - 0.1) is State.OPEN
    assert state(breaker, last + seconds) is State.HALF_OPEN


def test_a_probe_that_is_served_closes_it_and_throttled_calls_are_counted_anew(breaker: CircuitBreaker) -> None:
    seconds = repeat(breaker, breaker.throttled, 5) + 4
    breaker.answered(jobs("a.jpg"), at(seconds))
    assert state(breaker, seconds) is State.CLOSED
    repeat(breaker, breaker.throttled, 2)
    assert state(breaker, seconds) is State.CLOSED


def test_calls_that_were_sent_before_it_opened_do_not_count(breaker: CircuitBreaker) -> None:
    repeat(breaker, breaker.throttled, 3)
    for _ in range(9):
        breaker.throttled(at(0.5))
    assert breaker.open_until == at(1)


def test_calls_that_were_started_before_it_was_throttled_are_still_sent(breaker: CircuitBreaker) -> None:
    repeat(breaker, breaker.throttled, 3)
    assert let_through(breaker, 0.5)


# -------------------------------------------------------------------- our own limit of the day


def test_it_is_open_until_the_moment_that_the_daily_limit_says(breaker: CircuitBreaker) -> None:
    breaker.limited(at(HOUR))
    assert state(breaker, HOUR - 1) is State.OPEN
    assert state(breaker, HOUR) is State.CLOSED


def test_a_call_that_is_served_does_not_shorten_that(breaker: CircuitBreaker) -> None:
    breaker.limited(at(HOUR))
    breaker.answered(jobs("a.jpg"), START)
    assert state(breaker, HOUR - 1) is State.OPEN


# -------------------------------------------------------------------- the operator must act


@pytest.mark.parametrize(("times", "seconds"), [(1, 5), (2, 10), (7, 320), (8, 600), (100, 600)])
def test_a_refusal_that_the_operator_must_act_on_pauses_calls_for_ten_minutes_at_the_most(
    breaker: CircuitBreaker, times: int, seconds: float
) -> None:
    last = repeat(breaker, breaker.refused, times)
    assert state(breaker, last + seconds - 0.1) is State.OPEN
    assert state(breaker, last + seconds) is State.HALF_OPEN


def test_a_probe_that_is_served_after_the_operator_has_acted_closes_it(breaker: CircuitBreaker) -> None:
    seconds = repeat(breaker, breaker.refused, 8) + 600
    breaker.answered(jobs("a.jpg"), at(seconds))
    assert state(breaker, seconds) is State.CLOSED


def test_a_call_that_was_sent_before_the_refusal_does_not_close_it(breaker: CircuitBreaker) -> None:
    breaker.refused(at(10))
    breaker.answered(jobs("a.jpg"), at(9))
    assert state(breaker, 14) is State.OPEN
    assert state(breaker, 15) is State.HALF_OPEN


def test_the_first_of_the_jobs_that_were_blocked_is_a_probe(breaker: CircuitBreaker) -> None:
    assert breaker.state(START, was_blocked=True) is State.HALF_OPEN
    breaker.accepted(START, START)
    assert breaker.state(START, was_blocked=True) is State.CLOSED


# -------------------------------------------------------------------- the vendor fails


@pytest.mark.parametrize("error", [PAGE, FAILURE])
def test_two_failures_are_tolerated(breaker: CircuitBreaker, error: Unavailable) -> None:
    repeat(breaker, failing(breaker, error), 2)
    assert state(breaker, 0) is State.CLOSED
    breaker.answered(jobs("fine.jpg"), START)
    repeat(breaker, failing(breaker, error), 2)
    assert state(breaker, 0) is State.CLOSED


@pytest.mark.parametrize("error", [PAGE, FAILURE])
@pytest.mark.parametrize(("times", "seconds"), [(3, 1), (4, 2), (12, 512), (13, 900), (2000, 900)])
def test_from_the_third_failure_on_it_is_open_twice_as_long_each_time_up_to_a_quarter_of_an_hour(
    breaker: CircuitBreaker, times: int, seconds: float, error: Unavailable
) -> None:
    last = repeat(breaker, failing(breaker, error), times)
    assert state(breaker, last + seconds - 0.1) is State.OPEN
    assert state(breaker, last + seconds) is State.HALF_OPEN


@pytest.mark.parametrize(("outage", "most"), [(11 * 60, 12), (2 * DAY, 205)])
def test_the_calls_that_an_outage_costs_are_few_and_its_end_is_noticed_soon(
    breaker: CircuitBreaker, outage: float, most: int
) -> None:
    fail, calls, seconds = failing(breaker), 0, 0.0
    while seconds < outage:
        fail(at(seconds))
        calls, seconds = calls + 1, opens(breaker, seconds)
    assert calls <= most
    assert seconds - outage <= min(outage, 15 * 60)


@pytest.mark.parametrize("error", [PAGE, FAILURE])
def test_a_probe_that_is_served_closes_it_and_failures_are_counted_anew(
    breaker: CircuitBreaker, error: Unavailable
) -> None:
    seconds = repeat(breaker, failing(breaker, error), 6) + 8
    breaker.answered(jobs("a.jpg"), at(seconds))
    assert state(breaker, seconds) is State.CLOSED
    repeat(breaker, failing(breaker, error), 2)
    assert state(breaker, seconds) is State.CLOSED


def test_what_was_asked_before_it_failed_does_not_close_it(breaker: CircuitBreaker) -> None:
    for number in range(3):
        breaker.failed(PAGE, jobs(f"{number}.jpg"), at(10))
    breaker.answered(jobs("slow.jpg"), at(9))
    assert state(breaker, 11) is State.HALF_OPEN


def test_what_was_started_before_it_opened_is_not_sent_any_more(breaker: CircuitBreaker) -> None:
    assert let_through(breaker, 0)
    last = repeat(breaker, failing(breaker), 3)
    assert not let_through(breaker, last + 0.9)
    assert let_through(breaker, last + 1)


def test_a_ticket_does_not_show_that_the_vendor_does_the_work_and_its_result_does(breaker: CircuitBreaker) -> None:
    seconds = repeat(breaker, failing(breaker), 6) + 8
    breaker.accepted(at(seconds), at(seconds))
    assert state(breaker, seconds + 7.9) is State.OPEN, "one call a pause, as long as it is not known"
    assert state(breaker, seconds + 8) is State.HALF_OPEN
    breaker.answered(jobs("a.jpg"), at(seconds))
    assert state(breaker, seconds + 1) is State.CLOSED


def test_a_result_that_takes_longer_than_a_pause_closes_it_whatever_tickets_came_meanwhile(
    breaker: CircuitBreaker,
) -> None:
    failed = repeat(breaker, failing(breaker), 3)
    for seconds in (failed + 1, failed + 2, failed + 3):
        breaker.accepted(at(seconds), at(seconds))
    breaker.answered(jobs("asked before.jpg"), at(failed - 1))
    assert state(breaker, failed + 4) is State.HALF_OPEN
    breaker.answered(jobs("the first probe.jpg"), at(failed + 1))
    assert state(breaker, failed + 3) is State.CLOSED


def test_tickets_are_all_that_there_is_to_see_while_nothing_fails(breaker: CircuitBreaker) -> None:
    repeat(breaker, failing(breaker), 2)
    breaker.accepted(START, START)
    assert state(breaker, 0) is State.CLOSED


# -------------------------------------------------------------------- … and who is to blame


def blamed(breaker: CircuitBreaker, error: Unavailable, *photos: str, seconds: float = 0) -> bool:
    """Whether the failure of their call is the photos' own."""
    taken = breaker.failed(error, jobs(*photos), at(seconds))
    assert (taken.code, taken.message, taken.request_id) == (error.code, error.message, error.request_id)
    return not isinstance(taken, VendorDown)


def test_a_gateways_page_is_no_photos_fault(breaker: CircuitBreaker) -> None:
    assert not any(blamed(breaker, PAGE, "a.jpg", seconds=seconds) for seconds in range(0, 10_000, 1000))


def test_a_page_is_a_photos_fault_if_others_were_served_since_its_last_one(breaker: CircuitBreaker) -> None:
    assert not blamed(breaker, PAGE, "a.jpg")
    breaker.answered(jobs("fine.jpg"), START)
    assert blamed(breaker, PAGE, "a.jpg")
    assert not blamed(breaker, PAGE, "b.jpg"), "its first"


def test_an_outage_is_no_fault_of_those_that_failed_in_an_earlier_one(breaker: CircuitBreaker) -> None:
    photos = [f"{number}.jpg" for number in range(9)]
    for photo in photos:
        blamed(breaker, PAGE, photo)
    breaker.answered(jobs("fine.jpg"), at(HOUR))
    assert [blamed(breaker, PAGE, photo, seconds=HOUR) for photo in photos] == [True] + 8 * [False]
    assert state(breaker, HOUR) is State.OPEN


def test_other_failures_are_the_photos_own_until_three_photos_failed_in_a_row(breaker: CircuitBreaker) -> None:
    assert [blamed(breaker, FAILURE, f"{number}.jpg") for number in range(5)] == [True, True, False, False, False]
    assert not blamed(breaker, FAILURE, "0.jpg", seconds=1), "nor are those that failed before, as long as it lasts"


def test_a_photo_that_fails_alone_is_to_blame_however_often_it_is_called_for(breaker: CircuitBreaker) -> None:
    assert all(blamed(breaker, FAILURE, "a.jpg", seconds=seconds) for seconds in range(9))
    assert state(breaker, 9) is State.CLOSED


def test_a_photo_of_a_batch_that_fails_with_others_and_then_alone_is_to_blame(breaker: CircuitBreaker) -> None:
    batch = [f"{number}.jpg" for number in range(10)]
    assert blamed(breaker, FAILURE, *batch)
    assert all(blamed(breaker, FAILURE, *batch[:most]) for most in (5, 2, 1, 1))


def test_a_photo_that_fails_while_others_are_served_is_to_blame(breaker: CircuitBreaker) -> None:
    for number in range(9):
        assert blamed(breaker, FAILURE, "a.jpg")
        breaker.answered(jobs(f"{number}.jpg"), START)


def test_a_vendor_that_cannot_fetch_sound_links_is_down_when_three_were_sound(breaker: CircuitBreaker) -> None:
    error = NotFetched("InvalidImage.Download", "no picture came")
    first, second, third = (breaker.failed(error, jobs(f"{number}.jpg", doubt="checked"), START) for number in range(3))
    assert (first, second) == (error, error)
    assert type(third) is VendorDown


def test_links_that_may_be_to_blame_teach_it_nothing(breaker: CircuitBreaker) -> None:
    error = NotFetched("InvalidImage.Download", "no picture came")
    for number in range(9):
        assert breaker.failed(error, jobs(f"{number}.jpg"), START) is error
    assert state(breaker, 0) is State.CLOSED


def test_it_knows_whose_last_call_failed(breaker: CircuitBreaker) -> None:
    breaker.failed(FAILURE, jobs("a.jpg", "b.jpg"), START)
    breaker.answered(jobs("b.jpg"), START)
    assert (breaker.has_failed("a.jpg"), breaker.has_failed("b.jpg")) == (True, False)


def test_of_photos_that_failed_only_the_latest_are_remembered(breaker: CircuitBreaker) -> None:
    for number in range(10_000):
        breaker.failed(PAGE, jobs(f"{number}.jpg"), START)
    assert (breaker.has_failed("0.jpg"), breaker.has_failed("9999.jpg")) == (False, True)
