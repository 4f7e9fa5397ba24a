"""The line with a bucket in memory and a scripted vendor: every stage, every way out of it."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from shared import keys
from shared.documents import Blocked, Claimed, Ready, Ticketed, Waiting
from shared.errors import Busy, Misconfigured, Unavailable
from shared.pipeline import MAX_ATTEMPTS
from tests.fakes import PNG, START, Died, Shop
from tests.pictures import picture

COMMON = "uploads/general/common/shoe.jpg"
HD = "uploads/general/hd-common/shoe.jpg"
VEHICLE = "uploads/general/vehicle/street.jpg"
PAIR = "uploads/general/refine-mask/shoe.jpg"
MASK = f"{PAIR}.mask.png"

LINK = "http://results.example/1.png?Expires=1&Signature=x"


def ok(**data: Any) -> tuple[int, str]:
    return 200, json.dumps({"RequestId": "R-1", "Data": data})


def refused(code: str, status: int = 400) -> tuple[int, str]:
    return status, json.dumps({"RequestId": "R-9", "Code": code, "Message": "said the vendor."})


def status(status: str, **more: str) -> tuple[int, str]:
    return ok(Status=status, JobId="R-1", **more)


SUBMITTED = (200, json.dumps({"RequestId": "R-1", "Message": "submitted"}))
THROTTLED = refused("Throttling.User")


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.web.always = ok(ImageURL=LINK)
    return shop


def resume(shop: Shop, key: str) -> None:
    """What settle does when a job falls due."""
    found = shop.line.jobs.find(key)
    assert found is not None
    shop.line.resume(found)


def after(shop: Shop, key: str, **time: float) -> None:
    shop.clock.pass_(**time)
    resume(shop, key)


# ---------------------------------------------------------------- a photo goes in, its cutout comes out


def test_a_photo_becomes_a_cutout_and_a_receipt_and_no_job_is_left(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, receipt.request_id) == ("done", 1, "R-1")
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert [output.key for output in receipt.outputs] == ["cutouts/general/common/shoe.jpg.png"]
    assert shop.bucket.things["cutouts/general/common/shoe.jpg.png"].body == PNG
    assert shop.keys("jobs/") == []


def test_seven_requests_go_to_oss_for_a_photo_that_fits(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    assert shop.bucket.requests == [
        ("create", "jobs/general/common/shoe.jpg.json"),
        ("look", COMMON),
        ("read", "cutouts/general/common/shoe.jpg.json"),
        ("write", "jobs/general/common/shoe.jpg.json"),
        ("store", "cutouts/general/common/shoe.jpg.png"),
        ("write", "cutouts/general/common/shoe.jpg.json"),
        ("delete", "jobs/general/common/shoe.jpg.json"),
    ]


def test_the_receipt_is_written_after_every_output_and_before_the_job_goes(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}, {"ImageURL": LINK}])
    shop.upload(VEHICLE, picture())
    names = [name for name, _ in shop.bucket.requests]
    assert names[names.index("store") :] == ["store", "store", "write", "delete"]


def test_options_come_from_folders_and_the_objects_own_metadata_wins(shop: Shop) -> None:
    shop.upload("uploads/general/common/return-form=mask/a.jpg", picture())
    assert shop.web.sent[-1].query["ReturnForm"] == "mask"
    shop.upload("uploads/general/common/return-form=mask/b.jpg", picture(), **{"return-form": "crop", "camera": "x"})
    assert shop.web.sent[-1].query["ReturnForm"] == "crop"
    receipt = shop.receipt("uploads/general/common/return-form=mask/b.jpg")
    assert receipt is not None
    assert receipt.options == {"return-form": "crop"}


def test_several_elements_become_numbered_pictures(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK, "OriginImageURL": "x"}, {"ImageURL": LINK + "2"}])
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert [(output.label, output.key) for output in receipt.outputs] == [
        ("0", "cutouts/general/vehicle/street.jpg.0.png"),
        ("1", "cutouts/general/vehicle/street.jpg.1.png"),
    ]


def test_a_picture_that_does_not_fit_is_reshaped_by_oss_and_the_receipt_says_so(shop: Shop) -> None:
    shop.upload(COMMON, picture(3000, 1500))
    _, process = shop.web.shown("ImageURL")
    receipt = shop.receipt(COMMON)
    assert process == "image/resize,m_fixed,w_1999,h_999/format,jpg/quality,Q_90"
    assert receipt is not None
    assert receipt.reshaped == process


def test_a_size_that_stands_deep_in_the_file_is_read_where_it_stands_and_no_further_than_the_file_goes(
    shop: Shop,
) -> None:
    # A frame header behind 300 kB of thumbnails and profiles.
    plain = picture()
    segments = b"".join(b"\xff\xe2" + (60_000).to_bytes(2, "big") + bytes(59_998) for _ in range(5))
    shop.upload(COMMON, plain[:2] + segments + plain[2:])
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"
    assert ("window", COMMON) in shop.bucket.requests


def test_a_vendor_that_finds_nothing_is_not_asked_again(shop: Shop) -> None:
    shop.web.always = ok(Elements=[])
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert (receipt.status, receipt.code, len(shop.web.sent)) == ("rejected", "EmptyResult", 1)


def test_a_picture_in_which_nothing_shows_is_a_result_that_says_so(shop: Shop) -> None:
    shop.web.results[LINK] = picture(form="PNG", mode="RGBA")
    blank = io.BytesIO()
    Image.new("RGBA", (30, 20), (9, 9, 9, 0)).save(blank, "PNG")
    shop.upload("uploads/general/common/clear.jpg", picture())
    shop.web.results[LINK] = blank.getvalue()
    shop.upload(COMMON, picture())
    clear, empty = shop.receipt("uploads/general/common/clear.jpg"), shop.receipt(COMMON)
    assert clear is not None
    assert empty is not None
    assert (clear.status, clear.code) == ("done", "")
    assert (empty.status, empty.code, len(empty.outputs)) == ("done", "EmptyResult", 1)


def test_a_box_on_the_receipt_is_in_pixels_of_the_upload_as_it_is_stored(shop: Shop) -> None:
    key = "uploads/portrait/head/people.jpg"
    shop.web.always = ok(Elements=[{"ImageURL": LINK, "X": 100, "Y": 0, "Width": 50, "Height": 40}])
    shop.upload(key, picture(400, 300, orientation=6))  # shown upright it is 300 × 400
    receipt = shop.receipt(key)
    assert receipt is not None
    (output,) = receipt.outputs
    assert (output.x, output.y, output.width, output.height) == (0, 150, 40, 50)


def test_a_sky_may_have_any_size_and_is_shown_as_a_picture_of_its_own(shop: Shop) -> None:
    key = "uploads/scenery/change-sky/bay.jpg"
    shop.upload(f"{key}.sky.jpg", picture(3000, 1000))
    shop.upload(key, picture())
    assert shop.web.shown("ImageURL") == (key, "")
    assert shop.web.shown("ReplaceImageURL") == (
        f"{key}.sky.jpg",
        "image/resize,m_fixed,w_1999,h_666/format,jpg/quality,Q_90",
    )


# ---------------------------------------------------------------- what cannot be served


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("uploads/general/x.jpg", picture(), "InvalidPath"),
        ("uploads/general/comon/x.jpg", picture(), "UnknownCapability"),
        ("uploads/general/common/retrun-form=mask/x.jpg", picture(), "UnknownOption"),
        ("uploads/general/common/return-form=whitebk/x.jpg", picture(), "UnknownOption"),
        ("uploads/general/common/Return-Form=mask/x.jpg", picture(), "InvalidOption"),
        ("uploads/general/vehicle/x.jpg.0", picture(), "AmbiguousName"),
        ("uploads/general/common/x.jpg", b"no picture at all", "NotAnImage"),
        ("uploads/general/common/x.jpg", picture(20, 20), "PictureTooSmall"),
    ],
)
def test_what_cannot_be_served_gets_a_sentence_and_is_never_paid_for(
    shop: Shop, key: str, body: bytes, code: str
) -> None:
    shop.upload(key, body)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", code, 0)
    assert receipt.etag == shop.bucket.things[key].etag
    assert shop.web.sent == []
    assert shop.keys("jobs/") == []


def test_the_vendors_refusal_is_on_the_receipt_with_its_code_and_request(shop: Shop) -> None:
    shop.web.always = refused("InvalidImage.Content")
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.request_id, receipt.attempts) == (
        "rejected",
        "InvalidImage.Content",
        "R-9",
        1,
    )


@pytest.mark.parametrize("key", ["uploads/general/common/.DS_Store", "uploads/general/common/_x.jpg", "uploads/a/"])
def test_what_is_not_a_picture_by_its_name_is_passed_over(shop: Shop, key: str) -> None:
    shop.upload(key, picture())
    assert shop.bucket.requests == []


def test_an_upload_deleted_before_its_turn_leaves_nothing(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    del shop.bucket.things[COMMON]
    after(shop, COMMON, minutes=1)
    shop.line.jobs.sweep(shop.line.jobs.unfinished().leases)
    assert shop.bucket.things == {}


# ---------------------------------------------------------------- told twice, late, out of order


def test_an_event_told_again_is_not_paid_for_again(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    shop.clock.pass_(hours=1)
    shop.arrivals.arrived(COMMON, shop.bucket.things[COMMON].etag)
    assert len(shop.web.sent) == 1
    assert shop.keys("jobs/") == []


def test_an_event_told_again_while_the_first_is_under_way_leaves_it_alone(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    first = shop.line.jobs.claim(COMMON, etag)
    assert first is not None
    shop.arrivals.arrived(COMMON, etag)
    assert shop.job(COMMON) == first
    assert shop.keys("jobs/") == [keys.job(COMMON), keys.sequel(COMMON)], "it may have been uploaded again, as it was"
    assert shop.web.sent == []


def test_a_late_event_that_finds_a_re_upload_of_the_same_bytes_does_not_swallow_it(shop: Shop) -> None:
    old, new = picture(), picture(800, 600)
    shop.upload(COMMON, old)
    late = shop.bucket.things[COMMON].etag
    shop.upload(COMMON, new)

    def again(name: str, key: str) -> None:
        if name == "delete":
            shop.bucket.before = lambda name, key: None
            shop.upload(COMMON, old)

    shop.bucket.before = again
    shop.arrivals.arrived(COMMON, late)
    shop.arrivals.look_again(COMMON)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == late


def test_a_new_version_is_new_work_and_replaces_what_the_old_one_left(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}, {"ImageURL": LINK + "2"}])
    shop.upload(VEHICLE, picture())
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(VEHICLE, picture(800, 600))
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[VEHICLE].etag
    assert shop.keys("cutouts/") == [
        "cutouts/general/vehicle/street.jpg.json",
        "cutouts/general/vehicle/street.jpg.png",
    ]


def test_a_late_event_of_an_old_version_changes_nothing(shop: Shop) -> None:
    old = shop.bucket.put(COMMON, picture())
    shop.upload(COMMON, picture(800, 600))
    before = dict(shop.bucket.things)
    shop.arrivals.arrived(COMMON, old)
    assert shop.bucket.things == before
    assert len(shop.web.sent) == 1


def test_a_new_version_that_comes_while_the_old_one_is_bought_is_looked_at_afterwards(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    assert keys.sequel(HD) in shop.bucket.things
    shop.web.always = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
    after(shop, HD, minutes=1)
    shop.web.always = SUBMITTED
    shop.arrivals.look_again(HD)
    assert keys.sequel(HD) not in shop.bucket.things
    job = shop.job(HD)
    assert job is not None
    assert job.etag == shop.bucket.things[HD].etag


def test_a_new_version_that_comes_while_the_old_one_waits_takes_its_place(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture(800, 600))
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert [key for key in shop.keys("jobs/") if not key.endswith(".lease")] == []


def test_uploading_what_was_refused_once_more_asks_for_another_try(shop: Shop) -> None:
    shop.web.always = refused("InvalidImage.Content")
    shop.upload(COMMON, picture())
    shop.arrivals.arrived(COMMON, shop.bucket.things[COMMON].etag)
    assert len(shop.web.sent) == 1, "the same event again is no new upload"
    shop.clock.pass_(minutes=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"


def test_somebody_elses_file_in_the_receipts_place_is_replaced(shop: Shop) -> None:
    shop.bucket.put(keys.receipt(COMMON), b"{}")
    shop.upload(COMMON, picture())
    assert shop.receipt(COMMON) is not None


# ---------------------------------------------------------------- waiting, blocked, failing


def test_a_throttled_upload_waits_and_drains_and_counts_one_attempt(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.attempts) == (Waiting(), "Throttling.User", 0)
    for _ in range(20):
        after(shop, COMMON, minutes=11)
    shop.web.always = ok(ImageURL=LINK)
    after(shop, COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 1)


def test_the_pause_grows_and_is_never_over_ten_minutes(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    pauses = []
    for _ in range(12):
        job = shop.job(COMMON)
        assert job is not None
        pauses.append(job.due - shop.clock())
        after(shop, COMMON, minutes=11)
    assert pauses[0] <= timedelta(seconds=5) < pauses[3] < pauses[-1] <= timedelta(minutes=10)


@pytest.mark.parametrize("code", ["InvalidApi.NotPurchase", "InvalidImage.Region", "Unauthorized"])
def test_what_needs_a_person_is_blocked_with_one_error_line_and_drains_by_itself(
    shop: Shop, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.web.always = refused(code, 403)
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code) == (Blocked(), code)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    for _ in range(MAX_ATTEMPTS + 1):
        after(shop, COMMON, minutes=11)
    shop.web.answers = [Unavailable("NoAnswer", "a hiccup just then")]
    shop.web.always = ok(ImageURL=LINK)
    after(shop, COMMON, minutes=11)
    after(shop, COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2), "what was turned away at the door was not bought"


def test_an_unknown_code_is_tried_a_bounded_number_of_times_and_then_fails(shop: Shop) -> None:
    shop.web.always = refused("Sorry.Something", 500)
    shop.upload(COMMON, picture())
    while shop.job(COMMON):
        after(shop, COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("failed", "Sorry.Something", MAX_ATTEMPTS)
    assert len(shop.web.sent) == MAX_ATTEMPTS


def test_a_vendor_out_of_reach_is_waited_for_as_long_as_it_takes(shop: Shop) -> None:
    shop.web.always = Busy("VendorUnreachable", "not reached")
    shop.upload(COMMON, picture())
    for _ in range(3 * MAX_ATTEMPTS):
        after(shop, COMMON, minutes=11)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.attempts) == (Waiting(), 0)


def test_a_call_without_an_answer_may_have_been_bought_and_is_counted(shop: Shop) -> None:
    shop.web.answers = [Unavailable("NoAnswer", "timed out")]
    shop.upload(COMMON, picture())
    after(shop, COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_a_retired_action_that_the_vendor_forgot_names_its_substitute(shop: Shop) -> None:
    shop.web.always = refused("InvalidAction.NotFound", 404)
    shop.upload(VEHICLE, picture())
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert receipt.status == "rejected"
    assert "general/common" in receipt.message


# ---------------------------------------------------------------- asynchronous


def test_an_asynchronous_job_keeps_its_ticket_and_settle_concludes_it(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Ticketed(ticket="R-1", since=START)
    shop.web.answers = [status("PROCESSING"), status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))]
    after(shop, HD, minutes=1)
    assert shop.job(HD) is not None
    after(shop, HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, receipt.price_yuan) == ("done", 1, 0.007)
    assert [request.form["JobId"] for request in shop.web.sent[1:]] == ["R-1", "R-1"]


@pytest.mark.parametrize("trouble", [THROTTLED, refused("InternalError", 500), Busy("VendorUnreachable", "x")])
def test_trouble_while_asking_keeps_the_ticket(shop: Shop, trouble: Any) -> None:
    shop.web.answers = [SUBMITTED, trouble]
    shop.upload(HD, picture())
    after(shop, HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert isinstance(job.stage, Ticketed)
    assert job.attempts == 1


def test_a_failed_job_of_a_bad_picture_is_refused(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, status("PROCESS_FAILED", ErrorCode="InvalidImage.Content", ErrorMessage="bad")]
    shop.upload(HD, picture())
    after(shop, HD, minutes=1)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", "InvalidImage.Content")


@pytest.mark.parametrize("fate", [status("TIMEOUT_FAILED"), status("LIMIT_RETRY_FAILED"), status("PROCESS_SUCCESS")])
def test_a_job_the_vendor_gave_up_is_submitted_again(shop: Shop, fate: Any) -> None:
    shop.web.answers = [SUBMITTED, fate, SUBMITTED]
    shop.upload(HD, picture())
    after(shop, HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Waiting()
    after(shop, HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert (isinstance(job.stage, Ticketed), job.attempts) == (True, 2)


@pytest.mark.parametrize("code", ["ServiceUnavailable", "Throttling.User", "InvalidApi.NotPurchase"])
def test_an_accepted_job_that_always_fails_is_not_submitted_for_ever(shop: Shop, code: str) -> None:
    shop.web.always = SUBMITTED
    shop.web.asked = status("PROCESS_FAILED", ErrorCode=code, ErrorMessage="given up")
    shop.upload(HD, picture())
    for _ in range(4 * MAX_ATTEMPTS):
        if shop.job(HD):
            after(shop, HD, minutes=11)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_a_ticket_the_vendor_no_longer_knows_is_submitted_again(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED, refused("InvalidParameter")]
    shop.upload(HD, picture())
    after(shop, HD, minutes=1)
    job = shop.job(HD)
    assert job is not None
    assert job.stage == Waiting()


def test_a_job_that_never_ends_is_given_up_after_a_day(shop: Shop) -> None:
    shop.web.answers = [SUBMITTED]
    shop.web.always = status("PROCESSING")
    shop.upload(HD, picture())
    after(shop, HD, hours=25)
    job = shop.job(HD)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), "TicketLost")


@pytest.mark.parametrize("answer", [(200, "{}"), refused("InternalError", 500), (502, "<html>"), THROTTLED])
def test_a_vendor_that_never_tells_what_became_of_a_ticket_is_not_asked_for_ever(shop: Shop, answer: Any) -> None:
    shop.web.always = SUBMITTED
    shop.web.asked = answer
    shop.upload(HD, picture())
    for _ in range(6 * 26):
        after(shop, HD, minutes=10)
    job = shop.job(HD)
    assert job is not None
    assert job.attempts >= 2
    for _ in range(6 * 26 * MAX_ATTEMPTS):
        if shop.job(HD):
            after(shop, HD, minutes=10)
    receipt = shop.receipt(HD)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


# ---------------------------------------------------------------- results


def test_a_failed_download_is_tried_again_without_paying_again(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    job = shop.job(COMMON)
    assert job is not None
    assert isinstance(job.stage, Ready)
    del shop.web.results[LINK]
    after(shop, COMMON, minutes=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts, len(shop.web.sent)) == ("done", 1, 1)


def test_while_the_results_host_is_not_allowed_nothing_more_is_bought(shop: Shop) -> None:
    shop.web.results[LINK] = Misconfigured("ResultHost", "not allowed")
    shop.upload(COMMON, picture())
    for _ in range(30):
        after(shop, COMMON, minutes=11)
    assert len(shop.web.sent) == 1
    assert shop.receipt(COMMON) is None
    del shop.web.results[LINK]
    after(shop, COMMON, minutes=11)  # the link is long dead
    after(shop, COMMON, minutes=11)
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
            after(shop, COMMON, minutes=31)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)


def test_a_result_whose_link_has_died_is_made_again_and_counted(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultBroken", "broke off")
    shop.upload(COMMON, picture())
    assert shop.job(COMMON) is not None
    del shop.web.results[LINK]
    after(shop, COMMON, minutes=31)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), "ResultExpired")
    after(shop, COMMON, minutes=11)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)


def test_results_that_never_arrive_end_in_a_failed_receipt(shop: Shop) -> None:
    shop.web.results[LINK] = Unavailable("ResultNotAnImage", "a page")
    shop.upload(COMMON, picture())
    while shop.job(COMMON):
        after(shop, COMMON, minutes=31)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", MAX_ATTEMPTS)
    assert "ResultNotAnImage" in receipt.message


# ---------------------------------------------------------------- two pictures


@pytest.mark.parametrize("order", [(PAIR, MASK), (MASK, PAIR)])
def test_whichever_of_two_pictures_comes_last_starts_the_work(shop: Shop, order: tuple[str, str]) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    bodies = {PAIR: picture(), MASK: picture(form="PNG", mode="L")}
    shop.upload(order[0], bodies[order[0]])
    assert shop.web.sent == []
    shop.upload(order[1], bodies[order[1]])
    assert shop.web.shown("ImageURL")[0] == PAIR
    assert shop.web.shown("MaskImageURL")[0] == MASK
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.status == "done"
    assert shop.receipt(MASK) is None
    for key in shop.keys("jobs/"):  # the mask's own note ends when its time comes
        if key.endswith(".json"):
            after(shop, keys.upload_of(key), hours=2)
    assert [key for key in shop.keys("jobs/") if key.endswith(".json")] == []
    assert shop.receipt(MASK) is None


@pytest.mark.parametrize(("key", "code"), [(PAIR, "CompanionMissing"), (MASK, "PictureMissing")])
def test_one_picture_of_a_pair_waits_an_hour_and_is_then_told_what_is_missing(shop: Shop, key: str, code: str) -> None:
    shop.upload(key, picture())
    after(shop, key, minutes=30)
    job = shop.job(key)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), code)
    after(shop, key, minutes=31)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", code)


def test_a_second_picture_that_comes_after_the_refusal_is_still_served(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    after(shop, PAIR, minutes=61)
    shop.upload(MASK, picture(form="PNG", mode="L"))
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.status == "done"


def test_a_lone_mask_is_noted_although_an_instance_died_over_it(shop: Shop) -> None:
    etag = shop.bucket.put(MASK, picture(form="PNG", mode="L"))

    def die(name: str, key: str) -> None:
        if (name, key) == ("look", PAIR):
            raise Died

    shop.bucket.before = die
    with pytest.raises(Died):
        shop.arrivals.arrived(MASK, etag)
    shop.bucket.before = lambda name, key: None
    shop.arrivals.arrived(MASK, etag)
    shop.clock.pass_(minutes=3)
    resume(shop, PAIR)
    for upload in (PAIR, MASK):
        shop.arrivals.look_again(upload)
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


@pytest.mark.parametrize("trouble", [Unavailable("OssFailed", "503"), Misconfigured("AccessDenied", "403")])
def test_a_lone_mask_is_noted_although_oss_faltered_over_it(shop: Shop, trouble: Exception) -> None:
    def falter(name: str, key: str) -> None:
        if (name, key) == ("look", PAIR):
            shop.bucket.before = lambda name, key: None
            raise trouble

    shop.bucket.before = falter
    shop.upload(MASK, picture(form="PNG", mode="L"))
    after(shop, PAIR, minutes=1)
    shop.arrivals.look_again(MASK)
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


def test_a_mask_beside_an_empty_picture_is_a_lone_one(shop: Shop) -> None:
    shop.bucket.put(PAIR, b"")
    shop.upload(MASK, picture(form="PNG", mode="L"))
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


def test_a_complaint_written_while_the_picture_came_is_taken_back(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.clock.pass_(minutes=61)

    def come(name: str, key: str) -> None:
        if (name, key) == ("write", keys.receipt(MASK)):
            shop.bucket.before = lambda name, key: None
            shop.upload(PAIR, picture())

    shop.bucket.before = come
    resume(shop, MASK)
    assert shop.receipt(PAIR) is not None
    assert shop.receipt(MASK) is None


def test_a_pair_that_waits_long_keeps_no_growing_list(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    for _ in range(20):
        after(shop, PAIR, minutes=11)
    job = shop.job(PAIR)
    assert job is not None
    assert len(job.replaces) == 1


def test_a_mask_replaced_while_another_is_looked_at_is_looked_at_afterwards(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.upload(MASK, picture(form="PNG", mode="L"))
    etag = shop.bucket.put(MASK, picture(form="PNG", mode="1"))
    first = shop.line.jobs.claim(PAIR, "")  # the event of a mask has the image's job in hand
    assert first is not None
    shop.arrivals.arrived(MASK, etag)
    assert keys.sequel(PAIR) in shop.bucket.things


def test_an_own_mask_without_its_picture_is_no_picture_even_beside_a_folders_mask(shop: Shop) -> None:
    shop.upload("uploads/general/refine-mask/_mask.png", picture(form="PNG", mode="L"))
    shop.upload(MASK, picture(form="PNG", mode="L"))
    assert shop.web.sent == []
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


def test_a_folders_new_mask_is_new_work_for_what_was_done_with_the_old_one(shop: Shop) -> None:
    folder_mask = "uploads/general/refine-mask/_mask.png"
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(folder_mask, picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    shop.upload(folder_mask, picture(form="PNG", mode="1"))
    shop.arrivals.look_again(PAIR)
    assert len(shop.web.sent) == 2


def test_a_masks_complaint_that_its_picture_is_missing_ends_when_the_pair_is_served(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(MASK, picture(form="PNG", mode="L"))
    after(shop, MASK, minutes=61)
    assert shop.receipt(MASK) is not None
    shop.upload(PAIR, picture())
    assert shop.receipt(PAIR) is not None
    assert shop.receipt(MASK) is None


def test_a_mask_that_is_no_picture_is_told_apart_from_its_picture(shop: Shop) -> None:
    shop.upload(PAIR, picture())
    shop.upload(MASK, b"hello")
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.message.startswith("the mask: ")


def test_another_mask_is_new_work(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.upload(MASK, picture(form="PNG", mode="1"))
    assert len(shop.web.sent) == 2


def test_a_folders_mask_wakes_the_pictures_that_waited_for_one(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.upload("uploads/general/refine-mask/_mask.png", picture(form="PNG", mode="L"))
    assert keys.sequel(PAIR) in shop.bucket.things
    shop.arrivals.look_again(PAIR)
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.status == "done"
    assert keys.sequel(PAIR) not in shop.bucket.things


def test_a_mask_of_another_size_is_refused_with_both_sizes(shop: Shop) -> None:
    shop.upload(PAIR, picture(640, 480))
    shop.upload(MASK, picture(320, 240))
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert "320 × 240" in receipt.message
    assert "640 × 480" in receipt.message


# ---------------------------------------------------------------- staging


def test_a_link_the_vendor_cannot_read_is_shown_again_from_a_copy_with_a_plain_name(shop: Shop) -> None:
    shop.web.answers = [refused("InvalidImage.URL")]
    key = "uploads/general/common/红鞋 1.jpg"
    shop.upload(key, picture())
    shown, _ = shop.web.shown("ImageURL")
    assert shown.startswith("work/")
    assert shown.isascii()
    receipt = shop.receipt(key)
    assert receipt is not None
    assert receipt.status == "done"
    assert shop.keys("work/") == []


@pytest.mark.parametrize(("key", "calls"), [(COMMON, 1), ("uploads/general/common/鞋.jpg", 2)])
def test_a_link_that_no_copy_helps_is_refused(shop: Shop, key: str, calls: int) -> None:
    shop.web.always = refused("IllegalUrlParameter")
    shop.upload(key, picture())
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, len(shop.web.sent)) == ("rejected", calls)
    assert shop.keys("work/") == []


def test_copies_that_a_lifecycle_rule_took_are_made_again(shop: Shop) -> None:
    key = "uploads/general/common/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), refused("InvalidApi.NotPurchase", 403)]
    shop.upload(key, picture())
    (copy,) = shop.keys("work/")
    del shop.bucket.things[copy]
    shown = []
    shop.bucket.before = lambda name, about: shown.append(about) if name == "stage" else None
    after(shop, key, hours=30)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, shown, shop.keys("work/")) == ("done", [copy], [])


def test_a_new_version_begins_with_a_clean_slate(shop: Shop) -> None:
    shop.web.always = refused("InternalError", 500)
    shop.upload(COMMON, picture())
    for _ in range(MAX_ATTEMPTS - 2):
        after(shop, COMMON, minutes=11)
    shop.upload(COMMON, picture(800, 600))
    job = shop.job(COMMON)
    assert job is not None
    assert (job.attempts, job.tries) == (1, 1)


def test_an_accepted_job_whose_link_could_not_be_read_is_shown_a_copy_too(shop: Shop) -> None:
    key = "uploads/general/hd-common/鞋.jpg"
    shop.web.answers = [
        SUBMITTED,
        status("PROCESS_FAILED", ErrorCode="InvalidImage.URL", ErrorMessage="bad link"),
        SUBMITTED,
        status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK})),
    ]
    shop.upload(key, picture())
    after(shop, key, minutes=1)
    assert shop.web.shown("ImageUrl")[0].startswith("work/")
    after(shop, key, minutes=1)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("done", 2)
    assert shop.keys("work/") == []


def test_the_copy_of_a_mask_that_was_replaced_is_not_shown(shop: Shop) -> None:
    pair = "uploads/general/refine-mask/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), THROTTLED]
    shop.upload(pair, picture())
    shop.upload(f"{pair}.mask.png", picture(form="PNG", mode="L"))
    copies = shop.keys("work/")
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(f"{pair}.mask.png", picture(form="PNG", mode="1"))
    assert len(copies) == 2
    assert shop.web.shown("MaskImageURL")[0] == f"{pair}.mask.png"
    assert shop.keys("work/") == []


def test_copies_of_a_version_that_is_gone_are_not_shown(shop: Shop) -> None:
    key = "uploads/general/common/鞋.jpg"
    shop.web.answers = [refused("InvalidImage.URL"), THROTTLED]
    shop.upload(key, picture())
    (copy,) = shop.keys("work/")
    shop.upload(key, picture(800, 600))
    assert shop.web.shown("ImageURL")[0] == key
    assert copy not in shop.bucket.things


# ---------------------------------------------------------------- crashes and contenders


def effects() -> int:
    shop = Shop()
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    return len(shop.bucket.requests)


@pytest.mark.parametrize("point", range(effects()))
def test_wherever_an_instance_dies_the_result_arrives(shop: Shop, point: int) -> None:
    left = point

    def die(name: str, key: str) -> None:
        nonlocal left
        if left == 0:
            left = -1
            raise Died
        left -= 1

    etag = shop.bucket.put(COMMON, picture())
    shop.bucket.before = die
    with pytest.raises(Died):
        shop.arrivals.arrived(COMMON, etag)
    shop.arrivals.arrived(COMMON, etag)  # Function Compute tries again at once
    shop.clock.pass_(minutes=3)
    if shop.job(COMMON):
        resume(shop, COMMON)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"
    assert shop.job(COMMON) is None
    lost = point == 3  # between the call and its record: nobody can know
    assert len(shop.web.sent) == (2 if lost else 1)
    assert receipt.attempts >= len(shop.web.sent)


def test_an_instance_that_dies_in_every_call_ends_in_a_failed_receipt(shop: Shop) -> None:
    def die(name: str, key: str) -> None:
        if name == "write" and key == keys.job(COMMON) and shop.web.sent and len(shop.web.sent) > calls:
            raise Died

    calls = 0
    etag = shop.bucket.put(COMMON, picture())
    shop.bucket.before = die
    with pytest.raises(Died):
        shop.arrivals.arrived(COMMON, etag)
    for _ in range(3 * MAX_ATTEMPTS):
        calls = len(shop.web.sent)
        shop.clock.pass_(minutes=3)
        with suppress(Died):
            if shop.job(COMMON):
                resume(shop, COMMON)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.code, len(shop.web.sent)) == ("failed", "NoRecord", MAX_ATTEMPTS)


def test_what_is_no_job_in_a_jobs_place_is_removed_and_the_upload_served(shop: Shop) -> None:
    shop.bucket.put(keys.job(COMMON), b"hello")
    shop.upload(COMMON, picture())
    shop.arrivals.look_again(COMMON)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"


def test_a_copied_receipt_does_not_choose_what_is_deleted(shop: Shop) -> None:
    other = "uploads/general/common/other.jpg"
    shop.upload(other, picture())
    copied = shop.bucket.things[keys.receipt(other)]
    shop.bucket.things[keys.receipt(COMMON)] = copied
    shop.upload(COMMON, picture(800, 600))
    assert keys.output(other, "", "png") in shop.bucket.things


def test_a_stale_claim_is_taken_over_once(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    assert shop.line.jobs.claim(COMMON, etag) is not None
    shop.clock.pass_(minutes=3)
    found = shop.line.jobs.find(COMMON)
    assert found is not None
    taken = [shop.line.jobs.take(found) for _ in range(3)]
    assert [job is not None for job in taken] == [True, False, False]
    assert shop.job(COMMON) == taken[0]
    assert taken[0] is not None
    assert (taken[0].stage, taken[0].attempts) == (Claimed(), 1)


def test_whoever_reads_a_job_that_has_moved_on_leaves_it_alone(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    found = shop.line.jobs.find(COMMON)
    assert found is not None
    shop.web.always = ok(ImageURL=LINK)
    shop.line.resume(found)
    for lease in shop.keys("jobs/"):
        del shop.bucket.things[lease]  # long swept, and this reader is very slow
    assert shop.line.resume(found) == []
    assert len(shop.web.sent) == 2
    assert shop.receipt(COMMON) is not None


def test_a_dead_takers_turn_passes_to_the_next(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(COMMON, picture())
    shop.clock.pass_(minutes=1)
    found = shop.line.jobs.find(COMMON)
    assert found is not None
    shop.bucket.create(keys.lease(keys.job(COMMON), found.etag, 0), b'"2026-11-21T08:02:00Z"')
    assert shop.line.resume(found) == []
    shop.clock.pass_(minutes=2)
    assert shop.line.resume(found) != []


def test_a_claim_whose_answer_was_lost_is_still_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    create = shop.bucket.create
    monkeypatch.setattr(shop.bucket, "create", lambda key, body: create(key, body) and False)
    assert shop.line.jobs.claim(COMMON, "E") is not None


def test_a_result_of_ours_brought_back_is_passed_over_with_an_error_line(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR")
    shop.upload(COMMON, picture())
    ours = shop.bucket.things[keys.output(COMMON, "", "png")]
    looped = "uploads/general/common/looped.png"
    shop.bucket.things[looped] = ours  # as a copy is: with its metadata
    shop.arrivals.arrived(looped, ours.etag)
    assert (len(shop.web.sent), shop.receipt(looped), shop.job(looped)) == (1, None, None)
    assert "x-oss-meta-oss-cutout" in caplog.text
    assert looped in caplog.text
