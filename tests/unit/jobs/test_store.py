"""What lies under `jobs/` and is not this release's work: other names and documents, and jobs of another release."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cloud.ports import LONGEST_DOCUMENT, LONGEST_REPLY, Bucket
from shared.jobs import keys
from shared.jobs.job import Fetching, Job, Submitted
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.vendors.protocol import ResultLink
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import START, Shop
from tests.unit.pipeline.test_worker import go
from tests.unit.viapi_line import COMMON, HD, SUBMITTED

shop = viapi_line.shop

FAR = "9999-12-31T00:00:00Z"
TOO_LONG = f"jobs/general/common/{'x' * 970}"
JUNK = (
    "jobs/x.lease",
    "jobs/general/common/shoe.jpg.lease",
    "jobs/notes.txt",
    "jobs/",
    "jobs/.json",
    "jobs/general/common/.hidden.next",
    f"{TOO_LONG}.json",
    f"{TOO_LONG}.next",
)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_names_that_are_not_ours_hold_up_nothing_and_are_named_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    for key in JUNK:
        shop.bucket.put(key, b"somebody's")
    for _ in range(3):
        assert [each.upload for each in shop.pipeline.jobs.unfinished() if each] == [Upload(HD)]
    assert sorted(json.loads(line)["key"] for line in warnings(caplog)) == sorted(JUNK)
    assert set(JUNK) <= set(shop.bucket.things)


@pytest.mark.parametrize("change", [{"version": 2}, {"stage": {"name": "reviewed", "by": "somebody"}}])
def test_the_job_of_another_release_is_left_to_it(
    shop: Shop, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    document = json.loads(shop.bucket.things[Upload(HD).job_key].body) | change
    shop.bucket.put(Upload(HD).job_key, body := json.dumps(document).encode())
    for _ in range(3):
        shop.clock.pass_(minutes=1)
        go(shop)
    assert shop.bucket.things[Upload(HD).job_key].body == body
    assert len(shop.web.sent) == 1
    assert ["another release" in line for line in warnings(caplog)] == [True]


def keeps_the_longest_reply(bucket: Bucket) -> bool:
    """Whether a job that holds a picture as long as any reply is found as it was saved."""
    jobs = JobStore(bucket, lambda: START, timedelta(seconds=132))
    job = jobs.claim(Upload(COMMON), "E")
    assert job is not None
    jobs.save(job := replace(job, stage=Fetching((ResultLink("A" * LONGEST_REPLY),), START)))
    found = jobs.find(Upload(COMMON))
    jobs.remove(job)
    return found is not None and found.job == job


def test_a_job_that_holds_the_longest_reply_is_found_as_it_was_saved(shop: Shop) -> None:
    assert keeps_the_longest_reply(shop.bucket)


COPIED = Job("1", "uploads/general/common/else.jpg", START, START, etag="E", stage=Submitted("T-1", START), attempts=1)
NO_JOBS = {
    "nothing": b"",
    "another document": b"{}",
    "no JSON": b"no JSON",
    "no text": b"\xff\xfe\x00",
    "JSON of JSON of JSON": b"[" * 100_000,
    "more than is read": b" " * LONGEST_DOCUMENT + COPIED.to_json(),
    "another upload's job": COPIED.to_json(),
    "another upload's job of another release": b'{"id": "1", "source": "uploads/else.jpg", "version": 2}',
}

no_jobs = pytest.mark.parametrize("body", NO_JOBS.values(), ids=NO_JOBS.keys())


@no_jobs
@pytest.mark.parametrize("event", [True, False])
def test_what_is_no_job_of_its_upload_gives_way_to_one_within_a_round(shop: Shop, body: bytes, event: bool) -> None:
    shop.bucket.put(Upload(COMMON).job_key, body)
    if event:
        shop.upload(COMMON, picture())
    else:
        shop.bucket.put(COMMON, picture())
        go(shop)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.source, receipt.attempts, len(shop.web.sent)) == ("done", COMMON, 1, 1)
    go(shop)
    assert shop.keys(keys.JOBS) == []
    assert shop.keys(keys.QUEUE) in ([], [keys.OWNER])


@no_jobs
def test_what_is_no_job_of_an_upload_that_is_not_there_goes(shop: Shop, body: bytes) -> None:
    shop.bucket.put(Upload(COMMON).job_key, body)
    for _ in range(2):
        go(shop)
    assert shop.keys("") in ([], [keys.OWNER])


def test_of_two_who_find_what_is_no_job_one_begins_anew(shop: Shop) -> None:
    shop.bucket.put(Upload(COMMON).job_key, b"hello")
    shop.bucket.put(COMMON, picture())
    jobs = shop.pipeline.jobs
    found = [jobs.find(Upload(COMMON)) for _ in range(2)]
    held = [jobs.acquire(each) for each in found if each]
    assert [job is not None for job in held] == [True, False]
    assert shop.job(COMMON) == held[0]


def test_a_copied_job_leaves_the_one_that_it_was_copied_from_alone(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    body = shop.bucket.things[Upload(HD).job_key].body
    copy = f"{HD}-copy.jpg"
    shop.bucket.put(Upload(copy).job_key, body)
    shop.bucket.requests.clear()
    shop.dispatcher.pipeline.resume(*filter(None, [shop.pipeline.jobs.find(Upload(copy))]))
    assert shop.bucket.things[Upload(HD).job_key].body == body
    assert not [key for _, key in shop.bucket.requests if Upload(HD).job_key in key], "it is not even looked at"
    assert Upload(copy).job_key not in shop.bucket.things


def test_what_is_no_lease_holds_nobody_off(shop: Shop) -> None:
    shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), "E")
    found = shop.pipeline.jobs.find(Upload(COMMON))
    assert found is not None
    for generation, body in enumerate((b"", b"[]", b"\xff")):
        shop.bucket.put(Upload(COMMON).lease_key(found.etag, generation), body)
    held = [shop.pipeline.jobs.acquire(found) for _ in range(2)]
    assert [job is not None for job in held] == [True, False]


def test_a_lease_that_outlasts_every_function_holds_nobody_off(shop: Shop) -> None:
    shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), "E")
    found = shop.pipeline.jobs.find(Upload(COMMON))
    assert found is not None
    shop.bucket.put(Upload(COMMON).lease_key(found.etag, 0), json.dumps({"until": FAR, "id": "x"}).encode())
    assert shop.pipeline.jobs.acquire(found) is not None


def test_nor_does_a_job_that_says_so_of_itself(shop: Shop) -> None:
    shop.bucket.put(COMMON, picture())
    assert shop.pipeline.jobs.enqueue(Upload(COMMON), "E")
    key = Upload(COMMON).job_key
    shop.bucket.put(key, json.dumps(json.loads(shop.bucket.things[key].body) | {"lease_until": FAR}).encode())
    go(shop)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"
