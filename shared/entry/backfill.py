"""The function that a person invokes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from shared.cloud.functions import FcInvoker
from shared.cloud.ports import Entry
from shared.entry import invocation
from shared.entry.oss_events import created
from shared.jobs.backlog import Drain
from shared.jobs.store import Jobs
from shared.pipeline.backfill import AT_ONCE, Backfill, Order
from shared.vendors.prices import Prices


def on_demand() -> Callable[[bytes, Any], bytes]:
    """The handler of `backfill`, which a person invokes with an `Order`, and which answers with a `Report`."""

    def handler(event: bytes, context: Any) -> bytes:
        settings = invocation.settings("oss_bucket")
        try:
            order = Order.model_validate_json(event or b"{}")
        except ValidationError as error:
            return json.dumps({"message": f"this is no order: {error}"}, ensure_ascii=False).encode()
        credentials, budget, now = invocation.credentials(settings, context), invocation.budget(context), invocation.now
        pictures, documents = invocation.buckets(settings, settings.oss_bucket, credentials, at_once=AT_ONCE)
        invoker = FcInvoker(
            settings.invoke_endpoint or f"https://{context.account_id}.{settings.region}-internal.fc.aliyuncs.com",
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
            prefix=context.function.name.removesuffix("backfill"),
            service=settings.invoke_service,
        )

        def told(upload: Entry) -> bytes:
            return created(settings.region, settings.oss_bucket, upload.key, upload.size, upload.etag, time=now())

        backfill = Backfill(
            pictures,
            Jobs(documents, now, timedelta(seconds=budget.lease)),
            Drain(documents, pictures, now),
            invoker,
            prices=Prices(dict(settings.prices)),
            event=told,
            clock=now,
            ends=now() + timedelta(seconds=budget.begin),
        )
        return backfill.run(order).to_json()

    return handler
