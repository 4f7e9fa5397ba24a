"""The whole line in the cloud in a box, without a timer: settle is woken, and settle keeps to the queue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import pytest

from shared.jobs.queue import QueueEntry
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop, photo, wait_for

QPS = 4
"""Less than this burst is, on a slow machine, too."""
SMALL = photo(size=(180, 120))
INSTANCES = 4
"""Of the upload's function, each of which learns by a call of its own that the quota is taken."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Cloud(timer_seconds=math.inf, qps=QPS, job_seconds=1) as cloud:
        yield Shop(cloud)


def test_without_a_timer_the_bell_has_what_is_unfinished_finished(shop: Shop) -> None:
    ticketed, away = "uploads/general/hd-common/coffee.jpg", "uploads/general/common/away.jpg"
    fault = shop.cloud.viapi.fault("throttle", key=away)
    shop.upload(ticketed, SMALL)
    shop.upload(away, SMALL)
    wait_for(partial(shop.has_stage, away, "waiting"), "it to be turned away")
    fault.lift()
    for key in (ticketed, away):
        assert (key, shop.wait(key).status, shop.billed(key)) == (key, "done", 1)


def test_a_burst_is_served_in_the_order_of_the_queue_and_hardly_ever_in_vain(shop: Shop) -> None:
    uploads = [f"uploads/general/common/{number * 7 % 40:02}.jpg" for number in range(40)]
    heard, happened = len(shop.cloud.viapi.calls), len(shop.cloud.effects)
    for key in uploads:
        shop.upload(key, SMALL)
    for key in uploads:
        assert (key, shop.wait(key).status, shop.billed(key)) == (key, "done", 1)
    refused = [call.key for call in shop.cloud.viapi.calls[heard:] if call.code]
    assert len(refused) <= 2 * INSTANCES + 0.05 * len(uploads), "the first wave, and one in twenty"
    effects = [effect for effect, moment in shop.cloud.effects[happened:] if moment == "before"]
    turns = sorted({effect.key for effect in effects if effect.key.startswith("queue/waiting/general/common/")})
    # A turn goes a moment after its receipt came: the first ones may be those of uploads before.
    queued = [read.upload.key for turn in turns if (read := QueueEntry.read(turn)) and read.upload.key in uploads]
    calls = [effect.key for effect in effects if effect.service == "viapi" and effect.key in queued]
    served = list(reversed(dict.fromkeys(reversed(calls))))  # the last call of each is the one that passed
    assert sorted(served) == sorted(queued)
    displaced = [abs(served.index(key) - place) for place, key in enumerate(queued)]
    assert len(queued) >= 10
    assert sum(displaced) / len(displaced) < len(displaced) / 6, "a third would be chance"
