"""Copies with plain names, for a vendor that takes short links only: they are published, used and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import CutoutError, Misconfigured, Unavailable
from shared.jobs.job import Blocked, Job, Waiting
from shared.jobs.upload import Upload
from shared.pipeline.pipeline import MAX_ATTEMPTS
from shared.vendors.picwish import Picwish
from shared.vendors.quotas import Quotas
from tests.pictures import picture
from tests.unit.fakes import Shop, Thing, shown_at
from tests.unit.pipeline.test_worker import go

PHOTO = "uploads/picwish/cutout/shoe.jpg"
LONG = "uploads/picwish/cutout/红鞋/" + "鞋" * 40 + ".jpg"
"""Percent-encoded, 360 characters and more: too long a link with any signature."""
PAIR = "uploads/picwish/watermark/shoe.jpg"

OWNERS = "s" * 200
"""What a permanent key adds to a link."""
FROM_STS = "s" * 700
"""With the security token of a function's role."""


def answer(state: int = 1, **data: Any) -> tuple[int, str]:
    found = {"task_id": "T-1", "state": state, "image": "https://x.aoscdn.com/1.png", **data}
    return 200, json.dumps({"status": 200, "message": "said the vendor", "data": found})


def refused(status: int) -> tuple[int, str]:
    return 200, json.dumps({"status": status, "message": "said the vendor"})


DONE = answer()
THROTTLED = refused(429)
FAILED = answer(-7)


@pytest.fixture
def shop() -> Shop:
    """A shop whose links are as long as a function's."""
    shop = Shop()
    shop.bucket.signature = FROM_STS
    shop.web.always = DONE
    return shop


def job_of(shop: Shop, key: str) -> Job:
    job = shop.job(key)
    assert job is not None
    return job


def status(shop: Shop, key: str) -> str:
    receipt = shop.receipt(key)
    assert receipt is not None, f"{key} has no receipt"
    return receipt.status


def published(shop: Shop) -> list[str]:
    """The keys of the copies that were published, in their order."""
    return [about for name, about in shop.bucket.requests if name == "publish_copy"]


def copies_at_work(shop: Shop) -> list[Thing]:
    """The copies that are there while a result is stored, which is when the vendor has just used them."""
    there: list[Thing] = []
    shop.bucket.before = lambda name, about: there.extend(
        shop.bucket.things[key] for key in shop.keys("work/") if name == "store"
    )
    return there


# ---------------------------------------------------------------- which link the vendor gets


def test_a_link_that_is_short_enough_needs_no_copy(shop: Shop) -> None:
    shop.bucket.signature = OWNERS
    shop.upload(PHOTO, picture())
    assert (published(shop), shop.web.shown("image_url")[0]) == ([], PHOTO)


@pytest.mark.parametrize(("length", "copied"), [(512, False), (513, True)])
def test_512_characters_are_short_enough_and_513_are_not(shop: Shop, length: int, copied: bool) -> None:
    shop.bucket.signature = ""
    shop.bucket.signature = "s" * (length - len(shop.bucket.link(PHOTO, "", 600)))
    shop.upload(PHOTO, picture())
    assert bool(published(shop)) is copied
    assert len(shop.web.sent[-1].form["image_url"]) <= 512


def test_a_picture_with_a_long_name_is_copied_to_a_plain_one_with_a_signed_link(shop: Shop) -> None:
    shop.bucket.signature = OWNERS
    copies = copies_at_work(shop)
    shop.upload(LONG, picture())
    (copy,) = published(shop)
    link = shop.web.sent[-1].form["image_url"]
    assert shown_at(link)[0] == copy
    assert "signature=" in link
    assert [copy.public for copy in copies] == [False], "with a signed link it need not be public"


def test_if_every_signed_link_is_too_long_the_vendor_gets_the_bare_address_of_a_public_copy(shop: Shop) -> None:
    copies = copies_at_work(shop)
    shop.upload(PHOTO, picture())
    (copy,) = published(shop)
    assert shop.web.sent[-1].form["image_url"] == f"https://shop-photos.example/{copy}"
    assert [copy.public for copy in copies] == [True]
    assert status(shop, PHOTO) == "done"
    assert shop.keys("work/") == []


def test_a_public_copy_is_reshaped_by_oss_like_any_picture(shop: Shop) -> None:
    shop.upload(PHOTO, picture(4500, 30))
    copy, process = shop.web.shown("image_url")
    assert (copy, process) == (published(shop)[0], "image/resize,m_fixed,w_4096,h_27/format,jpg/quality,Q_90")


