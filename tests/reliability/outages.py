"""`python -m tests.reliability.outages [--waiting 200 20000] [--minutes 11 2880]`: what an outage does to photos that
wait, in virtual time: the vendor's gateway answers every call with an error page, for minutes or for days.

The exit code is 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from shared.pipeline.scheduler import AHEAD
from tests.bench.table import Table, percent
from tests.reliability.burst_figures import displacement
from tests.reliability.soak import processes
from tests.reliability.virtual_line import LATENCY, Call, TimedShop

WAITING, MINUTES = (200, 20_000), (11, 2 * 24 * 60)
_QPS, _QPS_OF_MANY, _MANY = 2.0, 10.0, 1_000
"""The second is bought for more than `_MANY` photos, which would take hours with the first."""
_BEFORE = timedelta(seconds=5)
"""For which calls are served before the outage, so that some are on their way when it begins."""
_LEAST_PAUSE = timedelta(seconds=0.5)
"""From an answer to the next call, if that did not come as soon as it could."""
_FIRST_MINUTE = timedelta(minutes=1)
_LEAST_SHARE = 0.97
_PATIENCE = timedelta(hours=2)
"""Beside the time that the whole quota would take twice."""


@dataclass(frozen=True)
class Outage:
    """Over so many `waiting` photos."""

    waiting: int
    lasts: timedelta

    @property
    def qps(self) -> float:
        return _QPS if self.waiting <= _MANY else _QPS_OF_MANY

    @property
    def on_their_way(self) -> int:
        """Calls that may have been begun before the vendor's first refusal was heard."""
        return math.ceil(self.qps * (AHEAD + LATENCY))


@dataclass(frozen=True)
class Found:
    """What became of the photos."""

    outage: Outage
    ended: datetime
    """When the outage was over."""
    during: Sequence[Call]
    """The calls that came while it lasted."""
    after: Sequence[Call]
    """The calls that were served after it."""
    served: int
    failed: int
    """Receipts that are not `done`."""
    displaced: int
    """Places, at most, between a photo's in the queue and in the order of the calls that were served; but for the probe
    that found the outage over, which is one of those that had not failed yet."""
    miscounted: int
    """Receipts whose `attempts` is less than the calls that were charged, or more than those that were made."""

    @property
    def at_once(self) -> int:
        """Calls during the outage, beside the first, that no pause came before."""
        answered = accumulate((call.answered for call in self.during), max)
        return sum(call.at - last < _LEAST_PAUSE for call, last in zip(self.during[1:], answered, strict=False))

    @property
    def first_minute(self) -> float:
        """The share of the quota that was used in the minute from the first call that was served again, or until the
        last one."""
        ends = self.after[0].at + _FIRST_MINUTE if self.after else self.ended
        return self._share([call for call in self.after if call.at < ends])

    @property
    def share(self) -> float:
        """The share of the quota from that call to the last one."""
        return self._share(self.after)

    def _share(self, calls: Sequence[Call]) -> float:
        if not calls:
            return 0.0
        return len(calls) / (self.outage.qps * (calls[-1].at - calls[0].at).total_seconds() + 1)

    def broken(self) -> Iterator[str]:
        """What was promised and not kept."""
        most = self.outage.on_their_way
        if self.served < self.outage.waiting:
            yield f"{self.served} of {self.outage.waiting} photos were served"
        if self.failed:
            yield f"{self.failed} receipts say that a photo cannot be served"
        if self.miscounted:
            yield f"{self.miscounted} receipts give fewer calls than were charged, or more than were made"
        if self.displaced > most:
            yield f"a photo was called {self.displaced} places from its own in the queue, of {most}"
        if self.at_once > most:
            yield f"{self.at_once} calls of the outage came without a pause, and {most} were on their way when it began"
        if min(self.first_minute, self.share) < _LEAST_SHARE:
            yield f"{percent(self.first_minute)} of the quota in its first minute again, {percent(self.share)} in all"


def measure(outage: Outage) -> Found:
    """Photos wait, calls are served for a few seconds, the outage comes and goes, and settle ends when all is done."""
    shop = TimedShop(outage.qps)
    queue = shop.wait_in_line(outage.waiting)
    begins = shop.clock() + _BEFORE
    ended = begins + outage.lasts
    shop.vendor.outage = begins, ended
    needed = timedelta(seconds=outage.waiting / outage.qps)
    shop.settle_until(lambda: shop.is_over, ended + 2 * needed + _PATIENCE)
    calls = sorted(shop.vendor.calls, key=lambda call: call.at)
    served = [call for call in calls if call.ok]
    receipts = shop.receipts()
    probe = next((call.key for call in served if call.at >= ended), "")
    charged, made = Counter(call.key for call in served), Counter(call.key for call in calls)
    return Found(
        outage,
        ended,
        during=[call for call in calls if begins <= call.at < ended],
        after=[call for call in served if call.at >= ended],
        served=sum(receipt.status == "done" for receipt in receipts.values()),
        failed=sum(receipt.status != "done" for receipt in receipts.values()),
        displaced=displacement(
            [key for key in queue if key != probe], [call.key for call in served if call.key != probe]
        ),
        miscounted=sum(not charged[key] <= each.attempts <= made[key] for key, each in receipts.items()),
    )


def table(found: Sequence[Found]) -> Table:
    return Table(
        "Outages of a vendor, in virtual time",
        [
            *("photos waiting", "outage", "QPS", "served after all", "`failed`", "calls during it", "without a pause"),
            *("first call served after its end", "of the quota, in the first minute", "and in all"),
            *("`attempts` right", "places out of order, but for the probe"),
        ],
        [_row(each) for each in found],
        "The gateway answers every call with a page of status 502, 503 or 504. settle is invoked by its timer, every "
        "minute, and by the wake-ups that it writes. A call takes a second, and requests to OSS take their time. "
        "Goals: all are served in the queue's order, but for the probe that finds the outage over; none is `failed`; "
        "one call at most comes after each pause, beside those that were on their way when the outage began; 97 % of "
        "the quota.",
    )


def _row(found: Found) -> list[str | int | float]:
    outage, count = found.outage, len(found.during)
    waited = f"{(found.after[0].at - found.ended).total_seconds():.0f} s" if found.after else "never"
    receipts = found.served + found.failed
    return [
        *(outage.waiting, _duration(outage.lasts), outage.qps, found.served, found.failed, count, found.at_once),
        *(waited, percent(found.first_minute), percent(found.share)),
        *(f"{receipts - found.miscounted:,} of {receipts:,}", found.displaced),
    ]


def _duration(lasts: timedelta) -> str:
    return f"{lasts.days} d" if lasts.days else f"{lasts.total_seconds() / 60:g} min"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, nargs="+", default=WAITING, metavar="PHOTOS")
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES)
    asked = parser.parse_args()
    cases = [Outage(waiting, timedelta(minutes=each)) for waiting in asked.waiting for each in asked.minutes]
    with processes() as pool:
        found = [*pool.map(measure, cases)]
    broken = [sentence for each in found for sentence in each.broken()]
    print(table(found).markdown(" ".join(["python -m tests.reliability.outages", *sys.argv[1:]])))
    print("".join(f"\nbroken: {sentence}" for sentence in broken))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
