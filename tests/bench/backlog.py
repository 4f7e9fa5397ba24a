"""A thousand uploads at once, and what happens until their results are there, seen from the vendor and the bucket."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from shared.jobs import keys
from tests.bench.progress import say
from tests.bench.usage import cpu_seconds
from tests.cloud.box import Cloud
from tests.cloud.fc_runner import Invocation
from tests.cloud.manifest import load
from tests.cloud.oss import Served
from tests.scenarios.shop import Shop, photo

ACTION = "SegmentCommonImage"
PHOTO = photo(size=(180, 120))
"""Small: the figures are about calls and requests, and the box that serves the photo shares the machine."""
_TOLD_EVERY = 10.0
"""Seconds between two lines on stderr."""
_SWITCH_SECONDS = 0.001
_LINGERS = 90.0
"""Seconds that are waited for what still runs when every result is there."""

Events = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """`slower`: time goes so many times slower for vendor, timer and timeouts. The quota is divided and the latency
    multiplied by it, so that as many calls are open at once as there would be, and the machine does less a second."""

    qps: int
    latency: float
    """Seconds that the vendor takes."""
    uploads: int
    slower: float = 1

    @property
    def box_qps(self) -> float:
        return self.qps / self.slower

    @property
    def box_timeouts(self) -> dict[str, float]:
        """By function."""
        return {name: float(function.timeout * self.slower) for name, function in load().functions.items()}

    @property
    def box_latency(self) -> float:
        return self.latency * self.slower

    @property
    def box_patience(self) -> dict[str, str]:
        """What tells a peer how long Alibaba's SDK waits for an answer: 10 s unless it is told otherwise."""
        return {"READ_TIMEOUT_MS": str(round(10_000 * max(1.0, self.slower)))}


