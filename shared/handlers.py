"""The composition root: puts the line together for an invocation; the only reader of environment and context."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from shared import keys, log
from shared.allowance import Allowance
from shared.arrivals import Arrivals
from shared.budget import Budget
from shared.capabilities import of_group
from shared.drain import Drain
from shared.errors import Misconfigured, Unavailable
from shared.events import ObjectCreated, created, records
from shared.jobs import Jobs
from shared.models import Entry
from shared.pipeline import Line
from shared.ports import Provider
from shared.providers.damo import Damo
from shared.providers.picwish import Picwish
from shared.providers.viapi import Credentials, Viapi
from shared.purchases import Purchases
from shared.results import Results
from shared.rounds import Round
from shared.settings import Settings, read_settings
from shared.storage import OssBucket
from shared.web import HttpWeb

Handler = Callable[[bytes, Any], None]

_SWITCH_SECONDS = 0.001
"""For which a thread has the interpreter to itself while others want it: a fifth of Python's own."""
_MOST_AT_ONCE = 300
"""Threads that settle has: at 50 calls a second, `Lanes` has 251 calls under way."""


def on_upload(group: str) -> Handler:
    """The handler of the function that serves `uploads/<group>/`."""

    def handler(event: bytes, context: Any) -> None:
        settings = _settings()
        bugs = []
        for record in records(event):
            try:
                _arrived(group, ObjectCreated.model_validate(record), settings, context)
            except Exception as bug:  # noqa: BLE001 - the event's other objects come first; it is raised below
                bugs.append(bug)
        if bugs:
            raise bugs[0]

    return handler


def on_timer() -> Handler:
    """The handler of `settle`, called every minute and by the bell, which moves on what could not finish in one go."""

    def handler(event: bytes, context: Any) -> None:  # noqa: ARG001 - neither tick nor bell says anything that matters
        settings = _settings("oss_bucket")
        budget = Budget.within(float(context.function.timeout))
        arrivals = _arrivals("", settings, settings.oss_bucket, _credentials(settings, context), budget)
        # A thread whose turn has come must not wait for one that reads a listing.
        sys.setswitchinterval(_SWITCH_SECONDS)
        # Threads are begun as they are needed, and spend their time waiting for vendors and OSS.
        with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
            Round(arrivals, _now() + timedelta(seconds=budget.begin), pool).run()

    return handler


def on_demand() -> Callable[[bytes, Any], bytes]:
    """The handler of `backfill`, which a person invokes with an `Order`, and which answers with a `Report`."""

    def handler(event: bytes, context: Any) -> bytes:
        from shared.backfill import Backfill, Order  # noqa: PLC0415 - no other function needs them
        from shared.invoker import FcInvoker  # noqa: PLC0415

        settings = _settings("oss_bucket")
        try:
            order = Order.model_validate_json(event or b"{}")
        except ValidationError as error:
            return json.dumps({"message": f"this is no order: {error}"}, ensure_ascii=False).encode()
        credentials, budget = _credentials(settings, context), Budget.within(float(context.function.timeout))
        arrivals = _arrivals("", settings, settings.oss_bucket, credentials, budget)
        documents = _bucket(settings, settings.jobs_bucket or settings.oss_bucket, credentials)
        invoker = FcInvoker(
            settings.fc_endpoint or f"https://{context.account_id}.{settings.region}-internal.fc.aliyuncs.com",
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
            prefix=context.function.name.removesuffix("backfill"),
            service=settings.fc_service,
        )

        def told(upload: Entry) -> bytes:
            bucket = settings.oss_bucket
            return created(settings.region, bucket, upload.key, upload.size, upload.etag, time=_now())

        ends = _now() + timedelta(seconds=budget.begin)
        return Backfill(arrivals, documents, invoker, told, ends).run(order).to_json()

    return handler


def _arrived(group: str, created: ObjectCreated, settings: Settings, context: Any) -> None:
    key = created.key
    refusal = _refusal(group, created, settings)
    if refusal:
        log.error("refused", key=key, message=refusal)
        return
    if created.size == 0:
        return  # a folder, or a file still to come: OSS tells again when it has content
    budget = Budget.within(float(context.function.timeout))
    arrivals = _arrivals(group, settings, created.bucket, _credentials(settings, context), budget)
    try:
        if not arrivals.arrived(key, created.etag, created.time) and unquote(key) != key:
            # Nothing says whether an event's key may come percent-encoded; raw is how everyone saw it.
            arrivals.arrived(unquote(key), created.etag, created.time)
    except Misconfigured as error:  # of the bucket itself: then there is no place to note it
        log.error("lost unless mended", key=key, code=error.code, message=error.message)
        raise


