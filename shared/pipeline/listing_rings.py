"""Rings for orders of listing pictures that nobody has worked off: OSS tells the function `listing` of them again.

To write an order anew is the event that tells it. Whether an order waits or its instances have died cannot be told from
outside; so it is rung for a few times, after pauses that double.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from shared import log
from shared.cloud.ports import Bucket, ListedObject
from shared.errors import CutoutError
from shared.jobs import keys
from shared.jobs.listing_order import order_in

MOST_RINGS = 5
"""With more than these, an order is given up."""
FIRST_PAUSE = timedelta(minutes=10)
"""Longer than Function Compute takes for all its tries of one event, when an instance is free."""
_MOST_DOUBLINGS = 4
"""Of the pause: it grows to 160 minutes."""
_PAGE = 1000
"""Orders that are looked at: those at the front of one listing. Each of them ends, so others come to the front."""
_MOST = 20
"""Orders that are rung for in one run of settle: enough for 1,200 an hour beside those of which OSS tells."""


def ring(bucket: Bucket, clock: Callable[[], datetime]) -> None:
    """Ring for what has waited longest. One request when there is no order; what OSS refuses is logged."""
    try:
        late = [each for each in islice(bucket.list(keys.ORDERS), _PAGE) if clock() - each.modified >= FIRST_PAUSE]
        oldest_first = iter(sorted(late, key=lambda each: each.modified))
        rung = sum(1 for _ in islice((each for each in oldest_first if _ring_for(bucket, each, clock())), _MOST))
    except CutoutError as error:
        log.warning("orders_rung", code=error.code, message=error.message)
    else:
        if rung:
            log.info("orders_rung", late=len(late), rung=rung)


def _ring_for(bucket: Bucket, late: ListedObject, now: datetime) -> bool:
    """Whether it was due. What is no order is written anew as it is: its function finds that out, and deletes it."""
    stored = bucket.read(late.key)
    if stored is None or stored.etag != late.etag:
        return False
    body, pause = stored.body, FIRST_PAUSE
    if order := order_in(stored, late.key):
        body = order.model_copy(update={"rings": order.rings + 1}).to_json()
        pause = FIRST_PAUSE * 2 ** min(order.rings, _MOST_DOUBLINGS)
    if now - late.modified < pause:
        return False
    bucket.write(late.key, body, still_needed=lambda: bucket.etag(late.key) == late.etag)
    return True
