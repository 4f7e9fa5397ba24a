"""What every function begins with: its settings, its rights, its time, and its buckets. The only reader of the
environment."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from shared import log
from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Credentials
from shared.entry.settings import Settings, read_settings
from shared.entry.timeouts import Timeouts
from shared.errors import Misconfigured

now = OssClock()
"""The time that every part of this instance goes by: OSS's own, from the first answer of any bucket on."""


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
    """Those of this invocation; where its context has none, as in FC's python3.12, those of the environment.

    The environment's are of the instance's start and good for 36 h, which an instance may outlive (Function Compute,
    "Context": `credentials`).
    """
    given = getattr(context, "credentials", None)
    if given is not None and given.access_key_id:
        return Credentials(given.access_key_id, given.access_key_secret, given.security_token or "")
    return Credentials(
        settings.alibaba_cloud_access_key_id,
        settings.alibaba_cloud_access_key_secret,
        settings.alibaba_cloud_security_token,
    )


def timeouts(context: Any) -> Timeouts:
    return Timeouts.within(float(context.function.timeout))


def buckets(
    settings: Settings, name: str, credentials: Credentials, *, at_once: int = 1
) -> tuple[OssBucket, OssBucket]:
    """The pictures' bucket, called `name`, and the jobs', which may be the same one."""
    pictures = _bucket(settings, name, credentials, at_once)
    return pictures, _bucket(settings, settings.jobs_bucket, credentials, at_once) if settings.jobs_bucket else pictures


def _bucket(settings: Settings, name: str, credentials: Credentials, at_once: int) -> OssBucket:
    return OssBucket(
        name,
        credentials,
        endpoint=settings.oss_endpoint,
        public_endpoint=settings.oss_public_endpoint,
        region=settings.region,
        at_once=at_once,
        clock=now,
    )
