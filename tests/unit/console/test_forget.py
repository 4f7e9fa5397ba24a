"""Photos that are forgotten: nothing is left of them, and nothing of others goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from console.forget.forget import Chosen, forget
from console.records.pages import AT_ONCE
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.messages.message import Message
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.pipeline.test_worker import go
from tests.unit.viapi_line import SUBMITTED

shop = viapi_line.shop
FOLDER = "uploads/general/common/customer/"


def _all_of(shop: Shop, source: str) -> set[str]:
    """Puts one object of each kind that belongs to an upload, and returns their keys."""
    upload = Upload(source)
    keys = {
        source,
        upload.receipt_key,
        upload.output_key("", "png"),
        upload.output_key("1", "png"),
        upload.listing_key,
        upload.listing_picture_key("taobao-white", "jpg"),
        upload.order_key("0" * 32),
        upload.job_key,
        upload.recheck_key,
        upload.lease_key("E0", 0),
    }
    for key in keys:
        shop.bucket.put(key, b"{}")
    return keys


def test_a_folder_is_forgotten_and_its_neighbours_are_not(shop: Shop) -> None:
    ours = _all_of(shop, f"{FOLDER}a.jpg") | _all_of(shop, f"{FOLDER}deeper/b.jpg")
    others = _all_of(shop, "uploads/general/common/customer 2/a.jpg") | _all_of(shop, "uploads/general/common/c.jpg")
    counted = forget(shop.bucket, shop.bucket, Chosen((FOLDER,)), clock=shop.clock, dry_run=True)
    assert sum(counted.objects.values()) == len(ours)
    assert set(shop.bucket.things) == ours | others
    assert forget(shop.bucket, shop.bucket, Chosen((FOLDER,)), clock=shop.clock) == counted
    assert set(shop.bucket.things) == others


def test_a_photo_is_forgotten_with_its_companions_and_not_those_whose_names_begin_with_its(shop: Shop) -> None:
    photo = "uploads/general/refine-mask/a.jpg"
    ours, mask = _all_of(shop, photo), Upload(f"{photo}.mask.png")
    for key in (mask.key, mask.receipt_key, mask.job_key, mask.recheck_key, mask.lease_key("E0", 0)):
        shop.bucket.put(key, b"{}")  # it has a receipt while its picture is missing
        ours.add(key)
    others = _all_of(shop, f"{photo}.jpg") | _all_of(shop, f"{photo}.b.jpg") | _all_of(shop, f"{photo}/c.jpg")
    others |= _all_of(shop, "uploads/general/refine-mask/_mask.png")
    counted = forget(shop.bucket, shop.bucket, Chosen((photo,)), clock=shop.clock)
    assert set(shop.bucket.things) == others
    assert sum(counted.objects.values()) == len(ours)


@pytest.mark.parametrize(
    ("forgotten", "other"),
    [("a.jpg.json", "a.jpg"), ("a.jpg.png", "a.jpg"), ("a.jpg", "a.jpg.0"), ("a.jpg", "a.jpg.taobao-white")],
)
def test_what_another_photo_left_under_this_ones_name_is_not_forgotten(shop: Shop, forgotten: str, other: str) -> None:
    ours, upload = {f"{FOLDER}{forgotten}"}, Upload(f"{FOLDER}{other}")
    shop.bucket.put(f"{FOLDER}{forgotten}", b"{}")
    # A name that ends in a number or a preset is rejected: it has a receipt, and nothing else.
    theirs = _all_of(shop, upload.key) if other == "a.jpg" else {upload.key, upload.receipt_key, upload.listing_key}
    for key in theirs:
        shop.bucket.put(key, b"{}")
    found = forget(shop.bucket, shop.bucket, Chosen(tuple(ours)), clock=shop.clock)
    assert found.objects == {"uploads/": 1}
    assert {*shop.bucket.things} == theirs


def test_many_photos_take_one_listing_of_the_queue_and_are_looked_for_at_once(shop: Shop) -> None:
    store = JobStore(shop.bucket, shop.clock, timedelta(minutes=2))
    sources = [f"{FOLDER}{number}.jpg" for number in range(150)]
    for source in (*sources, f"{FOLDER}other.jpg"):
        store.enqueue(Upload(source), "E")
        shop.bucket.put(source, b"")
    together, first = Barrier(AT_ONCE), {("list", source) for source in sources[:AT_ONCE]}

    def wait(*request: str) -> None:
        if request in first:
            together.wait(20)

    shop.bucket.before = wait
    shop.bucket.requests.clear()
    found = forget(shop.bucket, shop.bucket, Chosen(tuple(sources)), clock=shop.clock)
    assert found.objects == {"uploads/": 150, "jobs/": 150, "queue/": 150}
    assert shop.bucket.requests.count(("list", "queue/")) == 1
    assert sorted(key.partition("/")[0] for key in shop.bucket.things) == ["jobs", "queue", "uploads"]


def test_what_waits_leaves_the_queue_and_its_copies_go(shop: Shop) -> None:
    shop.bucket.put(f"{FOLDER}a.jpg", picture())
    store = JobStore(shop.bucket, shop.clock, timedelta(minutes=2))
    store.enqueue(Upload(f"{FOLDER}a.jpg"), "E")
    held = store.claim(Upload(f"{FOLDER}b.jpg"), "E")
    assert held is not None
    shop.bucket.put("work/copy.jpg", b"")
    store.save(replace(held, copies=("work/copy.jpg",)))
    found = forget(shop.bucket, shop.bucket, Chosen((FOLDER,)), clock=shop.clock)
    assert found.objects == {"uploads/": 1, "jobs/": 1, "queue/": 1}
    assert found.held_until == held.lease_until
    assert {*shop.bucket.things} == {held.upload.job_key, "work/copy.jpg"}, "it ends by itself"
    shop.clock.pass_(minutes=3)
    found = forget(shop.bucket, shop.bucket, Chosen((FOLDER,)), clock=shop.clock)
    assert found.objects == {"jobs/": 1, "work/": 1}, "its instance has died"
    assert not shop.bucket.things


def test_what_is_with_the_vendor_is_not_stored_when_it_comes(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    source = "uploads/general/hd-common/a.jpg"
    shop.upload(source, picture())
    assert (
        forget(shop.bucket, shop.bucket, Chosen(("uploads/general/hd-common/",)), clock=shop.clock).objects["jobs/"]
        == 1
    )
    shop.web.always = viapi_line.status("PROCESS_SUCCESS", Result='{"imageUrl": "http://results.example/1.png"}')
    shop.clock.pass_(minutes=5)
    go(shop)
    assert shop.keys("cutouts/") == []
    assert shop.keys("jobs/") == []


def test_only_uploads_are_chosen() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is looked at
        Chosen(("cutouts/a.jpg",))
    assert isinstance(caught.value.args[0], Message)
