"""What settle begins next: in order, as wide as the quota, and gently at a door that is shut."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.cloud.concurrency import VENDOR_SLOW, ConcurrencyLimit
from shared.jobs.job import Blocked, Claimed, Job, Stage, Submitted, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.outcomes import Parked, Skipped
from shared.pipeline.scheduler import MOST, RECHECK, Scheduler
from tests.unit.fakes import START

COMMON, HD, DAMO = "general/common", "general/hd-common", "damo/background"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def turn(
    name: str, *, stage: str = "waiting", capability: str = COMMON, due: float = 0, key: str | None = None
) -> QueueEntry:
    upload = Upload(f"uploads/{capability}/{name}")
    return QueueEntry(f"queue/{stage}/{due:06}/{upload.key}" if key is None else key, stage, at(due), upload)


def turns(number: int, **more: object) -> list[QueueEntry]:
    return [turn(f"{each:03}", **more) for each in range(number)]  # type: ignore[arg-type]


def job(stage: Stage, due: float = 0) -> Job:
    return Job(id="1", source=f"uploads/{COMMON}/a", uploaded_at=START, due=at(due), stage=stage)


AWAY = job(Waiting(not_accepted=True))
BOUGHT = job(Submitted("T-1", START))
BLOCKED = job(Blocked())


class Vendor(ConcurrencyLimit):
    """Takes `free` more calls beside those that it has."""

    def __init__(self, per_second: float, free: int = 1000) -> None:
        super().__init__(per_second, 40.0, lambda: 0.0)
        self.free = free

    @property
    def room(self) -> int:
        return self.free


def of(per_second: float) -> Scheduler:
    vendor = Vendor(per_second)
    return Scheduler(lambda capability: vendor)


@pytest.fixture
def lanes() -> Scheduler:
    """Of 2 calls a second."""
    return of(2)


def begun(lanes: Scheduler, seconds: float = 0, most: int = 1000) -> list[list[QueueEntry]]:
    """All that can be begun at once."""
    found: list[list[QueueEntry]] = []
    while len(found) < most and (together := lanes.begin(at(seconds))):
        found.append(together)
    return found


def refuse(lanes: Scheduler, times: int, seconds: float = 0) -> float:
    """One after the other, each as soon as the door lets it knock; the seconds at which the last one does."""
    lanes.seen([turn("knocks")])
    for _ in range(times):
        seconds = max(seconds, (lanes.next_moment() - START).total_seconds())
        lanes.learn(turn("a"), [Parked(AWAY)], at(seconds))
    lanes.seen([])
    return seconds


def test_a_lane_is_taken_in_the_order_of_the_queue(lanes: Scheduler) -> None:
    waiting = turns(5)
    lanes.seen(waiting)
    assert begun(lanes) == [[each] for each in waiting]


def test_what_is_not_due_does_not_begin(lanes: Scheduler) -> None:
    lanes.seen([turn("a", due=5)])
    assert begun(lanes, 4.9) == []
    assert lanes.next_moment() == at(5)
    assert begun(lanes, 5) == [[turn("a", due=5)]]


@pytest.mark.parametrize(("per_second", "width"), [(0.1, 1), (0.5, 3), (2, 10), (2.1, 11), (50, 250)])
def test_as_many_are_on_their_way_to_a_vendor_as_five_seconds_of_the_quota(per_second: float, width: int) -> None:
    lanes = of(per_second)
    lanes.seen(turns(300))
    first = begun(lanes)
    assert len(first) == width
    lanes.ended(first[0])
    assert len(begun(lanes)) == 1


def test_every_lane_has_a_width_of_its_own() -> None:
    lanes = Scheduler({COMMON: Vendor(2), HD: Vendor(1)}.__getitem__)
    lanes.seen(turns(50) + turns(50, capability=HD) + turns(50, stage="fetching"))
    counted = [(together[0].stage, together[0].capability) for together in begun(lanes)]
    lanes_of = (("waiting", COMMON), ("waiting", HD), ("fetching", COMMON))
    assert [counted.count(lane) for lane in lanes_of] == [10, 5, 10]


# -------------------------------------------------------------------- what is with the vendor


Vendors = defaultdict[str, Vendor]


@pytest.fixture
def vendors() -> Vendors:
    """Of 2 calls a second each, by capability."""
    return defaultdict(lambda: Vendor(2))


@pytest.fixture
def wider(vendors: Vendors) -> Scheduler:
    return Scheduler(vendors.__getitem__)


def test_what_is_with_the_vendor_leaves_its_place_to_others_however_long_that_takes(
    wider: Scheduler, vendors: Vendors
) -> None:
    wider.seen(turns(50) + turns(50, capability=HD))
    assert len(begun(wider)) == 20
    vendors[COMMON].in_flight = 3
    assert [together[0].capability for together in begun(wider)] == [COMMON] * 3
    vendors[COMMON].in_flight = 0
    assert begun(wider) == []


def test_one_lane_alone_takes_the_places_and_none_that_another_may_have_left(
    wider: Scheduler, vendors: Vendors
) -> None:
    wider.seen([turn(f"{stage}-{each}", stage=stage) for stage in ("claimed", "submitted") for each in range(4)])
    assert len(begun(wider)) == 8
    wider.add([*turns(50), *(turn(f"late-{each}", stage="fetching") for each in range(50))])
    assert len(begun(wider)) == 20
    vendors[COMMON].in_flight = 4
    assert begun(wider) == [], "they may be the claimed ones' calls"
    vendors[COMMON].in_flight = 6
    assert [together[0].stage for together in begun(wider)] == ["waiting"] * 2


def test_no_more_are_begun_than_the_vendor_has_room_for(wider: Scheduler, vendors: Vendors) -> None:
    vendors[COMMON].free = 3
    wider.seen([*turns(50), *turns(50, stage="fetching"), *turns(50, capability=HD)])
    assert [together[0].capability for together in begun(wider) if together[0].stage == "waiting"].count(COMMON) == 3
    vendors[COMMON].in_flight, vendors[COMMON].free = 3, 0
    assert begun(wider) == []
    vendors[COMMON].in_flight, vendors[COMMON].free = 2, 1
    assert begun(wider) == [], "the one that was answered is still under way"
    wider.ended(turns(1))
    assert len(begun(wider)) == 1


@pytest.mark.parametrize("stage", ["waiting", "claimed", "blocked", RECHECK])
def test_a_vendor_without_room_is_called_for_nothing_and_asked_for_all_that_was_bought(
    wider: Scheduler, vendors: Vendors, stage: str
) -> None:
    vendors[COMMON].free = 0
    if stage == "blocked":
        wider.learn(turn("a"), [Parked(BOUGHT)], START)
    wider.seen([*turns(3, stage=stage), turn("b", stage="submitted"), turn("c", stage="fetching")])
    assert [together[0].stage for together in begun(wider)] == ["submitted", "fetching"]


def test_a_call_that_was_kept_back_is_no_refusal_of_the_vendors(lanes: Scheduler) -> None:
    kept_back = replace(AWAY, code=VENDOR_SLOW)
    for _ in range(9):
        lanes.learn(turn("a"), [Parked(kept_back)], START)
    lanes.seen(turns(30))
    assert len(begun(lanes)) == 10
    refuse(lanes, 2)
    lanes.learn(turn("a"), [Parked(kept_back)], START)
    refuse(lanes, 1)
    lanes.seen(turns(30))
    assert begun(lanes, 0.9) == [], "nor does it say that the door is open"


def test_slow_vendors_take_no_more_than_leaves_the_others_theirs(wider: Scheduler, vendors: Vendors) -> None:
    vendors[COMMON].in_flight = vendors[HD].in_flight = 1000
    wider.seen([*turns(MOST), *turns(MOST, capability=HD)])
    assert len(begun(wider)) == MOST + 10
    wider.seen(turns(20, capability="general/logo"))
    assert len(begun(wider)) == 10


def test_a_walk_has_as_many_turns_in_hand_as_go_together(lanes: Scheduler) -> None:
    assert lanes.in_hand == 0
    lanes.seen([*turns(2), *turns(13, capability=DAMO)])
    together = begun(lanes)
    assert lanes.in_hand == 13, "the most of any lane"
    for each in together:
        lanes.ended(each)
    assert lanes.in_hand == 0


# -------------------------------------------------------------------- the queue, seen again


@pytest.mark.parametrize("stage", [RECHECK, "claimed"])
def test_news_and_jobs_without_a_turn_are_kept_when_the_queue_is_seen_anew(lanes: Scheduler, stage: str) -> None:
    nameless, queued = turn("a", stage=stage, key=""), turn("b")
    lanes.add([nameless])
    lanes.seen([queued])
    lanes.seen([])
    assert begun(lanes) == [[nameless]], "and what has a name there is gone when it is not seen again"


def test_an_upload_in_hand_is_not_begun_twice(lanes: Scheduler) -> None:
    lanes.seen([turn("a")])
    first = lanes.begin(START)
    lanes.seen([turn("a")])
    lanes.add([turn("a", stage="claimed", key=""), turn("a", stage="fetching")])
    assert begun(lanes) == []
    lanes.ended(first)
    assert begun(lanes) == [[turn("a", stage="claimed", key="")]], "what has no name would be seen no more"


def test_a_postponed_turn_is_passed_over_until_then_however_often_it_is_seen(lanes: Scheduler) -> None:
    lanes.seen([turn("a"), turn("b")])
    lanes.ended(lanes.begin(START))
    lanes.postpone(turn("a"), at(10))
    lanes.seen([turn("a"), turn("b")])
    assert begun(lanes, 9.9) == [[turn("b")]]
    assert lanes.next_moment() == at(10)
    assert begun(lanes, 10) == [[turn("a")]]


def test_a_turn_is_never_moved_forward(lanes: Scheduler) -> None:
    lanes.postpone(turn("a", due=20), at(10))
    assert lanes.next_moment() == at(20)


def test_of_two_turns_that_an_upload_has_the_first_begins_and_does_not_wait_for_the_other(lanes: Scheduler) -> None:
    lanes.seen([turn("a"), turn("a", due=600)])
    assert begun(lanes) == [[turn("a")]]


# -------------------------------------------------------------------- the door


def test_two_refusals_say_little_and_the_third_shuts_the_door_for_a_second(lanes: Scheduler) -> None:
    refuse(lanes, 2)
    lanes.seen(turns(30))
    assert len(begun(lanes, most=3)) == 3
    refuse(lanes, 1)
    lanes.seen(turns(30))
    assert begun(lanes, 0.9) == []


def test_calls_that_were_under_way_when_the_door_shut_are_one_refusal(lanes: Scheduler) -> None:
    refuse(lanes, 3)
    for _ in range(9):
        lanes.learn(turn("a"), [Parked(AWAY)], at(0.5))
    lanes.seen(turns(30))
    assert lanes.next_moment() == at(1)


@pytest.mark.parametrize(("refusals", "seconds"), [(3, 1), (4, 2), (5, 4), (7, 16), (8, 30), (40, 30)])
def test_the_door_stays_shut_twice_as_long_each_time_up_to_half_a_minute(
    lanes: Scheduler, refusals: int, seconds: float
) -> None:
    last = refuse(lanes, refusals)
    lanes.seen(turns(30))
    assert lanes.next_moment() == at(last + seconds)
    assert begun(lanes, last + seconds - 0.1) == []
    assert len(begun(lanes, last + seconds)) == 1, "to see whether it takes calls again"


def test_a_call_that_passes_opens_the_door_for_all(lanes: Scheduler) -> None:
    opens = refuse(lanes, 5) + 4
    lanes.seen(turns(30))
    (knock,) = begun(lanes, opens)
    lanes.learn(knock[0], [Parked(BOUGHT)], at(opens))
    lanes.ended(knock)
    assert len(begun(lanes, opens)) == 10
    refuse(lanes, 2, opens)
    lanes.ended(turns(1))
    lanes.seen(turns(30))
    assert len(begun(lanes, opens)) == 1, "refusals are counted anew"


def test_trouble_that_is_one_pictures_own_says_nothing_against_the_door(lanes: Scheduler) -> None:
    refuse(lanes, 2)
    lanes.learn(turn("a"), [Parked(job(Waiting()))], START)
    refuse(lanes, 2)
    lanes.seen(turns(30))
    assert len(begun(lanes)) == 10


def test_who_was_dropped_without_a_call_says_nothing_for_the_door(lanes: Scheduler) -> None:
    refuse(lanes, 2)
    lanes.learn(turn("a"), [Skipped(job(Claimed()), existed=True)], START)
    refuse(lanes, 1)
    lanes.seen(turns(30))
    assert begun(lanes) == []


def test_a_door_that_is_shut_until_a_certain_time_is_not_knocked_at_before(lanes: Scheduler) -> None:
    lanes.learn(turn("a"), [Parked(job(Waiting(not_accepted=True), due=3600))], START)
    lanes.seen(turns(3))
    assert begun(lanes, 3599) == []
    assert len(begun(lanes, 3600)) == 3


def test_a_shut_door_is_that_capabilitys_alone_and_not_of_what_was_bought(lanes: Scheduler) -> None:
    refuse(lanes, 8)
    other, bought, ready = turn("a", capability=HD), turn("b", stage="submitted"), turn("c", stage="fetching")
    lanes.seen([turn("d"), other, bought, ready])
    assert begun(lanes) == [[other], [bought], [ready]]


@pytest.mark.parametrize("stage", ["submitted", "fetching"])
def test_what_becomes_of_what_was_bought_says_nothing_of_the_door(lanes: Scheduler, stage: str) -> None:
    for _ in range(9):
        lanes.learn(turn("a", stage=stage), [Parked(AWAY), Parked(BLOCKED)], START)
    lanes.seen(turns(30))
    assert len(begun(lanes)) == 10
    last = refuse(lanes, 8)
    lanes.learn(turn("a", stage=stage), [Parked(BOUGHT)], START)
    lanes.seen([turn("b")])
    assert lanes.next_moment() == at(last + 30)


def test_at_blocked_jobs_one_knocks_and_the_others_follow_when_it_passed(lanes: Scheduler) -> None:
    blocked = turns(30, stage="blocked")
    lanes.seen(blocked)
    knock = lanes.begin(START)
    assert begun(lanes) == []
    lanes.learn(knock[0], [Parked(BOUGHT)], START)
    lanes.ended(knock)
    assert len(begun(lanes)) == 10


def test_who_finds_the_door_blocked_has_knocked_for_the_whole_round(lanes: Scheduler) -> None:
    lanes.seen(turns(3, stage="blocked") + turns(3))
    knock = lanes.begin(START)
    lanes.learn(knock[0], [Parked(BLOCKED)], START)
    lanes.ended(knock)
    assert begun(lanes, 1e6) == []
    assert lanes.next_moment() > at(1e6)


# -------------------------------------------------------------------- together


def test_a_call_takes_as_many_as_its_capability_allows(lanes: Scheduler) -> None:
    waiting = turns(23, capability=DAMO)
    lanes.seen(waiting)
    assert begun(lanes) == [waiting[:10], waiting[10:20], waiting[20:]]


def test_a_batch_is_of_what_is_due_and_counts_as_one(lanes: Scheduler) -> None:
    waiting = [turn("a", capability=DAMO), turn("b", capability=DAMO, due=1), turn("c", capability=DAMO)]
    lanes.seen(waiting + turns(300, capability=DAMO))
    first = lanes.begin(START)
    assert (waiting[0] in first, waiting[1] in first, waiting[2] in first) == (True, False, True)
    assert len(begun(lanes)) == 9, "the lane is ten calls wide, not ten pictures"


def test_tickets_of_a_batch_go_together_when_they_fell_due_together(lanes: Scheduler) -> None:
    first, second = (
        [turn(f"{due}{name}", stage="submitted", capability=DAMO, due=due) for name in range(12)] for due in (1, 2)
    )
    lanes.seen(first + second)
    assert begun(lanes, 3) == [first, second]


def test_results_of_a_batch_are_fetched_one_by_one(lanes: Scheduler) -> None:
    ready = turns(3, stage="fetching", capability=DAMO)
    lanes.seen(ready)
    assert begun(lanes) == [[each] for each in ready]


def test_tickets_of_a_capability_without_batches_are_asked_for_alone(lanes: Scheduler) -> None:
    ticketed = turns(2, stage="submitted", capability=HD)
    lanes.seen(ticketed)
    assert begun(lanes) == [[ticketed[0]], [ticketed[1]]]


@pytest.mark.parametrize("capability", ["", "no/such"])
def test_what_is_of_no_capability_is_moved_on_one_by_one(lanes: Scheduler, capability: str) -> None:
    nowhere = turns(2, capability=capability)
    lanes.seen(nowhere)
    assert begun(lanes) == [[nowhere[0]], [nowhere[1]]]


# -------------------------------------------------------------------- what is told of them


def test_the_backlog_is_what_waits_for_its_first_call_or_is_being_called(lanes: Scheduler) -> None:
    assert lanes.backlog(START) == frozenset()
    lanes.seen([turn("a"), turn("b", capability=HD, due=5), turn("c", stage="submitted", capability=DAMO)])
    assert lanes.backlog(START) == {COMMON}
    assert lanes.backlog(at(5)) == {COMMON, HD}
    (call,) = [together for together in begun(lanes) if together[0].stage == "waiting"]
    assert lanes.backlog(START) == {COMMON}
    lanes.ended(call)
    assert lanes.backlog(START) == frozenset()


def test_settle_is_starved_when_all_that_it_saw_is_being_called(lanes: Scheduler) -> None:
    assert not lanes.is_starved()
    lanes.seen([turn("a"), turn("b", due=1), turn("c", stage="submitted")])
    first = begun(lanes)
    assert not lanes.is_starved(), "one is still to come"
    for together in first:
        lanes.ended(together)
    (last,) = begun(lanes, 1)
    assert lanes.is_starved()
    lanes.ended(last)
    assert not lanes.is_starved()


def test_with_nothing_seen_there_is_no_moment_to_wait_for(lanes: Scheduler) -> None:
    assert lanes.next_moment() > at(1e9)
