"""The pace that was bought is kept by everyone in an instance, and used up."""

from __future__ import annotations

import math
import threading
import time

import pytest

from shared.cloud.ports import Quota
from shared.cloud.rate_limiter import RateLimiter
from shared.errors import NotAccepted

CUTOUTS = Quota("cutouts", 2)


class Time:
    """Goes on when somebody sleeps, and `late` longer than was asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.late = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + self.late


def paced(most_seconds: float = 60.0) -> tuple[RateLimiter, Time]:
    time_ = Time()
    return RateLimiter(most_seconds, clock=lambda: time_.now, sleep=time_.sleep), time_


def times(calls: int, quota: Quota, pace: RateLimiter, time_: Time) -> list[float]:
    """When so many went, one after the other."""
    went = []
    for _ in range(calls):
        pace.wait(quota)
        went.append(time_.now)
    return went


def most_in_a_second(went: list[float]) -> int:
    return max(sum(0 <= each - first < 1 for each in went) for first in went)


def test_the_first_call_goes_at_once_and_the_next_ones_evenly_after_it() -> None:
    pace, time_ = paced()
    times(4, CUTOUTS, pace, time_)
    assert time_.slept == pytest.approx([0.5, 0.51, 0.5], abs=1e-4)


def test_a_slot_in_which_something_is_raised_is_the_next_callers() -> None:
    pace, time_ = paced()
    begun = time_.now
    pace.wait(CUTOUTS)
    with pytest.raises(ZeroDivisionError):
        pace.wait(CUTOUTS, lambda: 1 / 0)
    assert time_.now - begun == pytest.approx(0.5)
    pace.wait(CUTOUTS)
    assert time_.now - begun == pytest.approx(0.5)
    pace.wait(CUTOUTS)
    assert time_.now - begun == pytest.approx(1.01)


def test_a_pause_is_no_allowance_for_a_burst() -> None:
    pace, time_ = paced()
    pace.wait(CUTOUTS)
    time_.now += 60
    times(3, CUTOUTS, pace, time_)
    assert time_.slept == pytest.approx([0.5, 0.51], abs=1e-4)


def test_time_that_passed_anyway_is_not_waited_for_again() -> None:
    pace, time_ = paced()
    pace.wait(CUTOUTS)
    time_.now += 0.25
    pace.wait(CUTOUTS)
    assert time_.slept == [0.25]


def test_quotas_do_not_wait_for_each_other() -> None:
    pace, time_ = paced()
    for quota in ("cutouts", "masks", "skies"):
        pace.wait(Quota(quota, 2))
    assert time_.slept == []


@pytest.mark.parametrize("per_second", [0.1, 0.5, 1, 2, 2.5, 10, 50])
def test_nearly_all_that_was_bought_is_used_and_never_more_in_any_second(per_second: float) -> None:
    pace, time_ = paced()
    went = times(200, Quota("cutouts", per_second), pace, time_)
    assert most_in_a_second(went) <= math.ceil(per_second)
    assert 199 / (went[-1] - went[0]) >= 0.98 * per_second


@pytest.mark.parametrize("every", [1, 2, 3, 7, 10])
def test_who_wakes_late_is_not_followed_too_closely(every: int) -> None:
    pace, time_ = paced()
    went = []
    for number in range(100):
        time_.late = 0.04 if number % every == 0 else 0.0
        went += times(1, Quota("cutouts", 10), pace, time_)
    assert most_in_a_second(went) <= 10


def test_a_call_that_came_too_early_gives_the_next_ones_more_room_and_that_wears_off() -> None:
    pace, time_ = paced()

    def spacing() -> float:
        went = times(3, CUTOUTS, pace, time_)
        return went[2] - went[0]

    before = spacing()
    pace.throttled(CUTOUTS)
    after = spacing()
    assert before + 0.003 < after < before + 0.005
    times(300, CUTOUTS, pace, time_)
    assert spacing() < before
    for _ in range(100):
        pace.throttled(CUTOUTS)
    assert spacing() < 1.06


def test_a_caller_that_would_wait_too_long_is_refused_at_once() -> None:
    pace, time_ = paced(most_seconds=0.4)
    pace.wait(CUTOUTS)
    with pytest.raises(NotAccepted, match="cutouts's next free turn"):
        pace.wait(CUTOUTS)
    assert time_.slept == []
    time_.now += 0.2
    pace.wait(CUTOUTS)


def test_threads_that_come_at_once_leave_one_after_the_other_and_the_last_ones_not_at_all() -> None:
    pace = RateLimiter(0.25)
    left: list[float] = []
    not_accepted: list[NotAccepted] = []
    at_once = threading.Barrier(30)

    def come() -> None:
        at_once.wait()
        try:
            pace.wait(Quota("cutouts", 20))
        except NotAccepted as busy:
            not_accepted.append(busy)
        else:
            left.append(time.monotonic())

    threads = [threading.Thread(target=come) for _ in range(30)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 2
    assert len(left) + len(not_accepted) == 30
    assert 4 <= len(left) <= 12
    # A thread may wake late, and the next one in time: the slots are 0.05 s apart, and what follows them need not be.
    assert all(at - started >= place / 20 for place, at in enumerate(sorted(left)))


def test_threads_leave_in_the_order_in_which_they_came() -> None:
    pace, left = RateLimiter(60.0), list[int]()

    def come(number: int) -> None:
        pace.wait(Quota("cutouts", 100))
        left.append(number)

    threads = [threading.Thread(target=come, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
        time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert left == sorted(left)
