"""How many calls are with a vendor at once: no more than it answers in time, and no fewer than the quota amounts to."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from shared.cloud.concurrency import ConcurrencyLimit, Flight
from shared.errors import NotAccepted, Rejected, Unavailable
from tests.unit.cloud.vendor_model import CALL_SECONDS, Backlog, Parallel, Serial, Time


@pytest.fixture
def chance() -> random.Random:
    """The same in every run."""
    return random.Random(12)


def slows(at: float, *, first: float = 1.0, then: float = 0.3) -> Callable[[float], float]:
    """Seconds a picture for a vendor that serves `first` a second, and from a moment on `then`."""
    return lambda now: 1 / (first if now < at else then)


# -------------------------------------------------------------------- a vendor that serves less than the quota


@pytest.mark.parametrize("at", [5, 10, 15, 30, 100, math.inf])
def test_a_vendor_that_serves_half_and_then_a_seventh_of_the_quota_loses_no_call(at: float) -> None:
    backlog = Backlog(Serial(slows(at)), per_second=2, jobs=200).run()
    assert (backlog.calls, backlog.unanswered) == (200, 0)
    assert backlog.time.now < 1.05 * (min(at, 200) + max(0, 200 - at) / 0.3), "and it is never idle"


@pytest.mark.parametrize(
    ("per_second", "serves", "lost"), [(2, 1, 0), (2, 0.3, 0), (10, 2.5, 0), (10, 1, 0), (50, 1, 35)]
)
def test_a_slow_vendor_is_recognised_by_its_first_answers(per_second: float, serves: float, lost: int) -> None:
    """A vendor that serves a fiftieth of the quota has too many by then; without a limit, 163 of 200 were lost."""
    assert Backlog(Serial(lambda now: 1 / serves), per_second=per_second, jobs=200).run().unanswered <= lost


def test_a_vendor_whose_pictures_take_different_times_loses_hardly_any_call(chance: random.Random) -> None:
    def takes(now: float) -> float:
        return slows(100)(now) * chance.lognormvariate(0, 0.6)

    lost = [Backlog(Serial(takes), per_second=2, jobs=200).run().unanswered for _ in range(20)]
    assert sum(lost) / 20 < 5


def test_a_vendor_that_recovers_gets_the_whole_quota_again_at_once() -> None:
    backlog = Backlog(Serial(lambda now: 1 / 0.3 if now < 100 else 0.05), per_second=2, jobs=200).run()
    assert backlog.unanswered == 0
    assert backlog.time.now < 100 + (200 - 30) / 2 + 10


def test_a_vendor_that_falls_to_a_tenth_loses_what_is_in_its_queue_and_no_more() -> None:
    backlog = Backlog(Serial(slows(100, then=0.1)), per_second=2, jobs=150).run()
    assert 0 < backlog.unanswered <= 10


# -------------------------------------------------------------------- a vendor that keeps up


@pytest.mark.parametrize("per_second", [2, 10, 50])
@pytest.mark.parametrize("seconds", [0.3, 1, 3, 10, 20, 30])
def test_a_vendor_that_keeps_up_gets_the_whole_quota_however_long_it_takes(per_second: float, seconds: float) -> None:
    backlog = Backlog(Parallel(lambda now: seconds), per_second=per_second, jobs=1000).run()
    assert backlog.share > 0.985
    assert (backlog.calls, backlog.kept_back) == (1000, 0)


def test_a_vendor_that_keeps_up_gets_the_whole_quota_at_the_speed_of_the_bench_too() -> None:
    """50 QPS and 3 s, 8.3 times slower: a call still has 40 s."""
    assert Backlog(Parallel(lambda now: 25), per_second=6, jobs=1000).run().share > 0.985


@pytest.mark.parametrize("per_second", [2, 10, 50])
@pytest.mark.parametrize("seconds", [0.3, 1, 3, 10, 20])
def test_a_vendor_that_keeps_up_gets_the_quota_when_pictures_take_different_times_too(
    chance: random.Random, per_second: float, seconds: float
) -> None:
    def takes(now: float) -> float:
        return seconds * chance.uniform(0.7, 1.3)

    shares = [Backlog(Parallel(takes), per_second=per_second, jobs=1000).run().share for _ in range(3)]
    assert sum(shares) / 3 > (0.97 if seconds <= 3 else 0.9)


def test_one_picture_in_a_hundred_that_gets_no_answer_does_not_slow_down_the_others(chance: random.Random) -> None:
    def takes(now: float) -> float:
        return 1 if chance.random() > 0.01 else math.inf

    backlog = Backlog(Parallel(takes), per_second=10, jobs=2000).run(until=200)
    assert backlog.share > 0.97


@pytest.mark.parametrize("later", [10, 20, 30])
def test_a_vendor_that_became_slower_for_good_gets_the_quota_at_its_new_speed(later: float) -> None:
    backlog = Backlog(Parallel(lambda now: 1 if now < 60 else later), per_second=2, jobs=5000).run(until=900)
    before, began = backlog.calls, backlog.time.now
    backlog.run(until=1200)
    assert (backlog.calls - before) / (2 * (backlog.time.now - began)) > 0.97
    assert backlog.unanswered == 0


# -------------------------------------------------------------------- a vendor that does not answer


def test_a_vendor_that_hangs_is_tried_by_one_call_at_a_time_until_it_answers_again() -> None:
    backlog = Backlog(Parallel(lambda now: math.inf if 100 <= now < 500 else 1), per_second=2, jobs=2000)
    backlog.run(until=150)
    lost = backlog.unanswered
    assert lost <= 13
    backlog.run(until=500)
    assert backlog.unanswered - lost <= 400 / CALL_SECONDS
    served = backlog.done
    backlog.run(until=560)
    assert backlog.done - served > 60


def test_what_was_learnt_holds_for_the_next_backlog_as_well() -> None:
    first = Backlog(Serial(slows(100)), per_second=2, jobs=200).run()
    second = Backlog(Serial(lambda now: 1 / 0.3), per_second=2, jobs=50, limit=first.limit).run()
    assert second.most <= 4
    assert second.unanswered == 0


# -------------------------------------------------------------------- the limit by itself


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limit(time: Time) -> ConcurrencyLimit:
    """Of 2 calls a second."""
    return ConcurrencyLimit(2, CALL_SECONDS, time)


def call(limit: ConcurrencyLimit, time: Time, seconds: float, error: Exception | None = None) -> None:
    flight = Flight(limit)
    try:
        with flight:
            flight.sent()
            time.now += seconds
            if error:
                raise error
    except (Unavailable, Rejected):
        return
    flight.served()


def test_a_call_is_in_flight_until_it_ends_and_only_if_it_was_sent(limit: ConcurrencyLimit) -> None:
    with Flight(limit) as never:
        assert limit.in_flight == 0
        with Flight(limit) as flight:
            flight.sent()
            assert limit.in_flight == 1
        assert limit.in_flight == 0
    assert never is not flight
    assert limit.in_flight == 0


def test_without_room_a_call_is_kept_back(limit: ConcurrencyLimit, time: Time) -> None:
    call(limit, time, 0, Unavailable("NoAnswer", ""))
    assert limit.limit == 1
    with Flight(limit) as flight:
        flight.sent()
        assert limit.room == 0
        with pytest.raises(NotAccepted) as raised, Flight(limit) as second:
            second.sent()
        assert raised.value.code == "VendorSlow"
        assert limit.in_flight == 1
    assert limit.room == 1


@pytest.mark.parametrize("error", [NotAccepted("Throttling", ""), Rejected("InvalidImage", ""), ZeroDivisionError()])
def test_only_what_is_served_or_never_answered_says_how_slow_the_vendor_is(
    limit: ConcurrencyLimit, time: Time, error: Exception
) -> None:
    before = limit.limit
    for _ in range(9):
        try:
            call(limit, time, 30, error)
        except ZeroDivisionError:
            continue
    assert limit.limit == before
    assert limit.in_flight == 0


def test_three_of_five_calls_without_an_answer_limit_to_one_and_two_do_not(limit: ConcurrencyLimit, time: Time) -> None:
    for _ in range(5):
        call(limit, time, 1)
    before = limit.limit
    assert before > 1
    call(limit, time, 40, Unavailable("NoAnswer", ""))
    call(limit, time, 40, Unavailable("NoAnswer", ""))
    assert limit.limit == before
    call(limit, time, 40, Unavailable("NoAnswer", ""))
    assert limit.limit == 1


def test_the_first_answer_shows_how_many_calls_the_quota_amounts_to(time: Time) -> None:
    """Also when a backlog arrives so slowly that few calls are in flight."""
    limit = ConcurrencyLimit(6, CALL_SECONDS, time)
    call(limit, time, 25)
    assert 150 < limit.limit < 200, "without room for a queue"


def test_a_clock_that_stands_still_is_no_error(limit: ConcurrencyLimit, time: Time) -> None:
    for _ in range(9):
        call(limit, time, 0)
    assert limit.limit == 10
