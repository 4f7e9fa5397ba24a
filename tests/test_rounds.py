"""A tick of the timer over jobs in every state."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from shared import keys
from shared.rounds import Round
from tests.fakes import AtOnce, Shop
from tests.pictures import picture
from tests.viapi_line import COMMON, HD, LINK, PAIR, SUBMITTED, THROTTLED, ok, refused, status

FINISHED = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def go(shop: Shop, seconds: float = 180, workers: int = 4) -> list[float]:
    """One tick's round; how long it slept, each time. Sleeping makes the clock go on."""
    slept = []

    def sleep(pause: float) -> None:
        slept.append(pause)
        shop.clock.pass_(seconds=pause)

    with ThreadPoolExecutor(workers) if workers > 1 else AtOnce() as pool:
        Round(shop.arrivals, shop.clock() + timedelta(seconds=seconds), pool, sleep=sleep).run()
    return slept


def test_with_nothing_to_do_a_round_is_two_listings(shop: Shop) -> None:
    assert go(shop) == []
    assert shop.bucket.requests == [("list", "queue/"), ("list", "jobs/")]


def test_a_round_asks_again_within_seconds_until_the_vendor_has_finished(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, status("QUEUING"), status("PROCESSING"), FINISHED]
    shop.upload(HD, picture())
    assert sum(go(shop)) < 15
    assert shop.receipt(HD) is not None


def test_a_round_ends_when_its_time_is_up_and_leaves_the_rest_to_the_next(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    assert sum(go(shop, seconds=30)) <= 30
    assert shop.job(HD) is not None


def test_a_throttled_backlog_is_begun_in_the_order_it_came(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{name}.jpg" for name in "dacb"]
    shop.web.always = THROTTLED
    for upload in uploads:
        shop.upload(upload, picture())
        shop.clock.pass_(seconds=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=10)
    sent = len(shop.web.sent)
    go(shop, workers=1)
    assert all(shop.receipt(upload) for upload in uploads)
    assert shop.web.shown_keys("ImageURL")[sent:] == uploads


def test_one_knock_at_a_shut_door_is_enough_for_a_round(shop: Shop) -> None:
    shop.web.always = refused("InvalidApi.NotPurchase", 403)
    for name in range(40):
        shop.upload(f"uploads/general/common/{name}.jpg", picture())
    shop.clock.pass_(minutes=10)
    sent = len(shop.web.sent)
    go(shop)
    assert len(shop.web.sent) - sent <= 16, "no more than were under way when the first answer came"
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=10)
    go(shop)
    assert len([key for key in shop.keys("cutouts/") if key.endswith(".json")]) == 40


def test_news_of_an_upload_are_looked_at_when_its_job_is_over(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, FINISHED, SUBMITTED, FINISHED]
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    shop.clock.pass_(minutes=1)
    go(shop)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[HD].etag
    go(shop)
    assert shop.keys("jobs/") == []


def test_a_round_leaves_no_leases_over_what_is_past(shop: Shop) -> None:
    shop.web.answers = [THROTTLED]
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    go(shop)
    assert shop.keys("jobs/") == []


def test_a_lease_over_a_state_that_still_is_stays(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())
    found = shop.line.jobs.find(HD)
    assert found is not None
    shop.clock.pass_(minutes=1)
    assert shop.line.jobs.take(found) is not None
    assert shop.line.jobs.unfinished().leases == ()


def test_one_uploads_bug_does_not_hold_up_the_others_and_is_raised_in_the_end(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.bucket.put("uploads/general/common/bug.jpg", picture())
    shop.bucket.put(keys.sequel("uploads/general/common/bug.jpg"), b"{}")

    def bug(name: str, about: str) -> None:
        if (name, about) == ("look", "uploads/general/common/bug.jpg"):
            raise ZeroDivisionError

    shop.bucket.before = bug
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(minutes=1)
    with pytest.raises(ZeroDivisionError):
        go(shop)
    assert shop.receipt(COMMON) is not None


def test_a_job_that_nobody_survives_is_left_alone_and_the_log_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.answers = [SUBMITTED]
    shop.upload(HD, picture())

    def bug(*_: object) -> None:
        raise RuntimeError("a bug over every question")

    monkeypatch.setattr(shop.web, "send", bug)
    for _ in range(25):
        with suppress(RuntimeError):
            go(shop)
        shop.clock.pass_(minutes=3)
    assert shop.job(HD) is not None
    assert caplog.text.count("a bug over every question") == 20
    assert f"delete {keys.job(HD)}" in caplog.text


def test_a_job_in_trouble_waits_for_its_time(shop: Shop) -> None:
    shop.web.always = refused("InternalError", 500)
    shop.upload(COMMON, picture())
    sent = len(shop.web.sent)
    go(shop, seconds=0.5)
    assert len(shop.web.sent) == sent


def test_a_pair_that_waits_keeps_no_round_awake(shop: Shop) -> None:
    shop.upload(PAIR, picture())
    shop.clock.pass_(hours=2)
    go(shop)
    assert shop.receipt(PAIR) is not None
    assert keys.job(PAIR) not in shop.bucket.things
