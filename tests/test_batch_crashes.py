"""Instances die over a batch: all of it is concluded, and bought twice is only what nobody can know of."""

from __future__ import annotations

from contextlib import suppress

import pytest

from shared.documents import Claimed, Ready, Ticketed
from shared.pipeline import MAX_ATTEMPTS
from tests import damo_line
from tests.damo_line import FOLDER, Vendor, all_done, crowd, told
from tests.fakes import Died, Shop
from tests.test_rounds import go

shop, vendor = damo_line.shop, damo_line.vendor


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
