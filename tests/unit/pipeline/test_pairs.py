"""Two pictures: whichever comes last starts the work, and one that stays alone is told so."""

from __future__ import annotations

import pytest

from shared.errors import Misconfigured, Unavailable
from shared.jobs.job import Waiting
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Died, Shop
from tests.unit.pipeline.test_dispatch import settle
from tests.unit.viapi_line import LINK, MASK, PAIR, THROTTLED, ok

shop = viapi_line.shop


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
            shop.after(Upload.of_job(key).key, hours=2)
    assert [key for key in shop.keys("jobs/") if key.endswith(".json")] == []
    assert shop.receipt(MASK) is None


@pytest.mark.parametrize(("key", "code"), [(PAIR, "CompanionMissing"), (MASK, "PictureMissing")])
def test_one_picture_of_a_pair_waits_an_hour_and_is_then_told_what_is_missing(shop: Shop, key: str, code: str) -> None:
    shop.upload(key, picture())
    shop.after(key, minutes=30)
    job = shop.job(key)
    assert job is not None
    assert (job.stage, job.code) == (Waiting(), code)
    shop.after(key, minutes=31)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code) == ("rejected", code)


def test_a_second_picture_that_comes_after_the_refusal_is_still_served(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.after(PAIR, minutes=61)
    shop.upload(MASK, picture(form="PNG", mode="L"))
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.status == "done"


def test_a_lone_mask_is_noted_although_an_instance_died_over_it(shop: Shop) -> None:
    etag = shop.bucket.put(MASK, picture(form="PNG", mode="L"))

    def die(name: str, key: str) -> None:
        if (name, key) == ("peek", PAIR):
            raise Died

    shop.bucket.before = die
    with pytest.raises(Died):
        shop.dispatcher.dispatch(Upload(MASK), etag)
    shop.bucket.before = lambda name, key: None
    shop.dispatcher.dispatch(Upload(MASK), etag)
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


@pytest.mark.parametrize("trouble", [Unavailable("OssFailed", "503"), Misconfigured("AccessDenied", "403")])
def test_a_lone_mask_is_noted_although_oss_faltered_over_it(shop: Shop, trouble: Exception) -> None:
    def falter(name: str, key: str) -> None:
        if (name, key) == ("peek", PAIR):
            raise trouble

    shop.bucket.before = falter
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.bucket.before = lambda name, key: None
    shop.after(PAIR, minutes=1)
    shop.dispatcher.recheck(Upload(MASK))
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
        if (name, key) == ("write", Upload(MASK).receipt_key):
            shop.bucket.before = lambda name, key: None
            shop.upload(PAIR, picture())

    shop.bucket.before = come
    shop.resume(MASK)
    assert shop.receipt(PAIR) is not None
    assert shop.receipt(MASK) is None


def test_a_pair_that_waits_long_keeps_no_growing_list(shop: Shop) -> None:
    shop.web.always = THROTTLED
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    for _ in range(20):
        shop.after(PAIR, minutes=11)
    job = shop.job(PAIR)
    assert job is not None
    assert len(job.replaces) == 1


def test_a_mask_replaced_while_another_is_looked_at_is_looked_at_afterwards(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.upload(MASK, picture(form="PNG", mode="L"))
    etag = shop.bucket.put(MASK, picture(form="PNG", mode="1"))
    first = shop.pipeline.jobs.claim(Upload(PAIR), "")  # the event of a mask has the image's job in hand
    assert first is not None
    shop.dispatcher.dispatch(Upload(MASK), etag)
    assert Upload(PAIR).recheck_key in shop.bucket.things


def test_an_own_mask_without_its_picture_is_no_picture_even_beside_a_folders_mask(shop: Shop) -> None:
    shop.upload("uploads/general/refine-mask/_mask.png", picture(form="PNG", mode="L"))
    shop.upload(MASK, picture(form="PNG", mode="L"))
    assert shop.web.sent == []
    job = shop.job(MASK)
    assert job is not None
    assert job.code == "PictureMissing"


def test_a_masks_complaint_that_its_picture_is_missing_ends_when_the_pair_is_served(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.after(MASK, minutes=61)
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


def test_a_mask_of_another_size_is_refused_with_both_sizes(shop: Shop) -> None:
    shop.upload(PAIR, picture(640, 480))
    shop.upload(MASK, picture(320, 240))
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert "320 × 240" in receipt.message
    assert "640 × 480" in receipt.message


@pytest.mark.parametrize("there", [(), (PAIR,), (MASK,), (PAIR, MASK)])
def test_the_mask_of_a_mask_is_told_so_whatever_else_is_there(shop: Shop, there: tuple[str, ...]) -> None:
    for key in there:
        shop.bucket.put(key, picture())
    stray = f"{MASK}.mask.png"
    shop.upload(stray, picture(form="PNG", mode="L"))
    receipt = shop.receipt(stray)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "CompanionOfCompanion", 0)
    assert f"this is the mask of {MASK}" in receipt.message
    assert (shop.web.sent, shop.keys("jobs/")) == ([], [])


def test_the_mask_of_a_mask_does_not_keep_the_pair_from_being_served(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    for key in (f"{MASK}.mask.png", MASK, PAIR):
        shop.upload(key, picture(form="PNG", mode="L") if key != PAIR else picture())
    assert shop.web.shown("MaskImageURL")[0] == MASK
    assert shop.receipt(PAIR) is not None
    settle(shop)
    assert len(shop.web.sent) == 1


def test_of_two_masks_the_newest_counts(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(PAIR, picture())
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.clock.pass_(seconds=1)
    newer = f"{PAIR}.mask.jpg"
    shop.upload(newer, picture(mode="L"))
    assert shop.web.shown("MaskImageURL")[0] == newer
    shop.dispatcher.dispatch(Upload(MASK), shop.bucket.things[MASK].etag)
    assert len(shop.web.sent) == 2


def test_a_mask_that_comes_unheard_while_its_picture_is_served_is_looked_at_afterwards(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(MASK, picture(form="PNG", mode="L"))
    newer = picture(form="PNG", mode="1")
    shop.web.before = lambda request: shop.bucket.put(MASK, newer)
    shop.upload(PAIR, picture())
    assert Upload(PAIR).recheck_key in shop.bucket.things
    shop.web.before = lambda request: None
    settle(shop)
    assert len(shop.web.sent) == 2
    assert shop.bucket.things[Upload(PAIR).receipt_key].inputs_etag.endswith(shop.bucket.things[MASK].etag)
    assert [key for key in shop.keys("jobs/") if not key.endswith(".lease")] == []


def test_a_mask_that_is_deleted_while_its_picture_is_served_takes_nothing_back(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(MASK, picture(form="PNG", mode="L"))
    shop.web.before = lambda request: shop.bucket.things.pop(MASK)
    shop.upload(PAIR, picture())
    settle(shop)
    receipt = shop.receipt(PAIR)
    assert receipt is not None
    assert receipt.status == "done"
