"""The timer's round: everything unfinished whose time has come is moved on.

A round goes over the jobs again as long as one of them falls due soon, so that an asynchronous cutout is fetched
seconds after it is made, and ends at once when there is nothing to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from shared import keys, log
from shared.arrivals import Arrivals
from shared.capabilities import CAPABILITIES
from shared.documents import Blocked, Job, Ready, Ticketed, Waiting
from shared.jobs import Found
from shared.outcomes import Outcome
from shared.providers.verdicts import quotable

_WORKERS = 16
"""Enough to draw 10 calls a second from a vendor that takes a second and a half."""

_SOON = timedelta(seconds=15)
"""Waiting this long for a job to fall due costs less than the delay of leaving it to the next tick."""


_T = TypeVar("_T")
_R = TypeVar("_R")


class Round:
    """One tick's work; from `ends` on it begins nothing more."""

    def __init__(
        self,
        arrivals: Arrivals,
        ends: datetime,
        *,
        workers: int = _WORKERS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._arrivals = arrivals
        self._line = arrivals.line
        self._workers = workers
        self._ends = ends
        self._sleep = sleep
        self._blocked: set[str] = set()
        """Capabilities of which one job has just found the door shut: no need for all the others to knock."""
        self._bugs: list[Exception] = []

    def run(self) -> None:
        """Raises what was not foreseen, after everything else has been moved on."""
        with ThreadPoolExecutor(self._workers) as pool:
            while (next_due := self._pass(pool)) is not None:
                now = self._line.clock()
                if next_due > min(now + _SOON, self._ends):
                    break
                self._sleep(max(0.0, (next_due - now).total_seconds()))
        if self._bugs:
            raise self._bugs[0]

    def _pass(self, pool: ThreadPoolExecutor) -> datetime | None:
        """Move on all that is due; when the next job will be, None if none will."""
        jobs = self._line.jobs
        unfinished = jobs.unfinished()
        jobs.sweep(unfinished.leases)
        found = [each for each in self._each(pool, jobs.find, unfinished.jobs) if each is not None]
        due = [each for each in found if jobs.due(each.job)]
        others = {each.job.source: each for each in found if not jobs.due(each.job)}
        due += [others.pop(each.job.source) for each in _riding_along(others.values(), due)]
        moved = self._each(pool, self._move, _sharing(sorted(due, key=lambda each: each.job.uploaded_at)))
        renewed = self._each(pool, self._arrivals.look_again, unfinished.sequels)
        later = [each.job for each in others.values()]
        later += [
            outcome for outcome in (*chain.from_iterable(filter(None, moved)), *renewed) if isinstance(outcome, Job)
        ]
        return min((job.due for job in later if job.held_until is None), default=None)

    def _move(self, found: Sequence[Found]) -> list[Outcome]:
        job = found[0].job
        if job.capability in self._blocked and not job.bought:  # what was bought is fetched before its links die
            return []
        outcomes = self._line.resume(*found)
        self._blocked |= {
            outcome.capability
            for outcome in outcomes
            if isinstance(outcome, Job) and isinstance(outcome.stage, Blocked)
        }
        return outcomes

    def _each(self, pool: ThreadPoolExecutor, work: Callable[[_T], _R], items: Iterable[_T]) -> list[_R | None]:
        def one(item: _T) -> _R | None:
            if self._line.clock() >= self._ends:
                return None
            try:
                return work(item)
            except Exception as bug:  # noqa: BLE001 - one upload's bug must not hold up the others; `run` raises it
                log.error("bug", message=quotable(f"{type(bug).__name__}: {bug}"), keys=_keys(item))
                self._bugs.append(bug)
                return None

        return list(pool.map(one, items))


def _keys(item: object) -> object:
    """What a log may know of it: a job holds links."""
    return [each.job.source for each in item] if isinstance(item, list) else item


def _riding_along(others: Iterable[Found], due: Iterable[Found]) -> list[Found]:
    """Of those not due, what waits for its first call and may as well be in one that is made for others."""
    called = {keys.capability_name(each.job.source) for each in due if not each.job.bought}
    return [
        each
        for each in others
        if isinstance(each.job.stage, Waiting)
        and each.job.held_until is None
        and each.job.attempts == 0
        and (name := keys.capability_name(each.job.source)) in called
        and _batch(name) > 1
    ]


def _sharing(due: Iterable[Found]) -> list[list[Found]]:
    """The jobs that one call can begin, or one question settles, together; in the order in which they came."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for found in due:
        capability, stage = keys.capability_name(found.job.source), found.job.stage
        match stage:
            case Ticketed():
                shared = stage.ticket
            case Ready():
                shared = found.job.id  # everybody's results are fetched alone
            case _:
                shared = ""
        groups.setdefault((capability, shared), []).append(found)
    return [
        group[start : start + size]
        for (capability, _), group in groups.items()
        for size in [_batch(capability)]
        for start in range(0, len(group), size)
    ]


def _batch(capability: str) -> int:
    return CAPABILITIES[capability].batch if capability in CAPABILITIES else 1
