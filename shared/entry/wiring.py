"""Puts the parts together for an invocation: the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared import log
from shared.cloud.http_client import HttpClient
from shared.cloud.oss import OssBucket
from shared.cloud.ports import Credentials, Signer
from shared.entry import invocation
from shared.entry.settings import Settings
from shared.entry.timeouts import Timeouts
from shared.errors import Misconfigured, Unavailable
from shared.jobs.backlog import BacklogOwner
from shared.jobs.daily_limit import DailyLimit
from shared.jobs.store import JobStore
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.listing_rings import ring
from shared.pipeline.pipeline import Pipeline
from shared.pipeline.polling import PollEstimator
from shared.pipeline.results import ResultStore
from shared.pipeline.runs import JobRunner
from shared.pipeline.scheduler import Scheduler
from shared.pipeline.search import Search
from shared.pipeline.ticket_polls import TicketPolls
from shared.pipeline.vendor_calls import VendorCalls
from shared.pipeline.vendor_client import VendorClient
from shared.pipeline.worker import Worker
from shared.vendors.capabilities import of_group
from shared.vendors.damo import Damo
from shared.vendors.picwish import Picwish
from shared.vendors.prices import Prices
from shared.vendors.protocol import Provider
from shared.vendors.quotas import Quotas
from shared.vendors.viapi import Viapi


@dataclass(frozen=True)
class Parts:
    """What an instance keeps between invocations; `signers` must have the credentials of each invocation."""

    dispatcher: Dispatcher
    worker: Callable[[Executor, datetime], Worker]
    """For one invocation: it runs jobs in the threads of the pool and starts nothing from that moment on."""
    signers: tuple[Signer, ...]
    ring: Callable[[], None]
    """Rings for the listing pictures that were ordered long ago."""


KEPT: dict[tuple[object, ...], Parts] = {}
"""By all that it is made of but the credentials. There is one entry, unless functions serve several buckets."""


def parts(
    settings: Settings,
    bucket_name: str,
    credentials: Credentials,
    timeouts: Timeouts,
    *,
    group: str = "",
    at_once: int = 1,
) -> Parts:
    """The parts for the uploads of a bucket, of `group` or of all, which serve up to `at_once` at the same time.

    They are kept for the life of the instance, with their connections and what was learnt of vendors. The credentials
    are those of the invocation, since Function Compute may renew them with every request.
    """
    made_of = (settings, bucket_name, timeouts, group, at_once)
    if (found := KEPT.get(made_of)) is None:
        found = KEPT[made_of] = _made(settings, bucket_name, credentials, timeouts, group=group, at_once=at_once)
    for signer in found.signers:
        signer.renew(credentials)
    return found


def _made(
    settings: Settings, bucket_name: str, credentials: Credentials, timeouts: Timeouts, *, group: str, at_once: int
) -> Parts:
    pictures, documents = invocation.buckets(settings, bucket_name, credentials, at_once=at_once)
    now = invocation.now
    _warn_of_versioning(documents)  # the first answer of OSS, which also tells the time
    vendors = providers(settings, credentials)
    _name_what_is_missing(group, vendors)
    http = HttpClient(
        result_hosts=settings.result_hosts,
        call_seconds=timeouts.call,
        wait_seconds=timeouts.wait,
        at_once=at_once,
    )
    jobs = JobStore(documents, now, timedelta(seconds=timeouts.lease))
    daily_limit = DailyLimit(documents, settings.daily_call_limit, now)
    client, estimator = VendorClient(http, vendors, now), PollEstimator()
    vendor_calls = VendorCalls(client, daily_limit, estimator, timeouts.call)
    ticket_polls = TicketPolls(client, estimator, vendor_calls.circuit_breaker)
    results, prices = ResultStore(pictures, http, vendors, now, timeouts.fetch), Prices(dict(settings.prices))
    listings = dict(settings.listings)
    pipeline = Pipeline(pictures, jobs, vendor_calls, ticket_polls, results, now, prices, listings)
    backlog_owner = BacklogOwner(documents, pictures, now)
    dispatcher = Dispatcher(pictures, jobs, pipeline, backlog_owner)
    search = Search(jobs, now)

    def worker(pool: Executor, ends: datetime) -> Worker:
        runner = JobRunner(jobs, pipeline, dispatcher, ticket_polls, clock=now, ends=ends)
        scheduler = Scheduler(vendor_calls.concurrency, vendor_calls.circuit_breaker)
        return Worker(scheduler, runner, search, jobs, backlog_owner, pool, clock=now, ends=ends)

    signers = (each for each in vendors.values() if isinstance(each, Signer))
    return Parts(dispatcher, worker, (pictures, documents, *signers), partial(ring, pictures, now))


def providers(settings: Settings, credentials: Credentials) -> dict[str, Provider]:
    """Every vendor's dialect, by the name that the table of capabilities calls it by.

    Of a vendor whose secret is not set, `missing` names it; nothing fails until a picture for that vendor arrives.
    """
    own = dict(settings.capability_qps)
    picwish_endpoints = {
        "picwish/cutout": settings.picwish_cutout_endpoint,
        "picwish/watermark": settings.picwish_watermark_endpoint,
    }
    return {
        "viapi": Viapi(settings.viapi_endpoint, credentials, Quotas(settings.viapi_qps, own)),
        "picwish": Picwish(picwish_endpoints, settings.picwish_appcode, Quotas(settings.picwish_qps, own)),
        "damo": Damo(
            settings.damo_endpoint, settings.damo_appcode, Quotas(settings.damo_qps, own), settings.damo_matting_path
        ),
    }


def _name_what_is_missing(group: str, providers: Mapping[str, Provider]) -> None:
    """Log at the cold start which settings are not set: until they are, uploads wait as `blocked` jobs."""
    missing = dict.fromkeys(name for row in of_group(group) for name in providers[row.provider].missing(row))
    if missing:
        log.error("settings", message=f"set {' and '.join(missing)}: until then, uploads wait")


def _warn_of_versioning(documents: OssBucket) -> None:
    try:
        if documents.versioned():
            log.warning(
                "bucket_versioned",
                bucket=documents.name,
                message="this bucket has or had versioning, so claims are not exclusive, and an upload whose event "
                "comes twice at once may be paid for twice: give the jobs a bucket of their own (JOBS_BUCKET)",
            )
    except (Misconfigured, Unavailable) as error:
        log.warning(
            "bucket_versioned", bucket=documents.name, message=f"could not look whether it has versioning: {error}"
        )
