"""What the log says of Function Compute: how soon `settle` comes when it is woken, and how long instances take to
start.

Both are read from the entry that Function Compute writes for each request ("Function Compute 3.0: log fields").
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from statistics import median

from console.account import Account, speaking
from console.logs.service import LogService
from console.roles.rights import PREFIX
from console.verify.belief import Answer, Evidence
from shared.jobs import keys
from shared.jobs.backlog import COLD_START, WAKING
from shared.messages.message import COMMA, Message, Sentence

_WAKES = 3
"""A timer invokes `settle` as well, every minute, and may come first once: the median is judged."""
_PATIENCE = 90.0
"""Seconds that a wake-up is waited for, until it is in the log: entries may take half a minute to be found there."""
_PAUSE = 2.0

_WOKEN = Sentence(
    "it began {delays} s after `wake/settle` was written, by OSS's clock, which tells whole seconds",
    "写入 `wake/settle` 后 {delays} 秒开始运行（按 OSS 的时钟，精度为 1 秒）",
)
_NOT_WOKEN = Message("more than 90", "超过 90")
_STARTS = Sentence(
    "cold starts: {count}, of {least:.1f} to {most:.1f} s", "冷启动 {count} 次，耗时 {least:.1f}～{most:.1f} 秒"
)
_NOT_LOGGED = Sentence(
    "not answered: the log has no number in `{name}` of a request", "无法回答：日志的请求记录中没有数值字段 `{name}`"
)
_NO_START = Message("no instance was started", "没有启动过实例")


class _NotLogged(Exception):
    """An entry lacks a field, or it holds no number."""


def wakes_at_once(found: Evidence) -> Answer:
    """`wake/settle` is written as functions do it."""
    seen = set[str]()
    try:
        delays = [_delay(found.account, seen) for _ in range(_WAKES)]
    except _NotLogged as error:
        return Answer("unknown", _NOT_LOGGED(name=str(error)))
    said = COMMA.join(_NOT_WOKEN if math.isinf(each) else Message.of(f"{each:.1f}") for each in delays)
    return Answer("yes" if median(delays) <= WAKING.total_seconds() else "no", _WOKEN(delays=said))


def short_cold_starts(found: Evidence) -> Answer:
    """Of all functions, since the trial began."""
    requests = _requests(found.account, "isColdStart: true", found.at.timestamp())
    try:
        starts = [_seconds(each, "coldStartLatencyMs") for each in requests]
    except _NotLogged as error:
        return Answer("unknown", _NOT_LOGGED(name=str(error)))
    if not starts:
        return Answer("unknown", _NO_START)
    evidence = _STARTS(count=len(starts), least=min(starts), most=max(starts))
    return Answer("yes" if max(starts) <= COLD_START.total_seconds() else "no", evidence)


def _delay(account: Account, seen: set[str]) -> float:
    """Seconds from writing until the next request to `settle` begins; infinite if none is found.

    `seen` are the ids of requests that answered earlier writes, perhaps in the same second.
    """
    with speaking("OSS", "PutObject"):
        written = account.bucket().put_object(keys.WAKE, b"{}").headers["Date"]
    at = parsedate_to_datetime(written).timestamp()
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        time.sleep(_PAUSE)
        requests = _requests(account, f"functionName: {PREFIX}settle", at)
        begun = {each.get("requestId", ""): _seconds(each, "invokeFunctionStartTimestamp") for each in requests}
        later = [(began, request) for request, began in begun.items() if began >= at and request not in seen]
        if later:
            seen.update(begun)
            return min(later)[0] - at
    return math.inf


def _seconds(entry: dict[str, str], name: str) -> float:
    """Of a field in milliseconds. Raises `_NotLogged`."""
    try:
        return float(entry[name]) / 1000
    except (KeyError, ValueError):
        raise _NotLogged(name) from None


def _requests(account: Account, words: str, since: float) -> Iterator[dict[str, str]]:
    """The entries of requests to our functions that these words find; `since` is in seconds since 1970."""
    service = LogService(account)
    query = f"{words} and InvokeFunction"
    asked = service.models.GetLogsV2Request(from_=int(since), to=int(time.time()) + 60, query=query)
    found = service.call("get_logs_v2", service.project, service.logstore, asked)
    yield from (each for each in found.get("data", ()) if each.get("functionName", "").startswith(PREFIX))
