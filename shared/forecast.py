"""When to ask a vendor what became of what it accepted: questions have a quota, too, and a result may lie waiting."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

_FIRST = timedelta(seconds=2)
"""After a call, where nothing was learnt: the manuals' asynchronous jobs take seconds."""
_SOONEST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=1)
_EARLY = 0.9
"""Of the time that the last ones took. A question too early shows that they take longer; one too late shows nothing."""
_STEP = timedelta(seconds=0.5)
"""By how much a question must be later than the last one that was too early, whichever job that was about."""
_PATIENCE = timedelta(seconds=4)


@dataclass
class _Experience:
    typical: timedelta | None = None
    """The age at which one may be finished."""
    unfinished: timedelta | None = None
    """The age at which the last one asked for was not; None once one was."""


class Forecast:
    """Learns, in this instance, how long each capability's vendor takes, which is much the same for all its jobs."""

    def __init__(self) -> None:
        self._of: defaultdict[str, _Experience] = defaultdict(_Experience)

    def first(self, capability: str) -> timedelta:
        """How long after its call to ask for a job first."""
        return max(_SOONEST, self._of[capability].typical or _FIRST)

    def again(self, capability: str, age: timedelta) -> timedelta:
        """How long to wait with the next question about a job that is not finished at `age`."""
        found = self._of[capability]
        found.unfinished = max(age, found.unfinished or age)
        if found.typical is not None and age < found.typical:
            return max(found.typical - age, _SOONEST)
        return min(max(age / 10, _SOONEST), _LONGEST)

    def early(self, capability: str, age: timedelta, overdue: timedelta) -> timedelta:
        """How much longer a job of that age, which it is time to ask for since `overdue`, had better be left alone; for
        others, older than it, were not finished either. Not for ever: one of those may be lost."""
        found = self._of[capability]
        if overdue > max(_PATIENCE, age / 2):
            return timedelta()
        unfinished = found.unfinished  # once: another thread may just find one finished
        worth = max(found.typical or age, unfinished + _STEP if unfinished else age)
        return max(worth - age, timedelta())

    def finished(self, capability: str, age: timedelta, asked: int) -> None:
        """A job was found finished at `age`, and `asked` times before it had not been."""
        found = self._of[capability]
        found.unfinished = None
        if asked:
            found.typical = _EARLY * age if found.typical is None else (found.typical + _EARLY * age) / 2
        elif found.typical is not None:  # it may have been for long
            found.typical = min(found.typical, _EARLY * age)
