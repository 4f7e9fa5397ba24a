"""When a vendor is asked again: late enough to be worth it, early enough that no result lies waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.pipeline.polling import PollEstimator
from tests.unit.fakes import Clock

HD = "general/hd-common"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def forecast(clock: Clock) -> PollEstimator:
    return PollEstimator(clock)


def too_early(forecast: PollEstimator, age: float, *, overdue: float = 0, capability: str = HD) -> timedelta:
    now = forecast._clock()
    return forecast.too_early(capability, now - seconds(age), now - seconds(overdue))


def taught(forecast: PollEstimator, *ages: float) -> PollEstimator:
    """One that has seen jobs finish at these ages, each after a question too early."""
    for age in ages:
        forecast.finished(HD, seconds(age), polls=1)
    return forecast


def test_where_nothing_was_learnt_the_first_question_comes_after_two_seconds(forecast: PollEstimator) -> None:
    assert forecast.first(HD) == seconds(2)


def test_the_first_question_comes_a_little_before_the_last_job_was_finished(forecast: PollEstimator) -> None:
    assert taught(forecast, 10).first(HD) == seconds(9)


def test_the_first_question_never_comes_within_a_second(forecast: PollEstimator) -> None:
    assert taught(forecast, 0.1).first(HD) == seconds(1)


def test_what_is_learnt_of_one_capability_says_nothing_of_another(forecast: PollEstimator) -> None:
    taught(forecast, 30)
    forecast.again(HD, seconds(40))
    assert forecast.first("general/hd-sky") == seconds(2)
    assert too_early(forecast, 3, capability="general/hd-sky") == seconds(0)


def test_a_later_job_counts_as_much_as_all_before_it(forecast: PollEstimator) -> None:
    assert taught(forecast, 10, 20).first(HD) == seconds((9 + 18) / 2)


def test_one_that_took_long_makes_the_next_ones_be_asked_for_half_as_late_again_at_most(
    forecast: PollEstimator,
) -> None:
    assert taught(forecast, 10, 600).first(HD) == seconds(13.5)
    assert taught(forecast, *[600] * 12).first(HD) > seconds(500), "but when they all do, that is learnt"


def test_a_job_that_had_been_finished_for_long_can_only_shorten_the_time(forecast: PollEstimator) -> None:
    forecast.finished(HD, seconds(50), polls=0)
    assert forecast.first(HD) == seconds(2), "nothing was learnt: it may have been finished at once"
    taught(forecast, 10)
    forecast.finished(HD, seconds(50), polls=0)
    assert forecast.first(HD) == seconds(9)
    forecast.finished(HD, seconds(5), polls=0)
    assert forecast.first(HD) == seconds(4.5)


@pytest.mark.parametrize(("age", "pause"), [(2, 1), (30, 3), (6000, 60)])
def test_where_nothing_was_learnt_the_pauses_grow_with_the_age(
    forecast: PollEstimator, age: float, pause: float
) -> None:
    assert forecast.again(HD, seconds(age)) == seconds(pause)


@pytest.mark.parametrize(("age", "pause"), [(4, 5), (8.5, 1), (9, 1), (40, 4)])
def test_a_job_younger_than_its_like_is_asked_for_at_their_age(
    forecast: PollEstimator, age: float, pause: float
) -> None:
    assert taught(forecast, 10).again(HD, seconds(age)) == seconds(pause)


def test_where_nothing_was_learnt_no_question_is_too_early(forecast: PollEstimator) -> None:
    assert too_early(forecast, 2) == seconds(0)


def test_a_question_is_put_off_until_half_a_second_past_the_age_at_which_another_was_unfinished(
    forecast: PollEstimator,
) -> None:
    forecast.again(HD, seconds(6))
    forecast.again(HD, seconds(3))
    assert too_early(forecast, 2) == seconds(4.5)
    assert too_early(forecast, 6.25) == seconds(0.25)
    assert too_early(forecast, 7) == seconds(0)


def test_a_question_is_put_off_until_the_age_at_which_others_were_finished(forecast: PollEstimator) -> None:
    assert too_early(taught(forecast, 10), 5) == seconds(4)
    assert too_early(forecast, 11) == seconds(0)


def test_the_longer_of_both_ages_is_what_counts(forecast: PollEstimator) -> None:
    taught(forecast, 10).again(HD, seconds(12))
    assert too_early(forecast, 8) == seconds(4.5)


def test_nobody_is_put_off_for_longer_than_five_seconds_at_a_time(forecast: PollEstimator) -> None:
    forecast.again(HD, seconds(3600))
    assert too_early(forecast, 4) == seconds(5)


def test_one_that_finished_makes_the_unfinished_ones_forgotten(forecast: PollEstimator) -> None:
    forecast.again(HD, seconds(60))
    taught(forecast, 10)
    assert too_early(forecast, 9) == seconds(0)


def test_that_it_takes_less_time_now_is_found_out_every_five_seconds(forecast: PollEstimator, clock: Clock) -> None:
    forecast.again(HD, seconds(9.5))
    taught(forecast, 10)
    assert too_early(forecast, 9) == seconds(1), "what was unfinished at 9.5 s is remembered"
    clock.pass_(seconds=4.9)
    forecast.finished(HD, seconds(10), polls=0)
    assert too_early(forecast, 9) == seconds(1)
    clock.pass_(seconds=0.1)
    forecast.finished(HD, seconds(10), polls=0)
    assert too_early(forecast, 9) == seconds(0)


def test_of_those_put_off_for_four_seconds_one_is_asked_for_every_two_seconds(
    forecast: PollEstimator, clock: Clock
) -> None:
    forecast.again(HD, seconds(100))
    assert too_early(forecast, 8, overdue=4) == seconds(5)
    assert too_early(forecast, 8, overdue=4.01) == seconds(0)
    assert too_early(forecast, 8, overdue=4.01) == seconds(0), "it is this very one: it may be asked for"
    assert too_early(forecast, 7, overdue=5) == seconds(5)
    clock.pass_(seconds=1.9)
    assert too_early(forecast, 9, overdue=7) == seconds(5)
    clock.pass_(seconds=0.1)
    assert too_early(forecast, 9, overdue=7) == seconds(0)
