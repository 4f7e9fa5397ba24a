"""The function `backfill`, which a person invokes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from shared.cloud.functions import FcInvoker
from shared.cloud.ports import ListedObject
from shared.entry import invocation
from shared.entry.oss_events import created
from shared.jobs.backlog import BacklogOwner
from shared.jobs.store import JobStore
from shared.messages.jobs import NO_ORDER
from shared.pipeline.backfill import AT_ONCE, Backfill
from shared.pipeline.backfill_order import Order
from shared.vendors.prices import Prices


def on_demand() -> Callable[[bytes, Any], bytes]:
    """The handler of `backfill`, which a person invokes with an `Order`, and which answers with a `Report`."""

    def handler(event: bytes, context: Any) -> bytes:
        settings = invocation.settings("oss_bucket")
        try:
            order = Order.model_validate_json(event or b"{}")
        except ValidationError as error:
            text = NO_ORDER(error=str(error))
            return json.dumps({"message": text.en, "message_zh": text.zh}, ensure_ascii=False).encode()
        credentials, timeouts = invocation.credentials(settings, context), invocation.timeouts(context)
        now = invocation.now
        pictures, documents = invocation.buckets(settings, settings.oss_bucket, credentials, at_once=AT_ONCE)
        invoker = FcInvoker(
            settings.invoke_endpoint or f"https://{context.account_id}.{settings.region}-internal.fc.aliyuncs.com",
            credentials,
            prefix=context.function.name.removesuffix("backfill"),
            service=settings.invoke_service,
        )

        def event_of(upload: ListedObject) -> bytes:
            return created(settings.region, settings.oss_bucket, upload.key, upload.size, upload.etag, time=now())

        backfill = Backfill(
            pictures,
            JobStore(documents, now, timedelta(seconds=timeouts.lease)),
            BacklogOwner(documents, pictures, now),
            invoker,
            prices=Prices(dict(settings.prices)),
            event=event_of,
            clock=now,
            lasts=timedelta(seconds=timeouts.begin),
        )
        return backfill.run(order).model_dump_json().encode()

    return handler
