"""Ten pictures in one call: what waits is submitted together, and everyone is concluded alone."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from shared import keys
from shared.documents import Blocked, Claimed, Ready, Receipt, Ticketed, Waiting
from shared.errors import CutoutError, Unavailable
from shared.models import Reply, Request
from shared.pipeline import MAX_ATTEMPTS
from shared.providers.damo import Damo
from tests.fakes import Died, ScriptedWeb, Shop, is_question, shown_at
from tests.pictures import picture
from tests.test_rounds import go

FOLDER = "uploads/damo/background/"
PHOTO = picture()


def refused(code: int, status: int = 500) -> tuple[int, str]:
    return status, json.dumps({"code": code, "message": "said the vendor", "requestId": "R-9", "success": False})


THROTTLED = refused(23500004, 403)
PROCESSING = {"status": "PROCESSING"}


class Vendor(ScriptedWeb):
    """DAMO with everything in order, but for what a test says: what it takes is finished at the first question."""

    def __init__(self) -> None:
        super().__init__()
        self.bought: list[list[str]] = []
        """The pictures of each call that was accepted, in its order; tickets count them from 1."""
        self.culprits: set[str] = set()
        """Pictures for which a call is refused, whole."""
        self.breaks = ""
        """The picture over which it fails without a reason, and whole."""
        self.fates: dict[str, list[dict[str, str]]] = {}
        """What to say of a picture, question by question, before it is done."""
        self.dies_at = 0
        """The call, counted from 1, in which the caller's instance dies after the vendor has taken it."""

    def send(self, request: Request) -> Reply:
        if self.answers:
            return super().send(request)
        self.sent.append(request)
        assert isinstance(request.json, dict)
        data = request.json["data"]
        if is_question(request):
            return _ok(task_list=[self._fate(key) for key in self.bought[int(data["result_key"]) - 1]])
        shown = [shown_at(task["image"])[0] for task in data["task_list"]]
        if self.breaks in shown or self.culprits & set(shown):
            status, body = refused(23500000) if self.breaks in shown else refused(23500005, 400)
            return Reply(status, body.encode())
        self.bought.append(shown)
        if len(self.calls) == self.dies_at:
            raise Died
        return _ok(result_key=str(len(self.bought)))

    def _fate(self, key: str) -> dict[str, Any]:
        fates = self.fates.get(key)
        return dict(fates.pop(0)) if fates else {"status": "SUCCESS", "results": [f"https://x.alicdn.com/{key}.png"]}

    @property
    def calls(self) -> list[Request]:
        return [request for request in self.sent if not is_question(request)]

    @property
    def questions(self) -> list[str]:
        """The tickets that were asked for, in the order of the questions."""
        asked = [request.json for request in self.sent if is_question(request)]
        return [body["data"]["result_key"] for body in asked if isinstance(body, dict)]

    @property
    def times(self) -> Counter[str]:
        """How often each picture was bought."""
        return Counter(key for batch in self.bought for key in batch)


def _ok(**data: object) -> Reply:
    return Reply(200, json.dumps({"code": 0, "data": data, "requestId": "R-1", "success": True}).encode())


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def shop(vendor: Vendor) -> Shop:
    return Shop(web=vendor)


def crowd(shop: Shop, count: int, trouble: tuple[int, str] | CutoutError = THROTTLED) -> list[str]:
    """Uploads that wait, in the order in which they came, which is not that of their names; all are due."""
    uploads = [f"{FOLDER}{(number * 7) % count:02}.jpg" for number in range(count)]
    for upload in uploads:
        shop.web.answers = [trouble]
        shop.upload(upload, PHOTO)
        shop.clock.pass_(seconds=1)
    shop.web.sent.clear()
    shop.clock.pass_(minutes=10)
    return uploads


def told(shop: Shop, upload: str) -> Receipt:
    receipt = shop.receipt(upload)
    assert receipt is not None, f"{upload} has no receipt"
    return receipt


def all_done(shop: Shop, uploads: list[str]) -> bool:
    return {told(shop, upload).status for upload in uploads} == {"done"}


# ---------------------------------------------------------------- together


