"""What waits, as the page shows it on top, and `cutout status --json` prints it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from console.records.mirror import Mirror
from console.records.record import Query
from console.status import RECENT, document, status
from shared.cloud.ports import Bucket


def summary(jobs: Bucket, mirror: Mirror) -> dict[str, Any]:
    """Raises what `Bucket` does."""
    since = datetime.now(timezone.utc) - RECENT

    def pace(capability: str) -> float | None:
        recent = sum(mirror.count(Query(capability=capability, since=since)).values())
        return recent / (RECENT / timedelta(minutes=1)) or None

    return document(status(jobs, pace))
