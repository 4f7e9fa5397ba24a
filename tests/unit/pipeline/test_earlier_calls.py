"""A receipt carries the calls of what stood in its place before: none is lost, and none counted twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

import pytest

from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from shared.pipeline.backfill_order import Order
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Died, Shop, is_poll
from tests.unit.pipeline.test_backfill import Invocations, backfill, settle
from tests.unit.pipeline.test_backfill_failed import fails
from tests.unit.until import until
from tests.unit.viapi_line import COMMON, HD, LINK, SUBMITTED, ok, refused, status

shop = viapi_line.shop
BROKEN, REFUSED = refused("InternalError", 500), refused("InvalidImage.Content")
DONE = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
VERSIONS = [picture(*size) for size in ((300, 200), (320, 240), (640, 480), (800, 600))]


def receipt_of(shop: Shop, upload: str = COMMON) -> Receipt:
    receipt = shop.receipt(upload)
    assert receipt is not None
    return receipt


def calls(shop: Shop) -> int:
    return sum(not is_poll(request) for request in shop.web.sent)


def told(shop: Shop, upload: str = COMMON) -> int:
    return sum(receipt_of(shop, upload).calls_by_month.values())


def come_by(shop: Shop) -> None:
    shop.clock.pass_(minutes=11)
    settle(shop)


def finish(shop: Shop, upload: str = COMMON) -> None:
    until(lambda: shop.job(upload) is None, partial(come_by, shop), most=20)


def test_each_version_adds_its_calls_in_the_month_of_its_receipt(shop: Shop) -> None:
    shop.upload(COMMON, VERSIONS[0])
    assert receipt_of(shop).earlier_calls == {}
    shop.clock.pass_(days=20)
    shop.upload(COMMON, VERSIONS[1])
    assert (receipt_of(shop).attempts, receipt_of(shop).earlier_calls) == (1, {"2026-11": 1})
    shop.upload(COMMON, VERSIONS[2])
    assert (receipt_of(shop).attempts, receipt_of(shop).earlier_calls) == (1, {"2026-11": 1, "2026-12": 1})
    assert receipt_of(shop).calls_by_month == {"2026-11": 1, "2026-12": 2}


def test_so_does_a_version_that_was_called_for_in_vain_until_it_was_overwritten(shop: Shop) -> None:
    shop.upload(COMMON, VERSIONS[0])
    shop.clock.pass_(seconds=5)
    shop.web.always = BROKEN
    shop.upload(COMMON, VERSIONS[1])
    for _ in range(2):
        shop.after(COMMON, minutes=11)
    shop.web.always = ok(ImageURL=LINK)
    shop.clock.pass_(days=20)
    shop.upload(COMMON, VERSIONS[2])
    receipt = receipt_of(shop)
    assert (receipt.status, receipt.attempts, receipt.earlier_calls) == ("done", 1, {"2026-11": 1, "2026-12": 3})
    assert told(shop) == calls(shop)


@pytest.mark.parametrize("answer", [DONE, status("PROCESS_FAILED", ErrorCode="InvalidImage.Content")])
def test_so_does_one_that_was_overwritten_while_the_vendor_worked_though_nobody_was_told(
    shop: Shop, answer: tuple[int, str]
) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, VERSIONS[0])
    etag = shop.bucket.put(HD, VERSIONS[1])
    shop.web.polls = answer
    shop.after(HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert (job.stage.name, shop.receipt(HD)) == ("waiting", None), "nothing of the old version is stored"
    shop.web.polls = DONE
    finish(shop, HD)
    receipt = receipt_of(shop, HD)
    assert (receipt.status, receipt.etag, receipt.attempts, receipt.earlier_calls) == ("done", etag, 1, {"2026-11": 1})
    assert told(shop, HD) == calls(shop) == 2


def test_the_tries_before_a_backfills_are_in_the_receipt_that_takes_their_place(shop: Shop) -> None:
    fails(shop, COMMON)
    backfill(shop, Invocations(), Order(failed=True))
    settle(shop)
    receipt = receipt_of(shop)
    assert (receipt.status, receipt.attempts, receipt.earlier_calls) == ("done", 1, {"2026-11": MAX_ATTEMPTS})


def test_a_version_that_waits_long_counts_the_receipt_before_it_once(shop: Shop) -> None:
    shop.upload(COMMON, VERSIONS[0])
    shop.clock.pass_(seconds=5)
    shop.web.answers = [BROKEN] * (MAX_ATTEMPTS - 1)
    shop.upload(COMMON, VERSIONS[1])
    finish(shop)
    receipt = receipt_of(shop)
    assert (receipt.attempts, receipt.earlier_calls) == (MAX_ATTEMPTS, {"2026-11": 1})


def test_a_receipt_that_comes_back_to_its_own_version_gets_the_calls_for_the_one_between(shop: Shop) -> None:
    shop.upload(COMMON, VERSIONS[0])
    first = receipt_of(shop)
    shop.clock.pass_(seconds=5)
    shop.web.answers = [BROKEN]
    shop.upload(COMMON, VERSIONS[1])
    shop.clock.pass_(minutes=11)
    shop.bucket.before = dies_at("delete", Upload(COMMON).job_key)
    with suppress(Died):
        shop.upload(COMMON, VERSIONS[0])
    finish(shop)
    again = receipt_of(shop)
    assert again == first.model_copy(update={"earlier_calls": {"2026-11": 1}, "job": again.job})
    assert told(shop) == calls(shop) == 2


def dies_at(*request: str) -> Callable[[str, str], None]:
    """The first such request is the last of the instance that sends it."""
    left = [request]

    def before(name: str, key: str) -> None:
        if (name, key) in left:
            left.clear()
            raise Died

    return before


@pytest.mark.parametrize("answer", [ok(ImageURL=LINK), REFUSED])
@pytest.mark.parametrize("version", [1, 2])
def test_a_receipt_whose_writer_died_before_its_job_was_removed_is_counted_once(
    shop: Shop, answer: tuple[int, str], version: int
) -> None:
    """Whether that version stays, or is overwritten before anybody takes over the job."""
    shop.upload(COMMON, VERSIONS[0])
    shop.clock.pass_(seconds=5)
    shop.web.always = answer
    shop.bucket.before = dies_at("delete", Upload(COMMON).job_key)
    with suppress(Died):
        shop.upload(COMMON, VERSIONS[1])
    assert shop.job(COMMON) is not None
    assert receipt_of(shop).earlier_calls == {"2026-11": 1}
    shop.upload(COMMON, VERSIONS[version])
    finish(shop)
    assert receipt_of(shop).etag == shop.bucket.things[COMMON].etag
    assert told(shop) == calls(shop) == version + 1


@pytest.mark.parametrize("answer", [ok(ImageURL=LINK), REFUSED])
def test_wherever_an_instance_dies_over_a_version_that_is_then_overwritten_no_call_is_lost(
    answer: tuple[int, str],
) -> None:
    deaths = [*iter(partial(lambda points: one_death(next(points), answer), count()), None)]
    assert {("write", Upload(COMMON).receipt_key), ("delete", Upload(COMMON).job_key)} <= {*deaths}


def one_death(point: int, answer: tuple[int, str]) -> tuple[str, str] | None:
    """Where it was; None when all was done before. The vendor answers so from the second version on."""
    shop, died = Shop(), list[tuple[str, str]]()
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, VERSIONS[0])
    shop.clock.pass_(seconds=5)

    def before(name: str, key: str) -> None:
        nonlocal point
        point -= 1
        if point == -1:
            died.append((name, key))
            raise Died

    shop.bucket.before, shop.web.always = before, answer
    with suppress(Died):
        shop.upload(COMMON, VERSIONS[1])
    shop.bucket.before = lambda name, key: None
    job, told_before = shop.job(COMMON), shop.receipt(COMMON)
    is_told = told_before is not None and told_before.earlier_calls != {}
    nobody_knows = job is not None and job.stage.name == "claimed" and not is_told
    shop.upload(COMMON, VERSIONS[2])
    finish(shop)
    assert calls(shop) <= told(shop) <= calls(shop) + nobody_knows, died
    return died[0] if died else None


def test_a_forged_receipt_of_absurd_calls_harms_nobody(shop: Shop) -> None:
    shop.upload(COMMON, VERSIONS[0])
    forged = receipt_of(shop).model_dump(mode="json") | {"attempts": 10**4000}
    forged["earlier_calls"] = {"2026-11": 10**4000, "never": 1, "2026-10": 2}
    shop.bucket.put(Upload(COMMON).receipt_key, json.dumps(forged).encode())
    shop.clock.pass_(seconds=5)
    shop.upload(COMMON, VERSIONS[1])
    assert (receipt_of(shop).status, receipt_of(shop).earlier_calls) == ("done", {"2026-10": 2})