@dataclass(frozen=True)
class Drained:
    """Seconds as the box's clock tells them."""

    uploads: int
    served: int
    """Calls that the vendor billed."""
    throttled: int
    paid_twice: int
    stored_after: Sequence[float]
    """Seconds after the word of the uploads at which each result was there, sorted."""
    given_up: int
    """Uploads that neither have a result nor are being worked on."""
    served_in_order: int
    """Calls from the first upload's joining the queue on."""
    queue_seconds: float
    """From there to the last of these calls; to the end when it was cut off before all had been served."""
    seconds: float
    """From the word of the uploads to the last result, or to the end."""
    cpu_seconds: float
    """In instances."""
    invocations: Sequence[Invocation]

    @property
    def stored(self) -> int:
        """Uploads whose result lies in the bucket."""
        return len(self.stored_after)

    @property
    def unfinished(self) -> int:
        """Uploads that were still being worked on when it was cut off."""
        return self.uploads - self.stored - self.given_up

    def rate(self) -> float:
        """Results a second over the first nine tenths of the uploads, or over all there are when there are fewer."""
        count = min(self.stored, -(-self.uploads * 9 // 10))
        return count / self.stored_after[count - 1] if count else 0.0

    def share(self, qps: float) -> float:
        """Of the quota, while uploads waited for it."""
        return self.served_in_order / (qps * self.queue_seconds + 1)

    @property
    def throttled_share(self) -> float:
        return self.throttled / max(1, self.served + self.throttled)


def seed(cloud: Cloud, uploads: int, *, folder: str = "uploads/general/common/backlog") -> Events:
    """Puts so many photos into the bucket, tells no function, and returns what they would have been told."""
    shop = Shop(cloud)
    with shop.unheard() as events:
        for number in range(uploads):
            shop.upload(f"{folder}/{number:05}.jpg", PHOTO)
    return events


def tell(cloud: Cloud, events: Events) -> float:
    """Tells the functions everything at once, as if it had just been uploaded; since when, in seconds since 1970."""
    begun = time.time()
    # As OSS says it: to the second.
    put_now = {"eventTime": datetime.fromtimestamp(begun, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    for document in events:
        cloud.oss.on_event({"events": [event | put_now for event in document["events"]]})
    return begun


def drain(cloud: Cloud, events: Events, *, seconds: float, latency: float = 0.0, until_quiet: bool = False) -> Drained:
    """Tells the functions everything at once, and watches until every result is there, or for `seconds`.

    `latency` is the vendor's. `until_quiet`: nothing comes back to what was given up, so it is over as well when no
    invocation is left.
    """
    cpu, invoked = cpu_seconds(cloud.fc.instance_pids()), len(cloud.fc.invocations)
    arriving = Arriving(cloud)
    begun = told = tell(cloud, events)
    while True:
        time.sleep(0.25)
        now = time.time()
        idle = until_quiet and _is_quiet(cloud)
        stored = arriving.so_far()  # after that: what the last invocation stored counts
        if len(stored) == len(events) or idle or now - begun > seconds:
            break
        if now - told > _TOLD_EVERY:
            told = now
            say(f"    {len(stored)} of {len(events)} results after {now - begun:.0f} s")
    finished = idle or len(stored) == len(events)
    if finished:
        _is_quiet(cloud, _LINGERS)  # an invocation is told of, and charged, when it has ended
    served = [billed for billed in cloud.viapi.ledger if billed.action == ACTION and billed.at >= begun]
    calls = [call for call in cloud.viapi.calls if call.action == ACTION and call.at >= begun]
    arrived = [billed.at - latency for billed in served]  # they are billed when they have been made
    joined = [each.at for each in list(cloud.oss.requests) if each.at >= begun and each.key.startswith(keys.QUEUE)]
    first = min(joined or arrived, default=begun)
    last = max(arrived, default=now) if finished or len(served) >= len(events) else now
    return Drained(
        uploads=len(events),
        served=len(served),
        throttled=sum(call.code.startswith("Throttling") for call in calls),
        paid_twice=len(served) - len({billed.key for billed in served}),
        stored_after=sorted(at - begun for at in stored.values()),
        given_up=len(events) - len(stored) if idle else 0,
        served_in_order=sum(at >= first for at in arrived),
        queue_seconds=last - first,
        seconds=max(stored.values(), default=now) - begun if len(stored) == len(events) else now - begun,
        cpu_seconds=cpu_seconds(cloud.fc.instance_pids()) - cpu,
        invocations=cloud.fc.invocations[invoked:],
    )


def by_functions(cloud: Cloud, since: float = 0.0) -> list[Served]:
    """Requests to OSS that instances made since then: vendors come by link or without a key, the shop with its own."""
    owner = cloud.accounts.owner.access_key_id
    return [
        each
        for each in list(cloud.oss.requests)
        if each.at >= since and each.access_key_id not in ("", owner) and not each.by_link
    ]


class Arriving:
    """The results that come from now on, read on from where the last look ended: whoever read all of the box's requests
    four times a second would keep it from serving."""

    def __init__(self, cloud: Cloud) -> None:
        self._requests = cloud.oss.requests
        self._seen = len(self._requests)
        self._first: dict[str, float] = {}

    def so_far(self) -> Mapping[str, float]:
        """When the first result of each upload came, by the upload's key."""
        news = self._requests[self._seen :]
        self._seen += len(news)
        for each in news:
            is_result = each.key.startswith("cutouts/") and each.key.endswith(".png")
            if is_result and each.method == "PUT" and each.status == 200:
                self._first.setdefault(f"uploads/{each.key.removeprefix('cutouts/').removesuffix('.png')}", each.at)
        return self._first


@contextmanager
def undisturbed() -> Iterator[None]:
    """The box is one Python process, which also measures: no thread of it keeps those waiting that serve, nor does a
    look for garbage, which takes a tenth of a second with all that it holds."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)


def _is_quiet(cloud: Cloud, timeout: float = 0) -> bool:
    try:
        cloud.fc.quiet(timeout)
    except TimeoutError:
        return False
    return True
