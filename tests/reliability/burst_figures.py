"""What is promised of a burst: the time it takes place in, what became of it, and the arithmetic of both."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.table import percent
from tests.cloud.box import Cloud
from tests.cloud.manifest import load

TOLD = ("general/common", "goods/commodity")
"""Each of a function, and a quota, of its own."""
_QPS, _LATENCY, _TICK = 2.0, 1.0, 60.0
_WINDOW = 60.0
"""Seconds of the vendor's time in which calls are counted: it takes some until every instance knows of the others."""
_MOST_OVER, _MOST_THROTTLED, _MOST_UNHEARD = 0.05, 0.02, 0.75
_AHEAD = 5.0
"""Seconds of calls that settle begins ahead of the last one: this project's own, which do not go faster."""


@dataclass(frozen=True)
class Burst:
    """Time goes `faster` times faster for vendors, timer and timeouts: quotas are multiplied by it, and what takes time
    is divided. The pauses of Function Compute, and this project's own, stay as they are."""

    uploads: int
    faster: float

    @property
    def qps(self) -> float:
        """Of each capability."""
        return _QPS * self.faster

    @property
    def width(self) -> int:
        """How many uploads settle may have on their way to a capability's calls: any of them may overtake another."""
        return math.ceil(self.qps * _AHEAD)

    @property
    def window(self) -> float:
        """Seconds of the box's in which calls are counted."""
        return _WINDOW / self.faster

    @property
    def seconds(self) -> float:
        """That the whole quota would take."""
        return self.uploads / len(TOLD) / self.qps

    def cloud(self) -> Cloud:
        return Cloud(
            qps=self.qps,
            latency=_LATENCY / self.faster,
            timer_seconds=_TICK / self.faster,
            timeouts={name: function.timeout / self.faster for name, function in load().functions.items()},
        )


@dataclass(frozen=True)
class Found:
    """What became of a burst. Seconds as the box's clock tells them."""

    burst: Burst
    lost: int
    """Uploads without a receipt when it was over, or cut off."""
    paid_twice: int
    calls: int
    """That the vendor saw, throttled ones too."""
    throttled: int
    most: int
    """Calls that an action saw in any minute of the vendor's time, throttled ones too."""
    displaced: int
    """Places, at most, between an upload's in the order in which jobs came to be, and in that of the calls."""
    unheard: float
    """Of the results, the share that was there when the last upload's function had ended: until then the platform's
    own queue held some."""
    seconds: float
    """From the word of the uploads to the last result."""

    @property
    def throttled_share(self) -> float:
        return self.throttled / max(1, self.calls)

    @property
    def over(self) -> float:
        """The share of its quota that an action saw beyond it, at most."""
        return max(0.0, self.most / (_QPS * _WINDOW) - 1)

    @property
    def keeps_quota(self) -> bool:
        return self.most <= _QPS * _WINDOW * (1 + _MOST_OVER)

    def broken(self) -> Iterator[str]:
        """What was promised and not kept, beside losing and paying, which are counted."""
        if self.throttled_share >= _MOST_THROTTLED:
            yield f"{self.throttled} of {self.calls} calls throttled"
        if not self.keeps_quota:
            yield f"{self.most} calls in {_WINDOW:g} s at {_QPS:g} QPS"
        if self.displaced > self.burst.width:
            yield f"an upload was called {self.displaced} places away from where it came, of {self.burst.width}"
        if self.unheard > _MOST_UNHEARD:
            yield f"{percent(self.unheard)} of the results were there when the last upload had been heard of"

    def rows(self) -> Iterator[tuple[str, str]]:
        """Rows for the last table of `docs/figures.md`."""
        burst = self.burst
        yield (
            "uploads in a burst",
            f"{burst.uploads:,} at once, over {len(TOLD)} functions of {_QPS:g} QPS each, time {burst.faster:g} × "
            f"faster: all had joined the queue at {percent(self.unheard)} of the results, and were called at most "
            f"{self.displaced} places from where they joined it",
        )
        yield "of them lost", f"{self.lost:,}; paid twice {self.paid_twice:,}"
        yield "throttled", f"{self.throttled:,} of {self.calls:,} calls, {percent(self.throttled_share)}"
        yield "over its quota, at most", f"{percent(self.over)}: {self.most} calls in any {_WINDOW:g} s"


def most_within(moments: Sequence[float], seconds: float) -> int:
    """How many of them lie in any stretch so long, of which the end is not a part."""
    ordered = sorted(moments)
    return max((bisect_left(ordered, first + seconds) - at for at, first in enumerate(ordered)), default=0)


def displacement(came: Sequence[str], called: Sequence[str]) -> int:
    """The most places between an upload's in one order and in the other; of what is in one only, nothing is said."""
    both = {*came} & {*called}
    places = {upload: place for place, upload in enumerate(upload for upload in called if upload in both)}
    return max((abs(places[each] - at) for at, each in enumerate(each for each in came if each in both)), default=0)
