"""Ten pictures in one call: waiting jobs are submitted together, and each is concluded alone."""

from __future__ import annotations

from shared.jobs.job import Waiting
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import damo_line
from tests.unit.damo_line import PHOTO, PROCESSING, THROTTLED, Vendor, all_done, crowd
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import go

shop, vendor = damo_line.shop, damo_line.vendor


def test_what_waits_is_submitted_in_tens_in_the_order_in_which_it_came(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 23)
    go(shop, workers=1)
    assert vendor.bought == [uploads[:10], uploads[10:20], uploads[20:]]
    assert all_done(shop, uploads)
    go(shop)
    assert shop.keys("jobs/") == []


def test_each_ticket_is_polled_once(shop: Shop, vendor: Vendor) -> None:
    crowd(shop, 23)
    go(shop, workers=1)
    assert vendor.polls_sent == ["1", "2", "3"]


def test_each_picture_gets_the_result_at_its_own_place_in_the_answer(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 5)
    for upload in uploads:
        vendor.results[f"https://x.alicdn.com/{upload}.png"] = b"the cutout of " + upload.encode()
    go(shop)
    for upload in uploads:
        assert shop.bucket.things[Upload(upload).output_key("", "png")].body == b"the cutout of " + upload.encode()


def test_a_task_that_is_not_finished_is_polled_again_after_the_others_are_concluded(shop: Shop, vendor: Vendor) -> None:
    uploads = crowd(shop, 3)
    vendor.poll_answers[uploads[1]] = [PROCESSING]
    go(shop)
    assert all_done(shop, uploads)
    assert (vendor.polls_sent, len(vendor.bought)) == (["1", "1"], 1)


def test_a_pair_without_its_mask_does_not_hold_up_the_pairs_that_are_complete(shop: Shop, vendor: Vendor) -> None:
    pairs = [f"uploads/damo/matting/{name}.jpg" for name in "abc"]
    for pair in pairs:
        shop.bucket.put(f"{pair}.mask.png", picture(form="PNG", mode="L"))
        shop.not_accepted(pair, PHOTO, THROTTLED)
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
    shop.not_accepted(pair, PHOTO, THROTTLED)
    shop.clock.pass_(minutes=10)
    go(shop, workers=1)
    assert vendor.bought == [uploads, [pair]]
