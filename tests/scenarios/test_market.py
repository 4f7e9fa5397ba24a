"""The whole line in the cloud in a box, to the two vendors of the market: short links, tasks that go on, tens."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from PIL import Image

from shared.jobs import keys
from shared.jobs.job import Blocked, Job
from shared.jobs.upload import Upload
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.box import Cloud
from tests.cloud.vendor import Vendor
from tests.scenarios.shop import Shop, photo, subject_share, wait_for

LOGO = {"x": 20, "y": 30, "width": 200, "height": 90}
PHOTO = photo("PNG")
SMALL = photo("PNG", size=(480, 420))


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Time runs faster here: settle comes by every second."""
    with Cloud(timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


def test_picwish_is_shown_a_public_copy_that_is_gone_when_it_is_done(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/picwish/cutout/output-type=1/红鞋.png", PHOTO))
    assert (receipt.status, receipt.code) == ("done", "")
    assert [output.label for output in receipt.outputs] == ["image", "mask"]
    assert 0.1 < subject_share(shop.picture(receipt)) < 0.9
    assert shop.picture(receipt, 1).mode == "L"
    asked = [request for request in shop.cloud.oss.requests if request.key.startswith("work/")]
    assert [request.operation for request in asked] == ["CopyObject", "GetObject", "DeleteObject"]
    assert [request.access_key_id == "" for request in asked] == [False, True, False], "nothing is signed"
    assert list(shop.bucket.list("work/")) == []


def test_what_picwish_is_still_at_is_asked_for_by_settle(shop: Shop) -> None:
    key = "uploads/picwish/cutout/slow.png"
    fault = shop.cloud.picwish.fault("slow-job", key=key)
    shop.upload(key, PHOTO)
    wait_for(partial(shop.has_stage, key, "submitted"), "the ticket")
    fault.lift()
    receipt = shop.wait(key)
    assert (receipt.status, receipt.attempts, shop.billed(key)) == ("done", 1, 1)


def test_a_watermark_goes_where_the_mask_is_white_or_the_rectangles_are(shop: Shop) -> None:
    white = np.zeros((400, 600), np.uint8)
    x, y, width, height = LOGO.values()
    white[y : y + height, x : x + width] = 255
    mask = io.BytesIO()
    Image.fromarray(white).save(mask, "PNG")
    masked, told, beside = (f"uploads/picwish/watermark/{name}.png" for name in ("masked", "told", "beside"))
    shop.upload(f"{masked}.mask.png", mask.getvalue())
    shop.upload(masked, PHOTO)
    shop.upload(told, PHOTO, rectangles=json.dumps([LOGO]))
    shop.upload(beside, PHOTO)
    shop.upload(f"{beside}.rectangles.json", json.dumps([LOGO]).encode())
    before = np.asarray(Image.open(io.BytesIO(PHOTO)), int)
    for key in (masked, told, beside):
        receipt = shop.wait(key)
        assert (receipt.status, shop.billed(key)) == ("done", 1)
        changed = np.abs(np.asarray(shop.picture(receipt), int) - before).max(axis=2) > 60
        assert changed[white == 255].mean() > 10 * changed[white == 0].mean()


def test_rectangles_follow_a_photo_that_oss_had_to_turn_and_shrink(shop: Shop) -> None:
    key = "uploads/picwish/watermark/turned.jpg"
    shop.upload(key, photo(size=(6000, 4000), orientation=6), rectangles='[{"x":0,"y":0,"width":600,"height":400}]')
    receipt = shop.wait(key)
    assert receipt.status == "done"
    assert shop.picture(receipt).size == (2730, 4096)


def test_what_waits_for_damo_is_submitted_in_tens_and_each_is_concluded_by_itself(shop: Shop) -> None:
    uploads = [f"uploads/damo/background/{number:02}.png" for number in range(23)]
    failing = uploads[7]
    closed = shop.cloud.damo.fault("throttle")
    fault = shop.cloud.damo.fault("failed-job", key=failing, code="23500011")
    for key in uploads:
        shop.upload(key, PHOTO)
    for key in uploads:
        wait_for(partial(shop.has_stage, key, "waiting"), f"{key} to wait")
    heard = len(shop.cloud.damo.calls)
    closed.lift()
    for key in uploads:
        if key != failing:
            assert (key, shop.wait(key).status, shop.billed(key)) == (key, "done", 1)
    fault.lift()
    assert shop.wait(failing).status == "done"
    submissions = [call for call in shop.cloud.damo.calls[heard:] if call.action.endswith("submit") and not call.code]
    assert max(call.tasks for call in submissions) == 10
    assert len(submissions) <= 3 + 5, "three full ones would do; some may have been due early, and one failed"


def test_a_wrong_path_blocks_the_job_with_the_setting_to_mend(shop: Shop) -> None:
    key = "uploads/damo/matting/path.png"
    fault = shop.cloud.damo.fault("code:23500002", key=key)
    shop.upload(f"{key}.mask.png", PHOTO)
    shop.upload(key, PHOTO)
    wait_for(partial(shop.has_stage, key, "blocked"), "the job to be blocked")
    job = shop.job(key)
    assert job is not None
    assert isinstance(job.stage, Blocked)
    assert "DAMO_MATTING_PATH" in job.message
    fault.lift()
    assert shop.wait(key).status == "done"


UNPAID = {
    "uploads/general/common/unpaid.png": "unpaid",
    "uploads/picwish/cutout/unpaid.png": "unpaid",
    "uploads/picwish/cutout/quota.png": "gateway-quota",
    "uploads/picwish/cutout/arrears.png": "gateway-arrears",
    "uploads/damo/background/unpaid.png": "unpaid",
    "uploads/damo/background/credits.png": "blocked",
}
"""What says that nothing is left of what was bought, by the upload that hears it."""
SPOILT = {
    "uploads/general/common/empty.png": ("empty", "nothing"),
    "uploads/general/hd-common/blank.png": ("blank-error", '{"error": ""}'),
    "uploads/picwish/cutout/html.png": ("bad-json", "<html><body>502 Bad Gateway</body></html>"),
    "uploads/picwish/cutout/blank.png": ("blank-error", '{"error": ""}'),
    "uploads/damo/background/empty.png": ("empty", "nothing"),
}
"""Answers that say nothing, and what is kept of them."""


def vendor_of(shop: Shop, key: str) -> Vendor:
    return shop.cloud.vendors[CAPABILITIES[Upload(key).capability].provider]


def test_what_is_not_paid_blocks_with_what_to_buy_and_costs_nothing(shop: Shop) -> None:
    faults = [vendor_of(shop, key).fault(kind, key=key) for key, kind in UNPAID.items()]
    for key in UNPAID:
        shop.upload(key, SMALL)
    for key in UNPAID:
        wait_for(partial(shop.has_stage, key, "blocked"), f"{key} to be blocked")
        job = shop.job(key)
        assert job is not None
        assert (key, job.attempts) == (key, 0)
        assert "pay what is owed" in job.message
    for fault in faults:
        fault.lift()
    for key in UNPAID:
        receipt = shop.wait(key)
        assert (key, receipt.status, receipt.attempts, shop.billed(key)) == (key, "done", 1, 1)


def test_of_an_answer_that_says_nothing_it_is_kept_what_came(shop: Shop) -> None:
    faults = [vendor_of(shop, key).fault(kind, key=key) for key, (kind, _) in SPOILT.items()]
    for key in SPOILT:
        shop.upload(key, SMALL)
    for key, (_, kept) in SPOILT.items():
        job = wait_for(partial(in_trouble, shop, key), f"{key} to be in trouble")
        assert job.message.endswith(kept)
        assert job.attempts >= 1, "it may have been billed"
    for fault in faults:
        fault.lift()
    for key in SPOILT:
        assert (key, shop.wait(key).status) == (key, "done")


def in_trouble(shop: Shop, key: str) -> Job | None:
    job = shop.job(key)
    return job if job and job.code else None


def test_nothing_is_left_when_all_is_quiet(shop: Shop) -> None:
    shop.is_quiet()
    assert [entry.key for entry in shop.bucket.list(keys.WORK)] == []
