"""Function Compute and OSS in the ways that a function must bear: events come in whole seconds and not at once, and
credentials end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shared.jobs import keys
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop, photo

SMALL = photo(size=(180, 120))
ON_ITS_WAY = 2.0
"""Seconds that OSS takes to tell Function Compute."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Cloud(timer_seconds=math.inf, qps=50) as cloud:
        deliver = cloud.oss.on_event

        def take_time(document: dict[str, Any]) -> None:
            time.sleep(ON_ITS_WAY)
            deliver(document)

        cloud.oss.on_event = take_time
        yield Shop(cloud)


def end_of_a_second() -> None:
    """When an event's time is furthest from what it says."""
    time.sleep((0.95 - time.time()) % 1)


def test_a_lone_upload_does_not_go_through_the_queue_whether_its_instance_is_there_or_not(shop: Shop) -> None:
    warm_up = shop.upload("uploads/general/common/first.jpg", SMALL)  # what is imported for the first time takes longer
    shop.wait(warm_up)
    shop.cloud.fc.quiet(30)
    for pid in shop.cloud.fc.instance_pids():
        shop.cloud.fc.kill(pid)
    shop.cloud.oss.requests.clear()
    for key in ("uploads/general/common/cold.jpg", "uploads/general/common/warm.jpg"):
        end_of_a_second()
        shop.upload(key, SMALL)
        assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)
        shop.cloud.fc.quiet(30)
    written = [request.key for request in shop.cloud.oss.requests if request.method == "PUT"]
    assert not [key for key in written if key.startswith((keys.QUEUE, keys.WAKE))], "nobody had to ask settle"


def test_an_instance_outlives_the_credentials_that_it_began_with(shop: Shop) -> None:
    fc = shop.cloud.fc
    for name in ("before", "after"):
        key = shop.upload(f"uploads/general/common/{name}.jpg", SMALL)
        assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)
        fc.quiet(30)
        (pid,) = fc.instance_pids()
        fc.renew_credentials("general")
    assert fc.instance_pids() == [pid], "it is the same one"
