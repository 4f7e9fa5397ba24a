"""Simulates asynchronous jobs at a vendor and settle's polls of them, in simulated time, to compare poll estimators.

`python -m tests.unit.pipeline.poll_model` prints the figures as a Markdown table, in less than a minute.
`test_poll_estimators.py` holds that the estimator in use is within 1.5 times the best of them, in these cases, on which
it was chosen. Jobs of 60 s and bursts of more than 100 jobs have worse ratios.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from statistics import median, quantiles
from typing import Protocol

from shared.pipeline.polling import PollEstimator
from tests.unit.cloud.vendor_model import Time

POLLS_PER_SECOND = 2.0
_CAPABILITY = "general/hd-common"
_WIDTH = 10
"""Jobs that are polled at once or wait for a slot: the scheduler's five seconds of the quota."""
_ACQUIRES, _ROUND_TRIP, _SAVES = 0.1, 0.1, 0.1
"""Seconds: to acquire a job before its poll, from request to answer, and to save what the poll came to."""
_JOB_SECONDS = (8.0, 12.0)
"""What a job takes, the same for all jobs of one seed: no manual gives a figure, and users report some seconds."""
_BATCHES = 3
"""Of each seed, one after the other: the first while nothing is known yet."""
_ALONE = 30
"""Jobs of a seed when one at a time is pending."""


class Estimator(Protocol):
    def first(self, capability: str) -> timedelta: ...
    def again(self, age: timedelta) -> timedelta: ...
    def too_early(self, capability: str, age: timedelta) -> timedelta: ...
    def finished(self, capability: str, age: timedelta, polls: int) -> None: ...


class FixedInterval:
    """A poll every two seconds."""

    def first(self, capability: str) -> timedelta:
        return timedelta(seconds=2)

    def again(self, age: timedelta) -> timedelta:
        return timedelta(seconds=2)

    def too_early(self, capability: str, age: timedelta) -> timedelta:
        return timedelta()

    def finished(self, capability: str, age: timedelta, polls: int) -> None:
        pass


class GrowingInterval(FixedInterval):
    """Pauses of a tenth of the job's age."""

    def again(self, age: timedelta) -> timedelta:
        return min(max(age / 10, timedelta(seconds=1)), timedelta(minutes=1))


class TypicalTime(GrowingInterval):
    """The first poll at nine tenths of the time that jobs took lately, one number that follows each job by half."""

    def __init__(self) -> None:
        self._typical = timedelta()

    def first(self, capability: str) -> timedelta:
        return max(self._typical, timedelta(seconds=2))

    def finished(self, capability: str, age: timedelta, polls: int) -> None:
        if not polls:
            self._typical = min(self._typical, 0.9 * age)
        elif self._typical:
            self._typical = (self._typical + min(0.9 * age, 2 * self._typical)) / 2
        else:
            self._typical = 0.9 * age


IN_USE = "shortest of 100"
ESTIMATORS: Mapping[str, Callable[[], Estimator]] = {
    "fixed, 2 s": FixedInterval,
    "growing, age/10": GrowingInterval,
    "typical time": TypicalTime,
    IN_USE: PollEstimator,
}


@dataclass(frozen=True)
class Case:
    """`pending` jobs are submitted at `calls_per_second`; `spread` is the seconds of one, given those of most."""

    pending: int
    calls_per_second: float
    times: str
    spread: Callable[[random.Random, float], float]

    def submissions(self, chance: random.Random) -> Iterator[tuple[float, float]]:
        """When each job is submitted, and how many seconds it takes."""
        usual = chance.uniform(*_JOB_SECONDS)
        for batch in range(_ALONE if self.pending == 1 else _BATCHES):
            begins = batch * (5 * usual + 2 * self.pending)
            for number in range(self.pending):
                yield begins + number / self.calls_per_second, self.spread(chance, usual)


_TIMES: Mapping[str, Callable[[random.Random, float], float]] = {
    "equal": lambda chance, usual: usual,
    "± 30 %": lambda chance, usual: usual * chance.uniform(0.7, 1.3),
    "a third 4 ×": lambda chance, usual: usual * (4 if chance.random() < 1 / 3 else 1),
}
CASES = [
    Case(pending, calls, times, spread)
    for pending, calls in ((1, 10.0), (10, 10.0), (100, 10.0), (10, 2.0), (100, 2.0))
    for times, spread in _TIMES.items()
]


@dataclass(frozen=True)
class Figures:
    """Seconds from a result's being ready to the poll that finds it; and polls a job."""

    median: float
    ninth_decile: float
    polls: float


