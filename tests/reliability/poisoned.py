"""`python -m tests.reliability.poisoned [--photos 600]`: how much longer a backlog takes when some of its photos may
not be read, in virtual time. `python -m tests.bench poisoned` measures the same in the cloud in a box.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.bench.table import Table
from tests.reliability.virtual_line import TimedShop

POISONED = (0, 1, 10)
QPS = 2.0
MOST_LONGER = 1.03
"""Times the time that the others take when there is no such photo."""
_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True)
class Found:
    """`others`: the photos that may be read."""

    poisoned: int
    others: int
    served: int
    """Of the others."""
    seconds: float
    """From settle's beginning to the last result of the others; to the end when they were not all served."""

    @property
    def per_photo(self) -> float:
        return self.seconds / self.others

    def longer(self, than: Found) -> float:
        """Times the seconds that a photo takes there."""
        return self.per_photo / than.per_photo if self.served == self.others else float("inf")


def measure(photos: int, poisoned: int) -> Found:
    """The first of them lies half a stretch from the beginning, and the others a whole one apart."""
    shop = TimedShop(QPS)
    queue = shop.wait_in_line(photos)
    shop.bucket.forbidden = {*spread(queue, poisoned)}
    others = {*queue} - shop.bucket.forbidden
    began = shop.clock()
    latest = began + timedelta(seconds=photos / QPS) + _PATIENCE
    shop.settle_until(lambda: all(map(shop.served_at, others)), latest)
    served = [at for at in map(shop.served_at, others) if at]
    return Found(poisoned, len(others), len(served), (max(served, default=latest) - began).total_seconds())


def spread(queue: Sequence[str], poisoned: int) -> list[str]:
    """So many of the queue, evenly spread."""
    return [queue[(2 * number + 1) * len(queue) // (2 * poisoned)] for number in range(poisoned)]


def table(found: Sequence[Found]) -> Table:
    return Table(
        "Photos that may not be read, in virtual time",
        ["photos that may be read", "beside them may not", "served", "after", "a photo, goal ≤ 1.03 ×"],
        [
            [each.others, each.poisoned, each.served, f"{each.seconds:.1f} s", f"{each.longer(found[0]):.3f} ×"]
            for each in found
        ],
        f"OSS refuses to read single photos of a backlog, with AccessDenied. {QPS:g} QPS.",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=600)
    photos = parser.parse_args().photos
    logging.getLogger("oss_cutout").setLevel(logging.CRITICAL)
    found = [measure(photos, poisoned) for poisoned in POISONED]
    print(table(found).markdown(" ".join(["python -m tests.reliability.poisoned", *sys.argv[1:]])))
    return int(any(each.longer(found[0]) > MOST_LONGER for each in found))


if __name__ == "__main__":
    sys.exit(main())
