"""Bugs of the kinds that there must never be, planted to see that they are found: by schedules, or by crash points."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase

from shared import log
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Bucket, ObjectHead, Request
from shared.jobs import keys, leases
from shared.jobs.job import Blocked, Claimed, Fetching, Job, Submitted
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore, StoredJob
from shared.jobs.upload import Upload
from shared.pictures.sniff import Download
from shared.pipeline import folders, pipeline
from shared.pipeline.outcomes import Concluded, Outcome, Parked, Skipped
from shared.pipeline.pipeline import Pipeline
from shared.pipeline.results import ResultStore
from shared.pipeline.scheduler import Scheduler
from shared.pipeline.search import Search
from shared.vendors.capability import Capability
from shared.vendors.protocol import Nonce, Task
from shared.vendors.viapi import Viapi
from tests.reliability import planted_strangers
from tests.reliability.crash_points import walk
from tests.reliability.instances import Wire
from tests.reliability.leaks import watched
from tests.reliability.ledger import Counts
from tests.reliability.schedules import Schedule
from tests.reliability.shapes import SHAPES
from tests.reliability.soak import search
from tests.unit import fakes
from tests.unit.fakes import MemoryBucket

Plant = Callable[[pytest.MonkeyPatch], None]


def claims_without_forbid_overwrite(patch: pytest.MonkeyPatch) -> None:
    def create(bucket: MemoryBucket, key: str, body: bytes) -> bool:
        bucket.write(key, body)
        return True

    patch.setattr(MemoryBucket, "create", create)


def writes_the_receipt_before_the_outputs(patch: pytest.MonkeyPatch) -> None:
    store = MemoryBucket.store

    def early(bucket: MemoryBucket, key: str, download: Any, *, inputs_etag: str) -> int:
        """Where the receipt will be, as the line would have written it after this."""
        body = b"".join(download.chunks)
        upload = f"{keys.UPLOADS}{key.removeprefix(keys.CUTOUTS).removesuffix('.png')}"
        output = {"key": key, "label": "", "content_type": "image/png", "bytes": len(body)}
        at = bucket.clock().isoformat()
        receipt = {"source": upload, "etag": inputs_etag, "status": "done", "outputs": [output], "attempts": 9}
        bucket.write(
            Upload(upload).receipt_key,
            json.dumps(receipt | {"uploaded_at": at, "finished_at": at}).encode(),
            inputs_etag=inputs_etag,
        )
        return store(bucket, key, replace(download, chunks=iter([body])), inputs_etag=inputs_etag)

    patch.setattr(MemoryBucket, "store", early)


def ignores_leases(patch: pytest.MonkeyPatch) -> None:
    take = JobStore.acquire
    patch.setattr(
        JobStore, "acquire", lambda jobs, found: take(jobs, replace(found, job=replace(found.job, lease_until=None)))
    )
    patch.setattr(JobStore, "is_due", lambda jobs, job: True)
    patch.setattr(leases, "win", lambda bucket, job, etag, until, clock: True)


def forgets_tickets(patch: pytest.MonkeyPatch) -> None:
    save = JobStore.save

    def forget(jobs: JobStore, job: Job) -> None:
        save(jobs, replace(job, stage=Claimed()) if isinstance(job.stage, Submitted) else job)

    patch.setattr(JobStore, "save", forget)


def forgets_the_note_that_something_newer_came(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "request_recheck", lambda jobs, source: None)


def forgets_how_often_it_called(patch: pytest.MonkeyPatch) -> None:
    save = JobStore.save
    patch.setattr(JobStore, "save", lambda jobs, job: save(jobs, replace(job, attempts=min(job.attempts, 1))))


def counts_a_call_with_every_lease(patch: pytest.MonkeyPatch) -> None:
    acquire = JobStore.acquire

    def counted(jobs: JobStore, found: StoredJob) -> Job | None:
        job = acquire(jobs, found)
        return job and replace(job, attempts=job.attempts + 1)

    patch.setattr(JobStore, "acquire", counted)


def forgets_what_was_bought(patch: pytest.MonkeyPatch) -> None:
    save = JobStore.save
    patch.setattr(JobStore, "save", lambda jobs, job: None if isinstance(job.stage, Fetching) else save(jobs, job))


def hears_no_date(patch: pytest.MonkeyPatch) -> None:
    """Each instance goes by its own clock."""
    patch.setattr(OssClock, "heard", lambda clock, date, sent: None)


def saves_again_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "save", lambda jobs, job: jobs.bucket.write(job.upload.job_key, job.to_json()))


def removes_again_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "remove", lambda jobs, job: jobs.bucket.delete((job.upload.job_key,)))


def queues_again_without_looking(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "put_in_queue", lambda jobs, job: jobs.bucket.write(QueueEntry.of(job).key, b""))


def gives_up_when_an_answer_is_uncertain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fakes, "until_certain", lambda change, still_needed, sleep: change())


def takes_its_own_lease_for_anothers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leases._Lease, "__eq__", lambda lease, other: False)


def begins_its_search_anew_with_each_step(patch: pytest.MonkeyPatch) -> None:
    step = Search.step

    def forgetful(search: Search) -> tuple[list[QueueEntry], timedelta]:
        search._rest = None
        return step(search)

    patch.setattr(Search, "step", forgetful)


def forgets_the_rest_of_a_folder_after_a_death(patch: pytest.MonkeyPatch) -> None:
    apply = folders.apply_to_folder

    def forget(bucket: Bucket, jobs: JobStore, job: Job, now: datetime) -> Concluded | Skipped:
        jobs.remove(job)
        return apply(bucket, jobs, job, now)

    patch.setattr("shared.pipeline.pipeline.apply_to_folder", forget)


def passes_over_the_mask_of_a_mask(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Upload, "picture", property(lambda upload: upload.named_after))


def spends_tries_on_an_outage(patch: pytest.MonkeyPatch) -> None:
    save = JobStore.save
    patch.setattr(JobStore, "save", lambda jobs, job: save(jobs, replace(job, outage_attempts=0)))


def calls_nobody_as_long_as_one_object_is_forbidden(patch: pytest.MonkeyPatch) -> None:
    advance = Pipeline.advance

    def shut(line: Pipeline, *jobs: Job, images: Mapping[str, ObjectHead]) -> Iterator[Outcome | Exception]:
        for outcome in advance(line, *jobs, images=images):
            if isinstance(outcome, Parked) and isinstance(outcome.job.stage, Blocked):
                line.vendor_calls.circuit_breaker(outcome.job.capability).refused(line.clock())
            yield outcome

    patch.setattr(Pipeline, "advance", shut)


def logs_the_link_that_a_vendor_is_shown(patch: pytest.MonkeyPatch) -> None:
    call = Viapi.call

    def logged(viapi: Viapi, capability: Capability, tasks: Sequence[Task], stamp: Nonce) -> Request:
        log.info("calling", links=[task.links for task in tasks])
        return call(viapi, capability, tasks, stamp)

    patch.setattr(Viapi, "call", logged)


def logs_the_link_of_a_result(patch: pytest.MonkeyPatch) -> None:
    fetch = Wire.fetch

    def logged(wire: Wire, url: str, hosts: tuple[str, ...], seconds: float) -> AbstractContextManager[Download]:
        log.info("fetching", url=url)
        return fetch(wire, url, hosts, seconds)

    patch.setattr(Wire, "fetch", logged)


def buys_again_what_it_could_not_store(patch: pytest.MonkeyPatch) -> None:
    """It takes for granted that by now it can."""
    patch.setattr(MemoryBucket, "check_write", lambda bucket, key: None)


def buys_more_than_it_can_store(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Scheduler, "_is_held_back", lambda scheduler, capability: False)


def gives_each_result_all_the_time_that_there_is(patch: pytest.MonkeyPatch) -> None:
    fetch_next = ResultStore._fetch_next

    def generous(results: ResultStore, job: Job, stage: Fetching, until: datetime) -> Fetching:
        return fetch_next(results, job, stage, results.clock() + timedelta(seconds=results.fetch_seconds))

    patch.setattr(ResultStore, "_fetch_next", generous)


def leaves_copies_in_public_while_jobs_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline, "withdraw_copies", lambda bucket, job: job)


def makes_copies_before_it_records_them(patch: pytest.MonkeyPatch) -> None:
    save = JobStore.save

    def early(jobs: JobStore, job: Job) -> None:
        for copy in job.copies:
            jobs.bucket.publish_copy(job.source, copy, public=True)
        save(jobs, job)

    patch.setattr(JobStore, "save", early)


FOUND_BY_SCHEDULES: tuple[Plant, ...] = (
    claims_without_forbid_overwrite,
    writes_the_receipt_before_the_outputs,
    ignores_leases,
    forgets_tickets,
    forgets_how_often_it_called,
    hears_no_date,
    gives_up_when_an_answer_is_uncertain,
    begins_its_search_anew_with_each_step,
    counts_a_call_with_every_lease,
    *planted_strangers.FOUND,
    passes_over_the_mask_of_a_mask,
    buys_again_what_it_could_not_store,
    spends_tries_on_an_outage,
    calls_nobody_as_long_as_one_object_is_forbidden,
)
FOUND_BY_CRASH_POINTS: tuple[Plant, ...] = (
    writes_the_receipt_before_the_outputs,
    forgets_tickets,
    forgets_what_was_bought,
    forgets_how_often_it_called,
    saves_again_without_looking,
    removes_again_without_looking,
    queues_again_without_looking,
    gives_up_when_an_answer_is_uncertain,
    takes_its_own_lease_for_anothers,
    forgets_the_rest_of_a_folder_after_a_death,
    logs_the_link_that_a_vendor_is_shown,
    logs_the_link_of_a_result,
    leaves_copies_in_public_while_jobs_wait,
    makes_copies_before_it_records_them,
)
PLANTED = tuple(dict.fromkeys((*FOUND_BY_SCHEDULES, *FOUND_BY_CRASH_POINTS)))


def is_found(plant: Plant) -> bool:
    """By the schedules if they are said to find it, else by the crash points."""
    return is_found_by_schedules(plant) if plant in FOUND_BY_SCHEDULES else is_found_by_crash_points(plant)


def is_found_by_schedules(plant: Plant) -> bool:
    return any(_is_found_from(number, plant) for number in (9, 4, 6))


def _is_found_from(number: int, plant: Plant) -> bool:
    """Of all that there is to try, each search tries its share long: several find more than a long one."""
    with pytest.MonkeyPatch.context() as patch, watched():
        plant(patch)
        patch.setattr(Schedule, "counts", Counts())
        try:
            search(700, number, Phase.generate)
        except AssertionError:
            return True
        return False


def is_found_by_crash_points(plant: Plant) -> bool:
    with pytest.MonkeyPatch.context() as patch, watched() as watch:
        plant(patch)
        return any(walk(shape, every_retry=False).wrong or watch.leaked for shape in SHAPES)
