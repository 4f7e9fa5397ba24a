"""Functions of a few lines, run by the local Function Compute under the real s.yaml."""

from __future__ import annotations

import math
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.cloud.accounts import Accounts
from tests.cloud.fc import Fc
from tests.cloud.manifest import Manifest, load

T = TypeVar("T")

NOTHING = "def handler(event, context): ..."


def stage(folder: Path, snippets: Mapping[str, str]) -> None:
    """A folder for every function of s.yaml, with its snippet, or with a handler that does nothing."""
    for name in load().functions:
        (folder / name).mkdir()
        (folder / name / "index.py").write_text(textwrap.dedent(snippets.get(name, NOTHING)), "utf-8")


@contextmanager
def running(folder: Path, general: str, settle: str = NOTHING, **options: Any) -> Iterator[Fc]:
    """An Fc in which two functions are these snippets and the others do nothing.

    `options` are its own; without one, no timer fires.
    """
    stage(folder, {"general": general, "settle": settle})
    settings: dict[str, Any] = {
        "manifest": load(),
        "accounts": Accounts(),
        "environment": {},
        "code": folder,
        "timer_seconds": math.inf,
    }
    fc = Fc(**(settings | options))
    try:
        yield fc
    finally:
        fc.stop()


def event(
    key: str = "uploads/general/common/a.jpg", name: str = "ObjectCreated:PutObject", bucket: str = "shop-photos"
) -> dict[str, Any]:
    return {"events": [{"eventName": name, "oss": {"bucket": {"name": bucket}, "object": {"key": key}}}]}


def tweaked(**props: object) -> Manifest:
    """The real s.yaml with other props for `general`, by alias."""
    return load().with_props("general", props)


def retrying(times: int, *, age: int = 3600) -> dict[str, object]:
    config = {"maxAsyncRetryAttempts": times, "maxAsyncEventAgeInSeconds": age, "qualifier": "LATEST"}
    return {"asyncInvokeConfig": config}


def outcomes(fc: Fc, function: str = "general") -> list[str]:
    return [done.outcome for done in fc.invocations if done.function == function]


def until(happens: Callable[[], T], patience: float = 20) -> T:
    """What `happens` returns once that is true; fails after `patience` seconds."""
    give_up = time.monotonic() + patience
    while not (value := happens()):
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.01)
    return value
