"""What waits, why, and for how long: as the names in the queue say it, without a look at each job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import ValidationError

from console.records.pages import pages
from console.records.under_way import UnderWay
from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import BOUGHT, Blocked, Job, Unstored
from shared.jobs.upload import Upload
from shared.messages.message import Message, Sentence

RECENT = timedelta(minutes=10)
"""The receipts of this time tell the pace, since the first of them."""
_FEWEST, _SHORTEST = 3, timedelta(seconds=20)
"""Receipts, and the time since the first of them, of which a pace can be told."""
HELD = (Blocked.name, Unstored.name)
"""The stages that only a person can end."""
_NOTHING = Message("", "")
_HELD = Sentence("{capability}: {count} photos wait until somebody acts", "{capability}：{count} 张照片等待人工处理")


@dataclass(frozen=True)
class Lane:
    """The jobs of one stage of one capability that no instance holds; the capability is empty for all that are not in
    the table."""

    capability: str
    stage: str
    count: int
    oldest: datetime
    """When the first of them was, or will be, due."""
    code: str = ""
    message: Message = _NOTHING
    """Why that first one waits, as its job says."""
    per_minute: float | None = None
    """Receipts of the capability, of late; None where nothing was written."""

    @property
    def minutes_left(self) -> float | None:
        """Until they are served, at this pace; None where that is not known, or a person must act first."""
        return self.count / self.per_minute if self.per_minute and self.stage not in HELD else None


@dataclass(frozen=True)
class Status:
    """`under_way` counts all jobs; `waiting`, those that no instance holds."""

    under_way: int
    lanes: tuple[Lane, ...]

    @property
    def waiting(self) -> int:
        return sum(lane.count for lane in self.lanes)

    @property
    def oldest(self) -> datetime | None:
        """When the first job was due for which the vendor has not taken a call; None when there is no such job."""
        return min((lane.oldest for lane in self.lanes if lane.stage not in BOUGHT), default=None)


def status(jobs: Bucket, found: Mapping[str, UnderWay], pace: Callable[[str], float | None]) -> Status:
    """Of the jobs that were `found` under way. `pace` is asked for the receipts a minute of a capability that has some
    of them; of each lane, the first job is read. Raises what `Bucket` does."""
    first, counts = dict[tuple[str, str], UnderWay](), Counter[tuple[str, str]]()
    for each in found.values():
        if each.due is not None:
            lane = (Upload(each.source).known_capability, each.stage)
            counts[lane] += 1
            first[lane] = min(first.get(lane, each), each, key=lambda job: job.due or job.since)
    return Status(len(found), tuple(_lane(jobs, lane, first[lane], counts[lane], pace) for lane in sorted(first)))


def _lane(
    jobs: Bucket, lane: tuple[str, str], first: UnderWay, count: int, pace: Callable[[str], float | None]
) -> Lane:
    job = job_of(jobs, Upload(first.source))
    why = (job.code, job.text) if job else ("", _NOTHING)
    return Lane(*lane, count, first.due or first.since, *why, pace(lane[0]))


def job_of(jobs: Bucket, upload: Upload) -> Job | None:
    """The job of an upload; None when it is over, or is another release's."""
    stored = jobs.read(upload.job_key)
    try:
        return Job.from_json(stored.body) if stored else None
    except ValidationError:
        return None


def per_minute(receipts: int, since_first: timedelta) -> float | None:
    """The pace of so many receipts; None when they are too few, or too new, to tell one."""
    if receipts < _FEWEST or since_first < _SHORTEST:
        return None
    return receipts / (since_first / timedelta(minutes=1))


def pace_by_listing(pictures: Bucket, now: datetime) -> Callable[[str], float | None]:
    """Receipts a minute of a capability, of the last `RECENT`, as a listing of `cutouts/` shows them."""

    @cache
    def pace(capability: str) -> float | None:
        listed = (
            each for page in pages(pictures, keys.receipts_below(f"{keys.UPLOADS}{capability}/")) for each in page
        )
        recent = [each.modified for each in listed if each.key.endswith(".json") and now - each.modified < RECENT]
        return per_minute(len(recent), now - min(recent, default=now))

    return lambda capability: pace(capability) if capability else None


def document(found: Status) -> dict[str, Any]:
    """As `cutout status --json` prints it, and the desk shows it."""
    return {
        "waiting": found.waiting,
        "under_way": found.under_way,
        "oldest": found.oldest and found.oldest.isoformat(),
        "lanes": [_lane_document(lane) for lane in found.lanes],
        "notices": [_notice(lane) for lane in found.lanes if lane.stage in HELD],
    }


def _lane_document(lane: Lane) -> dict[str, Any]:
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
