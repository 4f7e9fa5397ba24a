"""What a warm instance spends on a photo beside waiting for the vendor: CPU, requests to OSS, bytes at its sockets."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.bench.backlog import by_functions
from tests.bench.progress import say
from tests.bench.relay import Relay
from tests.bench.table import Table
from tests.bench.usage import cpu_seconds
from tests.cloud.box import Cloud
from tests.cloud.fc_code import Code
from tests.cloud.oss import Served
from tests.scenarios.shop import Shop, photo

PHOTO = photo(size=(900, 600))
"""Larger than what is read of it."""
_WARM_UP = 20
_FOLDER = "uploads/general/common/"


@dataclass(frozen=True)
class Overhead:
    """Of a photo, on average."""

    cpu_ms: float
    requests: float
    source_bytes: int
    """In a photo."""
    source_read: float
    """Bytes of the photo that came into the instance."""
    result_bytes: float
    """In a result."""
    into: float
    out: float
    """Bytes in and out at the instance's sockets, headers and all."""
    operations: dict[str, float]


def measure(uploads: int, code: Code = "source") -> Overhead:
    """One photo after the other, so that there is one instance, and nothing in its CPU time but them.

    Bytes are counted in a run of their own: the relays take their share of the machine.
    """
    say(f"overhead: {uploads} photos, one after the other, and {_WARM_UP} more through relays")
    with ExitStack() as stack:
        oss, viapi = stack.enter_context(Relay()), stack.enter_context(Relay())
        relayed = {"OSS_ENDPOINT": oss.url, "VIAPI_ENDPOINT": viapi.url, "RESULT_HOSTS": viapi.host}
        cloud = stack.enter_context(Cloud(qps=10_000, timer_seconds=math.inf, environment=relayed, code=code))
        oss.to, viapi.to = urlsplit(cloud.oss.url).netloc, cloud.viapi.result_host
        cloud.viapi.result_host = viapi.host
        shop = Shop(cloud)
        _serve(shop, "first")
        into, out = oss.into + viapi.into, oss.out + viapi.out
        for number in range(_WARM_UP):
            _serve(shop, f"{number}")
        into, out = oss.into + viapi.into - into, oss.out + viapi.out - out
    with Cloud(qps=10_000, timer_seconds=math.inf, code=code) as cloud:
        shop = Shop(cloud)
        for number in range(_WARM_UP):
            _serve(shop, f"warm-{number}")
        cpu, before = cpu_seconds(cloud.fc.instance_pids()), len(by_functions(cloud))
        for number in range(uploads):
            _serve(shop, str(number))
        cpu = cpu_seconds(cloud.fc.instance_pids()) - cpu
        requests = by_functions(cloud)[before:]
    results = [each for each in requests if each.operation == "PutObject" and _is_result(each)]
    if len(results) != uploads:
        raise RuntimeError(f"{len(results)} results of {uploads} photos: nothing to measure")
    return Overhead(
        cpu_ms=cpu / uploads * 1000,
        requests=len(requests) / uploads,
        source_bytes=len(PHOTO),
        source_read=sum(each.bytes_out for each in requests if each.key.startswith("uploads/")) / uploads,
        result_bytes=sum(each.bytes_in for each in results) / uploads,
        into=into / _WARM_UP,
        out=out / _WARM_UP,
        operations={name: count / uploads for name, count in Counter(each.operation for each in requests).items()},
    )


def _serve(shop: Shop, name: str) -> None:
    shop.upload(f"{_FOLDER}{name}.jpg", PHOTO)
    shop.cloud.fc.quiet(20)


def table(found: Overhead) -> Table:
    did = ", ".join(f"{count:g} {name}" for name, count in sorted(found.operations.items()))
    return Table(
        "Warm overhead of a photo, synchronous, everything but the vendor's time",
        ["what", "figure", "goal"],
        [
            ["CPU time in the instance", f"{found.cpu_ms:.1f} ms", "≤ 10 ms"],
            ["requests to OSS", f"{found.requests:g}", "≤ 6"],
            ["of the photo, read", f"{found.source_read:,.0f} of {found.source_bytes:,} bytes", "its header at most"],
            ["into the instance, at its sockets", _kb(found.into), f"the result's {_kb(found.result_bytes)}, once"],
            ["out of it", _kb(found.out), f"the result's {_kb(found.result_bytes)}, once"],
        ],
        f"Requests: {did}.",
    )


def _is_result(request: Served) -> bool:
    return request.key.startswith("cutouts/") and not request.key.endswith(".json")


def _kb(size: float) -> str:
    return f"{size / 1000:,.1f} kB"
