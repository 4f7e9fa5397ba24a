"""`python -m tests.reliability.poisoned [--photos 600]`: how much longer a backlog takes when some of its photos may
not be read, or make the vendor fail, in virtual time. `python -m tests.bench poisoned` measures the former in the cloud
in a box.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from tests.bench.poisoned import MOST_LONGER, PHOTOS, POISONED, QPS, Found, spread, table
from tests.bench.table import Table
from tests.reliability.virtual_line import TimedShop

_PATIENCE = timedelta(hours=1)
_SPOILT = ((0, 50), (3, 50), (20, 50), (120, 50), (120, 1_000), (500, 500))
"""Photos that make the vendor fail, at the head of a backlog; and others behind them."""
_MOST_DAYS = timedelta(days=4)


def measure(photos: int, poisoned: int) -> Found:
    """Settle works off a backlog of `photos`, of which `poisoned` may not be read."""
    shop = TimedShop(QPS)
    queue = shop.wait_in_line(photos)
    shop.bucket.forbidden = {*spread(queue, poisoned)}
    others = {*queue} - shop.bucket.forbidden
    began = shop.clock()
    latest = began + timedelta(seconds=photos / QPS) + _PATIENCE
    shop.settle_until(lambda: all(map(shop.served_at, others)), latest)
    served = [at for at in map(shop.served_at, others) if at]
    ended = max(served) if len(served) == len(others) else latest
    return Found(poisoned, len(others), len(served), (ended - began).total_seconds())


@dataclass(frozen=True)
class Spoilt:
    """A backlog whose first photos make the vendor fail; `served`: after how many seconds the others were, in order."""

    spoilt: int
    others: int
    calls: int
    """For those that make it fail, until the last of the others was served."""
    served: Sequence[float]


def measure_spoilt(spoilt: int, others: int) -> Spoilt:
    """Settle works off a backlog; the vendor fails over each of its first photos, whenever it is called for them."""
    random.seed(0)  # by which probes are chosen
    shop = TimedShop(QPS)
    queue = shop.wait_in_line(spoilt + others)
    shop.vendor.spoilt = frozenset(queue[:spoilt])
    began = shop.clock()
    shop.settle_until(lambda: all(map(shop.served_at, queue[spoilt:])), began + _MOST_DAYS)
    served = sorted((at - began).total_seconds() for at in map(shop.served_at, queue[spoilt:]) if at)
    ended = began + timedelta(seconds=served[-1]) if served else shop.clock()
    return Spoilt(spoilt, others, sum(not call.ok and call.at < ended for call in shop.vendor.calls), served)


def spoilt_table(found: Sequence[Spoilt]) -> Table:
    """Photos that make the vendor fail, and what became of those behind them."""
    return Table(
        "Photos at the head of a backlog that make the vendor fail",
        ["make it fail", "calls for them", "others", "served", "half of those after", "the last after"],
        [[each.spoilt, each.calls, each.others, len(each.served), *_after(each.served)] for each in found],
        f"The vendor answers each call for them with InternalError. {QPS} QPS. In virtual time.",
    )


def _after(served: Sequence[float]) -> tuple[str, str]:
    middle, last = (f"{at:,.0f} s" for at in (median(served), served[-1])) if served else ("never", "never")
    return middle, last


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    photos = parser.parse_args().photos
    logging.getLogger("oss_cutout").setLevel(logging.CRITICAL)  # what production says of each that it may not read
    found = [measure(photos, poisoned) for poisoned in POISONED]
    print(table(found, "In virtual time.").markdown(" ".join(["python -m tests.reliability.poisoned", *sys.argv[1:]])))
    print(spoilt_table([measure_spoilt(*each) for each in _SPOILT]).markdown("python -m tests.reliability.poisoned"))
    return int(any(each.longer(found[0]) > MOST_LONGER for each in found))


if __name__ == "__main__":
    sys.exit(main())
