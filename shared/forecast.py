"""When to ask a vendor what became of what it accepted: questions have a quota, too, and a result may lie waiting."""

from __future__ import annotations

from datetime import timedelta

_FIRST = timedelta(seconds=2)
"""After a call, where nothing was learnt: the manuals' asynchronous jobs take seconds."""
_SOONEST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=1)
_EARLY = 0.9
"""Of the time that the last ones took. A question too early shows that they take longer; one too late shows nothing."""


class Forecast:
    """Learns, in this instance, how long each capability's vendor takes; `Line`s of several threads may share it."""

    def __init__(self) -> None:
        self._typical: dict[str, timedelta] = {}

    def first(self, capability: str) -> timedelta:
        """How long after its call to ask first."""
        return max(_SOONEST, self._typical.get(capability, _FIRST))

    def again(self, capability: str, age: timedelta) -> timedelta:
        """How long to wait with the next question when it is not finished at `age`."""
        typical = self._typical.get(capability)
        if typical is None:
            return _within(age / 4)  # what has taken long will take a while longer
        return _within(typical - age if age < typical else age - typical)

    def finished(self, capability: str, age: timedelta, asked: int) -> None:
        """It was found finished at `age`, and had not been when it was `asked` for before."""
        before = self._typical.get(capability)
        if asked:
            self._typical[capability] = _EARLY * age if before is None else (before + _EARLY * age) / 2
        elif before is not None:  # it may have been for long
            self._typical[capability] = min(before, _EARLY * age)


def _within(pause: timedelta) -> timedelta:
    return min(max(pause, _SOONEST), _LONGEST)
