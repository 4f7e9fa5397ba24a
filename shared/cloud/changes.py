"""Changes of the bucket to which OSS's answer is uncertain: lost, or a 5xx.

OSS may have made such a change or not, and if it has, others may have gone on from there. When a DELETE has removed a
job and its answer is lost, the next version of the upload may be claimed under the same name: the same DELETE, sent
again, would remove that one. So no connection sends a change again that may have arrived. It is made again here, if the
caller, who looks first, finds that it is still needed. One gap is left: that OSS makes a change after that look, whose
connection was given up before it.

Nobody needs to look where a change is right whenever it is made. That is so of receipts, results and copies, which only
the instance that holds the upload's job writes and deletes: until its lease expires nobody can have gone on from there.
It is so of `wake/settle`, whose content says nothing, and of a backfill's progress, since a backfill may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from shared.errors import Uncertain

T = TypeVar("T")

_PAUSES = (0.1, 0.4)
"""Seconds before a change is made again."""
TRIES = len(_PAUSES) + 1


def always() -> bool:
    """For a change that is right whenever it is made."""
    return True


def never() -> bool:
    """For a change that need not be made: what is left is found again."""
    return False


def until_certain(
    change: Callable[[], T], still_needed: Callable[[], bool] = always, sleep: Callable[[float], object] = time.sleep
) -> T | None:
    """What `change` returns. If that raises `Uncertain`, it is called again as long as `still_needed()`, up to `TRIES`
    times in all; None when it is not needed any more.

    Raises the last `Uncertain`, and whatever else either of them raises.
    """
    for pause in _PAUSES:
        try:
            return change()
        except Uncertain:
            sleep(pause)
        if not still_needed():
            return None
    return change()
