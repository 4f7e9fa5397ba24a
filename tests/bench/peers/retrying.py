"""The usual function with a retry loop around it: a throttled call is made again, later each time, with jitter."""

from __future__ import annotations

import random
import time
from typing import Any

from Tea.exceptions import TeaException

from . import usual

TIMES = 6
FIRST, LONGEST = 1.0, 16.0
"""Seconds: 1, 2, 4, 8 and 16, together less than a third of the function's timeout."""


def handler(event: bytes, context: Any) -> None:
    for key in usual.keys(event):
        cut_out(key, context)


def cut_out(key: str, context: Any) -> None:
    for attempt in range(TIMES):
        try:
            usual.cut_out(key, context)
        except TeaException as error:
            if not str(error.code).startswith("Throttling") or attempt == TIMES - 1:
                raise
            time.sleep(min(FIRST * 2**attempt, LONGEST) * random.uniform(0.5, 1.5))
        else:
            return
