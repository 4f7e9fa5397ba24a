"""The whole line in the cloud in a box, told twice, killed, throttled, blocked and slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from shared import keys
from tests.cloud.box import Cloud
from tests.cloud.effects import Effect, Moment
from tests.pictures import picture
from tests.shop import PATIENCE, Shop, photo, subject_share, wait_for


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Time runs faster here: a lease is over after some seconds, settle comes by every second."""
    with Cloud(timeouts={"general": 12, "settle": 15}, timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


# Each effect that an upload's function has on the outside, in order: service, operation, and where in the bucket.
STEPS: list[tuple[str, str, Callable[[str], str]]] = [
    ("oss", "PutObject", keys.job),
    ("oss", "GetObject", lambda key: key),
    ("oss", "GetObject", keys.receipt),
    ("viapi", "SegmentCommonImage", lambda key: key),
    ("oss", "PutObject", keys.job),
    ("result", "Download", lambda key: key),
    ("oss", "PutObject", lambda key: keys.output(key, "", "png")),
    ("oss", "PutObject", keys.receipt),
    ("oss", "DeleteObject", keys.job),
]
SMALL = photo(size=(180, 120))
"""The stand-in draws one after the other, and with time scaled a call has four seconds."""
CALL = 3
NOBODY_KNOWS = {(CALL, "after"), (CALL + 1, "before")}
"""Deaths between the vendor's having heard the call and the record of its answer."""


def the(step: int, moment: Moment, key: str) -> Callable[[Effect, Moment], bool]:
    """True once: when the upload `key` comes to `step`."""
    service, name, where = STEPS[step]
    earlier = sum((s, n, w(key)) == (service, name, where(key)) for s, n, w in STEPS[:step])
    seen = 0

    def match(effect: Effect, now: Moment) -> bool:
        nonlocal seen
        if (effect.service, effect.name, effect.key, now) != (service, name, where(key), moment):
            return False
        seen += 1
        return seen == earlier + 1

    return match


def test_wherever_an_instance_is_killed_the_result_arrives(shop: Shop) -> None:
    moments: tuple[Moment, ...] = ("before", "after")
    deaths = {
        (step, moment): f"uploads/general/common/killed/{step}-{moment}.jpg"
        for step in range(len(STEPS))
        for moment in moments
    }
    for (step, moment), key in deaths.items():
        shop.cloud.kill_on(the(step, moment, key))
        shop.upload(key, SMALL)
    # Nothing is looked at before: a plan counts whoever asks for an object.
    wait_for(lambda: not shop.cloud.kills_to_come, "the last of them to die where it was to die")
    for death, key in deaths.items():
        receipt = shop.wait(key)
        assert (death, receipt.status) == (death, "done")
        assert (death, shop.billed(key)) == (death, 2 if death in NOBODY_KNOWS else 1)
        assert receipt.attempts >= shop.billed(key)
        assert subject_share(shop.picture(receipt)) > 0.1


def test_an_event_told_twice_at_once_is_billed_once(shop: Shop) -> None:
    heard: list[dict[str, Any]] = []
    deliver = shop.cloud.oss.on_event
    shop.cloud.oss.on_event = heard.append
    key = shop.upload("uploads/general/common/twice.jpg", SMALL)
    shop.cloud.oss.on_event = deliver
    for _ in range(4):
        deliver(heard[0])
    assert shop.wait(key).attempts == 1
    shop.cloud.fc.quiet(PATIENCE)
    assert shop.billed(key) == 1


def test_throttled_blocked_and_slow_uploads_drain_when_the_fault_is_lifted(shop: Shop) -> None:
    throttled, blocked, slow = (
        f"uploads/general/{where}.jpg" for where in ("common/throttled", "refine-mask/blocked", "hd-common/slow")
    )
    faults = [
        shop.cloud.viapi.fault("throttle", key=throttled),
        shop.cloud.viapi.fault("blocked", key=blocked),
        shop.cloud.viapi.fault("slow-job", key=slow),
    ]
    shop.upload(f"{blocked}.mask.png", picture(180, 120, "PNG", mode="L"))
    for key in (throttled, blocked, slow):
        shop.upload(key, SMALL)
    stages = {throttled: "waiting", blocked: "blocked", slow: "ticketed"}
    for key, stage in stages.items():
        wait_for(partial(shop.has_stage, key, stage), f"{key} to be {stage}")
    assert [shop.receipt(key) for key in (throttled, blocked, slow)] == [None, None, None]
    for fault in faults:
        fault.lift()
    for key in (throttled, blocked, slow):
        receipt = shop.wait(key)
        assert (key, receipt.status, receipt.attempts >= 1, shop.billed(key)) == (key, "done", True, 1)


def test_nothing_is_left_when_all_is_quiet(shop: Shop) -> None:
    shop.is_quiet()
