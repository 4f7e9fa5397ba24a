"""A burst: many uploads told to two functions at once, while a vendor's action takes two calls a second; and whether
what is promised of bursts was kept, seen from the vendor, the bucket and the platform."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from shared.jobs import keys
from shared.jobs.upload import Upload
from shared.vendors.capabilities import CAPABILITIES
from tests.bench.backlog import Arriving, Events, seed, tell, undisturbed
from tests.bench.progress import say
from tests.cloud.box import Cloud
from tests.cloud.vendor import Called
from tests.reliability.burst_figures import TOLD, Burst, Found, displacement, most_within
from tests.scenarios.shop import Shop

_TOLD_EVERY, _LOOKS_EVERY = 10.0, 1.0
_GRACE = 60.0
"""Seconds for what takes its time whatever the quota: instances start, and Function Compute pauses."""


def measure(burst: Burst) -> Found:
    """Runs it; for twice as long as the quota would take and a minute, and no longer."""
    with burst.cloud() as cloud, undisturbed():
        events, arriving = _seed(cloud, burst.uploads), Arriving(cloud)
        say(f"burst: {burst.uploads} uploads at {burst.qps:g} QPS a capability")
        begun = tell(cloud, events)
        ends = begun + 2 * burst.seconds + _GRACE
        _watch(arriving, burst.uploads, begun, ends)
        try:
            cloud.fc.quiet(max(0.0, ends - time.time()))
        except TimeoutError:
            say("    it was cut off")
        return _seen(cloud, burst, begun, arriving.so_far())


def _seed(cloud: Cloud, uploads: int) -> Events:
    """Of the capabilities in turn."""
    share = -(-uploads // len(TOLD))
    seeded = [seed(cloud, share, folder=f"{keys.UPLOADS}{capability}/burst") for capability in TOLD]
    return list(chain.from_iterable(zip(*seeded, strict=True)))[:uploads]


def _watch(arriving: Arriving, uploads: int, begun: float, ends: float) -> None:
    """Until every result is there."""
    told = begun
    while (stored := len(arriving.so_far())) < uploads and (now := time.time()) < ends:
        if now - told > _TOLD_EVERY:
            told = now
            say(f"    {stored} of {uploads} results after {now - begun:.0f} s")
        time.sleep(_LOOKS_EVERY)


def _seen(cloud: Cloud, burst: Burst, begun: float, stored: Mapping[str, float]) -> Found:
    calls = list(cloud.viapi.calls)
    served = Counter(billed.key for billed in cloud.viapi.ledger)
    bucket = Shop(cloud).bucket
    uploads = {entry.key for entry in bucket.list(keys.UPLOADS)}
    receipts = {entry.key for entry in bucket.list(keys.CUTOUTS)}
    functions = {capability.partition("/")[0] for capability in TOLD}
    heard = max(each.started + each.seconds for each in cloud.fc.invocations if each.function in functions)
    actions = _by_capability(calls)
    return Found(
        burst=burst,
        lost=sum(Upload(upload).receipt_key not in receipts for upload in uploads),
        paid_twice=sum(times - 1 for times in served.values()),
        calls=len(calls),
        throttled=sum(call.code.startswith("Throttling") for call in calls),
        most=max(most_within([call.arrived for call in each], burst.window) for each in actions.values()),
        displaced=max(displacement(_came(cloud, name), _called(each)) for name, each in actions.items()),
        unheard=sum(at < heard for at in stored.values()) / max(1, len(stored)),
        seconds=max(stored.values(), default=begun) - begun,
    )


def _by_capability(calls: Sequence[Called]) -> dict[str, list[Called]]:
    return {name: [call for call in calls if call.action == CAPABILITIES[name].action] for name in TOLD}


def _came(cloud: Cloud, capability: str) -> list[str]:
    """The uploads in the order in which they got their jobs."""
    begun = {
        Upload.of_job(each.key).key: None
        for each in list(cloud.oss.requests)
        if each.method == "PUT"
        and each.status == 200
        and each.key.startswith(f"{keys.JOBS}{capability}/")
        and each.key.endswith(".json")
    }
    return list(begun)


def _called(calls: Sequence[Called]) -> list[str]:
    """The uploads in the order in which they were first called: what is turned away has had its turn."""
    return list(dict.fromkeys(call.key for call in sorted(calls, key=lambda call: call.arrived)))
