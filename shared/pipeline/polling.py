"""When to ask a vendor what became of what it accepted: questions have a quota, too, and a result may lie waiting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

_NEVER = datetime.min.replace(tzinfo=timezone.utc)
_FIRST = timedelta(seconds=2)
"""After a call, where nothing was learnt: the manuals' asynchronous jobs take seconds."""
_SOONEST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=1)
_EARLY = 0.9
"""Of the time that the last ones took. A question too early shows that they take longer; one too late shows nothing."""
_STEP = timedelta(seconds=0.5)
"""By how much a question must be later than the last one that was too early, whichever job that was about."""
_TRIES = timedelta(seconds=5)
"""How often it is found out anew whether they take less time now: such questions come too early, and with many jobs
pending there is one a second for each of them and hardly any to spare."""
_PATIENCE, _PROBES = timedelta(seconds=4), timedelta(seconds=2)
"""After being put off for how long one may be polls for all the same, and how often one is."""
_LONGEST_PUT_OFF = timedelta(seconds=5)
"""Then it is seen to again: by now the unfinished one may be known to be finished, or to be the only one."""


@dataclass
class _Experience:
    typical: timedelta | None = None
    """The age at which one may be finished."""
    unfinished: timedelta | None = None
    """The age at which the last one polls for was not."""
    tried: datetime = _NEVER
    """When that was."""
    probe: datetime = _NEVER
    """The birth of the one that was polls for all the same."""
    probes: datetime = _NEVER
    """When another one may be."""


class PollEstimator:
    """Learns, in this instance, how long each capability's vendor takes, which is much the same for all its jobs."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._of: defaultdict[str, _Experience] = defaultdict(_Experience)

    def first(self, capability: str) -> timedelta:
        """How long after its call to ask for a job first."""
        return max(_SOONEST, self._of[capability].typical or _FIRST)

    def again(self, capability: str, age: timedelta) -> timedelta:
        """How long to wait with the next question about a job that is not finished at `age`."""
        found = self._of[capability]
        found.unfinished, found.tried = max(age, found.unfinished or age), self._clock()
        if found.typical is not None and age < found.typical:
            return max(found.typical - age, _SOONEST)
        return min(max(age / 10, _SOONEST), _LONGEST)

    def too_early(self, capability: str, since: datetime, due: datetime) -> timedelta:
        """How much longer to leave alone a job that was begun at `since` and is `due`; for others, older than it, were
        not finished either. Now and then one is polls for all the same: of those one may be lost."""
        found, now = self._of[capability], self._clock()
        age, unfinished = now - since, found.unfinished  # once: another thread may just find one finished
        worth = max(found.typical or age, unfinished + _STEP if unfinished else age)
        if worth <= age or since == found.probe:
            return timedelta()
        if now - due > _PATIENCE and now >= found.probes:
            found.probe, found.probes = since, now + _PROBES
            return timedelta()
        return min(worth - age, _LONGEST_PUT_OFF)

    def finished(self, capability: str, age: timedelta, polls: int) -> None:
        """A job was found finished at `age`, and `polls` times before it had not been. One that took long, or was found
        late, makes the next ones be polls for half as late again at the most."""
        found = self._of[capability]
        unfinished = found.unfinished  # once: another thread may have a question too early just now
        if unfinished and (age <= unfinished or self._clock() - found.tried >= _TRIES):
            found.unfinished = None
        if polls:
            typical = found.typical or _EARLY * age
            found.typical = (typical + min(_EARLY * age, 2 * typical)) / 2
        elif found.typical is not None:  # it may have been for long
            found.typical = min(found.typical, _EARLY * age)
