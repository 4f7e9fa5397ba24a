"""What the worker starts next: in order, as much as the quota allows, and one probe where calls are refused."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest

from shared.cloud.concurrency import ConcurrencyLimit
from shared.errors import Unavailable
from shared.jobs.job import Job
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline.circuit_breaker import CircuitBreaker
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


class Vendor(ConcurrencyLimit):
    """Has room for `free` more calls."""

    def __init__(self, per_second: float, free: int = 1000) -> None:
        super().__init__(per_second, 40.0, lambda: 0.0)
        self.free = free

    @property
    def room(self) -> int:
        return self.free


Breakers = defaultdict[str, CircuitBreaker]


@pytest.fixture
def breakers() -> Breakers:
    """What was learnt of each capability's vendor."""
    return defaultdict(CircuitBreaker)


def scheduler_of(per_second: float, breakers: Breakers) -> Scheduler:
    vendor = Vendor(per_second)
    return Scheduler(lambda capability: vendor, breakers.__getitem__)


@pytest.fixture
def scheduler(breakers: Breakers) -> Scheduler:
    """Of 2 calls a second."""
    return scheduler_of(2, breakers)


def started(scheduler: Scheduler, seconds: float = 0, most: int = 1000) -> list[list[QueueEntry]]:
    """All runs that may be started now."""
    found: list[list[QueueEntry]] = []
    while len(found) < most and (together := scheduler.start(at(seconds))):
        found.append(together)
    return found


def fail(breakers: Breakers, failed: QueueEntry, seconds: float = 0) -> None:
    job = Job(id="1", source=failed.upload.key, uploaded_at=START, due=START)
    breakers[COMMON].failed(Unavailable("InternalError", ""), [job], at(seconds))


def throttle(scheduler: Scheduler, breakers: Breakers, times: int) -> float:
    """One call after the other, each as soon as it may be sent; the seconds at which the last one was throttled."""
    seconds = 0.0
    scheduler.listed([entry("probe")])
    for _ in range(times):
        seconds = max(seconds, (scheduler.next_due() - START).total_seconds())
        breakers[COMMON].throttled(at(seconds))
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
def test_as_many_runs_are_started_as_five_seconds_of_the_quota(
    per_second: float, runs: int, breakers: Breakers
) -> None:
    scheduler = scheduler_of(per_second, breakers)
    scheduler.listed(entries(300))
    first = started(scheduler)
    assert len(first) == runs
    scheduler.ended(first[0])
    assert len(started(scheduler)) == 1


def test_every_lane_has_five_seconds_of_quota_of_its_own(breakers: Breakers) -> None:
    scheduler = Scheduler({COMMON: Vendor(2), HD: Vendor(1)}.__getitem__, breakers.__getitem__)
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
def with_vendors(vendors: Vendors, breakers: Breakers) -> Scheduler:
    return Scheduler(vendors.__getitem__, breakers.__getitem__)


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
    with_vendors: Scheduler, vendors: Vendors, breakers: Breakers, stage: str
) -> None:
    breakers[COMMON].answered([], START)
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
    with_vendors: Scheduler, vendors: Vendors, breakers: Breakers, stage: str
) -> None:
    vendors[COMMON].free = 0
    if stage == "blocked":
        breakers[COMMON].answered([], START)
    with_vendors.listed([*entries(3, stage=stage), entry("b", stage="submitted"), entry("c", stage="fetching")])
    assert [together[0].stage for together in started(with_vendors)] == ["submitted", "fetching"]


def test_with_most_runs_started_every_lane_gets_its_own_share_only(with_vendors: Scheduler, vendors: Vendors) -> None:
    vendors[COMMON].in_flight = vendors[HD].in_flight = 1000
    with_vendors.listed([*entries(MOST_RUNS), *entries(MOST_RUNS, capability=HD)])
    assert len(started(with_vendors)) == MOST_RUNS + 10
    with_vendors.listed(entries(20, capability="general/logo"))
    assert len(started(with_vendors)) == 10


def test_a_run_has_as_many_jobs_as_share_its_call(scheduler: Scheduler) -> None:
    assert scheduler.most_known(START) == 0
    scheduler.listed([*entries(2), *entries(13, capability=DAMO)])
    together = started(scheduler)
    assert scheduler.most_known(START) == 13, "the most of any lane"
    for each in together:
        scheduler.ended(each)
    assert scheduler.most_known(START) == 0


