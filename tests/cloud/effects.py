"""What an instance does to the outside world, as the servers of the box see it happen.

Every server calls `observe(effect, moment)` twice for each request: "before" it does anything, and
"after" it has done it but before a byte of the answer leaves. Killing the instance in the first call
is a crash just before the effect; in the second, a crash just after it. The code under test takes no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Moment = Literal["before", "after"]
Service: TypeAlias = str
"""`oss`: the bucket; a vendor's name in `STAND_INS`: a call to that vendor; `result`: the download of a result link."""


@dataclass(frozen=True)
class Effect:
    """One request to one of the box's servers."""

    service: Service
    name: str
    """What was asked: `PutObject`, `GetObject`, `SegmentCommonImage`, `segmentation`, `Download` …"""
    key: str
    """The object the request is about, as its key reads in the bucket. For a call to a vendor and for the
    download of a result: the key of the upload the vendor was given a link to. Empty when there is none."""
    client: tuple[str, int]
    """Address and port the request came from: tells which instance it was."""


Observer = Callable[[Effect, Moment], None]


def unobserved(effect: Effect, moment: Moment) -> None:
    """The observer that looks away."""
