"""What lies under `jobs/` and is not this release's: other names, and the jobs of another release."""

from __future__ import annotations

import json
import logging

import pytest

from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import go
from tests.unit.viapi_line import COMMON, HD, SUBMITTED

shop = viapi_line.shop

JUNK = ("jobs/x.lease", "jobs/general/common/shoe.jpg.lease", "jobs/notes.txt", "jobs/")


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


@pytest.mark.parametrize("body", [b"", b"{}", b"no JSON", b'{"id": "1", "source": "uploads/else.jpg", "version": 2}'])
def test_what_is_no_job_is_removed_and_its_upload_is_served(shop: Shop, body: bytes) -> None:
    shop.bucket.put(Upload(COMMON).job_key, body)
    shop.upload(COMMON, picture())
    go(shop)
    assert shop.receipt(COMMON) is not None
