"""What waits, as the page shows it on top, and `cutout status --json` prints it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from console.records.mirror import Mirror
from console.records.record import Query
from console.status import HELD, RECENT, Lane, Status, status
from shared.cloud.ports import Bucket
from shared.messages.message import Message, Sentence

_HELD = Sentence("{capability}: {count} photos wait until somebody acts", "{capability}：{count} 张照片等待人工处理")


def summary(jobs: Bucket, mirror: Mirror) -> dict[str, Any]:
    """Raises what `Bucket` does."""
    since = datetime.now(timezone.utc) - RECENT

    def pace(capability: str) -> float | None:
        recent = sum(mirror.count(Query(capability=capability, since=since)).values())
        return recent / (RECENT / timedelta(minutes=1)) or None

    return document(status(jobs, pace))


def document(found: Status) -> dict[str, Any]:
    return {
        "waiting": found.waiting,
        "under_way": found.under_way,
        "oldest": found.oldest and found.oldest.isoformat(),
        "lanes": [_lane(lane) for lane in found.lanes],
        "notices": [_notice(lane) for lane in found.lanes if lane.stage in HELD],
    }


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "capability": lane.capability,
        "stage": lane.stage,
        "count": lane.count,
        "oldest": lane.oldest.isoformat(),
        "code": lane.code,
        "message": _said(lane.message),
        "per_minute": lane.per_minute,
        "minutes_left": lane.minutes_left,
    }


def _notice(lane: Lane) -> dict[str, Any]:
    what = _HELD(capability=lane.capability or "-", count=lane.count)
    return {"severity": "error", "code": lane.code, "what": _said(what), "mend": _said(lane.message)}


def _said(text: Message) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
