"""When to poll a vendor about a job: polls have a quota of their own, and a finished result waits for the next poll.

How this estimator was chosen, against which others, and with what figures: `tests/unit/pipeline/poll_model.py`.
"""

from __future__ import annotations

from datetime import timedelta

_FIRST = timedelta(seconds=2)
"""From a call to the first poll while nothing is known: the manuals' asynchronous jobs take some seconds."""
_PER_AGE, _SHORTEST_PAUSE, _LONGEST_PAUSE = 1 / 20, timedelta(seconds=1), timedelta(minutes=1)
"""Between two polls of a job: a share of its age, so that the wait is short against the time that the job has taken."""
_SAMPLES = 100
"""Finished jobs of a capability that are remembered. After a burst that had to wait for the quota, fewer would all be
jobs that were found late."""
_SHARE = 0.9
"""Of the shortest time after which a job was found finished. A poll that comes a little early shows whether jobs have
become faster; one that comes late does not."""
_LONGEST_WAIT = timedelta(minutes=1)
"""For the first poll of a job: the samples may be from a time in which the vendor, or `settle`, stood still."""


class PollEstimator:
    """Learns, in this instance, how long a job of each capability takes at least. Threads may share it."""

    def __init__(self) -> None:
        self._samples: dict[str, tuple[timedelta, ...]] = {}
        """Ages at which jobs were found finished, by capability. The tuples are replaced, never changed."""

    def first(self, capability: str) -> timedelta:
        """How long after its call to poll a job for the first time."""
        return max(_FIRST, self._earliest(capability))

    @staticmethod
    def again(age: timedelta) -> timedelta:
        """How long to wait after a poll that found a job of this age unfinished."""
        return min(max(age * _PER_AGE, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def too_early(self, capability: str, age: timedelta) -> timedelta:
        """How much longer a job of this age, although due, should not be polled; zero if it may be."""
        return max(timedelta(), self._earliest(capability) - age)

    def finished(self, capability: str, age: timedelta, polls: int) -> None:
        """A job was found finished at this age, after `polls` polls that found it unfinished.

        A job that its first poll found finished may have been so for long. While nothing is known, nothing is learnt
        from it; and if it is the shortest, all others are forgotten, so that the next job is polled from the beginning.
        """
        samples = self._samples.get(capability)
        if samples is None and not polls:
            return
        if samples and not polls and age < min(samples):
            self._samples[capability] = ()
        else:
            self._samples[capability] = (*(samples or ()), age)[-_SAMPLES:]

    def _earliest(self, capability: str) -> timedelta:
        """The age below which no job is polled."""
        return min(_SHARE * min(self._samples.get(capability, ()), default=timedelta()), _LONGEST_WAIT)