def test_what_waits_is_submitted_in_tens_in_the_order_in_which_it_came(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 23)
    go(shop, workers=1)
    assert vendor.bought == [uploads[:10], uploads[10:20], uploads[20:]]
    assert all_done(shop, uploads)
    go(shop)
    assert shop.keys("jobs/") == []


def test_one_question_is_asked_for_a_ticket_and_every_ticket_is_asked_for(shop: Shop, vendor: Vendor) -> None:
    crowd(shop, 23)
    go(shop, workers=1)
    assert vendor.questions == ["1", "2", "3"]


def test_each_picture_gets_the_result_at_its_own_place_in_the_answer(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 5)
    for upload in uploads:
        vendor.results[f"https://x.alicdn.com/{upload}.png"] = b"the cutout of " + upload.encode()
    go(shop)
    for upload in uploads:
        assert shop.bucket.things[keys.output(upload, "", "png")].body == b"the cutout of " + upload.encode()


def test_what_is_still_at_work_is_asked_for_again_when_the_others_are_concluded(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 3)
    vendor.fates[uploads[1]] = [PROCESSING]
    go(shop)
    assert all_done(shop, uploads)
    assert (vendor.questions, len(vendor.bought)) == (["1", "1"], 1)


def test_a_pair_without_its_mask_does_not_hold_up_the_pairs_that_are_complete(shop: Shop, vendor: Vendor) -> None:
    pairs = [f"uploads/damo/matting/{name}.jpg" for name in "abc"]
    for pair in pairs:
        shop.bucket.put(f"{pair}.mask.png", picture(form="PNG", mode="L"))
        vendor.answers = [THROTTLED]
        shop.upload(pair, PHOTO)
    del shop.bucket.things[f"{pairs[1]}.mask.png"]
    shop.clock.pass_(minutes=10)
    go(shop)
    assert vendor.bought == [[pairs[0], pairs[2]]]
    job = shop.job(pairs[1])
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(), "CompanionMissing", 0)


def test_the_two_capabilities_of_a_vendor_never_share_a_call(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 2)
    pair = "uploads/damo/matting/a.jpg"
    shop.bucket.put(f"{pair}.mask.png", picture(form="PNG", mode="L"))
    vendor.answers = [THROTTLED]
    shop.upload(pair, PHOTO)
    shop.clock.pass_(minutes=10)
    go(shop, workers=1)
    assert vendor.bought == [uploads, [pair]]


# ---------------------------------------------------------------- one of them is in trouble