def measured(case: Case, estimator: Callable[[], Estimator], seeds: int) -> Figures:
    late: list[float] = []
    polls = 0
    for seed in range(seeds):
        polling = Polling(estimator(), [*case.submissions(random.Random(seed))]).run()
        late += polling.late
        polls += polling.polls
    return Figures(median(late), quantiles(late, n=10)[-1], polls / len(late))


@dataclass
class _Job:
    submitted: float
    ready: float
    due: float
    polls: int = 0


class Polling:
    """Settle polls the job that has been due for longest, so many at once as the scheduler starts, each in a slot of
    the quota; a job that is too early, when it is started or when it has its slot, goes back into the queue."""

    def __init__(self, estimator: Estimator, submissions: Sequence[tuple[float, float]]) -> None:
        self.time = Time()
        self.late: list[float] = []
        """For each finished job: seconds from its being ready to the poll that found it."""
        self.polls = 0
        self._estimator = estimator
        self._unfinished = len(submissions)
        self._queue: list[tuple[_Job, float]] = []
        """Jobs, and the moment before which each is not started."""
        self._started = 0
        self._waiting: deque[_Job] = deque()
        """For a slot."""
        self._next_slot = 0.0
        for at, seconds in submissions:
            self.time.after(at, partial(self._submitted, seconds))

    def run(self) -> Polling:
        while self._unfinished:
            self.time.step()
        return self

    def _submitted(self, seconds: float) -> None:
        now = self.time.now
        due = now + self._estimator.first(_CAPABILITY).total_seconds()
        self._put(_Job(now, now + seconds, due), due)

    def _put(self, job: _Job, not_before: float) -> None:
        self._queue.append((job, not_before))
        self.time.after(max(0.0, not_before - self.time.now), self._start)

    def _start(self) -> None:
        while self._started < _WIDTH:
            due = [entry for entry in self._queue if entry[1] <= self.time.now + 1e-6]
            if not due:
                return
            entry = min(due, key=lambda entry: entry[0].due)
            self._queue.remove(entry)
            job = entry[0]
            if too_early := self._too_early(job):
                self._put(job, self.time.now + too_early)
            else:
                self._started += 1
                self.time.after(_ACQUIRES, partial(self._acquired, job))

    def _too_early(self, job: _Job) -> float:
        age = timedelta(seconds=self.time.now - job.submitted)
        return self._estimator.too_early(_CAPABILITY, age).total_seconds()

    def _acquired(self, job: _Job) -> None:
        self._waiting.append(job)
        if len(self._waiting) == 1:
            self._wait_for_slot()

    def _wait_for_slot(self) -> None:
        self.time.after(max(0.0, self._next_slot - self.time.now), self._has_slot)

    def _has_slot(self) -> None:
        job, now = self._waiting[0], self.time.now
        if self._too_early(job):  # the slot is the next job's
            self.time.after(_SAVES, partial(self._over, job))
        else:
            self._next_slot = now + 1 / POLLS_PER_SECOND
            self.polls += 1
            if job.ready <= now:
                self.late.append(now - job.ready)
                self._unfinished -= 1
                self.time.after(_ROUND_TRIP, partial(self._found_finished, job))
            else:
                self.time.after(_ROUND_TRIP, partial(self._found_unfinished, job))
        self._waiting.popleft()
        if self._waiting:
            self._wait_for_slot()

    def _found_finished(self, job: _Job) -> None:
        self._estimator.finished(_CAPABILITY, timedelta(seconds=self.time.now - job.submitted), job.polls)
        self.time.after(_SAVES, partial(self._over, None))

    def _found_unfinished(self, job: _Job) -> None:
        job.due = (
            self.time.now + self._estimator.again(timedelta(seconds=self.time.now - job.submitted)).total_seconds()
        )
        job.polls += 1
        self.time.after(_SAVES, partial(self._over, job))

    def _over(self, job: _Job | None) -> None:
        self._started -= 1
        if job:
            self._put(job, job.due)
        self._start()


def table(seeds: int = 20) -> Iterator[str]:
    yield f"| pending | calls a second | job times | {' | '.join(ESTIMATORS)} |"
    yield "|---" * (3 + len(ESTIMATORS)) + "|"
    for case in CASES:
        cells = []
        for estimator in ESTIMATORS.values():
            found = measured(case, estimator, seeds)
            cells.append(f"{found.median:.1f} / {found.ninth_decile:.1f} s, {found.polls:.1f}")
        calls = "–" if case.pending == 1 else f"{case.calls_per_second:g}"
        yield f"| {case.pending} | {calls} | {case.times} | {' | '.join(cells)} |"


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
