"""No role has a right that nothing makes use of: everything that functions do is done once, and what was granted is
compared with what was used. That none lacks a right, every scenario shows: the box refuses what a role may not do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from console.roles.rights import PREFIX
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Credentials
from shared.jobs import keys
from shared.jobs.listing_order import order_for
from shared.jobs.receipt import receipt_in
from shared.jobs.upload import Upload
from shared.pipeline.listing_rings import FIRST_PAUSE, ring
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.box import Cloud
from tests.cloud.ram import Right
from tests.scenarios.shop import Shop, photo, wait_for

PHOTO, OTHER = photo(), photo(size=(602, 400))
MASK = photo("PNG", mode="L")
ONE_OF = {
    "portrait": "portrait/body",
    "goods": "goods/commodity",
    "general": "general/common",
    "scenery": "scenery/sky",
    "picwish": "picwish/cutout",
    "damo": "damo/background",
}
"""Of each group a capability that takes one picture."""
COMPANIONS = {
    "uploads/general/refine-mask/a.jpg": "uploads/general/refine-mask/a.jpg.mask.png",
    "uploads/scenery/change-sky/a.jpg": "uploads/scenery/change-sky/_sky.jpg",
    "uploads/picwish/watermark/a.jpg": "uploads/picwish/watermark/a.jpg.mask.png",
    "uploads/damo/matting/a.jpg": "uploads/damo/matting/a.jpg.mask.png",
}
REFUSES_LINKS = {"viapi": "code:InvalidImage.URL", "damo": "code:23500006"}
"""By vendor, the fault by which it cannot read a link, so that it gets one to a copy. PicWish always does."""
UNUSED_HERE = {
    # Where OSS's answer to a change is lost, it is looked at; see shared/cloud/changes.py.
    *((role, "oss:GetObject", "queue/*") for role in ("backfill", "settle")),
    # Where a job begins between backfill's listing and its order.
    ("backfill", "oss:GetObject", "jobs/*"),
}
"""What only a race takes: role, action and keys."""
SHANGHAI = timezone(timedelta(hours=8))
"""Whose days the calls are counted by."""
EXTRA = {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "acs:oss:*:*:*"}


def new_cloud() -> Cloud:
    return Cloud(
        timer_seconds=5,
        qps=20,
        job_seconds=0.5,
        environment={
            "DAILY_CALL_LIMIT": "1000",
            "LISTINGS": ",".join(f"{capability}=original" for capability in ONE_OF.values()),
        },
        timeouts={"settle": 60},  # of which it begins nothing more after 4.5 s, and wakes the next one
    )


def granted(cloud: Cloud, role: str) -> list[Right]:
    rights = cloud.accounts.ram.rights(role)
    assert rights is not None
    return [*rights.granted()]


def unused(cloud: Cloud) -> list[str]:
    """What was granted to roles and nothing made use of."""
    accounts, bucket = cloud.accounts, f"acs:oss:*:{cloud.accounts.uid}:{cloud.bucket}/"
    found = [
        (role.removeprefix(PREFIX), action, resource.removeprefix(bucket))
        for role in accounts.ram.roles
        for action, resource in granted(cloud, role)
        if (action, resource) not in accounts.used.get(role, set())
    ]
    return [" ".join(each) for each in found if each not in UNUSED_HERE]


@pytest.fixture(scope="module")
def busy() -> Iterator[Cloud]:
    """A cloud in which everything was done."""
    with new_cloud() as cloud:
        cloud.accounts.ram.put_policy("extra", {"Version": "1", "Statement": [EXTRA]})
        cloud.accounts.ram.attach(f"{PREFIX}settle", "extra")
        shop = Shop(cloud)
        # Taken by another: whoever counts the day's calls has to look for the first number that is free.
        shop.upload(keys.call(f"{datetime.now(SHANGHAI):%Y-%m-%d}", 0), b"{}")
        for group in ONE_OF:
            _serve(shop, group)
            _throttle(shop, group)
        for picture, companion in COMPANIONS.items():
            shop.upload(companion, MASK if companion.endswith(".png") else OTHER)
            _ends(shop, picture, PHOTO)
        _backfill(shop)
        _list(shop)
        yield cloud


def test_every_right_is_made_use_of_but_the_one_too_many(busy: Cloud) -> None:
    assert unused(busy) == [f"settle {EXTRA['Action']} {EXTRA['Resource']}"]


def test_every_role_is_made_use_of(busy: Cloud) -> None:
    assert set(busy.accounts.used) == set(busy.accounts.ram.roles)


@pytest.mark.parametrize(
    ("group", "action"), [("goods", "oss:DeleteObject"), ("picwish", "oss:PutObjectAcl"), ("general", "oss:PutObject")]
)
def test_a_right_too_few_is_refused_and_named(group: str, action: str) -> None:
    role = f"{PREFIX}{group}"
    with new_cloud() as cloud:
        cloud.accounts.ram.put_policy(role, _without(granted(cloud, role), action))
        shop, key = Shop(cloud), f"uploads/{ONE_OF[group]}/a.jpg"
        shop.upload(key, PHOTO)
        wait_for(lambda: cloud.accounts.refused, "a refusal")
        assert {(name, right[0]) for name, right in cloud.accounts.refused} == {(role, action)}
        cloud.accounts.refused.clear()


def _without(rights: list[Right], action: str) -> dict[str, Any]:
    kept = [
        {"Effect": "Allow", "Action": granted, "Resource": resource}
        for granted, resource in rights
        if granted != action
    ]
    return {"Version": "1", "Statement": kept}


def _ends(shop: Shop, key: str, body: bytes, status: str = "done") -> None:
    shop.upload(key, body)
    etag = shop.raw.head_object(key).etag
    wait_for(lambda: (found := shop.receipt(key)) and found.etag == etag, f"the receipt of {key}")
    assert (key, shop.wait(key).status) == (key, status)


def _serve(shop: Shop, group: str) -> None:
    """By the function itself: a photo, its next version, what is no photo; and links that the vendor cannot read."""
    capability = ONE_OF[group]
    key, named, unreadable = (f"uploads/{capability}/{name}.jpg" for name in ("a", "咖啡", "红鞋"))
    for body, status in ((PHOTO, "done"), (OTHER, "done"), (b"no photo", "rejected")):
        _ends(shop, key, body, status)
    vendor = CAPABILITIES[capability].provider
    if vendor in REFUSES_LINKS:
        shop.cloud.vendors[vendor].fault(REFUSES_LINKS[vendor], key=named, times=1)
        _ends(shop, named, PHOTO)
        shop.cloud.vendors[vendor].fault(REFUSES_LINKS[vendor], key=unreadable)
        _ends(shop, unreadable, PHOTO, "rejected")
    else:
        _ends(shop, named, PHOTO)


def _throttle(shop: Shop, group: str) -> None:
    """By settle: what the vendor does not take yet, and what comes meanwhile."""
    capability = ONE_OF[group]
    vendor = CAPABILITIES[capability].provider
    first, second, named = (f"uploads/{capability}/{name}.jpg" for name in ("first", "second", "杯子"))
    busy = shop.cloud.vendors[vendor].fault("throttle")
    shop.upload(first, PHOTO)
    wait_for(partial(shop.has_stage, first, "waiting"), "it to be turned away")
    shop.upload(first, OTHER)  # there is a job already
    shop.cloud.fc.quiet(30, group)
    time.sleep(3.5)  # until the function asks whether settle has the backlog
    shop.upload(second, PHOTO)
    if vendor in REFUSES_LINKS:
        shop.cloud.vendors[vendor].fault(REFUSES_LINKS[vendor], key=named, times=1)
    shop.upload(named, PHOTO)
    shop.cloud.fc.quiet(30, group)
    busy.lift()
    for key in (first, second, named):
        assert (key, shop.wait(key).status) == (key, "done")


def _backfill(shop: Shop) -> None:
    """Of uploads that nobody was told of: by invoking their functions, and where that is refused by the queue. Receipts
    are read for those that failed."""
    _order(shop, prefix="uploads/general/", failed=True, dry_run=True)
    for invoked in (True, False):
        shop.cloud.gateway.takes_old_signatures = invoked
        key = f"uploads/general/common/lost-{invoked}.jpg"
        with shop.unheard():
            shop.upload(key, PHOTO)
        assert _order(shop, prefix=key)["set_going"] == 1
        assert (key, shop.wait(key).status) == (key, "done")


def _list(shop: Shop) -> None:
    """What is rarely done for listing pictures: the newest version's are ordered again, late ones are rung for, and an
    earlier version's are deleted."""
    wait_for(lambda: not list(shop.bucket.list(keys.ORDERS)), "the listings of all photos")
    _ends(shop, f"uploads/{ONE_OF['scenery']}/rocket.jpg", photo(of="rocket"))  # the cup has no sky
    key = f"uploads/{ONE_OF['goods']}/a.jpg"
    _ends(shop, key, PHOTO)
    assert _order(shop, prefix=key, listing="trimmed")["set_going"] == 1
    stored = shop.bucket.read(Upload(key).receipt_key)
    receipt = receipt_in(stored) if stored else None
    assert stored
    assert receipt
    newest = order_for(receipt, stored.inputs_etag, receipt.finished_at)
    assert newest
    past = newest.model_copy(update={"etag": "of an earlier version"})
    shop.bucket.write(past.key, past.to_json())
    wait_for(lambda: not list(shop.bucket.list(keys.ORDERS)), "the end of all orders")
    with shop.unheard():
        shop.bucket.write(past.key, past.to_json())
    clock = OssClock()
    settle = shop.cloud.accounts.assume_role(f"{PREFIX}settle")
    ring(shop.opened(Credentials(**vars(settle))), lambda: clock() + 2 * FIRST_PAUSE)
    wait_for(lambda: not list(shop.bucket.list(keys.ORDERS)), "what was rung for")
    _ends(shop, key, OTHER)
    wait_for(lambda: not list(shop.bucket.list(keys.ORDERS)), "the listing of the next version")


def _order(shop: Shop, **said: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(shop.cloud.fc.invoke("backfill", json.dumps(said).encode()).body)
    return report
