"""`python -m tests.reliability.poisoned [--photos 600]`: how much longer a backlog takes when some of its photos may
not be read, in virtual time. `python -m tests.bench poisoned` measures the same in the cloud in a box.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import timedelta

from tests.bench.poisoned import MOST_LONGER, PHOTOS, POISONED, QPS, Found, spread, table
from tests.reliability.virtual_line import TimedShop

_PATIENCE = timedelta(hours=1)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    photos = parser.parse_args().photos
    logging.getLogger("oss_cutout").setLevel(logging.CRITICAL)  # what production says of each that it may not read
    found = [measure(photos, poisoned) for poisoned in POISONED]
    print(table(found, "In virtual time.").markdown(" ".join(["python -m tests.reliability.poisoned", *sys.argv[1:]])))
    return int(any(each.longer(found[0]) > MOST_LONGER for each in found))


if __name__ == "__main__":
    sys.exit(main())
