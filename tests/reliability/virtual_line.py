"""The line in virtual time: real code over a bucket and a vendor that take their time, with settle as it is invoked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

import pytest

from shared.cloud.ports import ListedObject, Reply, Request
from shared.entry import wiring
from shared.entry.settings import Settings
from shared.entry.timeouts import Timeouts
from shared.jobs import keys
from shared.jobs.queue import QueueEntry
from shared.jobs.receipt import Receipt
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pictures.sniff import Download
from shared.pipeline.search import Search
from tests.cloud.manifest import load
from tests.pictures import picture
from tests.reliability.virtual_time import VirtualTime
from tests.unit.fakes import PNG, START, Clock, MemoryBucket, Shop, Thing, shown_at
from tests.unit.providers import CREDENTIALS
from tests.unit.viapi_line import ok, refused

TICK = timedelta(minutes=1)
"""Of settle's timer, by s.yaml."""
LATENCY = 1.0
"""Seconds of a call."""
_TIMEOUTS = Timeouts.within(load().functions["settle"].timeout)
_REQUEST, _NAME, _DOWNLOAD, _WAKING = 0.01, 0.0001, 0.1, 1.0
"""Seconds: of a request to OSS, for each name that it lists, of a result's download, from a wake-up to its worker."""
_ARRIVE_EVERY = timedelta(milliseconds=20)
_PAGES = (502, 503, 504)
_PAGE = b"<html><head><title>Bad Gateway</title></head><body><center>nginx</center></body></html>"


@dataclass(frozen=True)
class Call:
    """As the vendor took it; an outage answers `ok` false."""

    key: str
    at: datetime
    answered: datetime
    ok: bool


class TimedVendor:
    """The web, of which each call takes its slot of the quota, in the order of arrival, and then `LATENCY`.

    During the `outage` a gateway answers with an error page, in turn with each of the three statuses that it has. Over
    the photos at the keys of `spoilt`, the vendor fails.
    """

    def __init__(self, clock: Clock, time: VirtualTime) -> None:
        self.outage = (START, START)
        self.spoilt: frozenset[str] = frozenset()
        self.calls: list[Call] = []
        self._clock = clock
        self._time = time
        self._free = clock()

    def throttled(self, request: Request) -> None:
        pass

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        slot = max(self._clock(), self._free)
        self._free = slot + timedelta(seconds=1 / request.quota.per_second)
        self._time.sleep((slot - self._clock()).total_seconds())
        on_slot()
        at, (begins, ends) = self._clock(), self.outage
        key, _ = shown_at({**request.query, **request.form}["ImageURL"])
        self._time.sleep(LATENCY)
        is_out = begins <= at < ends
        self.calls.append(Call(key, at, self._clock(), ok=not is_out and key not in self.spoilt))
        number = len(self.calls)
        if is_out:
            return Reply(_PAGES[number % len(_PAGES)], _PAGE)
        fails = key in self.spoilt
        status, body = refused("InternalError", 500) if fails else ok(ImageURL=f"https://results.example/{number}.png")
        return Reply(status, body.encode())

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        pass

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        self._time.sleep(_DOWNLOAD)
        yield Download("image/png", "png", iter([PNG]))


class _Things(dict[str, Thing]):
    """Objects by key; `names` are their keys in order, so that a page of 100,000 is listed without looking at all."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __setitem__(self, key: str, thing: Thing) -> None:
        if key not in self:
            insort(self.names, key)
        super().__setitem__(key, thing)

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            del self.names[bisect_left(self.names, key)]
        return super().pop(key, *default)


class TimedBucket(MemoryBucket):
    """A bucket whose requests take their time, and which lists page by page, a request each."""

    def __init__(self, clock: Clock, time: VirtualTime) -> None:
        super().__init__(clock)
        self.things: _Things = _Things()
        self._time = time

    def take_time(self) -> None:
        """From now on; until then everything is done at once."""
        self.before = lambda name, key: self._time.sleep(_REQUEST)

    def list(self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True) -> Iterator[ListedObject]:
        while True:
            with self._request("list", prefix):
                names = self.things.names
                first = max(bisect_right(names, after), bisect_left(names, prefix))
                listed = [*takewhile(lambda key: key.startswith(prefix), names[first : first + page])]
                found = [(key, self.things[key]) for key in listed]
            self._time.sleep(len(found) * _NAME)
            for key, thing in found:
                if nested or "/" not in key.removeprefix(prefix):
                    yield ListedObject(key, thing.etag, thing.modified, len(thing.body))
            if len(found) < page:
                return
            after = listed[-1]


class _NoSearch(Search):
    """Nobody dies here, so every job has its entry; and each search would read all names, once a minute for days."""

    def step(self) -> tuple[list[QueueEntry], timedelta]:
        return [], timedelta()


class TimedShop(Shop):
    """The line with `qps` calls a second bought: photos wait until settle is invoked. Leases stay, since no search
    comes by that deletes them."""

    def __init__(self, qps: float) -> None:
        super().__init__()
        self.time = VirtualTime(self.clock)
        self.bucket: TimedBucket = TimedBucket(self.clock, self.time)
        self.vendor = TimedVendor(self.clock, self.time)
        self.providers = wiring.providers(Settings(viapi_qps=qps), CREDENTIALS)
        jobs = JobStore(self.bucket, self.clock, timedelta(seconds=_TIMEOUTS.lease))
        self.pipeline = self.compose(self.vendor, jobs)
        self.dispatcher = self.meet(self.pipeline)
        self._search = _NoSearch(jobs, self.clock)

    def wait_in_line(self, photos: int) -> list[str]:
        """So many photos join the queue, one after the other; their keys."""
        joined = [f"{keys.UPLOADS}general/common/{number:06}.jpg" for number in range(photos)]
        for key in joined:
            self.pipeline.jobs.enqueue(Upload(key), self.bucket.put(key, picture(64, 48) + key.encode()))
            self.clock.now += _ARRIVE_EVERY
        return joined

    def settle_until(self, is_over: Callable[[], bool], latest: datetime) -> None:
        """Invoke settle as Function Compute does, by the timer or by the wake-up of the invocation before."""
        self.bucket.take_time()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("shared.pipeline.worker.wait", self.time.wait)
            # Names are listed every second, most of them again.
            patch.setattr(QueueEntry, "read", lru_cache(100_000)(QueueEntry.read))
            while not is_over() and self.clock() < latest:
                began = self.clock()
                ends = began + timedelta(seconds=_TIMEOUTS.begin)
                self.worker(ends, self.time, sleep=self.time.sleep, search=self._search).run()
                woken = self.bucket.things.get(keys.WAKE)
                if woken and woken.modified >= began:
                    self.clock.pass_(seconds=_WAKING)
                else:
                    self.clock.now += TICK - (self.clock() - START) % TICK

    @property
    def is_over(self) -> bool:
        """Whether no job is left."""
        names = self.bucket.things.names
        below = takewhile(lambda key: key.startswith(keys.JOBS), names[bisect_left(names, keys.JOBS) :])
        return not any(key.endswith(".json") for key in below)

    def served_at(self, key: str) -> datetime | None:
        """When the receipt of an upload was written; None without one."""
        receipt = self.bucket.things.get(Upload(key).receipt_key)
        return receipt.modified if receipt else None

    def receipts(self) -> dict[str, Receipt]:
        """By the key of the upload."""
        names = (key for key in self.bucket.things if key.startswith(keys.CUTOUTS) and key.endswith(".json"))
        found = (Receipt.model_validate_json(self.bucket.things[name].body) for name in names)
        return {receipt.source: receipt for receipt in found}
