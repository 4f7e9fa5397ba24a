"""Bugs in what becomes of that which others put into the bucket, planted to see that schedules find them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from pydantic import ValidationError

from shared.cloud.ports import ObjectHead
from shared.jobs import keys, store
from shared.jobs.job import Job
from shared.jobs.queue import QueueEntry
from shared.jobs.upload import Upload
from shared.pipeline import pipeline
from tests.unit.fakes import MemoryBucket


def stops_at_names_that_are_not_ours(patch: pytest.MonkeyPatch) -> None:
    def state_of(lease_key: str) -> tuple[str, str]:
        name, etag, _ = lease_key.removesuffix(".lease").rsplit(".", 2)
        return f"{name}.json", etag

    patch.setattr(keys, "state_of", state_of)


def takes_another_releases_job_for_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "is_of_another_release", lambda body, source: False)


def takes_a_copied_job_for_the_uploads_own(patch: pytest.MonkeyPatch) -> None:
    def read(upload: Upload, document: bytes) -> Job | None:
        with suppress(ValidationError):
            return Job.from_json(document)
        return None

    patch.setattr(store, "_job_of", read)


def believes_an_entry_of_the_year_9999(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(QueueEntry, "listed", staticmethod(lambda found: QueueEntry.read(found.key)))


def polls_for_a_capability_that_is_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pipeline, "capability", lambda name: None)


def reads_through_symbolic_links(patch: pytest.MonkeyPatch) -> None:
    peek = MemoryBucket.peek

    def through(bucket: MemoryBucket, key: str) -> ObjectHead | None:
        head, link = peek(bucket, key), bucket.things.get(key)
        if head is None or link is None or not link.target:
            return head
        target = bucket.things.get(link.target)
        return replace(head, head=target.body, size=len(target.body), is_link=False) if target else head

    patch.setattr(MemoryBucket, "peek", through)


FOUND = (
    stops_at_names_that_are_not_ours,
    takes_another_releases_job_for_none,
    takes_a_copied_job_for_the_uploads_own,
    believes_an_entry_of_the_year_9999,
    reads_through_symbolic_links,
)
