"""What `make reliability` found, and the rows of its table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.reliability.burst_figures import Found
from tests.reliability.crash_points import RETRIES, Walked
from tests.reliability.ledger import WRONG, Counts
from tests.reliability.promises import Kind

_PLACES = {
    "call": "calls",
    "ask": "polls",
    "allow": "hosts of results",
    "fetch": "downloads of results",
    "OSS": "requests to OSS",
    "people": "what people do",
    "others": "what others put into the bucket",
}
"""What a schedule calls the place of a fault, as the table says it."""
_FAULTS = {
    "call: unreachable": "calls: vendor not reached",
    "call: misconfigured": "calls: not purchased",
    "call: refused": "calls: photo refused",
    "call: empty": "calls: nothing found in the photo",
    "call: unreadable": "calls: link refused",
    "call: broken": "calls: error of the vendor's",
    "call: broken, but billed": "calls: error of the vendor's, charged",
    "call: silent": "calls: no answer",
    "call: silent, but billed": "calls: no answer, charged",
    "call: gateway": "calls: a gateway's error page",
    "call: gateway, but billed": "calls: a gateway's error page, charged",
    "ask: gateway": "polls: a gateway's error page",
    "ask: pending": "polls: not finished",
    "ask: failed": "polls: given up",
    "ask: refused": "polls: photo refused",
    "ask: unreadable": "polls: link refused",
    "ask: unknown": "polls: ticket not known",
    "ask: unreachable": "polls: vendor not reached",
    "ask: misconfigured": "polls: not purchased",
    "ask: broken": "polls: error of the vendor's",
    "ask: silent": "polls: no answer",
    "allow: misconfigured": "hosts of results: not allowed",
    "fetch: broken": "downloads of results: broken off",
    "fetch: refused": "downloads of results: refused",
}
"""Kinds of faults that need more words than a schedule has for them."""


@dataclass
class Figures:
    walks: dict[str, Walked] = field(default_factory=dict)
    """By the name of the shape."""
    schedules: Counts = field(default_factory=Counts)
    planted: dict[str, bool] = field(default_factory=dict)
    """Whether each was found."""
    hostile: int = 0
    lines: int = 0
    """Of the log, all of them read."""
    burst: Found | None = None
    """None when there was none."""
    wrong: Counter[Kind] = field(default_factory=Counter)

    @property
    def good(self) -> bool:
        return not self.wrong.total() and all(self.planted.values())


def table(figures: Figures) -> Iterator[tuple[str, str]]:
    """The rows."""
    walks, schedules, wrong = figures.walks.values(), figures.schedules, figures.wrong
    yield "crash points tried", crash_points_tried({name: walked.points for name, walked in figures.walks.items()})
    yield "schedules run", f"{schedules.schedules:,}"
    yield "duplicates delivered", f"{sum(walked.duplicates for walked in walks) + schedules.duplicates:,}"
    yield "deaths", f"{sum(walked.deaths for walked in walks) + schedules.deaths:,}"
    yield "faults and other events in the schedules", f"{schedules.faults.total():,}"
    yield from _faults(schedules.faults)
    yield "instances with a wrong clock", f"{schedules.skewed:,}"
    uncertain = sum((walked.uncertain for walked in walks), schedules.uncertain)
    yield "changes of the bucket that got no answer", _told(uncertain)
    made_again = sum((walked.made_again for walked in walks), schedules.made_again)
    yield "of them made again, after looking", _told(made_again)
    yield "planted bugs found", f"{sum(figures.planted.values())} of {len(figures.planted)}"
    if figures.hostile:
        yield "hostile inputs tried", f"{figures.hostile:,}"
    if figures.burst:
        yield from figures.burst.rows()
    yield "**lost**", f"**{wrong['lost']:,}**"
    yield "**paid twice outside the named points**", f"**{wrong['paid twice']:,}**"
    yield "**leaked**", f"**{wrong['leaked']:,}**, in {figures.lines:,} log lines and every receipt"
    yield "other promises broken", f"{wrong['broken']:,}"
    right = schedules.attempts.total() - schedules.attempts[WRONG]
    yield "receipts whose `attempts` is right", f"{right:,} of {_told(schedules.attempts)}"
    yield (
        "the named points: crash points that cost a second call",
        _told(_unnumbered(each) for walked in walks for each in walked.paid_again),
    )
    yield "second calls in the schedules, by reason", _told(schedules.billed_again)


def crash_points_tried(points: Mapping[str, int]) -> str:
    """The first row's figures, of the points by shape."""
    return f"{sum(points.values()):,}, each {len(RETRIES)} times: " + "; ".join(
        f"{name} {count}" for name, count in points.items()
    )


def _faults(faults: Counter[str]) -> Iterator[tuple[str, str]]:
    """A row for each place, the word before the colon, with the kinds of faults that were met there, and one for those
    that have none."""
    by_place: dict[str, Counter[str]] = {}
    for kind, times in faults.items():
        place, _, what = _FAULTS.get(kind, kind).rpartition(": ")
        by_place.setdefault(_PLACES.get(place, place or "troubles"), Counter())[what] += times
    for place, counted in sorted(by_place.items(), key=lambda each: -each[1].total()):
        yield f"… {place}", _told(counted)


def _told(reasons: Counter[str] | Iterable[str]) -> str:
    counted = Counter(reasons)
    each = "; ".join(f"{times:,} {reason}".rstrip() for reason, times in counted.most_common() if times)
    return f"{counted.total():,}: {each}"


def _unnumbered(boundary: str) -> str:
    """The kind of boundary: without the upload, and which of its kind."""
    return re.sub(r" uploads/\S+|, number \d+", "", boundary)