def test_both_of_a_pair_are_copied_when_one_has_to_be(shop: Shop) -> None:
    shop.bucket.put(f"{PAIR}.mask.png", picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    shown = [shop.web.shown("image_url")[0], shop.web.shown("mask_url")[0]]
    assert shown == published(shop)
    assert [name.rpartition(".")[2] for name in shown] == ["jpg", "png"]
    assert len(set(shown)) == 2
    assert shop.keys("work/") == []


def test_two_photos_never_share_a_copy(shop: Shop) -> None:
    shop.upload(PHOTO, picture())
    shop.upload(LONG, picture())
    assert len(set(published(shop))) == 2


def test_vendors_that_take_long_links_get_no_copies(shop: Shop) -> None:
    shop.web.always = 200, json.dumps({"RequestId": "R", "Data": {"ImageURL": "https://x.aliyuncs.com/1.png"}})
    shop.upload("uploads/general/common/shoe.jpg", picture())
    assert published(shop) == []


# ---------------------------------------------------------------- how long copies live


@pytest.mark.parametrize(("last", "ends"), [(DONE, "done"), (FAILED, "rejected"), (answer(-2), "failed")])
def test_no_copy_is_left_however_a_job_ends(shop: Shop, last: tuple[int, str], ends: str) -> None:
    shop.web.always = last
    shop.upload(PHOTO, picture())
    for _ in range(2 * MAX_ATTEMPTS):
        shop.clock.pass_(minutes=11)
        go(shop, seconds=1)
    assert status(shop, PHOTO) == ends
    assert (shop.keys("work/"), shop.keys("jobs/")) == ([], [])


def test_a_photo_that_waits_lies_nowhere_in_public_and_is_copied_anew_for_each_call(shop: Shop) -> None:
    shop.web.answers = [THROTTLED] * 30
    shop.upload(PHOTO, picture())
    for _ in range(3):
        assert shop.keys("work/") == []
        shop.clock.pass_(minutes=11)
        go(shop, seconds=1)
    shop.web.answers = []
    shop.clock.pass_(minutes=11)
    go(shop)
    assert (status(shop, PHOTO), shop.keys("work/")) == ("done", [])
    assert len(published(shop)) == len(shop.web.sent)


@pytest.mark.parametrize(
    "trouble", [Unavailable("ResultBroken", "broke off"), Misconfigured("ResultHost", "not allowed")]
)
def test_a_photo_whose_result_cannot_be_brought_home_lies_nowhere_in_public(shop: Shop, trouble: CutoutError) -> None:
    shop.web.results["https://x.aoscdn.com/1.png"] = trouble
    shop.upload(PHOTO, picture())
    assert (job_of(shop, PHOTO).bought, shop.keys("work/")) == (True, [])


def test_without_an_appcode_no_photo_is_copied(shop: Shop) -> None:
    ready = shop.providers["picwish"]
    shop.providers["picwish"] = Picwish({"picwish/cutout": "https://x.example"}, "", Quotas(2))
    shop.upload(PHOTO, picture())
    shop.clock.pass_(minutes=11)
    go(shop)
    assert (job_of(shop, PHOTO).stage, published(shop)) == (Blocked(), [])
    shop.providers["picwish"] = ready
    shop.clock.pass_(minutes=11)
    go(shop)
    assert status(shop, PHOTO) == "done"


def test_a_photo_that_is_given_up_is_copied_once_for_each_of_its_calls(shop: Shop) -> None:
    shop.web.always = answer(-2)
    shop.upload(PHOTO, picture())
    for _ in range(2 * MAX_ATTEMPTS):
        shop.clock.pass_(minutes=11)
        go(shop, seconds=1)
    assert (status(shop, PHOTO), len(published(shop))) == ("failed", MAX_ATTEMPTS)


def test_a_copy_is_recorded_before_it_is_made_and_deleted_before_it_is_forgotten(shop: Shop) -> None:
    def look(name: str, about: str) -> None:
        job = shop.job(PHOTO)
        assert {*shop.keys("work/")} <= {*(job.copies if job else ())}

    shop.bucket.before = shop.bucket.after = look
    shop.web.answers = [THROTTLED]
    shop.upload(PHOTO, picture())
    shop.clock.pass_(minutes=11)
    go(shop, workers=1)
    assert (status(shop, PHOTO), len(published(shop))) == ("done", 2)


def test_twelve_requests_go_to_oss_for_a_photo_that_must_be_copied(shop: Shop) -> None:
    shop.upload(PHOTO, picture())
    assert [name for name, _ in shop.bucket.requests] == [
        *("peek", "create", "read", "write"),  # the job names its copy
        *("peek", "read", "publish_copy", "write"),  # the copy is made, and the call recorded
        *("store", "write", "delete", "delete"),
    ]


def test_a_copy_lives_as_long_as_the_vendor_works_on_it(shop: Shop) -> None:
    shop.web.answers = [answer(4, image="")]
    shop.upload(PHOTO, picture())
    assert shop.keys("work/") == published(shop)
    shop.clock.pass_(seconds=3)
    go(shop)
    assert (status(shop, PHOTO), shop.keys("work/")) == ("done", [])


def test_both_copies_of_a_pair_are_made_anew(shop: Shop) -> None:
    shop.web.answers = [THROTTLED]
    shop.bucket.put(f"{PAIR}.mask.png", picture(form="PNG", mode="L"))
    shop.upload(PAIR, picture())
    first = published(shop)
    shop.clock.pass_(hours=30)
    go(shop)
    assert published(shop) == first * 2
    assert (status(shop, PAIR), shop.keys("work/")) == ("done", [])


def test_a_photo_deleted_while_it_waits_takes_its_copy_with_it(shop: Shop) -> None:
    shop.not_accepted(PHOTO, picture(), THROTTLED)
    del shop.bucket.things[PHOTO]
    shop.clock.pass_(minutes=11)
    go(shop)
    go(shop)
    assert shop.left() == []


def test_a_new_version_gets_a_copy_of_its_own(shop: Shop) -> None:
    shop.not_accepted(PHOTO, picture(), THROTTLED)
    newer = picture(800, 600)
    copies = copies_at_work(shop)
    shop.upload(PHOTO, newer)
    assert [copy.body for copy in copies] == [newer]
    assert shop.keys("work/") == []


def test_a_new_version_in_another_format_leaves_no_copy_of_the_old_one(shop: Shop) -> None:
    shop.not_accepted(PHOTO, picture(), THROTTLED)
    shop.upload(PHOTO, picture(form="PNG"))
    assert [key.rpartition(".")[2] for key in published(shop)] == ["jpg", "png"]
    assert shop.keys("work/") == []


def test_a_new_version_that_needs_no_copy_leaves_none_either(shop: Shop) -> None:
    shop.not_accepted(PHOTO, picture(), THROTTLED)
    shop.upload(PHOTO, b"no picture at all")
    assert (status(shop, PHOTO), shop.keys("work/")) == ("rejected", [])


# ---------------------------------------------------------------- what can go wrong with them


def test_a_bucket_that_refuses_public_copies_blocks_the_job_until_it_does_not(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Misconfigured("PublicCopyRefused", "switch off Block Public Access for this bucket")

    def refuse(name: str, about: str) -> None:
        if name == "publish_copy":
            raise refusal

    shop.bucket.before = refuse
    shop.upload(PHOTO, picture())
    job = job_of(shop, PHOTO)
    assert (job.stage, job.code, job.message, job.attempts) == (Blocked(), refusal.code, refusal.message, 0)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert refusal.message in str(vars(line))
    assert shop.web.sent == []
    shop.bucket.before = lambda name, about: None
    shop.clock.pass_(minutes=11)
    go(shop)
    assert (status(shop, PHOTO), shop.keys("work/")) == ("done", [])


@pytest.mark.parametrize("then", ["is deleted", "is replaced", "loses its mask", "needs none any more"])
def test_a_copy_does_not_stay_when_its_pair_could_not_be_made(shop: Shop, then: str) -> None:
    def fail(name: str, about: str) -> None:
        if name == "publish_copy" and about.endswith(".png"):
            raise Unavailable("OssFailed", "a moment")

    shop.bucket.put(f"{PAIR}.mask.png", picture(form="PNG", mode="L"))
    shop.bucket.before = fail
    shop.upload(PAIR, picture())
    assert isinstance(job_of(shop, PAIR).stage, Waiting)
    assert shop.keys("work/") == []
    shop.bucket.before = lambda name, about: None
    match then:
        case "is deleted":
            del shop.bucket.things[PAIR]
        case "is replaced":
            shop.bucket.put(PAIR, b"no picture at all")
        case "needs none any more":
            shop.bucket.signature = OWNERS  # somebody gave the functions a permanent key
        case _:
            del shop.bucket.things[f"{PAIR}.mask.png"]
    shop.clock.pass_(minutes=11)
    go(shop)
    assert shop.keys("work/") == []


def test_a_photo_deleted_just_before_it_is_copied_is_skipped(shop: Shop) -> None:
    def take_away(name: str, about: str) -> None:
        if name == "publish_copy":
            shop.bucket.things.pop(PHOTO, None)

    shop.bucket.before = take_away
    shop.upload(PHOTO, picture())
    shop.clock.pass_(minutes=1)
    go(shop)
    go(shop)
    assert shop.left() == []


def test_a_photo_that_the_vendor_can_never_fetch_ends_in_a_failed_receipt(shop: Shop) -> None:
    shop.web.always = answer(-3, image="")
    shop.upload(LONG, picture())
    for _ in range(2 * MAX_ATTEMPTS):
        shop.clock.pass_(minutes=11)
        go(shop, seconds=1)
    assert (status(shop, LONG), len(shop.web.sent)) == ("failed", MAX_ATTEMPTS)
    assert Upload(LONG).job_key not in shop.bucket.things
