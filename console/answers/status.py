"""`cutout status`: what waits, why, and for how long, as a sentence and a table."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from console import moments
from console.account import Account
from console.records.under_way import under_way
from console.screen import Screen
from console.status import HELD, Lane, Status, document, pace_by_listing, status
from shared.messages.message import Message, Sentence

_LOOKING = Message("looking at the queue", "正在查看队列")
_NOTHING = Message("Nothing waits, and nothing is under way.", "没有任务在排队或处理中。")
_ALL_HELD = Sentence("Under way: {count}; nothing waits.", "处理中 {count} 个任务，没有任务在排队。")
_WAITING = Sentence(
    "Under way: {under_way}, of which {waiting} wait; the first since {since}.",
    "处理中 {under_way} 个任务，其中 {waiting} 个在排队；最早的应于 {since} 处理。",
)
_HEAD = (
    Message("capability", "能力"),
    Message("stage", "阶段"),
    Message("photos", "照片"),
    Message("a minute", "每分钟"),
    Message("left", "剩余"),
    Message("why", "原因"),
)
_NOT_LISTED = Message("(no capability)", "（无此能力）")
_ACT = Sentence("{capability}: {count} photos wait until you act. {why}", "{capability}：{count} 张照片等待处理。{why}")


def run(screen: Screen, account: Account) -> None:
    """Raises `ApiError`, `CutoutError`."""
    photos, jobs = account.objects(), account.job_objects()
    with screen.waiting(_LOOKING):
        found = status(jobs, under_way(jobs), pace_by_listing(photos, datetime.now(timezone.utc)))
    if screen.machine:
        screen.json(document(found))
        return
    screen.say(_in_a_sentence(found), "" if found.under_way else "green")
    if found.lanes:
        screen.table(_HEAD, map(_row, found.lanes))
    for lane in found.lanes:
        if lane.stage in HELD:
            screen.say(_ACT(capability=lane.capability or "-", count=lane.count, why=lane.message), "bold red")


def _in_a_sentence(found: Status) -> Message:
    if not found.under_way:
        return _NOTHING
    if found.oldest is None:
        return _ALL_HELD(count=found.under_way)
    return _WAITING(under_way=found.under_way, waiting=found.waiting, since=moments.local(found.oldest))


def _row(lane: Lane) -> tuple[str | Message, ...]:
    return (
        lane.capability or _NOT_LISTED,
        lane.stage,
        str(lane.count),
        "" if lane.per_minute is None else f"{lane.per_minute:.1f}",
        "" if lane.minutes_left is None else str(timedelta(minutes=round(lane.minutes_left)))[:-3],
        lane.message,
    )
