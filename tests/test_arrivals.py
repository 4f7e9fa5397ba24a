"""Told twice, late, or out of order: an upload is paid for once, and a new version is new work."""

from __future__ import annotations

import json

from shared import keys
from tests import viapi_line
from tests.fakes import Shop
from tests.pictures import picture
from tests.viapi_line import COMMON, HD, LINK, SUBMITTED, THROTTLED, VEHICLE, ok, refused, status

shop = viapi_line.shop


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
    shop.after(HD, minutes=1)
    shop.web.always = SUBMITTED
    shop.arrivals.look_again(HD)
    assert keys.sequel(HD) not in shop.bucket.things
    job = shop.job(HD)
    assert job is not None
    assert job.etag == shop.bucket.things[HD].etag


def test_a_new_version_that_comes_while_the_old_one_waits_takes_its_place(shop: Shop) -> None:
    shop.turned_away(COMMON, picture(), THROTTLED)
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
