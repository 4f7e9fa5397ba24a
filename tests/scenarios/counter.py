"""A counter: hand in a picture, get its receipt, and hear what the vendor was shown, told and would bill.

Everything is real but the processes and what is drawn: the handlers run here, at once, on the event that the bucket
sent, and a vendor that has looked at a picture and taken it draws a small portrait instead, since what the pictures
show is no matter here.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shared.cloud.oss_clock import OssClock
from shared.entry import invocation, wiring
from shared.entry.settle import on_timer
from shared.entry.uploads import on_upload
from shared.jobs.receipt import Receipt
from shared.pipeline.worker import Worker
from shared.vendors.capability import Capability
from tests import samples
from tests.cloud import repair, segment
from tests.cloud.box import Cloud
from tests.cloud.oss_image_actions import Reading
from tests.cloud.segment import Pixels
from tests.cloud.vendor import Vendor
from tests.cloud.vendor_pictures import Limits, Picture
from tests.scenarios.shop import Shop, wait_for

DRAWN = 300
"""The side, in pixels, of the picture that vendors draw: of one that has it, they see the areas where they are."""
_LARGE = 1_000_000


@dataclass(frozen=True)
class Outcome:
    receipt: Receipt
    codes: tuple[str, ...]
    """What the vendor answered to each call, an empty one when nothing had failed."""
    billed: int
    seen: tuple[tuple[int, int], ...]
    """Width and height of every picture that it was shown and took."""
    told: Mapping[str, object]
    """The options, in its words."""


class Counter:
    def __init__(self, cloud: Cloud, clock: _Clock) -> None:
        self._shop = Shop(cloud)
        self._vendors = cloud.vendors.values()
        self._clock = clock
        self._numbers = count()
        self._events: list[dict[str, Any]] = []
        self._role = cloud.accounts.assume_role()
        cloud.oss.on_event = self._events.append

    def hand_in(
        self, row: Capability, body: bytes, second: bytes = b"", *, folder: str = "", **metadata: str
    ) -> Outcome:
        """Upload `body` below `folder`, with `second` beside it, and wait for the receipt."""
        for vendor in self._vendors:
            for record in (vendor.calls, vendor.ledger, vendor.shown):
                record.clear()
        key = f"uploads/{row.name}/{folder}{'/' if folder else ''}{next(self._numbers)}.jpg"
        uploaded = [key]
        if second:
            uploaded.append(self._shop.upload(f"{key}.{row.companion_roles[0]}.jpg", second))
        self._events.clear()  # which picture is told of first is no matter here
        self._shop.upload(key, body, **metadata)
        (event,) = self._events
        on_upload(row.name.partition("/")[0])(json.dumps(event).encode(), self._context())
        receipt = self._shop.receipt(key) or self._settled(key)
        if len(body) + len(second) > _LARGE:
            self._shop.bucket.delete(tuple(uploaded))  # the bucket is in memory
        calls = [call for vendor in self._vendors for call in vendor.calls]
        shown = [picture for vendor in self._vendors for picture in vendor.shown]
        assert [picture.key for picture in shown] in ([], uploaded)
        return Outcome(
            receipt,
            codes=tuple(call.code for call in calls),
            billed=sum(len(vendor.ledger) for vendor in self._vendors),
            seen=tuple((picture.width, picture.height) for picture in shown),
            told=calls[0].options if calls else {},
        )

    def let_oss_turn(self, reading: Reading) -> None:
        """From now on as this reading of its documents has it."""
        self._shop.cloud.oss.reading = reading

    def is_clear(self) -> bool:
        """Whether nothing is left of any work when settle has come by."""
        on_timer()(b"{}", self._context())
        return not [*self._shop.bucket.list("jobs/"), *self._shop.bucket.list("work/")]

    def _settled(self, key: str) -> Receipt:
        """The receipt of what could not be finished in one go, when settle has come by."""
        with self._clock.ahead_of_time():
            return wait_for(lambda: self._settle(key), f"the receipt of {key}")

    def _settle(self, key: str) -> Receipt | None:
        self._clock.sleep(10)
        on_timer()(b"{}", self._context())
        return self._shop.receipt(key)

    def _context(self) -> Any:
        return SimpleNamespace(credentials=SimpleNamespace(**vars(self._role)), function=SimpleNamespace(timeout=300))


class _Clock(OssClock):
    """The functions' clock, which goes ahead where they would wait."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return super().__call__() + self._ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))  # the vendor's own threads have their turn
        self._ahead += timedelta(seconds=seconds)

    @contextmanager
    def ahead_of_time(self) -> Iterator[None]:
        yield
        self._ahead = timedelta()  # a vendor refuses what was signed by a clock that goes wrong


@contextmanager
def counter() -> Iterator[Counter]:
    """A counter in a cloud of its own, whose vendors are as quick as can be."""
    with pytest.MonkeyPatch.context() as patch:
        clock, look, portrait = _Clock(), Vendor._look, _portrait()

        def looked(vendor: Vendor, url: str, limits: Limits) -> Picture:
            return replace(look(vendor, url, limits), pixels=portrait)

        patch.setattr(Vendor, "_look", looked)
        patch.setattr(segment, "_SEARCH", 64)  # any cutout will do
        patch.setattr(repair, "_MEND", 64)
        patch.setattr(invocation, "now", clock)
        patch.setattr(wiring, "Worker", partial(Worker, sleep=clock.sleep))
        with Cloud(timer_seconds=math.inf, qps=1000, job_seconds=0) as cloud:
            for name, value in cloud.settings().items():
                patch.delenv(name, raising=False)
                if not name.startswith("ALIBABA_CLOUD"):  # those a function gets from its role
                    patch.setenv(name, value)
            _forget_settings()
            yield Counter(cloud, clock)
            _forget_settings()


def _portrait() -> Pixels:
    """A face of 100 pixels, black on one side, for as a mask it must not be white in more than a half."""
    astronaut = Image.fromarray(samples.photo("astronaut")[:270, 105:375])
    portrait = np.array(astronaut.resize((DRAWN, DRAWN)), np.uint8)
    portrait[:, 3 * DRAWN // 4 :] = 0
    return portrait


def _forget_settings() -> None:
    invocation.settings.cache_clear()
    wiring.KEPT.clear()
