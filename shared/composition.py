"""The composition root: puts the line together for an invocation; the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from shared import log
from shared.allowance import Allowance
from shared.arrivals import Arrivals
from shared.budget import Budget
from shared.capabilities import of_group
from shared.drain import Drain
from shared.errors import Misconfigured, Unavailable
from shared.jobs import Jobs
from shared.pipeline import Line
from shared.ports import Provider
from shared.prices import Prices
from shared.providers.damo import Damo
from shared.providers.picwish import Picwish
from shared.providers.viapi import Credentials, Viapi
from shared.purchases import Purchases
from shared.quotas import Quotas
from shared.results import Results
from shared.settings import Settings, read_settings
from shared.storage import OssBucket
from shared.web import HttpWeb


@lru_cache(maxsize=1)
def settings(*needs: str) -> Settings:
    """Raises `Misconfigured`, and logs it, unless the environment is right and has what the function needs."""
    log.set_up()
    try:
        return read_settings(os.environ, needs=needs)
    except Misconfigured as error:
        log.error("settings", message=error.message)
        raise


def credentials(settings: Settings, context: Any) -> Credentials:
    """Those of the environment before those of the invocation."""
    if settings.alibaba_cloud_access_key_id:
        return Credentials(
            settings.alibaba_cloud_access_key_id,
            settings.alibaba_cloud_access_key_secret,
            settings.alibaba_cloud_security_token,
        )
    given = context.credentials
    return Credentials(given.access_key_id, given.access_key_secret, given.security_token or "")


def budget(context: Any) -> Budget:
    return Budget.within(float(context.function.timeout))


@lru_cache(maxsize=4)
def arrivals(
    settings: Settings, bucket_name: str, credentials: Credentials, budget: Budget, *, group: str = "", at_once: int = 1
) -> Arrivals:
    """What brings the uploads of a bucket to the line, `at_once` of them at most at the same time; of `group`, or all.

    Kept for the life of the instance: connections are reused as long as the credentials are the same.
    """
    pictures = _bucket(settings, bucket_name, credentials, at_once)
    documents = _bucket(settings, settings.jobs_bucket, credentials, at_once) if settings.jobs_bucket else pictures
    _warn_of_versioning(documents)
    providers = _providers(settings, credentials)
    _name_what_is_missing(group, providers)
    web = HttpWeb(
        result_hosts=settings.result_hosts,
        call_seconds=budget.call,
        fetch_seconds=budget.fetch,
        wait_seconds=budget.wait,
        at_once=at_once,
    )
    line = Line(
        bucket=pictures,
        jobs=Jobs(documents, now, timedelta(seconds=budget.lease)),
        purchases=Purchases(web, providers, Allowance(documents, settings.daily_call_limit, now), now, budget.call),
        results=Results(pictures, web, providers, now),
        clock=now,
        prices=Prices(dict(settings.prices)),
    )
    return Arrivals(line, Drain(documents, pictures, now))


def now() -> datetime:
    return datetime.now(timezone.utc)


def _bucket(settings: Settings, name: str, credentials: Credentials, at_once: int) -> OssBucket:
    return OssBucket(
        name,
        endpoint=settings.oss_endpoint,
        public_endpoint=settings.oss_public_endpoint,
        region=settings.region,
        access_key_id=credentials.access_key_id,
        access_key_secret=credentials.access_key_secret,
        security_token=credentials.security_token,
        at_once=at_once,
    )


def _providers(settings: Settings, credentials: Credentials) -> dict[str, Provider]:
    """Every vendor there is; that one lacks its secret here is no matter until a picture of its arrives."""
    picwish = {
        "picwish/cutout": settings.picwish_cutout_endpoint,
        "picwish/watermark": settings.picwish_watermark_endpoint,
    }
    own = dict(settings.capability_qps)
    viapi, market, damo = (Quotas(qps, own) for qps in (settings.viapi_qps, settings.picwish_qps, settings.damo_qps))
    return {
        "viapi": Viapi(settings.viapi_endpoint, credentials, viapi),
        "picwish": Picwish(picwish, settings.picwish_appcode, market),
        "damo": Damo(settings.damo_endpoint, settings.damo_appcode, damo, settings.damo_matting_path),
    }


def _name_what_is_missing(group: str, providers: Mapping[str, Provider]) -> None:
    """At once, and before the first picture: until it is set, pictures wait as `blocked` jobs."""
    missing = dict.fromkeys(name for row in of_group(group) for name in providers[row.provider].missing(row))
    if missing:
        log.error("settings", message=f"set {' and '.join(missing)}: until then, uploads wait")


def _warn_of_versioning(documents: OssBucket) -> None:
    try:
        if documents.versioned():
            log.warning(
                "versioned",
                bucket=documents.name,
                message="this bucket has or had versioning, so claims are not exclusive and an upload that is told "
                "twice at once may be paid for twice: give the jobs a bucket of their own (JOBS_BUCKET)",
            )
    except (Misconfigured, Unavailable) as error:
        log.warning("versioned", bucket=documents.name, message=f"could not look whether it has versioning: {error}")