def _refusal(group: str, created: ObjectCreated, settings: Settings) -> str:
    """Why this object cannot even be given a receipt; empty when it can."""
    if created.region != settings.region:
        return f"the event comes from {created.region}: VIAPI takes pictures only from a bucket in {settings.region}"
    if settings.oss_bucket and created.bucket != settings.oss_bucket:
        return f"the event comes from bucket {created.bucket}, and OSS_BUCKET says {settings.oss_bucket}"
    if not created.key.startswith(f"{keys.UPLOADS}{group}/"):
        return f"this function serves {keys.UPLOADS}{group}/ only: check the trigger's prefix"
    if (size := len(created.key.encode())) > keys.MAX_UPLOAD_BYTES:
        return f"the key has {size} bytes; its results' names would not fit OSS's 1,023: {keys.MAX_UPLOAD_BYTES} pass"
    return ""


def _credentials(settings: Settings, context: Any) -> Credentials:
    if settings.alibaba_cloud_access_key_id:
        return Credentials(
            settings.alibaba_cloud_access_key_id,
            settings.alibaba_cloud_access_key_secret,
            settings.alibaba_cloud_security_token,
        )
    given = context.credentials
    return Credentials(given.access_key_id, given.access_key_secret, given.security_token or "")


@lru_cache(maxsize=4)
def _arrivals(group: str, settings: Settings, bucket: str, credentials: Credentials, budget: Budget) -> Arrivals:
    """Kept for the life of the instance: connections are reused as long as the credentials are the same."""

    pictures = _bucket(settings, bucket, credentials)
    documents = _bucket(settings, settings.jobs_bucket, credentials) if settings.jobs_bucket else pictures
    _warn_of_versioning(documents)
    providers = _providers(settings, credentials)
    _name_what_is_missing(group, providers)
    web = HttpWeb(
        result_hosts=settings.result_hosts,
        call_seconds=budget.call,
        fetch_seconds=budget.fetch,
        patience=budget.wait,
    )
    line = Line(
        bucket=pictures,
        jobs=Jobs(documents, _now, timedelta(seconds=budget.lease)),
        purchases=Purchases(web, providers, Allowance(documents, settings.daily_call_limit, _now), _now),
        results=Results(pictures, web, providers, _now),
        clock=_now,
    )
    return Arrivals(line, Drain(documents, pictures, _now))


def _bucket(settings: Settings, name: str, credentials: Credentials) -> OssBucket:
    return OssBucket(
        name,
        endpoint=settings.oss_endpoint,
        public_endpoint=settings.oss_public_endpoint,
        region=settings.region,
        access_key_id=credentials.access_key_id,
        access_key_secret=credentials.access_key_secret,
        security_token=credentials.security_token,
    )


def _providers(settings: Settings, credentials: Credentials) -> dict[str, Provider]:
    """Every vendor there is; that one lacks its secret here is no matter until a picture of its arrives."""
    picwish = {
        "picwish/cutout": settings.picwish_cutout_endpoint,
        "picwish/watermark": settings.picwish_watermark_endpoint,
    }
    return {
        "viapi": Viapi(settings.viapi_endpoint, credentials, settings.viapi_qps),
        "picwish": Picwish(picwish, settings.picwish_appcode, settings.picwish_qps),
        "damo": Damo(settings.damo_endpoint, settings.damo_appcode, settings.damo_qps, settings.damo_matting_path),
    }


def _name_what_is_missing(group: str, providers: Mapping[str, Provider]) -> None:
    """At once, and before the first picture: until it is set, pictures wait as `blocked` jobs."""
    missing = dict.fromkeys(name for row in of_group(group) for name in providers[row.provider].missing(row))
    if missing:
        log.error("settings", message=f"set {' and '.join(missing)}: until then, uploads wait")


def _warn_of_versioning(bucket: OssBucket) -> None:
    try:
        if bucket.versioned():
            log.warning(
                "versioned",
                bucket=bucket.name,
                message="this bucket has or had versioning, so claims are not exclusive and an upload that is told "
                "twice at once may be paid for twice: give the jobs a bucket of their own (JOBS_BUCKET)",
            )
    except (Misconfigured, Unavailable) as error:
        log.warning("versioned", bucket=bucket.name, message=f"could not look whether it has versioning: {error}")


@lru_cache(maxsize=1)
def _settings(*needs: str) -> Settings:
    log.set_up()
    try:
        return read_settings(os.environ, needs=needs)
    except Misconfigured as error:
        log.error("settings", message=error.message)
        raise


def _now() -> datetime:
    return datetime.now(timezone.utc)