def test_what_is_postponed_hides_others_until_then(scheduler: Scheduler) -> None:
    scheduler.listed(entries(20))
    for run in started(scheduler):
        scheduler.ended(run)
        scheduler.postpone(run[0], at(10))
    assert (scheduler.most_known(START), scheduler.most_known(at(10))) == (10, 0)
    scheduler.listed(entries(10))
    assert len(started(scheduler, 10, most=1)) == 1
    assert scheduler.most_known(at(9)) == 10, "one of them runs, and counts once"
    for number in range(10 * MOST_RUNS):
        scheduler.postpone(entry(f"{number}", stage="submitted"), at(10))
    assert scheduler.most_known(START) == 2 * MOST_RUNS


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


def test_folders_that_are_no_capability_share_what_one_may_start(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a", capability=f"general/order-{number}") for number in range(1_000)])
    assert len(started(scheduler)) == 10, "5 s of quota"


# -------------------------------------------------------------------- what the circuit breaker says


def test_while_it_is_open_nothing_is_called_for(scheduler: Scheduler, breakers: Breakers) -> None:
    last = throttle(scheduler, breakers, 5)
    scheduler.listed(entries(30))
    assert scheduler.next_due() == at(last + 4)
    assert started(scheduler, last + 3.9) == []


def test_then_one_is_a_probe_and_when_it_passes_all_others_follow(scheduler: Scheduler, breakers: Breakers) -> None:
    allowed = throttle(scheduler, breakers, 5) + 4
    scheduler.listed(entries(30))
    (probe,) = started(scheduler, allowed)
    assert probe == [entry("000")]
    breakers[COMMON].answered([], at(allowed))
    assert len(started(scheduler, allowed)) == 9, "the probe's own run has not ended"
    scheduler.ended(probe)
    assert len(started(scheduler, allowed)) == 1


def test_there_is_one_probe_whatever_lanes_the_capability_has(scheduler: Scheduler, breakers: Breakers) -> None:
    allowed = throttle(scheduler, breakers, 5) + 4
    scheduler.listed([*entries(3), *entries(3, stage="blocked"), *entries(3, stage="claimed")])
    (probe,) = started(scheduler, allowed)
    scheduler.ended(probe)
    assert len(started(scheduler, allowed)) == 1, "the next one, as nothing was learnt"


def test_a_photo_that_makes_the_vendor_fail_is_no_probe_as_long_as_there_are_others(
    scheduler: Scheduler, breakers: Breakers
) -> None:
    waiting = entries(5)
    for each in waiting[:3]:
        fail(breakers, each)
    seconds = 1.0
    probed = []
    for _ in range(5):
        scheduler.listed(waiting)
        (probe,) = started(scheduler, seconds)
        probed += probe
        fail(breakers, probe[0], seconds)
        scheduler.ended(probe)
        seconds = (breakers[COMMON].open_until - START).total_seconds()
    assert sorted(each.key for each in probed[:2]) == [each.key for each in waiting[3:]]
    assert {*probed} <= {*waiting}, "all have failed: any of them, then"


def test_a_probe_is_any_of_those_that_wait_as_the_first_may_all_make_the_vendor_fail(
    scheduler: Scheduler, breakers: Breakers
) -> None:
    waiting, probed = entries(100), list[QueueEntry]()
    for each in waiting[:3]:
        fail(breakers, each)
    for _ in range(60):
        scheduler.listed(waiting)
        (probe,) = started(scheduler, 1)
        probed += probe
        scheduler.ended(probe)
    assert not {*probed} & {*waiting[:3]}
    assert {each in waiting[50:] for each in probed} == {True, False}, "so it is but for once in 2 ** 59 times"


def test_with_the_vendor_at_work_again_the_queue_goes_on_in_its_order(scheduler: Scheduler, breakers: Breakers) -> None:
    waiting = entries(5)
    for each in waiting[:3]:
        fail(breakers, each)
    scheduler.listed(waiting)
    (probe,) = started(scheduler, 1)
    breakers[COMMON].answered([], at(1))
    assert probe[0] in waiting[3:]
    assert started(scheduler, 1) == [[each] for each in waiting if each not in probe]


def test_there_is_no_call_before_the_moment_that_the_daily_limit_says(scheduler: Scheduler, breakers: Breakers) -> None:
    breakers[COMMON].limited(at(3600))
    scheduler.listed(entries(3))
    assert started(scheduler, 3599) == []
    assert len(started(scheduler, 3600)) == 3


def test_it_stops_that_capability_alone_and_nothing_that_was_bought(scheduler: Scheduler, breakers: Breakers) -> None:
    throttle(scheduler, breakers, 8)
    other, bought, fetching = (
        entry("a", capability=HD),
        entry("b", stage="submitted"),
        entry("c", stage="fetching"),
    )
    scheduler.listed([entry("d"), other, bought, fetching])
    assert started(scheduler) == [[other], [bought], [fetching]]


def test_of_blocked_jobs_one_is_a_probe_and_the_others_follow_when_it_was_accepted(
    scheduler: Scheduler, breakers: Breakers
) -> None:
    scheduler.listed(entries(30, stage="blocked"))
    probe = scheduler.start(START)
    assert started(scheduler) == []
    breakers[COMMON].answered([], START)
    scheduler.ended(probe)
    assert len(started(scheduler)) == 10


def test_when_the_probe_is_blocked_a_later_one_is_tried(scheduler: Scheduler, breakers: Breakers) -> None:
    scheduler.listed(entries(3, stage="blocked") + entries(3))
    probe = scheduler.start(START)
    breakers[COMMON].refused(START)
    scheduler.ended(probe)
    assert started(scheduler, 4.9) == []
    assert scheduler.next_due() == at(5)
    assert len(started(scheduler, 5)) == 1


def test_a_photo_that_is_blocked_by_itself_holds_up_no_other(scheduler: Scheduler, breakers: Breakers) -> None:
    breakers[COMMON].answered([], START)
    scheduler.listed(entries(10, stage="blocked") + entries(30))
    assert [together[0].stage for together in started(scheduler)].count("waiting") == 10


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


def test_nothing_is_called_for_while_a_result_of_the_capability_cannot_be_stored(
    scheduler: Scheduler, breakers: Breakers
) -> None:
    breakers[COMMON].answered([], START)  # so that the blocked one need not be a probe
    unstored, bought = entry("a", stage="unstored", due=60), entry("b", stage="submitted")
    other = entry("c", capability=HD)
    calls = [entry("d"), entry("e", stage=RECHECK, key="")]
    scheduler.listed([*calls, other, bought, unstored])
    assert started(scheduler) == [[other], [bought]]
    assert started(scheduler, 60) == [[unstored]]
    assert started(scheduler, 60) == [], "it is being looked at, and may still not be storable"
    scheduler.ended([unstored], stored=True)
    assert sorted(together[0].stage for together in started(scheduler, 60)) == [RECHECK, "waiting"]


def test_once_such_a_photo_was_overwritten_calls_are_made_one_by_one_until_a_result_is_stored(
    scheduler: Scheduler,
) -> None:
    scheduler.listed([*entries(4), entry("z", stage="unstored")])
    ((unstored,),) = started(scheduler)
    scheduler.ended([unstored])
    ((first,),) = started(scheduler)
    scheduler.ended([first])
    ((second,),) = started(scheduler)
    scheduler.ended([second], stored=True)
    assert len(started(scheduler)) == 2


def test_what_is_held_back_does_not_keep_the_worker_and_its_quota_stays_the_workers(scheduler: Scheduler) -> None:
    scheduler.listed([entry("a"), entry("b", stage="unstored", due=60)])
    assert scheduler.next_due() == at(60)
    scheduler.listed([entry("b", stage="unstored", due=60)])
    assert scheduler.backlog(START) == {COMMON}, "what is uploaded meanwhile joins the queue"


def test_results_that_could_not_be_stored_are_tried_one_by_one(scheduler: Scheduler) -> None:
    unstored = entries(3, stage="unstored", capability=DAMO)
    scheduler.listed(unstored)
    assert started(scheduler) == [[each] for each in unstored]
