"""Turns: the names that say who is next, seen a page at a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.jobs import keys, queue
from shared.jobs.job import Blocked, Job, Stage, Submitted, Waiting
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from tests.unit.fakes import START, Clock, MemoryBucket

PAGE = 4
LANES = [
    (stage, capability)
    for stage in ("blocked", "submitted", "waiting")
    for capability in ("", "general/common", "general/hd-common", "general/food", "scenery/sky")
]


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.jobs.queue._PAGE", PAGE)


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


def put(bucket: MemoryBucket, stage: str, capability: str, number: int) -> str:
    """A turn `number` seconds from the start; names run against the order of time."""
    upload = f"uploads/{capability}{'/' if capability else ''}{99 - number}.jpg"
    due = START + timedelta(seconds=number)
    stages: dict[str, Stage] = {"waiting": Waiting(), "blocked": Blocked(), "submitted": Submitted("T-1", START)}
    key = QueueEntry.of(Job("1", upload, due, due, stage=stages[stage])).key
    bucket.put(key, b"")
    return key


def heads(bucket: MemoryBucket) -> list[str]:
    return [turn.key for turn in queue.heads(bucket)]


def store(bucket: MemoryBucket) -> JobStore:
    return JobStore(bucket, Clock(), timedelta(minutes=2))


def waiting(name: str = "a") -> Job:
    return Job(id="1", source=f"uploads/general/common/{name}.jpg", uploaded_at=START, due=START, stage=Waiting())


def test_a_jobs_turn_says_its_stage_its_capability_and_when_it_is_due(bucket: MemoryBucket) -> None:
    job = waiting()
    store(bucket).put_in_queue(job)
    (turn,) = queue.heads(bucket)
    assert turn == QueueEntry.of(job)
    assert turn == QueueEntry(
        "queue/waiting/general/common/20261121T080000.000000Z/a.jpg", "waiting", START, job.upload
    )
    assert bucket.things[turn.key].body == b""


def test_a_job_that_goes_on_has_another_turn_and_one_that_does_not_has_the_same(bucket: MemoryBucket) -> None:
    job, jobs = waiting(), store(bucket)
    jobs.put_in_queue(job)
    jobs.put_in_queue(job)
    bought = Job(**{**vars(job), "stage": Submitted("T-1", START)})
    assert QueueEntry.of(bought).key != QueueEntry.of(job).key
    jobs.put_in_queue(bought)
    jobs.take_out((QueueEntry.of(job).key,))
    assert heads(bucket) == [QueueEntry.of(bought).key]


def test_an_empty_queue_is_one_listing(bucket: MemoryBucket) -> None:
    assert heads(bucket) == []
    store(bucket).take_out(())
    assert bucket.requests == [("list", keys.QUEUE)]


@given(st.dictionaries(st.sampled_from(LANES), st.integers(1, 3 * PAGE)))
@example({("waiting", "general/common"): PAGE})
@example({("waiting", "general/common"): PAGE + 1, ("waiting", "general/food"): 1})
@example({("submitted", "general/common"): PAGE - 1, ("waiting", "general/common"): 2 * PAGE})
@example(dict.fromkeys(LANES, 1))
def test_of_every_lane_the_first_page_is_seen_in_order_and_each_turn_once(sizes: dict[tuple[str, str], int]) -> None:
    bucket = MemoryBucket(Clock())
    lanes = {lane: [put(bucket, *lane, number) for number in range(size)] for lane, size in sizes.items()}
    seen = defaultdict(list)
    for turn in queue.heads(bucket):
        seen[turn.stage, turn.capability].append(turn.key)
    assert seen == {lane: turns[:PAGE] for lane, turns in lanes.items()}
    assert len(bucket.requests) <= 1 + 2 * len(sizes)


def test_turns_in_hand_do_not_hide_those_behind_them(bucket: MemoryBucket) -> None:
    turns = [put(bucket, "waiting", "general/common", number) for number in range(20)]
    assert [turn.key for turn in queue.heads(bucket, beside=7)] == turns[: 7 + PAGE]


def test_a_long_lane_does_not_hide_those_behind_it(bucket: MemoryBucket) -> None:
    long = [put(bucket, "waiting", "general/common", number) for number in range(90)]
    behind = put(bucket, "waiting", "scenery/sky", 0)
    assert heads(bucket) == [*long[:PAGE], behind]
    assert len(bucket.requests) == 2, "its other pages are passed over"


def test_folders_that_are_no_capability_are_one_lane_whatever_they_are_called(bucket: MemoryBucket) -> None:
    made_up = [put(bucket, "waiting", f"general/{number}", number) for number in range(90)]
    behind = put(bucket, "waiting", "general/common", 0)
    assert heads(bucket) == [*made_up[:PAGE], behind]
    assert {entry.capability for entry in queue.heads(bucket)} == {"", "general/common"}


@pytest.mark.parametrize(
    "name",
    [
        keys.OWNER,
        "queue/",
        "queue/notes.txt",
        "queue/waiting/general/common/",
        "queue/waiting/general/common/20261121T080000.000000Z/",
        "queue/waiting/general/20261121T080000.000000Z/a.jpg",
        "queue/waiting/general/common/20261121T080000Z/a.jpg",
        "queue/waiting/general/common/99999999T999999.999999Z/a.jpg",
        "queue/WAITING/general/common/20261121T080000.000000Z/a.jpg",
    ],
)
def test_what_is_no_turn_is_passed_over(bucket: MemoryBucket, name: str) -> None:
    bucket.put(name, b"{}")
    key = put(bucket, "waiting", "scenery/sky", 0)
    assert heads(bucket) == [key]
    assert [entry.key for entry in queue.entries(bucket) if entry] == [key]


def test_an_entry_of_a_far_moment_is_due_at_once_and_told_apart(bucket: MemoryBucket) -> None:
    far = QueueEntry.of(replace(waiting("far"), due=datetime(9999, 12, 31, tzinfo=timezone.utc)))
    tomorrow = QueueEntry.of(replace(waiting("tomorrow"), due=START + timedelta(days=1)))
    for entry in (far, tomorrow):
        bucket.put(entry.key, b"")
    assert [(entry.key, entry.due) for entry in queue.heads(bucket)] == [
        (tomorrow.key, tomorrow.due),
        (far.key, START),
    ]
    assert [entry and entry.is_mistaken for entry in queue.entries(bucket)] == [False, True]


@pytest.mark.parametrize(("stage", "longest"), [("waiting", 48 * 3600), ("unstored", 900), ("blocked", 900)])
def test_how_far_a_moment_may_be_is_by_how_long_jobs_pause_in_that_stage(
    bucket: MemoryBucket, stage: str, longest: int
) -> None:
    for seconds in (longest, longest + 1):
        moment = (START + timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%S.%fZ")
        bucket.put(f"queue/{stage}/general/common/{moment}/a.jpg", b"")
    assert [(entry.due - START).total_seconds() for entry in queue.heads(bucket)] == [longest, 0]


@pytest.mark.parametrize("notes", [PAGE - 1, PAGE, 3 * PAGE])
def test_pages_of_what_is_no_turn_hide_none(bucket: MemoryBucket, notes: int) -> None:
    for number in range(notes):
        bucket.put(f"queue/a note {number:03}", b"")
    turns = [put(bucket, "waiting", "scenery/sky", number) for number in range(2)]
    assert heads(bucket) == turns


@pytest.mark.parametrize("lane", ["waiting/-/-", "waiting/general/common", "waiting//"])
@pytest.mark.parametrize("rest", ["!/x/{}.jpg", "zzz/x/{}.jpg", "-/-/{}.jpg", "/{}/"])
def test_a_page_of_turns_that_nobody_gave_out_is_listed_once_and_hides_none(
    bucket: MemoryBucket, lane: str, rest: str
) -> None:
    for number in range(3 * PAGE):
        bucket.put(f"queue/{lane}/20261121T080000.000000Z/{rest.format(f'{number:03}')}", b"")
    key = put(bucket, "waiting", "scenery/sky", 0)
    found = [turn.key for turn in islice(queue.heads(bucket), 9 * PAGE)]
    assert len(found) == PAGE + 1
    assert key in found


def test_all_turns_are_told_however_many(bucket: MemoryBucket) -> None:
    turns = [put(bucket, "waiting", "general/common", number) for number in range(3 * PAGE)]
    assert [entry.key for entry in queue.entries(bucket) if entry] == turns
