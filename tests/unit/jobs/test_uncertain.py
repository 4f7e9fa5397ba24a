"""Jobs, their entries and their leases, when OSS's answer to a change is lost: others act before it is made again."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import Uncertain
from shared.jobs.job import Job, Submitted
from shared.jobs.queue import QueueEntry
from shared.jobs.store import StoredJob
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import FINISHED, entries, go, queued
from tests.unit.viapi_line import COMMON, HD, LINK, SUBMITTED, THROTTLED, ok

shop = viapi_line.shop

each_way = pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])


def lose(shop: Shop, name: str, key: str, *, made: bool, meanwhile: Callable[[], object] = lambda: None) -> None:
    """OSS gives no answer to the next such request, which it carries out if `made`; `meanwhile`, others act."""

    def lost(done: str, about: str) -> None:
        if done == name and about.startswith(key):
            shop.bucket.before = shop.bucket.after = lambda name, about: None
            meanwhile()
            raise Uncertain("OssUnreachable", "no answer")

    if made:
        shop.bucket.after = lost
    else:
        shop.bucket.before = lost


def found(shop: Shop, upload: str) -> StoredJob:
    there = shop.pipeline.jobs.find(Upload(upload))
    assert there is not None
    return there


def waiting(shop: Shop, upload: str) -> StoredJob:
    queued(shop, upload)
    return found(shop, upload)


def held(shop: Shop) -> Job:
    job = shop.pipeline.jobs.claim(Upload(COMMON), shop.bucket.put(COMMON, picture()))
    assert job is not None
    return job


# -------------------------------------------------------------------- the job


def test_the_next_versions_job_is_not_removed_in_place_of_the_one_that_is_over(shop: Shop) -> None:
    def next_version() -> None:
        shop.web.always = THROTTLED
        shop.upload(COMMON, picture(800, 600))
        shop.web.always = ok(ImageURL=LINK)

    lose(shop, "delete", Upload(COMMON).job_key, made=True, meanwhile=next_version)
    shop.upload(COMMON, picture())
    assert shop.job(COMMON) is not None
    shop.after(COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag


def test_a_job_that_was_saved_and_bought_meanwhile_does_not_wait_again(shop: Shop) -> None:
    shop.web.answers, shop.web.always, shop.web.polls = [THROTTLED], SUBMITTED, FINISHED
    lose(shop, "write", Upload(HD).job_key, made=True, meanwhile=lambda: shop.resume(HD))
    shop.upload(HD, picture())
    job = shop.job(HD)
    assert job is not None
    assert isinstance(job.stage, Submitted)
    go(shop)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 3)  # throttled, called, polled
    assert shop.keys("jobs/") == []


@each_way
def test_a_job_is_saved_once(shop: Shop, made: bool) -> None:
    job = replace(held(shop), code="Saved")
    shop.bucket.requests.clear()
    lose(shop, "write", job.upload.job_key, made=made)
    shop.pipeline.jobs.save(job)
    assert shop.job(COMMON) == job
    assert [name for name, _ in shop.bucket.requests] == (["write", "read"] if made else ["read", "write"])


def test_whoever_has_lost_a_job_by_then_leaves_it_alone_and_does_not_go_on(shop: Shop) -> None:
    job = held(shop)
    others = replace(job, id="f" * 32).to_json()
    lose(shop, "write", job.upload.job_key, made=False, meanwhile=lambda: shop.bucket.put(job.upload.job_key, others))
    with pytest.raises(RuntimeError, match="another instance's"):
        shop.pipeline.jobs.save(job)
    assert shop.bucket.things[job.upload.job_key].body == others


@each_way
def test_what_is_no_job_has_given_way_to_one_when_the_answer_to_that_is_lost(shop: Shop, made: bool) -> None:
    shop.bucket.put(Upload(COMMON).job_key, b"no job")
    lose(shop, "write", Upload(COMMON).job_key, made=made)
    job = shop.pipeline.jobs.acquire(found(shop, COMMON))
    assert job is not None
    assert shop.job(COMMON) == job


@pytest.mark.parametrize("name", ["save", "remove"])
def test_an_oss_that_never_answers_is_unavailable(shop: Shop, name: str) -> None:
    job = held(shop)

    def never(name: str, about: str) -> None:
        if name in ("write", "delete"):
            raise Uncertain("OssFailed", "503")

    shop.bucket.before = never
    with pytest.raises(Uncertain, match="503"):
        getattr(shop.pipeline.jobs, name)(replace(job, code="Saved"))


# -------------------------------------------------------------------- the lease


@each_way
def test_a_lease_whose_answer_is_lost_is_known_again(shop: Shop, made: bool) -> None:
    there = waiting(shop, COMMON)
    lose(shop, "create", Upload(COMMON).lease_key(there.etag, 0), made=made)
    assert shop.pipeline.jobs.acquire(there) is not None


def test_a_lease_that_another_instance_wrote_meanwhile_is_its_own(shop: Shop) -> None:
    there = waiting(shop, COMMON)
    acquired: list[Job | None] = []
    lose(
        shop,
        "create",
        Upload(COMMON).lease_key(there.etag, 0),
        made=False,
        meanwhile=lambda: acquired.append(shop.pipeline.jobs.acquire(there)),
    )
    assert shop.pipeline.jobs.acquire(there) is None
    (job,) = acquired
    assert job is not None


def test_a_lease_says_until_when_it_is_held_as_one_of_an_earlier_release_does(shop: Shop) -> None:
    there = waiting(shop, COMMON)
    lease = Upload(COMMON).lease_key(there.etag, 0)
    shop.bucket.put(lease, b'"2026-11-21T08:02:00Z"')
    assert shop.pipeline.jobs.acquire(there) is None
    shop.clock.pass_(minutes=3)
    job = shop.pipeline.jobs.acquire(there)
    assert job is not None
    assert job.lease_until is not None
    (written,) = (key for key in shop.keys("jobs/") if key.endswith(".1.lease"))
    assert json.loads(shop.bucket.things[written].body)["until"] == job.lease_until.isoformat().replace("+00:00", "Z")


# -------------------------------------------------------------------- what lies beside it


@each_way
def test_an_entry_is_there_once_its_job_is_queued(shop: Shop, made: bool) -> None:
    lose(shop, "write", "queue/", made=made)
    queued(shop, COMMON)
    assert entries(shop) == [COMMON]
    assert shop.bucket.requests.count(("write", QueueEntry.of(found(shop, COMMON).job).key)) == 1


@each_way
@pytest.mark.parametrize("key", ["queue/", "jobs/"])
def test_entries_and_leases_that_may_be_left_are_found_again_and_nobody_is_alarmed(
    shop: Shop, key: str, made: bool, caplog: pytest.LogCaptureFixture
) -> None:
    queued(shop, COMMON)
    shop.web.always = THROTTLED
    go(shop, seconds=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=1)
    lost = []
    lose(shop, "delete", key, made=made, meanwhile=lambda: lost.append(key))
    for _ in range(2):
        go(shop)
        shop.clock.pass_(minutes=11)
    assert lost == [key]
    assert shop.receipt(COMMON) is not None
    assert (shop.keys("jobs/"), entries(shop)) == ([], [])
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@each_way
def test_a_note_is_there_once_it_was_asked_for_and_gone_once_it_was_cleared(shop: Shop, made: bool) -> None:
    note = Upload(COMMON).recheck_key
    lose(shop, "write", note, made=made)
    shop.pipeline.jobs.request_recheck(Upload(COMMON))
    assert note in shop.bucket.things
    lose(shop, "delete", note, made=made)
    shop.pipeline.jobs.clear_recheck(Upload(COMMON))
    assert note not in shop.bucket.things
