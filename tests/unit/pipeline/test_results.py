"""Results are fetched while their links are valid; no other call is bought until they expire, and none while nothing
can be stored."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.errors import Misconfigured, Unavailable
from shared.jobs import keys
from shared.jobs.job import Fetching, Unstored, Waiting
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.pictures import picture
from tests.unit import damo_line, viapi_line
from tests.unit.fakes import FETCH_SECONDS, PNG, Shop
from tests.unit.pipeline.test_worker import go, settle_for
from tests.unit.until import until
from tests.unit.viapi_line import COMMON, LINK, VEHICLE, ok, refused

shop = viapi_line.shop


def test_a_failed_download_is_tried_again_without_paying_again(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert isinstance(job.stage, Fetching)
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 1)


def test_while_the_results_host_is_not_allowed_no_other_call_is_bought(shop: Shop) -> None:
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    shop.upload(COMMON, picture())
    for _ in range(30):
        shop.after(COMMON, minutes=11)
    assert len(shop.web.sent) == 1
    assert shop.receipt(COMMON) is None
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=11)  # the link is long dead
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_a_result_at_a_host_that_is_not_known_ends_in_a_failed_receipt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(url: str, hosts: tuple[str, ...]) -> None:
        raise Unavailable("ResultHostUnknown", "no address")

    monkeypatch.setattr(shop.web, "allow", unknown)
    shop.web.results[LINK] = Unavailable("ResultHostUnknown", "no address")
    shop.upload(COMMON, picture())
    for _ in range(20 * MAX_ATTEMPTS):
        if shop.job(COMMON):
            shop.after(COMMON, minutes=31)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_a_result_whose_link_has_died_is_made_again_and_counted(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    assert shop.job(COMMON) is not None
    del shop.web.results[LINK]
    shop.after(COMMON, minutes=31)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), "ResultExpired")
    shop.after(COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_results_that_never_arrive_end_in_a_failed_receipt(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultNotAnImage", "a page")
    shop.upload(COMMON, picture())
    until(lambda: not shop.job(COMMON), lambda: shop.after(COMMON, minutes=31), most=4 * MAX_ATTEMPTS)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)
    assert "ResultNotAnImage" in receipt.message


# ---------------------------------------------------------------- what cannot be stored until the operator acts


def photos(count: int) -> list[str]:
    return [f"uploads/general/common/{number:02}.jpg" for number in range(count)]


def stage_of(shop: Shop, key: str) -> str:
    job = shop.job(key)
    assert job is not None
    return job.stage.name


def all_are_done(shop: Shop, uploads: list[str]) -> bool:
    return all((receipt := shop.receipt(key)) and receipt.status == "done" for key in uploads)


def test_a_role_that_may_not_write_cutouts_costs_one_call_however_many_photos_come(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    uploads = photos(20)
    shop.bucket.unwritable = keys.CUTOUTS
    for key in uploads:
        shop.upload(key, picture())
    settle_for(shop, hours=3)
    assert len(shop.web.sent) == 1
    assert [stage_of(shop, key) for key in uploads] == ["unstored", *["waiting"] * 19]
    assert shop.keys(keys.CUTOUTS) == []
    job = shop.job(uploads[0])
    assert job is not None
    assert job.code == "AccessDenied"
    assert {record.levelname for record in caplog.records if "job_blocked" in record.getMessage()} == {"ERROR"}
    shop.bucket.unwritable = ""
    settle_for(shop, minutes=30)
    assert all_are_done(shop, uploads)
    assert len(shop.web.sent) == 21, "the link of the first one was dead"


def test_a_host_that_is_not_allowed_costs_one_call_however_many_photos_come(shop: Shop) -> None:
    uploads = photos(50)
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    for key in uploads:
        shop.upload(key, picture())
    settle_for(shop, hours=3)
    assert len(shop.web.sent) == 1
    del shop.web.results[LINK]
    settle_for(shop, minutes=30)
    assert all_are_done(shop, uploads)
    assert len(shop.web.sent) == 51


def test_what_can_be_stored_again_while_its_link_lives_is_not_bought_again(shop: Shop) -> None:
    uploads = photos(5)
    shop.bucket.unwritable = keys.CUTOUTS
    for key in uploads:
        shop.upload(key, picture())
    settle_for(shop, minutes=10)
    shop.bucket.unwritable = ""
    settle_for(shop, minutes=15)
    assert all_are_done(shop, uploads)
    assert len(shop.web.sent) == 5


def test_whether_a_result_can_be_stored_is_found_out_without_fetching_it(shop: Shop) -> None:
    shop.bucket.unwritable = keys.CUTOUTS
    shop.upload(COMMON, picture())
    shop.web.fetched.clear()
    settle_for(shop, minutes=20)
    assert ("check_write", Upload(COMMON).output_key("", "png")) in shop.bucket.requests
    assert shop.web.fetched == []


def test_another_capability_goes_on(shop: Shop) -> None:
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    shop.upload(COMMON, picture())
    shop.web.always = ok(Elements=[{"ImageURL": f"{LINK}2"}])
    shop.upload(VEHICLE, picture())
    assert all_are_done(shop, [VEHICLE])


def test_what_an_earlier_version_left_and_cannot_be_deleted_is_as_bad(shop: Shop) -> None:
    def keep(name: str, about: str) -> None:
        if name == "delete" and about.startswith(keys.CUTOUTS):
            raise Misconfigured("AccessDenied", "not without oss:DeleteObject")

    shop.upload(COMMON, picture())
    shop.bucket.before = keep
    shop.upload(COMMON, picture(800, 600))
    settle_for(shop, hours=3)
    assert (len(shop.web.sent), stage_of(shop, COMMON)) == (2, "unstored")
    shop.bucket.before = lambda name, about: None
    settle_for(shop, minutes=30)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.etag, receipt.attempts) == (shop.bucket.things[COMMON].etag, 2)


def test_a_photo_that_is_deleted_meanwhile_holds_nothing_up(shop: Shop) -> None:
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    shop.upload(COMMON, picture())
    del shop.bucket.things[COMMON]
    settle_for(shop, minutes=2)
    assert shop.job(COMMON) is None


# ---------------------------------------------------------------- a receipt that cannot be written


def refuse_receipts(shop: Shop) -> None:
    def refuse(name: str, about: str) -> None:
        if name in ("write", "check_write") and about.startswith(keys.CUTOUTS) and about.endswith(".json"):
            raise Misconfigured("AccessDenied", "not these")

    shop.bucket.before = refuse


def test_a_result_whose_receipt_cannot_be_written_is_never_bought_again(shop: Shop) -> None:
    refuse_receipts(shop)
    shop.upload(COMMON, picture())
    settle_for(shop, hours=3)  # its link is long dead, and it is stored
    assert stage_of(shop, COMMON) == "unstored"
    shop.bucket.before = lambda name, about: None
    settle_for(shop, minutes=30)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 1)


def test_a_refusal_of_the_vendors_that_cannot_be_written_is_asked_for_once_more_when_it_can_be(shop: Shop) -> None:
    uploads = photos(5)
    shop.bucket.unwritable = keys.CUTOUTS
    shop.web.always = refused("InvalidImage.Content")
    for key in uploads:
        shop.upload(key, picture())
    settle_for(shop, hours=3)
    assert len(shop.web.sent) == 1
    shop.bucket.unwritable = ""
    settle_for(shop, minutes=30)
    receipts = [shop.receipt(key) for key in uploads]
    assert [(receipt.status, receipt.attempts) for receipt in receipts if receipt] == [
        ("rejected", attempts) for attempts in (2, 1, 1, 1, 1)
    ]


def test_what_cannot_be_served_and_not_be_told_so_waits_with_the_reason(shop: Shop) -> None:
    shop.bucket.unwritable = keys.CUTOUTS
    shop.upload(COMMON, b"no picture at all")
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.lease_until) == (Unstored(None), "AccessDenied", None)
    shop.bucket.unwritable = ""
    settle_for(shop, minutes=2)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, shop.web.sent) == ("rejected", "NotAnImage", [])


# ---------------------------------------------------------------- results that take their time


def arrive_after(shop: Shop, took: float) -> list[float]:
    """Each result takes so many seconds to arrive; how long each was waited for."""
    waited: list[float] = []

    def arriving(seconds: float) -> None:
        waited.append(min(took, seconds))
        shop.clock.pass_(seconds=waited[-1])
        if seconds < took:
            raise Unavailable("ResultTooSlow", "it took too long to arrive")

    shop.web.arriving = arriving
    return waited


LINKS = [f"{LINK}{number}" for number in range(5)]


def test_slow_results_of_one_photo_are_fetched_in_as_many_runs_as_it_takes_and_each_once(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": link} for link in LINKS])
    shop.web.results = {link: PNG + link.encode() for link in LINKS}
    waited = arrive_after(shop, 30)
    shop.upload(VEHICLE, picture())
    assert (waited, stage_of(shop, VEHICLE)) == ([30, 30], "fetching")
    for runs in (2, 3):
        waited.clear()
        shop.resume(VEHICLE)
        assert sum(waited) <= FETCH_SECONDS, f"in run {runs}"
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, shop.web.fetched) == ("done", 1, LINKS)
    assert [shop.bucket.things[output.key].body for output in receipt.outputs] == [*shop.web.results.values()]


def test_what_arrived_is_not_fetched_again_when_the_next_one_does_not(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": link} for link in LINKS])
    waited = arrive_after(shop, 25)
    shop.upload(VEHICLE, picture())
    assert waited == [25, 25, 10]
    for _ in range(3):
        if shop.job(VEHICLE):
            shop.after(VEHICLE, minutes=1)
    assert all_are_done(shop, [VEHICLE])
    assert shop.web.fetched == [*LINKS[:3], *LINKS[2:], LINKS[4]]


def test_results_that_share_a_poll_share_its_time_and_the_rest_is_left_to_runs_of_their_own() -> None:
    vendor = damo_line.Vendor()
    shop = Shop(web=vendor)
    uploads = damo_line.crowd(shop, 4)
    waited = arrive_after(shop, 30)
    go(shop, seconds=1, workers=1)  # they are bought
    shop.clock.pass_(minutes=1)
    go(shop, seconds=1, workers=1)  # and polled
    assert waited == [30, 30]
    assert [stage_of(shop, key) for key in uploads if shop.job(key)] == ["fetching"] * 2
    settle_for(shop, minutes=1)
    assert damo_line.all_done(shop, uploads)
    assert len(vendor.calls) == 1


def test_a_photo_of_whose_results_one_shows_something_is_not_empty_whichever_run_fetched_it(shop: Shop) -> None:
    clear, blank = picture(form="PNG", mode="RGBA"), io.BytesIO()
    Image.new("RGBA", (30, 20), (9, 9, 9, 0)).save(blank, "PNG")
    shop.web.always = ok(Elements=[{"ImageURL": link} for link in LINKS[:2]])
    shop.web.results = {LINKS[0]: clear, LINKS[1]: blank.getvalue()}
    arrive_after(shop, FETCH_SECONDS)
    shop.upload(VEHICLE, picture())
    shop.resume(VEHICLE)
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert (receipt.status, receipt.code, len(receipt.outputs)) == ("done", "", 2)


def test_what_was_stored_of_results_whose_links_died_goes_before_they_are_bought_again(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": link} for link in LINKS])
    arrive_after(shop, FETCH_SECONDS)
    shop.upload(VEHICLE, picture())
    assert len(shop.keys(keys.CUTOUTS)) == 1
    shop.after(VEHICLE, minutes=31)
    assert (stage_of(shop, VEHICLE), shop.keys(keys.CUTOUTS)) == ("waiting", [])
