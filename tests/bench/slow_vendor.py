"""How many calls are made, and lost, when the vendor serves less than the quota that was bought."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.backlog import ACTION, Arriving, Case, seed, tell
from tests.bench.contenders import CONTENDERS
from tests.bench.progress import say
from tests.bench.quota import TICK
from tests.bench.table import Table, percent

QPS = 2
UPLOADS = 200
CAPACITIES = (1.0, 0.3)
"""Pictures a second that the vendor makes: at first, and when it has made half of them."""
_MOST = 205
"""Calls for `UPLOADS`."""
_PATIENCE = 2.0
"""It is cut off after so many times the time that the vendor needs for all, and a tick."""
_TOLD_EVERY = 20.0


@dataclass(frozen=True)
class Slowed:
    uploads: int
    results: int
    calls: int
    """That the vendor has taken, and may bill."""
    seconds: float
    """From the word of the uploads to the last result, or to the end."""
    needed: float
    """Seconds that the vendor needs for all, if it never has to wait for a call."""

    @property
    def unanswered(self) -> int:
        """Calls of which no result came: not before the caller hung up, or not before the end."""
        return self.calls - self.results


def measure(uploads: int = UPLOADS, capacities: Sequence[float] = CAPACITIES) -> Slowed:
    first, then = capacities
    say(f"slow vendor: {uploads} uploads at {QPS} QPS, of which it serves {first:g} a second, and then {then:g}")
    needed = uploads / 2 / first + uploads / 2 / then
    with CONTENDERS[0].cloud(Case(QPS, 0.0, uploads), TICK) as cloud:
        vendor, events, arriving = cloud.viapi, seed(cloud, uploads), Arriving(cloud)
        vendor.capacity.per_second = first
        begun = now = told = tell(cloud, events)
        while len(arriving.so_far()) < uploads and now - begun < _PATIENCE * needed + TICK:
            time.sleep(0.25)
            now = time.time()
            if len(vendor.ledger) >= uploads / 2:
                vendor.capacity.per_second = then
            if now - told > _TOLD_EVERY:
                told = now
                say(f"    {len(arriving.so_far())} of {uploads} results after {now - begun:.0f} s")
        results = len(arriving.so_far())
        came = sum(effect.name == ACTION and moment == "before" for effect, moment in list(cloud.effects))
        throttled = sum(call.code.startswith("Throttling") for call in list(vendor.calls))
        return Slowed(uploads, results, came - throttled, now - begun, needed)


def table(found: Slowed) -> Table:
    first, then = CAPACITIES
    return Table(
        "A vendor that serves less than was bought",
        ["what", "figure", "goal"],
        [
            ["uploads", found.uploads, ""],
            ["results", found.results, "all"],
            ["calls that could be billed", found.calls, f"≤ {_MOST} of {UPLOADS}"],
            ["of them without an answer", found.unanswered, ""],
            ["done after", f"{found.seconds:.0f} s", ""],
            ["of what the vendor can do, used", percent(min(1.0, found.needed / found.seconds)), ""],
        ],
        f"{QPS} QPS were bought; the vendor makes {first:g} picture a second, one after the other, and when half of "
        f"them are made, {then:g}. Calls stand in a queue there, and are given up, and billed, when they are not "
        f"answered within 40 s. settle ticks every {TICK:g} s.",
    )
