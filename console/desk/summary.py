"""What waits, as the page shows it on top, and `cutout status --json` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from console.records.mirror import Mirror
from console.records.record import Query
from console.records.under_way import UnderWay
from console.status import RECENT, document, per_minute, status
from shared.cloud.ports import Bucket


def summary(jobs: Bucket, mirror: Mirror, found: Mapping[str, UnderWay]) -> dict[str, Any]:
    """Of the jobs that were `found` under way. Raises what `Bucket` does."""
    now = datetime.now(timezone.utc)

    def pace(capability: str) -> float | None:
        count, first = mirror.finished(Query(capability=capability, since=now - RECENT))
        return per_minute(count, now - (first or now))

    return document(status(jobs, found, pace))
