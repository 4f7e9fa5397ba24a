"""What an instance takes for OSS's time, by its own clock and the dates of OSS's answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cloud.oss_clock import MOST_ERROR, OssClock
from tests.unit.fakes import START

SKEWS = (-93.0, -15.0, -2.4, 2.4, 15.0, 93.0)


class Instance:
    """Its own clock is `skew` seconds ahead of OSS's."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self.time = START + timedelta(seconds=0.3)
        """By OSS's clock."""
        self.clock = OssClock(self.own)

    def own(self) -> datetime:
        return self.time + timedelta(seconds=self.skew)

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def ask(self, before: float = 0.01, after: float = 0.01) -> None:
        """OSS makes its answer `before` seconds after the request was sent, which comes `after` seconds later."""
        sent = self.own()
        self.pass_(before)
        date = self.date()
        self.pass_(after)
        self.clock.heard(date, sent)

    def date(self) -> str:
        return formatdate(self.time.timestamp(), usegmt=True)

    @property
    def offset(self) -> timedelta:
        return self.clock() - self.own()

    @property
    def error(self) -> timedelta:
        return abs(self.clock() - self.time)


@pytest.mark.parametrize("skew", SKEWS)
def test_before_the_first_answer_the_own_clock_counts_and_from_then_on_osss(skew: float) -> None:
    instance = Instance(skew)
    assert instance.clock() == instance.own()
    instance.ask()
    assert instance.error < timedelta(seconds=0.6), "of a date that tells whole seconds"
    instance.pass_(7 * 3600)
    assert instance.error < timedelta(seconds=0.6)


@pytest.mark.parametrize("skew", [0.0, 0.9, *SKEWS])
def test_answers_that_agree_change_nothing(skew: float) -> None:
    instance = Instance(skew)
    instance.ask()
    first = instance.offset
    for step in range(300):
        instance.pass_(0.137)
        instance.ask(before=0.004 * (step % 50), after=0.1 * (step % 7))
        assert instance.offset == first


def test_a_clock_that_is_right_is_left_alone() -> None:
    instance = Instance()
    instance.ask()
    assert instance.offset == timedelta()


@pytest.mark.parametrize("server", [-0.4, -0.1, 0.1, 0.4])
def test_servers_of_oss_that_differ_a_little_do_not_send_the_time_back_and_forth(server: float) -> None:
    instance, offsets = Instance(93), set()
    for step in range(300):
        sent = instance.own()
        instance.pass_(0.017)
        at = instance.time + timedelta(seconds=server * (step % 2))
        instance.clock.heard(formatdate(at.timestamp(), usegmt=True), sent)
        offsets.add(instance.offset)
    assert len(offsets) == 1


def test_a_clock_that_drifts_is_followed() -> None:
    instance = Instance()
    for _ in range(1_000):
        instance.pass_(1)
        instance.skew += 0.05
        instance.ask()
        assert instance.error <= MOST_ERROR + timedelta(seconds=0.02)


@pytest.mark.parametrize("step", SKEWS)
def test_an_own_clock_that_is_set_is_noticed_at_the_next_answer(step: float) -> None:
    instance = Instance(40)
    instance.ask()
    instance.skew += step
    instance.ask()
    assert instance.error <= MOST_ERROR + timedelta(seconds=0.02)


@pytest.mark.parametrize("step", SKEWS)
def test_an_own_clock_that_is_set_while_an_answer_is_awaited_is_noticed_at_the_one_after_it(step: float) -> None:
    instance = Instance(40)
    sent = instance.own()
    instance.skew += step
    instance.clock.heard(instance.date(), sent)
    instance.ask()
    assert instance.error <= MOST_ERROR + timedelta(seconds=0.02)


@pytest.mark.parametrize(("before", "after"), [(30.0, 0.01), (0.01, 30.0), (15.0, 15.0)])
def test_an_answer_that_comes_late_does_no_harm(before: float, after: float) -> None:
    instance = Instance(93)
    instance.ask()
    known = instance.offset
    instance.ask(before, after)
    assert instance.offset == known


def test_answers_may_come_in_another_order_than_they_were_made() -> None:
    instance = Instance(93)
    instance.ask()
    known, (sent, date) = instance.offset, (instance.own(), instance.date())
    instance.pass_(20)
    instance.ask()
    instance.clock.heard(date, sent)
    assert instance.offset == known


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "2026-11-21T08:00:00.000Z", "Sat, 32 Nov 2026 08:00:00 GMT", "Sat, 21 Nov 2026 08:00:00", "红"],
)
def test_what_is_no_date_says_nothing(date: str) -> None:
    instance = Instance(93)
    instance.clock.heard(date, instance.own())
    assert instance.offset == timedelta()
    instance.ask()
    known = instance.offset
    instance.clock.heard(date, instance.own())
    assert instance.offset == known


seconds = st.floats(0, 20)


@given(
    st.floats(-900, 900), st.lists(st.tuples(seconds, seconds, seconds, st.sampled_from((0, 0, -93, -1.4, 1.4, 93))))
)
def test_no_answer_leaves_more_in_doubt_than_is_said(
    skew: float, answers: list[tuple[float, float, float, float]]
) -> None:
    instance = Instance(skew)
    for pause, before, after, step in answers:
        instance.pass_(pause)
        instance.skew += step
        instance.ask(before, after)
        took = timedelta(seconds=before + after)
        assert instance.error <= MOST_ERROR + took + timedelta(milliseconds=1)
