"""The function that a person invokes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from shared import composition
from shared.backfill import AT_ONCE, Backfill, Order
from shared.events import created
from shared.invoker import FcInvoker
from shared.models import Entry


def on_demand() -> Callable[[bytes, Any], bytes]:
    """The handler of `backfill`, which a person invokes with an `Order`, and which answers with a `Report`."""

    def handler(event: bytes, context: Any) -> bytes:
        settings = composition.settings("oss_bucket")
        try:
            order = Order.model_validate_json(event or b"{}")
        except ValidationError as error:
            return json.dumps({"message": f"this is no order: {error}"}, ensure_ascii=False).encode()
        credentials, budget = composition.credentials(settings, context), composition.budget(context)
        arrivals = composition.arrivals(settings, settings.oss_bucket, credentials, budget, at_once=AT_ONCE)
        invoker = FcInvoker(
            settings.invoke_endpoint or f"https://{context.account_id}.{settings.region}-internal.fc.aliyuncs.com",
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
            prefix=context.function.name.removesuffix("backfill"),
            service=settings.invoke_service,
        )

        def told(upload: Entry) -> bytes:
            return created(
                settings.region, settings.oss_bucket, upload.key, upload.size, upload.etag, time=composition.now()
            )

        ends = composition.now() + timedelta(seconds=budget.begin)
        return Backfill(arrivals, invoker, told, ends).run(order).to_json()

    return handler
