"""What the worker starts next: in order, as much as the quota allows, and one probe where calls are refused."""

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
from shared.pipeline.scheduler import MOST_RUNS, RECHECK, Scheduler
from tests.unit.fakes import START

COMMON, HD, DAMO = "general/common", "general/hd-common", "damo/background"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entry(
    name: str, *, stage: str = "waiting", capability: str = COMMON, due: float = 0, key: str | None = None
) -> QueueEntry:
    upload = Upload(f"uploads/{capability}/{name}")
    return QueueEntry(f"queue/{stage}/{due:06}/{upload.key}" if key is None else key, stage, at(due), upload)


def entries(number: int, **more: object) -> list[QueueEntry]:
    return [entry(f"{each:03}", **more) for each in range(number)]  # type: ignore[arg-type]


def job(stage: Stage, due: float = 0) -> Job:
    return Job(id="1", source=f"uploads/{COMMON}/a", uploaded_at=START, due=at(due), stage=stage)


THROTTLED = job(Waiting(not_accepted=True))
BOUGHT = job(Submitted("T-1", START))
BLOCKED = job(Blocked())


class Vendor(ConcurrencyLimit):
    """Has room for `free` more calls."""

    def __init__(self, per_second: float, free: int = 1000) -> None:
        super().__init__(per_second, 40.0, lambda: 0.0)
        self.free = free

    @property
    def room(self) -> int:
        return self.free


def scheduler_of(per_second: float) -> Scheduler:
    vendor = Vendor(per_second)
    return Scheduler(lambda capability: vendor)


@pytest.fixture
def scheduler() -> Scheduler:
    """Of 2 calls a second."""
    return scheduler_of(2)


def started(scheduler: Scheduler, seconds: float = 0, most: int = 1000) -> list[list[QueueEntry]]:
    """All runs that may be started now."""
    found: list[list[QueueEntry]] = []
    while len(found) < most and (together := scheduler.start(at(seconds))):
        found.append(together)
    return found


def refuse(scheduler: Scheduler, times: int, seconds: float = 0) -> float:
    """One call after the other, each as soon as it may be sent; the seconds at which the last one was refused."""
    scheduler.listed([entry("probe")])
    for _ in range(times):
        seconds = max(seconds, (scheduler.next_due() - START).total_seconds())
        scheduler.learn(entry("a"), [Parked(THROTTLED)], at(seconds))
    scheduler.listed([])
    return seconds


def test_a_lane_is_started_in_the_order_of_the_queue(scheduler: Scheduler) -> None:
    waiting = entries(5)
    scheduler.listed(waiting)
    assert started(scheduler) == [[each] for each in waiting]


