"""No role has a right that nothing makes use of: everything that functions do is done once, and what was granted is
compared with what was used. That none lacks a right, every scenario shows: the box refuses what a role may not do."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from functools import partial

import pytest

from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.box import Cloud
from tests.cloud.ram import Policies, Right
from tests.scenarios.shop import Shop, photo, wait_for

SMALL, OTHER = photo(size=(180, 120)), photo(size=(182, 120))
MASK = photo("PNG", size=(180, 120), mode="L")
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
Granted = set[tuple[str, Right]]
EXTRA = {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "acs:oss:*:*:*"}


def new_cloud() -> Cloud:
    return Cloud(timer_seconds=math.inf, qps=20, job_seconds=0.5, environment={"DAILY_CALL_LIMIT": "1000"})


def unused(cloud: Cloud) -> Granted:
    """By role, what was granted to functions and nothing made use of."""
    accounts = cloud.accounts
    return {
        (role, right)
        for role, policies in accounts.policies.items()
        for right in policies.granted()
        if right not in accounts.used.get(role, set())
    }


@pytest.fixture(scope="module")
def busy() -> Iterator[Cloud]:
    """A cloud in which everything was done."""
    with new_cloud() as cloud:
        role = "oss-cutout-settle"
        cloud.accounts.policies[role].statements.append(EXTRA)
        shop = Shop(cloud)
        for group in ONE_OF:
            _serve(shop, group)
            _throttle(shop, group)
        for picture, companion in COMPANIONS.items():
            shop.upload(companion, MASK if companion.endswith(".png") else OTHER)
            _is_done(shop, picture, SMALL)
        _backfill(shop)
        yield cloud


def test_every_right_is_made_use_of_but_the_one_too_many(busy: Cloud) -> None:
    assert unused(busy) == {("oss-cutout-settle", (EXTRA["Action"], EXTRA["Resource"]))}


def test_every_role_is_made_use_of(busy: Cloud) -> None:
    assert set(busy.accounts.used) == set(busy.accounts.policies)


@pytest.mark.parametrize(
    ("group", "action"), [("goods", "oss:DeleteObject"), ("picwish", "oss:PutObjectAcl"), ("general", "oss:PutObject")]
)
def test_a_right_too_few_is_refused_and_named(group: str, action: str) -> None:
    role = f"oss-cutout-{group}"
    with new_cloud() as cloud:
        cloud.accounts.policies[role] = _without(cloud.accounts.policies[role], action)
        shop, key = Shop(cloud), f"uploads/{ONE_OF[group]}/a.jpg"
        shop.upload(key, SMALL)
        wait_for(lambda: cloud.accounts.refused, "a refusal")
        assert {(name, right[0]) for name, right in cloud.accounts.refused} == {(role, action)}
        cloud.accounts.refused.clear()


def _without(policies: Policies, action: str) -> Policies:
    kept = [
        {**each, "Action": [name for name in each["Action"] if name != action]}
        for each in policies.statements
        if each["Action"] != [action]
    ]
    return Policies({"Version": "1", "Statement": kept})


def _is_done(shop: Shop, key: str, body: bytes) -> None:
    etag = shop.upload(key, body) and shop.raw.head_object(key).etag
    wait_for(lambda: (found := shop.receipt(key)) and found.etag == etag, f"the receipt of {key}")
    assert (key, shop.wait(key).status) == (key, "done")


def _serve(shop: Shop, group: str) -> None:
    """Served by the function itself: a photo, its next version, and one whose link the vendor cannot read."""
    capability = ONE_OF[group]
    key, named = f"uploads/{capability}/a.jpg", f"uploads/{capability}/咖啡.jpg"
    _is_done(shop, key, SMALL)
    _is_done(shop, key, OTHER)
    vendor = CAPABILITIES[capability].provider
    if vendor in REFUSES_LINKS:
        shop.cloud.vendors[vendor].fault(REFUSES_LINKS[vendor], key=named, times=1)
    _is_done(shop, named, SMALL)


def _throttle(shop: Shop, group: str) -> None:
    """Served by settle: what the vendor does not take yet, and what comes meanwhile."""
    capability = ONE_OF[group]
    vendor = CAPABILITIES[capability].provider
    first, second, named = (f"uploads/{capability}/{name}.jpg" for name in ("first", "second", "红鞋"))
    busy = shop.cloud.vendors[vendor].fault("throttle")
    shop.upload(first, SMALL)
    wait_for(partial(shop.has_stage, first, "waiting"), "it to be turned away")
    shop.upload(first, OTHER)  # there is a job already
    time.sleep(3.5)  # until the function asks whether settle has the backlog
    shop.upload(second, SMALL)
    if vendor in REFUSES_LINKS:
        shop.cloud.vendors[vendor].fault(REFUSES_LINKS[vendor], key=named, times=1)
    shop.upload(named, SMALL)
    busy.lift()
    shop.cloud.fc.tick("settle")
    for key in (first, second, named):
        assert (key, shop.wait(key).status) == (key, "done")


def _backfill(shop: Shop) -> None:
    """Of uploads that nobody was told of: by invoking their functions, and where that is refused by the queue."""
    for invoked in (True, False):
        shop.cloud.gateway.takes_old_signatures = invoked
        key = f"uploads/general/common/lost-{invoked}.jpg"
        with shop.unheard():
            shop.upload(key, SMALL)
        answer = shop.cloud.fc.invoke("backfill", json.dumps({"prefix": key}).encode())
        assert json.loads(answer.body)["set_going"] == 1
        shop.cloud.fc.tick("settle")
        assert (key, shop.wait(key).status) == (key, "done")
