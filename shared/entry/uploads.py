"""The functions that uploads trigger: one for each group of capabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from shared import log
from shared.entry import invocation, wiring
from shared.entry.oss_events import ObjectCreated, records
from shared.entry.settings import Settings
from shared.errors import Misconfigured
from shared.jobs import keys
from shared.jobs.upload import Upload


def on_upload(group: str) -> Callable[[bytes, Any], None]:
    """The handler of the function that serves `uploads/<group>/`."""

    def handler(event: bytes, context: Any) -> None:
        settings = invocation.settings()
        bugs = []
        for record in records(event):
            try:
                arrived(group, ObjectCreated.model_validate(record), settings, context)
            except Exception as bug:  # noqa: BLE001 - the event's other objects come first; it is raised below
                bugs.append(bug)
        if bugs:
            raise bugs[0]

    return handler


def arrived(group: str, created: ObjectCreated, settings: Settings, context: Any) -> None:
    """Begin what one object belongs to, or say why that cannot be. Raises `Misconfigured` when the bucket refuses."""
    key = created.key
    refusal = _refusal(group, created, settings)
    if refusal:
        log.error("upload_refused", key=key, message=refusal)
        return
    if created.size == 0:
        return  # a folder, or a file still to come: OSS sends another event when it has content
    credentials, timeouts = invocation.credentials(settings, context), invocation.timeouts(context)
    dispatcher = wiring.parts(settings, created.bucket, credentials, timeouts, group=group).dispatcher
    try:
        if not dispatcher.dispatch(Upload(key), created.etag, created.time) and unquote(key) != key:
            # No document says whether an event's key is percent-encoded; users report that it is not.
            dispatcher.dispatch(Upload(unquote(key)), created.etag, created.time)
    except Misconfigured as error:  # of the bucket itself: then the job cannot record it
        log.error("bucket_refused", key=key, code=error.code, message=error.message)
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
