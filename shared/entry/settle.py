"""The function `settle`: it runs the worker, which finishes what uploads' functions could not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from shared.entry import invocation, wiring
from shared.pipeline.scheduler import MOST_RUNS

_SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter while others want it: a fifth of Python's default."""
_MOST_THREADS = MOST_RUNS + 100
"""Some are left for lanes that have just started when there are so many runs. Function Compute allows an instance 1,024
(limits of usage)."""


def on_timer() -> Callable[[bytes, Any], None]:
    """The handler of `settle`, invoked by a timer, and by OSS when `wake/settle` is written."""

    def handler(event: bytes, context: Any) -> None:  # noqa: ARG001 - neither event says anything that matters
        settings = invocation.settings("oss_bucket")
        credentials, timeouts = invocation.credentials(settings, context), invocation.timeouts(context)
        parts = wiring.parts(settings, settings.oss_bucket, credentials, timeouts, at_once=_MOST_THREADS)
        # A thread that has its slot must not wait for one that reads a listing.
        sys.setswitchinterval(_SWITCH_SECONDS)
        # Threads are created as they are needed, and spend their time waiting for vendors and OSS.
        with ThreadPoolExecutor(_MOST_THREADS) as pool:
            ringing = pool.submit(parts.ring)
            parts.worker(pool, invocation.now() + timedelta(seconds=timeouts.begin)).run()
            ringing.result()

    return handler
