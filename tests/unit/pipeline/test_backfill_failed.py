"""`{"failed": true}`: what failed is tried again when a person orders it, once, wherever an instance dies."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest

from shared.errors import Misconfigured
from shared.jobs import keys
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.backfill_order import Order
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Died, Shop
from tests.unit.pipeline import test_backfill
from tests.unit.pipeline.test_backfill import ALL, Invocations, backfill, numbered, queued, settle
from tests.unit.until import until
from tests.unit.viapi_line import COMMON, LINK, ok, refused

shop = viapi_line.shop
functions = test_backfill.functions
AGAIN = Order(failed=True)
BROKEN = refused("InternalError", 500)


def has_failed(shop: Shop, upload: str) -> bool:
    receipt = shop.receipt(upload)
    return receipt is not None and receipt.status == "failed" and shop.job(upload) is None


def come_by(shop: Shop) -> None:
    shop.clock.pass_(minutes=11)
    settle(shop)


def fails(shop: Shop, *uploads: str) -> None:
    """Let uploads end with receipts that say so; from then on the vendor serves."""
    shop.web.always = BROKEN
    for upload in uploads:
        shop.upload(upload, picture())
        until(partial(has_failed, shop, upload), partial(come_by, shop), most=20)
    shop.clock.pass_(seconds=1)
    shop.web.sent.clear()
    shop.web.always = ok(ImageURL=LINK)


def receipt_of(shop: Shop, upload: str) -> Receipt:
    receipt = shop.receipt(upload)
    assert receipt is not None
    return receipt


def test_what_failed_is_tried_again_when_that_is_ordered_and_not_otherwise(shop: Shop, functions: Invocations) -> None:
    fails(shop, COMMON)
    assert backfill(shop, functions).found == 0
    report = backfill(shop, functions, AGAIN)
    assert (report.found, report.set_going, report.queued, report.left) == (1, 1, 1, 0)
    assert "queued for settle: 1, since their receipts say failed" in report.message
    assert (functions.told, queued(shop)) == ([], [COMMON])
    assert shop.bucket.requests.count(("write", keys.WAKE)) == 1
    assert receipt_of(shop, COMMON).status == "failed", "until there is another one"
    settle(shop)
    receipt = receipt_of(shop, COMMON)
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 1)
    shop.clock.pass_(seconds=1)
    assert backfill(shop, functions, AGAIN).found == 0


def test_receipts_that_do_not_say_failed_are_left_alone(shop: Shop, functions: Invocations) -> None:
    rejected, done, forged = (f"uploads/general/common/{name}.jpg" for name in ("rejected", "done", "forged"))
    fails(shop, COMMON)
    shop.upload(rejected, b"no picture")
    shop.upload(done, picture())
    shop.bucket.put(forged, picture())
    shop.clock.pass_(seconds=1)
    for key in (rejected, done):  # a receipt of the same second as its upload would count as none
        shop.bucket.put(Upload(key).receipt_key, shop.bucket.things[Upload(key).receipt_key].body)
    shop.bucket.put(Upload(forged).receipt_key, b'{"status": "failed"}')
    (new,) = numbered(1)
    shop.bucket.put(new, picture())
    assert backfill(shop, functions, AGAIN).found == 2
    assert (functions.keys(), queued(shop)) == ([new], [COMMON])


def test_a_dry_run_prices_them_and_a_second_order_passes_them_over(shop: Shop, functions: Invocations) -> None:
    hd = "uploads/portrait/hd-body/a.jpg"
    fails(shop, hd)
    before = dict(shop.bucket.things)
    report = backfill(shop, functions, Order(failed=True, dry_run=True))
    assert (report.found, report.price_yuan) == (1, 0.007)
    assert backfill(shop, functions, Order(failed=True, confirm_over=0)).set_going == 0
    assert shop.bucket.things == before
    assert backfill(shop, functions, AGAIN).set_going == 1
    again = backfill(shop, functions, AGAIN)
    assert (again.found, again.passed_over) == (0, {"under_way": 1})


def test_what_fails_again_has_another_receipt_and_no_sixth_call(shop: Shop, functions: Invocations) -> None:
    fails(shop, COMMON)
    first = receipt_of(shop, COMMON)
    backfill(shop, functions, AGAIN)
    shop.web.always = BROKEN
    deaths = 0

    def dies_before_the_job_is_removed(name: str, key: str) -> None:
        nonlocal deaths
        if (name, key, deaths) == ("delete", Upload(COMMON).job_key, 0):
            deaths += 1
            raise Died

    shop.bucket.before = dies_before_the_job_is_removed
    for _ in range(MAX_ATTEMPTS + 2):
        shop.clock.pass_(minutes=11)
        with suppress(Died):
            settle(shop)
    receipt = receipt_of(shop, COMMON)
    assert deaths == 1
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("failed", MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert receipt.finished_at > first.finished_at
    assert shop.job(COMMON) is None
    assert backfill(shop, functions, AGAIN).found == 1, "it can be ordered once more"


class DiesAt:
    """Request number `point`, from 0, is the last of the instance that sends it; -1: none. At every request, the upload
    has a receipt or a job."""

    def __init__(self, shop: Shop, point: int) -> None:
        self.last: tuple[str, str] | None = None
        self._shop = shop
        self._left = point + 1

    def __call__(self, name: str, key: str) -> None:
        assert {Upload(COMMON).receipt_key, Upload(COMMON).job_key} & set(self._shop.bucket.things), (name, key)
        self._left -= 1
        if self._left == 0:
            self.last = name, key
            raise Died


def test_wherever_backfill_or_settle_dies_it_is_tried_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pipeline.backfill.AT_ONCE", 1)
    points = 0
    while one_death(points):
        points += 1
    assert points > 20


def one_death(point: int) -> tuple[str, str] | None:
    """Where it was; None when all was done before."""
    shop = Shop()
    fails(shop, COMMON)
    dies = shop.bucket.before = DiesAt(shop, point)
    with suppress(Died):
        backfill(shop, Invocations(), AGAIN)
        settle(shop)
    shop.bucket.before = DiesAt(shop, -1)
    for _ in range(2):
        shop.clock.pass_(minutes=11)
        settle(shop)
        backfill(shop, Invocations(), AGAIN)
    settle(shop)
    receipt, calls = receipt_of(shop, COMMON), len(shop.web.sent)
    assert receipt.status == "done", dies.last
    assert calls == 1 or (calls == 2 and dies.last == ("write", Upload(COMMON).job_key)), "its purchase is not recorded"
    assert calls <= receipt.attempts <= 2
    assert shop.keys(keys.JOBS) == []
    return dies.last


def test_a_version_that_comes_meanwhile_is_served_in_its_place(shop: Shop, functions: Invocations) -> None:
    fails(shop, COMMON)
    backfill(shop, functions, AGAIN)
    shop.upload(COMMON, picture(640, 480))
    settle(shop)
    assert receipt_of(shop, COMMON).etag == shop.bucket.things[COMMON].etag
    assert len(shop.web.sent) == 1


def test_where_an_order_of_the_other_kind_stopped_does_not_count(shop: Shop, functions: Invocations) -> None:
    fails(shop, COMMON)
    stopped = f'{{"last": "uploads/z", "set_going": 9, "at": "{shop.clock().isoformat()}"}}'
    shop.bucket.put(keys.progress(keys.UPLOADS), stopped.encode())
    assert backfill(shop, functions, AGAIN).set_going == 1


def test_a_receipt_that_may_not_be_read_is_told_and_holds_up_no_other(shop: Shop, functions: Invocations) -> None:
    (other,) = numbered(1)
    fails(shop, COMMON, other)

    def denied(name: str, key: str) -> None:
        if (name, key) == ("read", Upload(other).receipt_key):
            raise Misconfigured("AccessDenied", "OSS refuses GetObject")

    shop.bucket.before = denied
    report = backfill(shop, functions, AGAIN)
    assert (report.found, report.set_going, report.passed_over) == (1, 1, {"unreadable_receipt": 1})
    assert "passed over: 1 (the receipt could not be read)" in report.message
    assert backfill(shop, functions, ALL).message_zh == "找到 0 个；已开始处理：0 个；已跳过：1 个（正在处理）"
