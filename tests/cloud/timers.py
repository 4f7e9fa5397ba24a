"""When a timer trigger fires: `@every <n>m`, or six cron fields from seconds on, in UTC unless `CRON_TZ=` says else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

_EVERY = re.compile(r"@every (?P<minutes>[1-9]\d*)m")
_CRON = re.compile(r"(?:CRON_TZ=(?P<zone>\S+) )?(?P<fields>\S+(?: \S+){5})")


def moments(expression: str, start: datetime) -> Iterator[datetime]:
    """The moments after `start` (which has a time zone), without end. Raises `ValueError` for what FC does not read."""
    if every := _EVERY.fullmatch(expression):
        period = timedelta(minutes=int(every["minutes"]))
        while True:
            start += period
            yield start
    cron = _CRON.fullmatch(expression)
    if cron is None or not croniter.is_valid(cron["fields"], second_at_beginning=True):
        raise ValueError(f"cronExpression {expression!r} is neither '@every <n>m' nor six fields from seconds on")
    local = start.astimezone(ZoneInfo(cron["zone"] or "UTC"))
    yield from croniter(cron["fields"], local, ret_type=datetime, second_at_beginning=True)