def test_an_entry_that_is_not_due_is_not_started(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a", due=5)])
    assert started(scheduler, 4.9) == []
    assert scheduler.next_due() == at(5)
    assert started(scheduler, 5) == [[entry("a", due=5)]]


@pytest.mark.parametrize(("per_second", "runs"), [(0.1, 1), (0.5, 3), (2, 10), (2.1, 11), (50, 250)])
def test_as_many_runs_are_started_as_five_seconds_of_the_quota(per_second: float, runs: int) -> None:
    scheduler = scheduler_of(per_second)
    scheduler.listed(entries(300))
    first = started(scheduler)
    assert len(first) == runs
    scheduler.ended(first[0])
    assert len(started(scheduler)) == 1


def test_every_lane_has_five_seconds_of_quota_of_its_own() -> None:
    scheduler = Scheduler({COMMON: Vendor(2), HD: Vendor(1)}.__getitem__)
    scheduler.listed(entries(50) + entries(50, capability=HD) + entries(50, stage="fetching"))
    counted = [(together[0].stage, together[0].capability) for together in started(scheduler)]
    expected = (("waiting", COMMON), ("waiting", HD), ("fetching", COMMON))
    assert [counted.count(lane) for lane in expected] == [10, 5, 10]


# -------------------------------------------------------------------- calls that are with the vendor


Vendors = defaultdict[str, Vendor]


@pytest.fixture
def vendors() -> Vendors:
    """Of 2 calls a second each, by capability."""
    return defaultdict(lambda: Vendor(2))


@pytest.fixture
def with_vendors(vendors: Vendors) -> Scheduler:
    return Scheduler(vendors.__getitem__)


def test_calls_that_are_with_the_vendor_do_not_count_however_long_they_take(
    with_vendors: Scheduler, vendors: Vendors
) -> None:
    with_vendors.listed(entries(50) + entries(50, capability=HD))
    assert len(started(with_vendors)) == 20
    vendors[COMMON].in_flight = 3
    assert [together[0].capability for together in started(with_vendors)] == [COMMON] * 3
    vendors[COMMON].in_flight = 0
    assert started(with_vendors) == []


def test_calls_that_may_be_another_lanes_count_for_the_waiting_lane(with_vendors: Scheduler, vendors: Vendors) -> None:
    with_vendors.listed(
        [entry(f"{stage}-{each}", stage=stage) for stage in ("claimed", "submitted") for each in range(4)]
    )
    assert len(started(with_vendors)) == 8
    with_vendors.add([*entries(50), *(entry(f"late-{each}", stage="fetching") for each in range(50))])
    assert len(started(with_vendors)) == 20
    vendors[COMMON].in_flight = 4
    assert started(with_vendors) == [], "they may be the claimed ones' calls"
    vendors[COMMON].in_flight = 6
    assert [together[0].stage for together in started(with_vendors)] == ["waiting"] * 2


@pytest.mark.parametrize("stage", ["claimed", "blocked", RECHECK])
def test_calls_that_are_with_the_vendor_count_for_every_lane_but_the_waiting_one(
    with_vendors: Scheduler, vendors: Vendors, stage: str
) -> None:
    with_vendors.learn(entry("a"), [Parked(BOUGHT)], START)
    with_vendors.listed(entries(50, stage=stage))
    assert len(started(with_vendors)) == 10
    vendors[COMMON].in_flight = 10
    assert started(with_vendors) == []


def test_no_more_are_started_than_the_vendor_has_room_for(with_vendors: Scheduler, vendors: Vendors) -> None:
    vendors[COMMON].free = 3
    with_vendors.listed([*entries(50), *entries(50, stage="fetching"), *entries(50, capability=HD)])
    assert [together[0].capability for together in started(with_vendors) if together[0].stage == "waiting"].count(
        COMMON
    ) == 3
    vendors[COMMON].in_flight, vendors[COMMON].free = 3, 0
    assert started(with_vendors) == []
    vendors[COMMON].in_flight, vendors[COMMON].free = 2, 1
    assert started(with_vendors) == [], "the run whose call was answered has not ended"
    with_vendors.ended(entries(1))
    assert len(started(with_vendors)) == 1


@pytest.mark.parametrize("stage", ["waiting", "claimed", "blocked", RECHECK])
def test_without_room_at_the_vendor_nothing_is_called_for_and_everything_bought_is_polled_and_fetched(
    with_vendors: Scheduler, vendors: Vendors, stage: str
) -> None:
    vendors[COMMON].free = 0
    if stage == "blocked":
        with_vendors.learn(entry("a"), [Parked(BOUGHT)], START)
    with_vendors.listed([*entries(3, stage=stage), entry("b", stage="submitted"), entry("c", stage="fetching")])
    assert [together[0].stage for together in started(with_vendors)] == ["submitted", "fetching"]


def test_a_call_that_was_kept_back_is_no_refusal_of_the_vendors(scheduler: Scheduler) -> None:
    kept_back = replace(THROTTLED, code=VENDOR_SLOW)
    for _ in range(9):
        scheduler.learn(entry("a"), [Parked(kept_back)], START)
    scheduler.listed(entries(30))
    assert len(started(scheduler)) == 10
    refuse(scheduler, 2)
    scheduler.learn(entry("a"), [Parked(kept_back)], START)
    refuse(scheduler, 1)
    scheduler.listed(entries(30))
    assert started(scheduler, 0.9) == [], "nor does it count as accepted"


def test_with_most_runs_started_every_lane_gets_its_own_share_only(with_vendors: Scheduler, vendors: Vendors) -> None:
    vendors[COMMON].in_flight = vendors[HD].in_flight = 1000
    with_vendors.listed([*entries(MOST_RUNS), *entries(MOST_RUNS, capability=HD)])
    assert len(started(with_vendors)) == MOST_RUNS + 10
    with_vendors.listed(entries(20, capability="general/logo"))
    assert len(started(with_vendors)) == 10


def test_a_run_has_as_many_jobs_as_share_its_call(scheduler: Scheduler) -> None:
    assert scheduler.most_running == 0
    scheduler.listed([*entries(2), *entries(13, capability=DAMO)])
    together = started(scheduler)
    assert scheduler.most_running == 13, "the most of any lane"
    for each in together:
        scheduler.ended(each)
    assert scheduler.most_running == 0


# -------------------------------------------------------------------- the queue, listed again


@pytest.mark.parametrize("stage", [RECHECK, "claimed"])
def test_rechecks_and_jobs_without_an_entry_stay_when_the_queue_is_listed_again(
    scheduler: Scheduler, stage: str
) -> None:
    nameless, queued = entry("a", stage=stage, key=""), entry("b")
    scheduler.add([nameless])
    scheduler.listed([queued])
    scheduler.listed([])
    assert started(scheduler) == [[nameless]], "and an entry of the queue is gone when it is not listed again"


def test_an_upload_that_is_running_is_not_started_twice(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a")])
    first = scheduler.start(START)
    scheduler.listed([entry("a")])
    scheduler.add([entry("a", stage="claimed", key=""), entry("a", stage="fetching")])
    assert started(scheduler) == []
    scheduler.ended(first)
    assert started(scheduler) == [[entry("a", stage="claimed", key="")]], (
        "an entry without a key would not be listed again"
    )


def test_a_postponed_entry_is_not_started_before_then_however_often_it_is_listed(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a"), entry("b")])
    scheduler.ended(scheduler.start(START))
    scheduler.postpone(entry("a"), at(10))
    scheduler.listed([entry("a"), entry("b")])
    assert started(scheduler, 9.9) == [[entry("b")]]
    assert scheduler.next_due() == at(10)
    assert started(scheduler, 10) == [[entry("a")]]


def test_an_entry_is_never_started_before_it_is_due(scheduler: Scheduler) -> None:
    scheduler.postpone(entry("a", due=20), at(10))
    assert scheduler.next_due() == at(20)


def test_of_two_entries_of_an_upload_the_first_is_started(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a"), entry("a", due=600)])
    assert started(scheduler) == [[entry("a")]]


# -------------------------------------------------------------------- calls that are refused


def test_two_refusals_are_tolerated_and_the_third_stops_calls_for_a_second(scheduler: Scheduler) -> None:
    refuse(scheduler, 2)
    scheduler.listed(entries(30))
    assert len(started(scheduler, most=3)) == 3
    refuse(scheduler, 1)
    scheduler.listed(entries(30))
    assert started(scheduler, 0.9) == []


def test_refusals_of_calls_that_were_already_sent_are_one_refusal(scheduler: Scheduler) -> None:
    refuse(scheduler, 3)
    for _ in range(9):
        scheduler.learn(entry("a"), [Parked(THROTTLED)], at(0.5))
    scheduler.listed(entries(30))
    assert scheduler.next_due() == at(1)


@pytest.mark.parametrize(("refusals", "seconds"), [(3, 1), (4, 2), (5, 4), (7, 16), (8, 30), (40, 30)])
def test_calls_are_stopped_twice_as_long_each_time_up_to_half_a_minute_and_then_one_is_a_probe(
    scheduler: Scheduler, refusals: int, seconds: float
) -> None:
    last = refuse(scheduler, refusals)
    scheduler.listed(entries(30))
    assert scheduler.next_due() == at(last + seconds)
    assert started(scheduler, last + seconds - 0.1) == []
    assert len(started(scheduler, last + seconds)) == 1, "a probe"


def test_an_accepted_probe_lets_all_calls_through(scheduler: Scheduler) -> None:
    allowed = refuse(scheduler, 5) + 4
    scheduler.listed(entries(30))
    (probe,) = started(scheduler, allowed)
    scheduler.learn(probe[0], [Parked(BOUGHT)], at(allowed))
    scheduler.ended(probe)
    assert len(started(scheduler, allowed)) == 10
    refuse(scheduler, 2, allowed)
    scheduler.ended([entry("001")])
    scheduler.listed(entries(30))
    assert len(started(scheduler, allowed)) == 1, "refusals are counted anew"


def test_trouble_with_one_picture_is_no_refusal(scheduler: Scheduler) -> None:
    refuse(scheduler, 2)
    scheduler.learn(entry("a"), [Parked(job(Waiting()))], START)
    refuse(scheduler, 2)
    scheduler.listed(entries(30))
    assert len(started(scheduler)) == 10


def test_a_job_that_was_skipped_without_a_call_is_no_accepted_call(scheduler: Scheduler) -> None:
    refuse(scheduler, 2)
    scheduler.learn(entry("a"), [Skipped(job(Claimed()), existed=True)], START)
    refuse(scheduler, 1)
    scheduler.listed(entries(30))
    assert started(scheduler) == []


def test_there_is_no_call_before_the_moment_that_a_refusal_says(scheduler: Scheduler) -> None:
    scheduler.learn(entry("a"), [Parked(job(Waiting(not_accepted=True), due=3600))], START)
    scheduler.listed(entries(3))
    assert started(scheduler, 3599) == []
    assert len(started(scheduler, 3600)) == 3


def test_refusals_stop_that_capability_alone_and_nothing_that_was_bought(scheduler: Scheduler) -> None:
    refuse(scheduler, 8)
    other, bought, fetching = (
        entry("a", capability=HD),
        entry("b", stage="submitted"),
        entry("c", stage="fetching"),
    )
    scheduler.listed([entry("d"), other, bought, fetching])
    assert started(scheduler) == [[other], [bought], [fetching]]


@pytest.mark.parametrize("stage", ["submitted", "fetching"])
def test_polls_and_downloads_tell_nothing_of_whether_calls_are_accepted(scheduler: Scheduler, stage: str) -> None:
    for _ in range(9):
        scheduler.learn(entry("a", stage=stage), [Parked(THROTTLED), Parked(BLOCKED)], START)
    scheduler.listed(entries(30))
    assert len(started(scheduler)) == 10
    last = refuse(scheduler, 8)
    scheduler.learn(entry("a", stage=stage), [Parked(BOUGHT)], START)
    scheduler.listed([entry("b")])
    assert scheduler.next_due() == at(last + 30)


def test_of_blocked_jobs_one_is_a_probe_and_the_others_follow_when_it_was_accepted(scheduler: Scheduler) -> None:
    blocked = entries(30, stage="blocked")
    scheduler.listed(blocked)
    probe = scheduler.start(START)
    assert started(scheduler) == []
    scheduler.learn(probe[0], [Parked(BOUGHT)], START)
    scheduler.ended(probe)
    assert len(started(scheduler)) == 10


def test_when_the_probe_is_blocked_the_worker_calls_no_more(scheduler: Scheduler) -> None:
    scheduler.listed(entries(3, stage="blocked") + entries(3))
    probe = scheduler.start(START)
    scheduler.learn(probe[0], [Parked(BLOCKED)], START)
    scheduler.ended(probe)
    assert started(scheduler, 1e6) == []
    assert scheduler.next_due() > at(1e6)


# -------------------------------------------------------------------- together


def test_a_run_takes_as_many_jobs_as_a_call_of_its_capability(scheduler: Scheduler) -> None:
    waiting = entries(23, capability=DAMO)
    scheduler.listed(waiting)
    assert started(scheduler) == [waiting[:10], waiting[10:20], waiting[20:]]


def test_a_batch_is_of_due_entries_and_counts_as_one_run(scheduler: Scheduler) -> None:
    waiting = [entry("a", capability=DAMO), entry("b", capability=DAMO, due=1), entry("c", capability=DAMO)]
    scheduler.listed(waiting + entries(300, capability=DAMO))
    first = scheduler.start(START)
    assert (waiting[0] in first, waiting[1] in first, waiting[2] in first) == (True, False, True)
    assert len(started(scheduler)) == 9, "the quota is in calls, not in pictures"


def test_jobs_that_share_a_ticket_are_polled_together(scheduler: Scheduler) -> None:
    first, second = (
        [entry(f"{due}{name}", stage="submitted", capability=DAMO, due=due) for name in range(12)] for due in (1, 2)
    )
    scheduler.listed(first + second)
    assert started(scheduler, 3) == [first, second]


def test_results_of_a_batch_are_fetched_one_by_one(scheduler: Scheduler) -> None:
    fetching = entries(3, stage="fetching", capability=DAMO)
    scheduler.listed(fetching)
    assert started(scheduler) == [[each] for each in fetching]


def test_tickets_of_a_capability_without_batches_are_polled_one_by_one(scheduler: Scheduler) -> None:
    submitted = entries(2, stage="submitted", capability=HD)
    scheduler.listed(submitted)
    assert started(scheduler) == [[submitted[0]], [submitted[1]]]


@pytest.mark.parametrize("capability", ["", "no/such"])
def test_entries_of_no_known_capability_are_run_one_by_one(scheduler: Scheduler, capability: str) -> None:
    nowhere = entries(2, capability=capability)
    scheduler.listed(nowhere)
    assert started(scheduler) == [[nowhere[0]], [nowhere[1]]]


# -------------------------------------------------------------------- what the worker asks


def test_a_backlog_is_what_waits_for_its_first_call_or_is_being_called(scheduler: Scheduler) -> None:
    assert scheduler.backlog(START) == frozenset()
    scheduler.listed([entry("a"), entry("b", capability=HD, due=5), entry("c", stage="submitted", capability=DAMO)])
    assert scheduler.backlog(START) == {COMMON}
    assert scheduler.backlog(at(5)) == {COMMON, HD}
    (call,) = [together for together in started(scheduler) if together[0].stage == "waiting"]
    assert scheduler.backlog(START) == {COMMON}
    scheduler.ended(call)
    assert scheduler.backlog(START) == frozenset()


def test_the_worker_is_starved_when_all_that_was_listed_is_running(scheduler: Scheduler) -> None:
    assert not scheduler.is_starved()
    scheduler.listed([entry("a"), entry("b", due=1), entry("c", stage="submitted")])
    first = started(scheduler)
    assert not scheduler.is_starved(), "one is still to come"
    for together in first:
        scheduler.ended(together)
    (last,) = started(scheduler, 1)
    assert scheduler.is_starved()
    scheduler.ended(last)
    assert not scheduler.is_starved()


def test_with_nothing_listed_nothing_falls_due(scheduler: Scheduler) -> None:
    assert scheduler.next_due() > at(1e9)


# -------------------------------------------------------------------- what was bought and cannot be stored


def test_nothing_is_called_for_while_a_result_of_the_capability_cannot_be_stored(scheduler: Scheduler) -> None:
    unstored, bought = entry("a", stage="unstored", due=60), entry("b", stage="submitted")
    other = entry("c", capability=HD)
    calls = [entry("d"), entry("e", stage="blocked"), entry("f", stage=RECHECK, key="")]
    scheduler.listed([*calls, other, bought, unstored])
    assert started(scheduler) == [[other], [bought]]
    assert started(scheduler, 60) == [[unstored]]
    assert started(scheduler, 60) == [], "it is being looked at, and may still not be storable"
    scheduler.ended([unstored])
    assert sorted(together[0].stage for together in started(scheduler, 60)) == ["blocked", RECHECK, "waiting"]


def test_what_is_held_back_does_not_keep_the_worker_and_its_quota_stays_the_workers(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a"), entry("b", stage="unstored", due=60)])
    assert scheduler.next_due() == at(60)
    scheduler.listed([entry("b", stage="unstored", due=60)])
    assert scheduler.backlog(START) == {COMMON}, "what is uploaded meanwhile joins the queue"


def test_results_that_could_not_be_stored_are_tried_one_by_one(scheduler: Scheduler) -> None:
    unstored = entries(3, stage="unstored", capability=DAMO)
    scheduler.listed(unstored)
    assert started(scheduler) == [[each] for each in unstored]
