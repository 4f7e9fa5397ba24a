"""When a timer trigger fires: `@every <n>m`, or six cron fields from seconds on, in UTC unless `CRON_TZ=` says else."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

_EVERY = re.compile(r"@every (?P<minutes>[1-9]\d*)m")
_CRON = re.compile(r"(?:CRON_TZ=(?P<zone>\S+) )?(?P<fields>\S+(?: \S+){5})")


class Timer:
    """Calls `fire` when the schedule says, or every `period` seconds where that is given, from construction until
    `stop()`."""

    def __init__(self, expression: str, period: float | None, fire: Callable[[], None]) -> None:
        self._expression = expression
        self._period = period
        self._fire = fire
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        for moment in moments(self._expression, datetime.now(timezone.utc)):
            if self._stopping.wait(self._period or max(0.0, moment.timestamp() - time.time())):
                return
            self._fire()


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
