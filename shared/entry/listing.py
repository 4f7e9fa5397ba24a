"""The function `listing`, which the orders of listing pictures trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from shared import log
from shared.entry import invocation
from shared.entry.oss_events import ObjectCreated, records
from shared.errors import Misconfigured, Unavailable
from shared.pipeline.listing import Lister


def on_order() -> Callable[[bytes, Any], None]:
    """The handler of `listing`. It fails when an order cannot be worked off now: Function Compute tries it again, and
    settle after that."""

    def handler(event: bytes, context: Any) -> None:
        settings = invocation.settings("oss_bucket")
        credentials = invocation.credentials(settings, context)
        pictures, _ = invocation.buckets(settings, settings.oss_bucket, credentials)
        lister = Lister(pictures, int(context.function.memory) << 20, invocation.now)
        for record in records(event):
            key = ObjectCreated.model_validate(record).key
            try:
                # No document says whether an event's key is percent-encoded; users report that it is not.
                if not lister.work_off(key) and unquote(key) != key:
                    lister.work_off(unquote(key))
            except Misconfigured as error:
                log.error("order_waiting", key=key, code=error.code, message=error.message)
                raise
            except Unavailable as error:
                log.warning("order_waiting", key=key, code=error.code, message=error.message)
                raise

    return handler
