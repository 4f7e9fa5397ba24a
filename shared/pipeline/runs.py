"""What a round does in its threads: turns are met, and the jobs behind them moved on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.jobs import keys
from shared.jobs.job import Claimed, Job, Ready, Ticketed
from shared.jobs.queue import Turn, turn_of
from shared.jobs.store import Found
from shared.pipeline.dispatch import Arrivals
from shared.pipeline.outcomes import Outcome
from shared.pipeline.scheduler import NEWS

STAY = timedelta(seconds=15)
"""A round's, for something to fall due: that costs less than the delay of leaving it to the next tick."""
_AGAIN = STAY + timedelta(seconds=5)
"""To come back to a job that somebody else has, or that nobody survives: no round stays for it."""

Fate = Outcome | datetime | Exception | None
"""What became of a turn: None when it is over, its job gone or under another turn; a moment, to look at it then."""


class Walks:
    """From `ends` on nothing more is begun."""

    def __init__(self, arrivals: Arrivals, ends: datetime) -> None:
        self._arrivals = arrivals
        self._line = arrivals.line
        self._ends = ends

    def walk(self, turns: Sequence[Turn]) -> dict[str, Fate]:
        """Move on jobs of one lane; what became of each, by upload. Nothing, when the round ended before a thread was
        free."""
        if self._line.clock() >= self._ends:
            return dict.fromkeys((turn.upload for turn in turns), self._ends)
        fates: dict[str, Fate] = {}
        due: list[Found] = []
        for turn in turns:
            try:
                fates[turn.upload], found = self._meet(turn)
                due += [found] if found else []
            except Exception as bug:  # noqa: BLE001 - one upload's bug must not hold up the others; the round raises it
                fates[turn.upload] = bug
        for group in _sharing(due):
            try:
                outcomes = self._line.resume(*group)
            except Exception as bug:  # noqa: BLE001 - as above
                fates |= {found.job.source: bug for found in group}
            else:
                fates |= {_job(outcome).source: outcome for outcome in outcomes}
        return fates

    def search(self) -> tuple[list[Turn], timedelta]:
        """Turns for jobs that have none, whose owners may have died, and for news of uploads whose jobs were under way;
        and how long it took to find them, by listing everything that is under way. Leases over what is past go.
        """
        jobs, began = self._line.jobs, self._line.clock()
        unfinished = jobs.unfinished()
        jobs.sweep(unfinished.leases)
        lost = {*unfinished.jobs} - (jobs.queue.uploads() if unfinished.jobs else set())
        now = self._line.clock()
        turns = [
            Turn("", stage, keys.capability_name(upload), now, upload)
            for stage, uploads in ((Claimed.name, lost), (NEWS, unfinished.sequels))
            for upload in sorted(uploads)
        ]
        return turns, now - began

    def _meet(self, turn: Turn) -> tuple[Fate, Found | None]:
        """What becomes of the turn unless its job is moved on, and that job if it can be."""
        if turn.stage == NEWS:
            return self._arrivals.look_again(turn.upload) or self._line.clock() + _AGAIN, None
        found = self._line.jobs.find(turn.upload)
        if found is None:
            return None, None
        is_due = self._line.jobs.due(found.job)
        if is_due and (early := self._line.purchases.early(found.job)):
            return self._line.clock() + early, None
        return self._left_alone(found, turn), found if is_due else None

    def _left_alone(self, found: Found, turn: Turn) -> datetime | None:
        """When to come back to a job that cannot be moved on, now or because somebody is faster; it gets its turn if it
        had none."""
        now = self._line.clock()
        if found.job.held_until is not None:
            return found.job.held_until if found.job.held_until > now else now + _AGAIN
        if turn.key == turn_of(found.job).key:
            return max(found.job.due, now + _AGAIN)
        if not turn.key:
            self._line.jobs.queue.add(found.job)
        return None  # it has another turn


def _job(outcome: Outcome) -> Job:
    return outcome if isinstance(outcome, Job) else outcome.job


def _sharing(due: Sequence[Found]) -> list[list[Found]]:
    """Those that one call can begin, or one question settles, together; in their order."""
    groups: dict[str, list[Found]] = {}
    for found in due:
        match found.job.stage:
            case Ticketed() as stage:
                shared = stage.ticket
            case Ready():
                shared = found.job.id  # everybody's results are fetched alone
            case _:
                shared = ""
        groups.setdefault(shared, []).append(found)
    return list(groups.values())
