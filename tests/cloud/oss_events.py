"""What OSS tells Function Compute when an object has changed: the trigger's event, as documented in 2025."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeAlias

from tests.cloud.accounts import Accounts
from tests.cloud.oss_replies import Reply
from tests.cloud.oss_signature import REGION


@dataclass(frozen=True)
class Change:
    """Something that happened to an object, once it has."""

    name: str
    """`ObjectCreated:PutObject`, `ObjectRemoved:DeleteObject` …: without the `oss:` that a trigger's settings have."""
    bucket: str
    key: str
    etag: str = ""
    """Upper-case, unquoted."""
    size: int = 0
    delta: int = 0
    """Bytes more than before; less than zero when a smaller object took a larger one's place."""
    content_type: str = ""
    user_meta: tuple[tuple[str, str], ...] = ()
    """The `x-oss-meta-…` headers, by their whole lower-case name."""


Done: TypeAlias = tuple[Reply, list[Change]]
"""What an operation answers, and what a trigger hears of it."""


def document(change: Change, *, at: float, request_id: str, source_ip: str) -> dict[str, Any]:
    """`{"events": [one]}`, ready for `json.dumps`; `at` is in seconds since 1970."""
    meta: dict[str, Any] = {"mimeType": change.content_type}
    if change.user_meta:
        meta["userMeta"] = dict(change.user_meta)
    moment = datetime.fromtimestamp(at, timezone.utc)
    event = {
        "eventName": change.name,
        "eventSource": "acs:oss",
        "eventTime": f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",  # as in every published sample
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{REGION}:{Accounts.uid}:{change.bucket}",
                "name": change.bucket,
                "ownerIdentity": Accounts.uid,
            },
            "object": {
                "deltaSize": change.delta,
                "eTag": change.etag,
                "key": change.key,
                "objectMeta": meta,
                "size": change.size,
            },
            "ossSchemaVersion": "1.0",
            "ruleId": hashlib.sha1(change.bucket.encode()).hexdigest(),
        },
        "region": REGION,
        "requestParameters": {"sourceIPAddress": source_ip},
        "responseElements": {"requestId": request_id},
        "userIdentity": {"principalId": Accounts.uid},
    }
    return {"events": [event]}
