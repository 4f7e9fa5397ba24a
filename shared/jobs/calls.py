"""Calls that may have been billed for one upload, by the UTC month in which they were counted: "YYYY-MM"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MOST_MONTHS = 120
_MOST_CALLS = 1_000_000
"""For one upload in one month: a bound for what a forged receipt may say."""


def calls_in(moment: datetime, calls: int) -> dict[str, int]:
    """Calls that are counted in the month of `moment`, which is in UTC as all that is written here."""
    return {moment.isoformat()[:7]: calls}


def total(*parts: Mapping[str, int]) -> dict[str, int]:
    """Calls of all `parts`, by month, the newest 120 months. Forged entries are left out: what is no month, and more
    than a million calls in one."""
    calls: Counter[str] = Counter()
    for part in parts:
        calls.update({month: n for month, n in part.items() if _MONTH.fullmatch(month) and 0 < n <= _MOST_CALLS})
    return {month: calls[month] for month in sorted(calls)[-_MOST_MONTHS:]}
