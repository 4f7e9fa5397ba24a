"""Whatever people, Function Compute and the vendor do, in whatever order: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shared import keys
from shared.documents import Claimed, Job, Ticketed
from shared.jobs import Jobs
from tests.fakes import MemoryBucket
from tests.people import COMMON, OWN_MASK, PAIR
from tests.schedules import TO_THE_END, Schedule, Walk


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "oss_cutout")  # thousands of faults, each with its line


def search(examples: int, *phases: Phase) -> None:
    run_state_machine_as_test(
        seed(4)(Schedule),
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            derandomize=False,  # the seed does that, and other schedules can be had by another one
            database=None,
            deadline=None,
            phases=phases or tuple(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whoever_goes_next_and_whoever_dies_nothing_is_lost_and_nothing_is_paid_twice() -> None:
    search(300)


# ---------------------------------------------------------------- planted bugs


def claims_without_forbid_overwrite(patch: pytest.MonkeyPatch) -> None:
    def create(bucket: MemoryBucket, key: str, body: bytes) -> bool:
        bucket.write(key, body)
        return True

    patch.setattr(MemoryBucket, "create", create)


def writes_the_receipt_before_the_outputs(patch: pytest.MonkeyPatch) -> None:
    store = MemoryBucket.store

    def early(bucket: MemoryBucket, key: str, download: Any, *, mark: str) -> int:
        """Where the receipt will be, as the line would have written it after this."""
        body = b"".join(download.chunks)
        upload = f"{keys.UPLOADS}{key.removeprefix(keys.CUTOUTS).removesuffix('.png')}"
        output = {"key": key, "label": "", "content_type": "image/png", "bytes": len(body)}
        at = bucket.clock().isoformat()
        receipt = {"source": upload, "etag": mark, "status": "done", "outputs": [output], "attempts": 9}
        bucket.write(
            keys.receipt(upload), json.dumps(receipt | {"uploaded_at": at, "finished_at": at}).encode(), mark=mark
        )
        return store(bucket, key, replace(download, chunks=iter([body])), mark=mark)

    patch.setattr(MemoryBucket, "store", early)


def ignores_leases(patch: pytest.MonkeyPatch) -> None:
    take = Jobs.take
    patch.setattr(Jobs, "take", lambda jobs, found: take(jobs, replace(found, job=replace(found.job, held_until=None))))
    patch.setattr(Jobs, "due", lambda jobs, job: True)
    patch.setattr(Jobs, "_win", lambda jobs, found, until: True)


def forgets_tickets(patch: pytest.MonkeyPatch) -> None:
    save = Jobs.save

    def forget(jobs: Jobs, job: Job) -> None:
        save(jobs, replace(job, stage=Claimed()) if isinstance(job.stage, Ticketed) else job)

    patch.setattr(Jobs, "save", forget)


def forgets_the_note_that_something_newer_came(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Jobs, "announce", lambda jobs, source: None)


def forgets_how_often_it_called(patch: pytest.MonkeyPatch) -> None:
    save = Jobs.save
    patch.setattr(Jobs, "save", lambda jobs, job: save(jobs, replace(job, attempts=min(job.attempts, 1))))


@pytest.mark.parametrize(
    "plant",
    [
        claims_without_forbid_overwrite,
        writes_the_receipt_before_the_outputs,
        ignores_leases,
        forgets_tickets,
        forgets_the_note_that_something_newer_came,
        forgets_how_often_it_called,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_bug_is_found(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        search(2_000, Phase.generate)


# ---------------------------------------------------------------- what was found


def test_what_was_stored_for_an_upload_that_is_deleted_before_its_receipt_does_not_stay() -> None:
    schedule = Schedule()
    schedule.open((COMMON,), walk=Walk(8, then="falter after"))  # the result is stored, its receipt is not
    schedule.go()
    schedule.delete(0)
    schedule.pass_(1_900)  # its link is dead: the job begins anew and finds no upload
    schedule.teardown()
    assert schedule.shop.keys(keys.CUTOUTS) == []


def test_whoever_takes_up_a_job_whose_receipt_is_written_does_not_withdraw_it() -> None:
    schedule = Schedule()
    schedule.open((COMMON,), walk=TO_THE_END)
    schedule.put(0, version=1, walk=Walk(12, then="die"))  # over the removal of the job, all else being done
    assert schedule.shop.receipt(COMMON) is not None
    schedule.pass_(340)
    schedule.tick(Walk(9, ("fine", "refused")))  # the result's host falters
    withdrawn = schedule.shop.receipt(COMMON) is None
    schedule.pass_(1_900)  # the result's link is dead, so the photo is paid for again
    schedule.teardown()
    assert not withdrawn
    receipt = schedule.shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.attempts == 1


def test_a_call_for_a_new_version_that_died_with_its_caller_is_counted() -> None:
    schedule = Schedule()
    schedule.open((COMMON,), walk=Walk(10_000, ("throttled",)))
    schedule.put(0, version=1, walk=Walk(10, then="die"))  # bought, and not yet recorded
    schedule.teardown()
    receipt = schedule.shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.attempts == 2


def test_a_masks_complaint_ends_when_its_picture_comes_back_to_its_own_receipt() -> None:
    schedule = Schedule()
    schedule.open((PAIR, OWN_MASK), walk=TO_THE_END)
    schedule.put(1, walk=TO_THE_END)  # the pair is served
    schedule.delete(0)
    schedule.put(1, walk=TO_THE_END)
    schedule.pass_(4_000)
    schedule.tick()  # the mask is told that its picture is missing
    assert schedule.shop.receipt(OWN_MASK) is not None
    schedule.put(0, walk=TO_THE_END)
    schedule.teardown()
    assert schedule.shop.receipt(OWN_MASK) is None
