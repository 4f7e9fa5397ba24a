"""How much longer a backlog takes when some of its photos may not be read: a Deny on single objects."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.backlog import Arriving, Case, seed, tell
from tests.bench.contenders import CONTENDERS
from tests.bench.progress import say
from tests.bench.quota import TICK
from tests.bench.table import Table
from tests.cloud.box import Cloud

QPS, LATENCY, PHOTOS = 2, 1.0, 600
POISONED = (0, 1, 10)
MOST_LONGER = 1.03
"""Times what a photo takes when each may be read."""
_FOLDER = "uploads/general/common/backlog"
_PATIENCE = 2.0
"""It is cut off after so many times the time that the whole quota would take, and a tick."""
_TOLD_EVERY = 20.0


@dataclass(frozen=True)
class Found:
    """What became of a backlog; `others` are the photos that may be read."""

    poisoned: int
    others: int
    served: int
    """Of the others."""
    seconds: float
    """From the beginning to the last result of the others; to the end when they were not all served."""

    def longer(self, than: Found) -> float:
        """Times the seconds that a photo takes there; infinite when they were not all served."""
        return self.seconds / self.others / (than.seconds / than.others) if self.served == self.others else float("inf")


def measured(photos: int, slower: float, counts: Sequence[int] = POISONED) -> Iterator[Found]:
    for poisoned in counts:
        yield measure(Case(QPS, LATENCY, photos, slower), poisoned)


def measure(case: Case, poisoned: int) -> Found:
    say(f"poisoned: {case.uploads} photos at {QPS} QPS, of which {poisoned} may not be read")
    keys = [f"{_FOLDER}/{number:05}.jpg" for number in range(case.uploads)]
    closed = spread(keys, poisoned)
    others = {*keys} - {*closed}
    patience = (_PATIENCE * case.uploads / QPS + TICK) * case.slower
    with CONTENDERS[0].cloud(case, TICK) as cloud, denied(cloud, closed):
        events, arriving = seed(cloud, case.uploads, folder=_FOLDER), Arriving(cloud)
        begun = now = told = tell(cloud, events)
        while (served := others & arriving.so_far().keys()) != others and now - begun < patience:
            time.sleep(0.25)
            now = time.time()
            if now - told > _TOLD_EVERY:
                told = now
                say(f"    {len(served)} of {len(others)} results after {now - begun:.0f} s")
        ended = max(arriving.so_far()[key] for key in others) if served == others else now
    return Found(poisoned, len(others), len(served), (ended - begun) / case.slower)


def spread(queue: Sequence[str], poisoned: int) -> list[str]:
    """So many of the queue, equally far apart."""
    return [queue[(2 * number + 1) * len(queue) // (2 * poisoned)] for number in range(poisoned)]


@contextmanager
def denied(cloud: Cloud, keys: Sequence[str]) -> Iterator[None]:
    """No role of a function may read these objects."""
    resources = [f"acs:oss:*:*:{cloud.bucket}/{key}" for key in keys]
    deny = {"Effect": "Deny", "Action": "oss:GetObject", "Resource": resources}
    ram = cloud.accounts.ram
    ram.put_policy("denied", {"Version": "1", "Statement": [deny]})
    for role in ram.roles:
        ram.attach(role, "denied")
    yield
    for role in ram.roles:
        ram.detach(role, "denied")
    cloud.accounts.refused.clear()  # as was meant


def table(found: Sequence[Found], note: str) -> Table:
    """The first of them without such photos."""
    return Table(
        "Photos of a backlog that may not be read",
        ["photos that may be read", "beside them may not", "served of the former", "after", "a photo takes"],
        [
            [each.others, each.poisoned, each.served, f"{each.seconds:.1f} s", f"{each.longer(found[0]):.3f} ×"]
            for each in found
        ],
        f"OSS answers AccessDenied for single photos, equally far apart in the backlog. {QPS} QPS. Goal: a photo takes "
        f"{MOST_LONGER} times as long at most. {note}",
    )
