"""Backfill in the cloud in a box: uploads whose events were lost, and a gateway that does not take the invocation."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from shared.jobs.queue import QueueEntry
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop, photo, wait_for

SMALL = photo(size=(180, 120))


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(timer_seconds=math.inf, qps=50) as cloud:
        yield cloud


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Cloud(timer_seconds=1, qps=50) as cloud:
        cloud.oss.on_event = lambda document: None  # nobody is told of anything
        yield Shop(cloud)


def order(shop: Shop, **said: Any) -> dict[str, Any]:
    answer = shop.cloud.fc.invoke("backfill", json.dumps(said).encode())
    assert answer.error == "", answer
    report: dict[str, Any] = json.loads(answer.body)
    return report


@pytest.mark.parametrize("invoked", [True, False])
def test_uploads_nobody_was_told_of_are_served_once_it_is_ordered(shop: Shop, invoked: bool) -> None:
    shop.cloud.gateway.takes_old_signatures = invoked
    uploads = [f"uploads/{where}/红鞋 1+2%.jpg" for where in ("general/common", "goods/commodity", "picwish/cutout")]
    for key in uploads:
        shop.upload(key, SMALL)
    time.sleep(1.1)  # a receipt of the same second would be looked at once more
    assert order(shop, dry_run=True)["found"] == 3
    report = order(shop)
    assert (report["set_going"], report["queued"]) == (3, 0 if invoked else 3)
    assert ("queued for settle: 3" in report["message"]) is not invoked
    for key in uploads:
        assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)
    shop.cloud.fc.quiet(30)  # a receipt is there before its function has returned
    assert sorted(shop.cloud.gateway.invoked) == (
        ["oss-cutout-general", "oss-cutout-goods", "oss-cutout-picwish"] if invoked else []
    )
    done = [each.function for each in shop.cloud.fc.invocations if each.function not in ("settle", "backfill")]
    assert sorted(done) == (["general", "goods", "picwish"] if invoked else []), "settle did the work, or they did"
    assert order(shop)["found"] == 0
    assert list(shop.bucket.list("backfill/")) == []


def test_an_event_that_the_platform_lost_by_an_error_of_its_own_is_made_good_by_a_backfill(cloud: Cloud) -> None:
    shop, key = Shop(cloud), "uploads/general/common/lost.jpg"
    cloud.fc.fail_internally("general")
    shop.upload(key, SMALL)
    cloud.fc.quiet(30)
    assert [dropped.reason for dropped in cloud.fc.dropped] == ["InternalServerError"]
    assert order(shop)["set_going"] == 1
    assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)


def test_what_failed_is_served_when_that_is_ordered(shop: Shop) -> None:
    key = shop.upload("uploads/general/common/红鞋 1+2%.jpg", SMALL)
    picture = shop.bucket.peek(key)
    assert picture is not None
    failed = Receipt(
        source=key, etag=picture.etag, status="failed", uploaded_at=picture.modified, finished_at=picture.modified
    )
    time.sleep(1.1)  # a receipt of the same second counts as none
    shop.bucket.write(Upload(key).receipt_key, failed.model_dump_json().encode(), inputs_etag=picture.etag)
    assert order(shop)["found"] == 0
    report = order(shop, failed=True)
    assert (report["found"], report["queued"], report["passed_over"]) == (1, 1, {})
    wait_for(lambda: shop.receipt(key) not in (None, failed), "another receipt")
    assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)
    assert order(shop, failed=True)["found"] == 0


def test_after_overwrites_and_another_try_the_receipt_has_every_call_that_was_billed() -> None:
    with Cloud(timer_seconds=1, qps=50) as cloud:
        shop, key = Shop(cloud), "uploads/general/common/红鞋 1+2%.jpg"
        for size in ((180, 120), (120, 180)):
            shop.upload(key, photo(size=size))
            assert shop.wait(key).status == "done"
            time.sleep(1.1)
        cloud.viapi.fault("empty", key=key, times=MAX_ATTEMPTS)
        shop.upload(key, photo(size=(200, 200)))
        wait_for(lambda: failed_at_once(shop, key), "a receipt that says failed")
        assert told(shop, key) == shop.billed(key) == 2 + MAX_ATTEMPTS
        time.sleep(1.1)
        assert order(shop, failed=True)["queued"] == 1
        wait_for(lambda: not is_failed(shop, key), "another receipt")
        receipt = shop.wait(key)
        assert (receipt.status, receipt.attempts) == ("done", 1)
        assert told(shop, key) == shop.billed(key) == 3 + MAX_ATTEMPTS


def failed_at_once(shop: Shop, key: str) -> bool:
    """Whether it has failed. A job that waits for its next try is due now: the five would take a minute."""
    job = shop.job(key)
    now = datetime.now(timezone.utc)
    if job and job.lease_until is None and job.due > now + timedelta(seconds=1):
        job = replace(job, due=now)
        shop.bucket.write(Upload(key).job_key, job.to_json())
        shop.bucket.write(QueueEntry.of(job).key, b"")
    return is_failed(shop, key)


def is_failed(shop: Shop, key: str) -> bool:
    receipt = shop.receipt(key)
    return receipt is not None and receipt.status == "failed"


def told(shop: Shop, key: str) -> int:
    receipt = shop.wait(key)
    return receipt.attempts + sum(receipt.earlier_calls.values())


def test_a_version_that_came_while_the_last_one_was_called_for_is_found(shop: Shop) -> None:
    key = shop.upload("uploads/general/common/red.jpg", SMALL)
    shop.cloud.viapi.fault("slow", key=key, times=1, seconds=3)
    assert order(shop)["set_going"] == 1
    wait_for(lambda: shop.billed(key), "the call")
    shop.upload(key, photo(size=(120, 180)))  # and nobody is told
    old, there = shop.wait(key), shop.bucket.peek(key)
    assert there is not None
    assert old.etag != there.etag
    assert order(shop)["set_going"] == 1
    wait_for(lambda: shop.receipt(key) not in (None, old), "another receipt")
    assert shop.wait(key).etag == there.etag


def test_what_is_no_order_is_told_so(shop: Shop) -> None:
    assert "extra" in order(shop, dryrun=True)["message"].lower()
