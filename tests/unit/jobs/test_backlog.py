"""Whose the quota is: heard of by those who were turned away, and by nobody else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from shared.errors import Misconfigured
from shared.jobs import keys
from shared.jobs.backlog import LINGER, BacklogOwner
from tests.unit.fakes import Clock, MemoryBucket

COMMON, SKY = "general/common", "scenery/sky"


class Yard:
    """Settle and a function over one bucket."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.bucket = MemoryBucket(self.clock)
        self.settle, self.function = self.instance(), self.instance()

    def instance(self) -> BacklogOwner:
        return BacklogOwner(self.bucket, self.bucket, self.clock)

    def announce(self, *capabilities: str, seconds: float = 60) -> None:
        self.settle.announce(frozenset(capabilities), self.clock() + timedelta(seconds=seconds))

    def owned(self, capability: str = COMMON, **later: float) -> bool:
        self.clock.pass_(**later)
        return self.function.owns(capability)

    def count(self, name: str, key: str) -> int:
        return self.bucket.requests.count((name, key))


@pytest.fixture
def yard() -> Yard:
    return Yard()


def test_nobody_reads_the_sign_until_a_call_was_turned_away(yard: Yard) -> None:
    yard.announce(COMMON)
    assert not yard.owned()
    assert yard.count("read", keys.OWNER) == 0


def test_whoever_was_turned_away_rings_and_parks_while_settle_is_on_its_way(yard: Yard) -> None:
    yard.function.joined(COMMON)
    assert yard.bucket.things[keys.WAKE].body == b"{}"
    assert yard.owned()
    assert yard.owned(seconds=2.9)
    assert yard.count("read", keys.OWNER) == 0
    assert not yard.owned(SKY), "another capability has a quota of its own"
    assert not yard.instance().owns(COMMON), "an instance that was not turned away has heard nothing"


def test_without_a_sign_the_function_calls_again_and_looks_no_more(yard: Yard) -> None:
    yard.function.joined(COMMON)
    assert not yard.owned(seconds=3)
    assert not yard.owned(seconds=60)
    assert yard.count("read", keys.OWNER) == 1


def test_while_the_sign_is_there_it_is_read_every_two_seconds_at_most(yard: Yard) -> None:
    yard.announce(COMMON)
    yard.function.joined(COMMON)
    yard.clock.pass_(seconds=3)
    assert all(yard.owned(seconds=0.1) for _ in range(100))
    assert 4 <= yard.count("read", keys.OWNER) <= 6


def test_settle_stays_longer_than_anybody_may_park_for_its_sake(yard: Yard) -> None:
    yard.announce(COMMON)
    called = yard.clock()
    yard.function.joined(COMMON)
    assert yard.owned(seconds=3)
    yard.announce()
    assert yard.owned(seconds=1.9)
    assert not yard.owned(seconds=0.1)
    assert yard.clock() - called <= LINGER


def test_a_sign_speaks_only_of_the_capabilities_that_it_names(yard: Yard) -> None:
    yard.announce(SKY)
    yard.function.joined(COMMON)
    yard.function.joined(SKY)
    assert not yard.owned(COMMON, seconds=3)
    assert yard.owned(SKY)


def test_the_sign_of_a_settle_that_died_expires(yard: Yard) -> None:
    yard.announce(COMMON, seconds=10)
    yard.function.joined(COMMON)
    assert yard.owned(seconds=9)
    assert not yard.owned(seconds=2)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"{}", b'{"capabilities": ["general/common"], "until": "soon"}'])
def test_a_sign_that_cannot_be_read_counts_as_none(yard: Yard, body: bytes) -> None:
    yard.bucket.put(keys.OWNER, body)
    yard.function.joined(COMMON)
    assert not yard.owned(seconds=3)


def test_a_bell_that_cannot_be_rung_is_a_warning_and_nothing_else(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(name: str, key: str) -> None:
        if key == keys.WAKE:
            raise Misconfigured("AccessDenied", "this role may not write here")

    yard.bucket.before = refuse
    yard.function.joined(COMMON)
    assert yard.owned()
    (record,) = caplog.records
    assert (record.levelname, "AccessDenied" in record.getMessage()) == ("WARNING", True)


def test_a_bug_in_the_bucket_is_not_taken_for_a_bell_that_cannot_be_rung(yard: Yard) -> None:
    def break_(name: str, key: str) -> None:
        raise ZeroDivisionError

    yard.bucket.before = break_
    with pytest.raises(ZeroDivisionError):
        yard.function.wake_worker()


def test_the_sign_is_written_when_it_changes_and_not_otherwise(yard: Yard) -> None:
    until = yard.clock() + timedelta(seconds=60)
    for backlog in ((), (COMMON,), (COMMON,), (COMMON, SKY), (), ()):
        yard.settle.announce(frozenset(backlog), until)
    assert yard.count("write", keys.OWNER) == 3
    assert json.loads(yard.bucket.things[keys.OWNER].body)["capabilities"] == []


def test_the_next_round_of_the_same_instance_says_how_long_it_lasts(yard: Yard) -> None:
    yard.announce(COMMON, seconds=10)
    yard.clock.pass_(seconds=5)
    yard.announce(COMMON, seconds=60)
    yard.function.joined(COMMON)
    assert yard.owned(seconds=20)


def whole(moment: datetime) -> datetime:
    """As an event tells it."""
    return moment.replace(microsecond=0)


@pytest.mark.parametrize(("on_its_way", "late"), [(0, False), (3, False), (3.1, True), (7.5, True)])
def test_an_event_is_late_that_an_instance_could_have_heard_three_seconds_ago(
    yard: Yard, on_its_way: float, late: bool
) -> None:
    yard.clock.pass_(minutes=1, seconds=0.999)
    happened = yard.clock()
    yard.clock.pass_(seconds=on_its_way)
    assert yard.function.is_late(whole(happened)) is late
    assert not yard.function.is_late(None), "it does not say"


@pytest.mark.parametrize("began", [0, 0.999])
@pytest.mark.parametrize(("took", "late"), [(7, False), (8.1, True)])
def test_an_instance_that_had_to_be_made_first_has_four_seconds_more(
    yard: Yard, began: float, took: float, late: bool
) -> None:
    yard.clock.pass_(seconds=began)
    happened = yard.clock()
    yard.clock.pass_(seconds=took)
    assert yard.instance().is_late(whole(happened)) is late


def test_an_instance_that_was_made_meanwhile_and_free_is_no_excuse(yard: Yard) -> None:
    happened = yard.clock()
    yard.clock.pass_(seconds=1)
    quick = yard.instance()
    yard.clock.pass_(seconds=4.1)
    assert quick.is_late(happened), "it could have been heard for four of the five"


@pytest.mark.parametrize(("into_the_call", "late"), [(0.4, True), (1.5, False), (2.5, False)])
def test_an_event_from_before_the_end_of_an_instances_last_call_has_waited_for_it(
    yard: Yard, into_the_call: float, late: bool
) -> None:
    began = yard.clock()
    yard.clock.pass_(seconds=2)
    yard.function.was_busy()
    assert yard.function.is_late(whole(began + timedelta(seconds=into_the_call))) is late
    assert not yard.instance().is_late(whole(began)), "an instance that is new was not waited for"
