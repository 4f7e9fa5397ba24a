"""Moments and days as people say them, by this machine's own zone."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from console.finding import Misasked
from shared.messages.message import Sentence

_AGO = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NO_MOMENT = Sentence(
    "{text}: a moment is 2026-11-26, 2026-11-26T14:30, today, yesterday, or 30m, 24h, 7d for so long ago",
    "{text}：时间的写法为 2026-11-26、2026-11-26T14:30、today、yesterday，或表示多久以前的 30m、24h、7d",
)


def moment(text: str, now: datetime) -> datetime:
    """The moment that `text` says, with its zone: a date alone is its beginning; without a zone it is that of `now`.

    Raises `Misasked` for what is none.
    """
    if ago := _AGO.fullmatch(text):
        return now - int(ago["count"]) * _UNITS[ago["unit"]]
    begin = datetime.combine(now.date(), time(), now.tzinfo)
    if text in ("today", "yesterday"):
        return begin - timedelta(days=text == "yesterday")
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Misasked(_NO_MOMENT(text=text)) from None
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def local(moment: datetime) -> str:
    """The moment as people read it, in this machine's zone: `2026-11-26 14:30:00 +0800`."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %z}"


def day(text: str, now: datetime) -> tuple[datetime, datetime]:
    """The beginning of the day in which that moment is, and its end. Raises as `moment` does."""
    begin = datetime.combine(moment(text, now).date(), time(), now.tzinfo)
    return begin, begin + timedelta(days=1)
