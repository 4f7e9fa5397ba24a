"""Instances die over a batch, again and again."""

from __future__ import annotations

from contextlib import suppress

from shared.jobs.job import Claimed
from shared.pipeline.pipeline import MAX_ATTEMPTS
from tests.unit import damo_line
from tests.unit.damo_line import Vendor, crowd, receipt_of
from tests.unit.fakes import Died, Shop
from tests.unit.pipeline.test_worker import go

shop, vendor = damo_line.shop, damo_line.vendor


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
    assert {receipt_of(shop, upload).status for upload in uploads} == {"failed"}
    assert vendor.times == dict.fromkeys(uploads, MAX_ATTEMPTS)
