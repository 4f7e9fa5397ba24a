"""All that is under way, in one listing that is never whole in memory: jobs, rechecks, and which leases are past."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.jobs import keys
from shared.jobs.unfinished import Unfinished, unfinished
from shared.jobs.upload import Upload
from tests.unit.fakes import START, Clock, MemoryBucket, Thing
from tests.unit.generated import GeneratedBucket, Names

BODIES = (b"one", b"another")
ETAGS = tuple(Thing(body, START).etag for body in BODIES)
NAMES = ("a", "a.b", f"a.{ETAGS[0]}", "a.jpg", "a.json", "a.json.b", "a.next", "a/b", "a0", "b")
"""Of which some begin with others, and one with what a lease's name begins with."""


def put(bucket: MemoryBucket, jobs: Mapping[str, bytes], leases: set[tuple[str, str, int]], notes: set[str]) -> None:
    for name, body in jobs.items():
        bucket.put(Upload(f"uploads/{name}").job_key, body)
    for name, etag, generation in leases:
        bucket.put(Upload(f"uploads/{name}").lease_key(etag, generation), b"until then")
    for name in notes:
        bucket.put(Upload(f"uploads/{name}").recheck_key, b"{}")


def seen(bucket: MemoryBucket) -> tuple[list[str], list[str]]:
    """The names of the uploads with jobs, and of those that are to be looked at again."""
    listed = [each for each in unfinished(bucket, pytest.fail) if each]
    of_jobs, rechecks = (
        [each.upload.key.removeprefix(keys.UPLOADS) for each in listed if each.is_recheck is kind]
        for kind in (False, True)
    )
    return sorted(of_jobs), sorted(rechecks)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(BODIES)),
    st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(ETAGS), st.sampled_from((0, 1, 19)))),
    st.sets(st.sampled_from(NAMES)),
)
@example({"a": BODIES[0], f"a.{ETAGS[0]}": BODIES[1]}, {("a", ETAGS[0], 1), (f"a.{ETAGS[0]}", ETAGS[1], 0)}, set())
@example({"a": BODIES[0], "a.json": BODIES[0]}, {("a", ETAGS[1], 0), ("a.json", ETAGS[0], 0)}, {"a"})
def test_whatever_the_names_jobs_and_rechecks_are_told_and_only_leases_on_past_states_go(
    jobs: dict[str, bytes], leases: set[tuple[str, str, int]], notes: set[str]
) -> None:
    bucket = MemoryBucket(Clock())
    put(bucket, jobs, leases, notes)
    assert seen(bucket) == (sorted(jobs), sorted(notes))
    present = {name: Thing(body, START).etag for name, body in jobs.items()}
    left = {
        Upload(f"uploads/{name}").lease_key(etag, number) for name, etag, number in leases if present.get(name) == etag
    }
    assert {key for key in bucket.things if key.endswith(".lease")} == left


def test_a_job_says_when_it_was_written() -> None:
    bucket = MemoryBucket(Clock())
    bucket.clock.pass_(hours=1)
    put(bucket, {"a": b"one"}, set(), set())
    assert list(unfinished(bucket, pytest.fail)) == [Unfinished(Upload("uploads/a"), bucket.clock(), is_recheck=False)]


def test_neither_jobs_nor_leases_are_ever_all_in_memory() -> None:
    def peak(count: int) -> int:
        jobs = Names(lambda number: f"jobs/general/common/{number:07}.jpg.json", count)
        leases = Names(lambda number: f"jobs/general/common/{number:07}.jpg.{ETAGS[0]}.0.lease", count)
        bucket = GeneratedBucket(Clock(), jobs, leases)
        bucket.delete = lambda keys, **how: None  # type: ignore[method-assign]  # so that it keeps none of them
        tracemalloc.start()
        try:
            assert sum(each is not None for each in unfinished(bucket, pytest.fail)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(4_000) - peak(1_000) < 200_000, "of all names it would be millions"
