"""How long a new instance takes until it makes its first request, in a bare CPython 3.10.

That is the process, the import of `index` and the making of its clients. A socket here takes the request's time and
answers nothing, so none of the cloud is in the figure.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tools.build import OUT

RUNS = 20

_INSTANCE = """
import json, sys, time
from types import SimpleNamespace
sys.path[:0] = sys.argv[2:]
begin = time.perf_counter()
import index
print((time.perf_counter() - begin) * 1000, flush=True)
context, event = json.loads(sys.argv[1], object_hook=lambda fields: SimpleNamespace(**fields))
index.handler(event.encode(), context)
"""

_KEYS = {"access_key_id": "LTAI-EXAMPLE", "access_key_secret": "an-example", "security_token": "an-example"}
_CONTEXT = {
    "request_id": "1",
    "credentials": _KEYS,
    "function": {"name": "oss-cutout-example", "handler": "index.handler", "memory": 512, "timeout": 120},
    "region": "cn-shanghai",
    "account_id": "1",
}
_ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": _KEYS["access_key_id"],
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": _KEYS["access_key_secret"],
    "ALIBABA_CLOUD_SECURITY_TOKEN": _KEYS["security_token"],
    "OSS_BUCKET": "shop-photos",
    "REGION": "cn-shanghai",
}
_NO_VERSIONING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 26\r\n\r\n<VersioningConfiguration/>"


def _created(key: str) -> str:
    """The event that OSS sends for a new object."""
    created = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": "2026-11-21T08:00:00.000Z",
        "region": "cn-shanghai",
        "oss": {"bucket": {"name": "shop-photos"}, "object": {"key": key, "eTag": "0" * 32, "size": 1}},
    }
    return json.dumps({"events": [created]})


_UPLOADED = _created("uploads/general/common/a.jpg")


class Starter(NamedTuple):
    """A handler to start: `index.py` in `folder`, which may import from `paths` as well.

    It finds OSS and VIAPI where the settings say (`OSS_ENDPOINT`, `VIAPI_ENDPOINT`: http and a port), and its keys in
    the environment or the context.
    """

    name: str
    folder: Path
    paths: Sequence[Path] = ()
    event: str = _UPLOADED


class ColdStart(NamedTuple):
    """Medians, in milliseconds."""

    name: str
    imported: float
    """`import index`, inside the process."""
    ready: float
    """From the start of the process to its first request for the event."""


OURS = (
    Starter("general", OUT / "general"),
    Starter("settle", OUT / "settle", event="{}"),
    Starter("listing", OUT / "listing", event=_created("orders/general/common/a.jpg.json")),
    Starter("backfill", OUT / "backfill", event='{"dry_run": true}'),
)


def cold_starts(python: str, starters: Sequence[Starter], runs: int = RUNS) -> tuple[list[ColdStart], float]:
    """Of each starter, in turn; and the median of the whole bare interpreter, taken in turn with them.

    Raises `RuntimeError` for a handler that makes no request.
    """
    figures: list[list[tuple[float, float]]] = [[] for _ in starters]
    bare = []
    for run in range(runs + 1):
        for starter, found in zip(starters, figures, strict=True):
            took = _start(python, starter)
            if run:  # the first one warms the disk's cache
                found.append(took)
        begin = time.perf_counter()
        subprocess.run([python, "-I", "-S", "-c", ""], check=True)
        bare.append((time.perf_counter() - begin) * 1000)
    medians = [tuple(median(column) for column in zip(*found, strict=True)) for found in figures]
    return [ColdStart(starter.name, *took) for starter, took in zip(starters, medians, strict=True)], median(bare[1:])


def _start(python: str, starter: Starter) -> tuple[float, float]:
    with socket.create_server(("127.0.0.1", 0)) as cloud:
        cloud.settimeout(0.5)
        url = f"http://127.0.0.1:{cloud.getsockname()[1]}"
        addresses = dict.fromkeys(("OSS_ENDPOINT", "OSS_PUBLIC_ENDPOINT", "VIAPI_ENDPOINT"), url)
        asked = json.dumps([_CONTEXT, starter.event])
        command = [python, "-I", "-S", "-c", _INSTANCE, asked, *map(str, (starter.folder, *starter.paths))]
        begin = time.perf_counter()
        with subprocess.Popen(
            command,
            env={**addresses, **_ENVIRONMENT},
            cwd=starter.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as instance:
            try:
                arrived = _first_request(cloud, instance)
            finally:
                instance.kill()
                said, trouble = instance.communicate()
    if arrived is None:
        raise RuntimeError(f"{starter.name} made no request: {trouble}")
    return float(said.split()[0]), (arrived - begin) * 1000


def _first_request(cloud: socket.socket, instance: subprocess.Popen[str]) -> float | None:
    """When it came. Whether the bucket has versioning is answered instead: not every client is made by then."""
    while instance.poll() is None:
        try:
            connection, _ = cloud.accept()
        except TimeoutError:
            continue
        with connection, connection.makefile("rb") as lines:
            asked = lines.readline()
            if b"versioning" not in asked:
                return time.perf_counter()
            while lines.readline().strip():
                pass
            connection.sendall(_NO_VERSIONING)
    return None
