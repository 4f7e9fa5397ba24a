"""When a job is polled: late enough to be worth it, early enough that no result lies waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.pipeline.polling import PollEstimator

HD = "general/hd-common"
NOW = timedelta()


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def taught(*ages: float) -> PollEstimator:
    """An estimator that has seen jobs finish at these ages, each after one poll that came too early."""
    estimator = PollEstimator()
    for age in ages:
        estimator.finished(HD, seconds(age), polls=1)
    return estimator


def test_while_nothing_is_known_the_first_poll_comes_after_two_seconds_and_no_poll_is_too_early() -> None:
    estimator = PollEstimator()
    assert estimator.first(HD) == seconds(2)
    assert estimator.too_early(HD, seconds(2)) == NOW


def test_no_job_is_polled_before_nine_tenths_of_the_shortest_time_that_one_took() -> None:
    estimator = taught(20, 10, 40)
    assert estimator.first(HD) == seconds(9)
    assert estimator.too_early(HD, seconds(5)) == seconds(4)
    assert estimator.too_early(HD, seconds(9)) == NOW
    assert estimator.too_early(HD, seconds(30)) == NOW


def test_the_first_poll_never_comes_within_two_seconds() -> None:
    assert taught(0.1).first(HD) == seconds(2)


def test_what_is_learnt_of_one_capability_says_nothing_of_another() -> None:
    estimator = taught(30)
    assert estimator.first("general/hd-sky") == seconds(2)
    assert estimator.too_early("general/hd-sky", seconds(3)) == NOW


def test_when_jobs_take_longer_the_shorter_ones_are_forgotten_after_a_hundred() -> None:
    estimator = taught(10, *[20] * 99)
    assert estimator.first(HD) == seconds(9)
    estimator.finished(HD, seconds(20), polls=1)
    assert estimator.first(HD) == seconds(18)


def test_a_job_whose_first_poll_finds_it_finished_sooner_than_all_others_makes_everything_forgotten() -> None:
    estimator = taught(10, 12)
    estimator.finished(HD, seconds(9.1), polls=0)
    assert estimator.first(HD) == seconds(2), "it may have been finished for long"
    estimator.finished(HD, seconds(5), polls=3)
    assert estimator.first(HD) == seconds(4.5)


def test_a_job_whose_only_poll_comes_late_changes_nothing() -> None:
    estimator = taught(10)
    estimator.finished(HD, seconds(50), polls=0)
    assert estimator.first(HD) == seconds(9)


def test_after_a_time_in_which_nothing_was_polled_no_first_poll_waits_for_more_than_a_minute() -> None:
    assert taught(3600).first(HD) == seconds(60)
    assert taught(3600).too_early(HD, seconds(50)) == seconds(10)


@pytest.mark.parametrize(("age", "pause"), [(2, 1), (20, 1), (60, 3), (6000, 60)])
def test_pauses_between_polls_grow_with_the_age(age: float, pause: float) -> None:
    assert PollEstimator().again(seconds(age)) == seconds(pause)


def test_threads_may_learn_and_ask_at_once() -> None:
    estimator = taught(10)

    def learn(number: int) -> None:
        estimator.finished(HD, seconds(5 if number % 3 else 20), polls=number % 2)
        assert estimator.too_early(HD, NOW) <= seconds(18)

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(learn, range(2000)))) == 2000