def test_a_task_that_failed_is_tried_again_alone(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.fates[uploads[4]] = [{"status": "FAILED", "code": "23500011", "message": "overworked"}]
    go(shop)
    shop.clock.pass_(minutes=1)
    go(shop)
    assert vendor.bought == [uploads, [uploads[4]]]
    assert all_done(shop, uploads)
    assert [told(shop, upload).attempts for upload in uploads] == [1, 1, 1, 1, 2, 1, 1, 1, 1, 1]


def test_a_task_that_failed_for_its_picture_is_refused_and_no_other(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.fates[uploads[4]] = [{"status": "FAILED", "code": "23500007", "message": "no picture"}]
    go(shop)
    assert [told(shop, upload).status for upload in uploads].count("rejected") == 1
    assert (told(shop, uploads[4]).code, len(vendor.bought)) == ("23500007", 1)


def test_of_a_refused_batch_every_picture_is_tried_alone_and_the_culprit_refused(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.culprits = {uploads[3]}
    go(shop)
    assert len(vendor.calls) == 1 + 10
    assert vendor.bought == [[upload] for upload in uploads if upload != uploads[3]]
    assert told(shop, uploads[3]).status == "rejected"
    assert all_done(shop, [upload for upload in uploads if upload != uploads[3]])
    assert {told(shop, upload).attempts for upload in uploads} == {1}, "the refused batch was not billed"


def test_what_was_bought_alone_is_recorded_before_the_next_is_tried(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.culprits, vendor.dies_at = {uploads[0]}, 1 + 6
    with suppress(Died):
        go(shop)
    assert shop.receipt(uploads[0]), "refused, and told so"
    shop.clock.pass_(minutes=3)
    go(shop)
    assert all_done(shop, uploads[1:])
    assert vendor.times == {upload: 2 if upload == uploads[5] else 1 for upload in uploads[1:]}
    assert told(shop, uploads[1]).attempts == 1
    assert told(shop, uploads[5]).attempts == 2


def test_a_task_whose_link_was_not_read_is_shown_a_copy_alone(shop: Shop, vendor: Vendor) -> None:
    uploads = [f"{FOLDER}{name}.jpg" for name in ("a", "鞋", "b")]
    for upload in uploads:
        vendor.answers = [THROTTLED]
        shop.upload(upload, PHOTO)
        shop.clock.pass_(seconds=1)
    vendor.fates[uploads[1]] = [{"status": "FAILED", "code": "23500006", "message": "bad address"}]
    shop.clock.pass_(minutes=10)
    go(shop)
    assert all_done(shop, uploads)
    first, second = vendor.bought
    assert (first, len(second), second[0].startswith("work/")) == (uploads, 1, True)
    assert shop.keys("work/") == []


@pytest.mark.parametrize(("trouble", "attempts"), [(THROTTLED, 0), (refused(23500003, 403), 0), (refused(23500000), 1)])
def test_a_batch_in_trouble_counts_for_everyone_what_may_have_been_billed(
    shop: Shop, vendor: Vendor, trouble: tuple[int, str], attempts: int
) -> None:
    uploads = crowd(shop, 10)
    vendor.answers = [trouble]
    go(shop, seconds=0.5)
    jobs = [shop.job(upload) for upload in uploads]
    assert [job.attempts for job in jobs if job] == [attempts] * 10
    shop.clock.pass_(minutes=11)
    go(shop)
    assert {told(shop, upload).attempts for upload in uploads} == {attempts + 1}


def test_a_batch_that_was_turned_away_comes_back_as_one(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.answers = [THROTTLED]
    go(shop)
    assert (len(vendor.calls), vendor.bought) == (2, [uploads])


def test_a_photo_that_breaks_every_call_does_not_take_its_batch_down_with_it(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    vendor.breaks = uploads[3]
    for _ in range(10):
        go(shop)
        shop.clock.pass_(minutes=1)
    assert all_done(shop, [upload for upload in uploads if upload != uploads[3]])
    assert (told(shop, uploads[3]).status, told(shop, uploads[3]).attempts) == ("failed", MAX_ATTEMPTS)


def test_a_photo_deleted_while_its_batch_waits_is_not_paid_for(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    gone = uploads.pop(4)
    del shop.bucket.things[gone]
    go(shop)
    assert vendor.bought == [uploads]
    assert all_done(shop, uploads)
    go(shop)
    assert (shop.receipt(gone), shop.keys("jobs/")) == (None, [])


def test_a_photo_overwritten_while_its_batch_waits_is_shown_as_it_is_now(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    etag = shop.bucket.put(uploads[4], picture(800, 600))
    go(shop)
    shop.arrivals.arrived(uploads[4], etag)  # its event comes late
    assert told(shop, uploads[4]).etag == etag
    assert set(vendor.times.values()) == {1}


def test_a_photo_overwritten_while_the_vendor_works_is_new_work_and_its_batch_is_not(
    shop: Shop, vendor: Vendor
) -> None:
    uploads = crowd(shop, 3)
    vendor.fates = {upload: [PROCESSING] for upload in uploads}
    go(shop, seconds=0.5)
    shop.upload(uploads[1], picture(800, 600))
    for _ in range(3):
        shop.clock.pass_(minutes=1)
        go(shop)
    assert vendor.times == {upload: 2 if upload == uploads[1] else 1 for upload in uploads}
    assert told(shop, uploads[1]).etag == shop.bucket.things[uploads[1]].etag


def test_a_bug_over_one_photo_is_raised_and_costs_the_others_of_its_batch_nothing(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)

    def bug(name: str, about: str) -> None:
        if (name, about) == ("look", uploads[9]):
            raise ZeroDivisionError

    shop.bucket.before = bug
    with pytest.raises(ZeroDivisionError):
        go(shop)
    shop.clock.pass_(minutes=1)
    go(shop)
    assert vendor.bought == [uploads[:9]]
    assert all_done(shop, uploads[:9])
    assert {told(shop, upload).attempts for upload in uploads[:9]} == {1}


def test_a_job_that_cannot_be_taken_up_does_not_hold_up_the_others_of_its_batch(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 3)

    def fault(name: str, about: str) -> None:
        if name == "create" and about.startswith(keys.job(uploads[2]).removesuffix(".json")):
            raise Unavailable("OssFailed", "a moment")

    shop.bucket.before = fault
    with pytest.raises(Unavailable, match="a moment"):
        go(shop)
    assert vendor.bought == [uploads[:2]]
    shop.bucket.before = lambda name, about: None
    shop.clock.pass_(minutes=1)
    go(shop)
    assert all_done(shop, uploads)
    assert set(vendor.times.values()) == {1}


def test_a_ticket_that_could_not_be_saved_costs_no_other_one(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)

    def fault(name: str, about: str) -> None:
        if vendor.bought and (name, about) == ("write", keys.job(uploads[2])):
            raise Unavailable("OssFailed", "a moment")

    shop.bucket.before = fault
    with pytest.raises(Unavailable, match="a moment"):
        go(shop)
    shop.bucket.before = lambda name, about: None
    shop.clock.pass_(minutes=3)
    go(shop)
    assert all_done(shop, uploads)
    assert vendor.times == {upload: 2 if upload == uploads[2] else 1 for upload in uploads}
    assert told(shop, uploads[2]).attempts == 2


# ---------------------------------------------------------------- tickets and time


def test_a_ticket_that_outlives_what_the_vendor_may_take_is_bought_again_a_bounded_number_of_times(
    shop: Shop, vendor: Vendor
) -> None:
    uploads = crowd(shop, 3)
    vendor.fates = {uploads[1]: [PROCESSING] * 1000}
    for _ in range(60):
        go(shop, seconds=0.5)
        shop.clock.pass_(hours=5)
    assert all_done(shop, [uploads[0], uploads[2]])
    receipt = told(shop, uploads[1])
    assert (receipt.status, receipt.code, receipt.attempts) == ("failed", "TicketLost", MAX_ATTEMPTS)
    assert vendor.times == {uploads[0]: 1, uploads[1]: MAX_ATTEMPTS, uploads[2]: 1}


def test_a_question_that_fails_for_less_than_a_day_loses_no_ticket_of_the_batch(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 10)
    go_on = refused(23500000)
    vendor.fates = {upload: [PROCESSING] for upload in uploads}
    go(shop, seconds=0.5)
    for _ in range(23):
        vendor.answers = [go_on]
        shop.clock.pass_(hours=1)
        go(shop, seconds=0.5)
    assert all(isinstance(job.stage, Ticketed) for job in map(shop.job, uploads) if job)
    vendor.answers = []
    for _ in range(2):
        shop.clock.pass_(minutes=11)
        go(shop)
    assert all_done(shop, uploads)
    assert vendor.times == dict.fromkeys(uploads, 1)


def test_a_question_that_fails_for_a_day_loses_the_ticket(shop: Shop, vendor: Vendor) -> None:
    (upload,) = crowd(shop, 1)
    go(shop, seconds=0.5)
    vendor.answers = [refused(23500000)]
    shop.clock.pass_(hours=24, seconds=1)
    go(shop, seconds=0.5)
    job = shop.job(upload)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(), "TicketLost", 1)


@pytest.mark.parametrize("age", [29, 31])
def test_picwish_has_thirty_seconds_for_what_it_did_not_finish_at_once(age: int) -> None:
    shop = Shop()
    upload = "uploads/picwish/cutout/a.jpg"
    shop.web.always = (200, json.dumps({"status": 200, "data": {"task_id": "T-1", "state": 4}}))
    shop.upload(upload, PHOTO)
    shop.clock.pass_(seconds=age)
    found = shop.line.jobs.find(upload)
    assert found is not None
    shop.line.resume(found)
    job = shop.job(upload)
    assert job is not None
    assert isinstance(job.stage, Ticketed if age <= 30 else Waiting)


# ---------------------------------------------------------------- a vendor that was not set up


def test_uploads_for_a_vendor_whose_settings_are_missing_wait_until_they_are_set(
    shop: Shop, vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    ready = shop.providers["damo"]
    shop.providers["damo"] = Damo("", "", 2, "/submit")
    upload = f"{FOLDER}a.jpg"
    shop.upload(upload, PHOTO)
    job = shop.job(upload)
    assert job is not None
    assert (job.stage, job.attempts) == (Blocked(), 0)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "DAMO_ENDPOINT and DAMO_APPCODE" in str(vars(line))
    assert vendor.sent == []
    shop.providers["damo"] = ready
    shop.clock.pass_(minutes=10)
    go(shop)
    assert told(shop, upload).attempts == 1


def test_what_no_setting_could_help_is_refused_before_any_is_missed(shop: Shop) -> None:
    shop.providers["damo"] = Damo("", "", 2, "/submit")
    shop.upload(f"{FOLDER}a.jpg", picture(300, 300))
    assert told(shop, f"{FOLDER}a.jpg").code == "PictureTooSmall"


def test_a_shut_door_does_not_keep_what_was_bought_from_being_fetched(shop: Shop, vendor: Vendor) -> None:
    shut = refused(23500003, 403)
    uploads = crowd(shop, 11, shut)
    vendor.fates = {upload: [PROCESSING] for upload in uploads}
    vendor.answers = [shut]  # the ten that came first
    go(shop, seconds=0.5, workers=1)
    assert vendor.bought == [], "nor does the eleventh knock"
    vendor.answers = []
    shop.upload(f"{FOLDER}late.jpg", PHOTO)
    shop.clock.pass_(minutes=11)
    vendor.answers = [shut]
    go(shop, seconds=0.5, workers=1)
    assert vendor.questions == ["1"]
    assert told(shop, f"{FOLDER}late.jpg").status == "done"


# ---------------------------------------------------------------- crashes


def live_through(point: int) -> tuple[int, int, Shop, Vendor]:
    """Three photos wait; the instance that makes the `point`th request of the next round dies; settle comes by again.

    Returns how many requests there were, how many pictures were bought of which the bucket did not know,
    and those two.
    """
    vendor = Vendor()
    shop = Shop(web=vendor)
    uploads = crowd(shop, 3)
    made = unknown = 0

    def die(name: str, about: str) -> None:
        nonlocal made, unknown
        made += 1
        if made == point + 1:
            jobs = [shop.job(upload) for upload in uploads if vendor.times[upload]]
            unknown = sum(job is not None and not isinstance(job.stage, Ticketed | Ready) for job in jobs)
            raise Died

    shop.bucket.before = die
    for _ in range(4):
        with suppress(Died):
            go(shop, workers=1)
        shop.clock.pass_(minutes=3)
    return made, unknown, shop, vendor


@pytest.mark.parametrize("point", range(live_through(-1)[0]))
def test_wherever_an_instance_dies_over_a_batch_all_of_it_is_concluded(point: int) -> None:
    _, unknown, shop, vendor = live_through(point)
    uploads = [f"{FOLDER}{number:02}.jpg" for number in range(3)]
    assert all_done(shop, uploads)
    assert shop.keys("jobs/") == []
    assert vendor.times.total() == 3 + unknown
    for upload in uploads:
        assert vendor.times[upload] <= told(shop, upload).attempts <= 2


def test_an_instance_that_dies_over_a_batch_again_and_again_pays_for_it_a_bounded_number_of_times(
    shop: Shop, vendor: Vendor
) -> None:
    uploads = crowd(shop, 3)

    def die(name: str, about: str) -> None:
        job = shop.job(uploads[0])
        if name == "write" and job and isinstance(job.stage, Claimed) and len(vendor.bought) > calls:
            raise Died

    shop.bucket.before = die
    for _ in range(3 * MAX_ATTEMPTS):
        calls = len(vendor.bought)
        with suppress(Died):
            go(shop, workers=1)
        shop.clock.pass_(minutes=3)
    assert {told(shop, upload).status for upload in uploads} == {"failed"}
    assert vendor.times == dict.fromkeys(uploads, MAX_ATTEMPTS)
