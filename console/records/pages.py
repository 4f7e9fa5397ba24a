"""Lists a bucket with several requests at once.

One request after another would take minutes for 100,000 objects, as each page begins where the last one ended. So the
keys are divided into ranges that are listed in parallel. Where most keys are is not known beforehand: while a thread is
idle, a range that has more than one page is divided in two.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from shared.cloud.ports import Bucket, ListedObject

AT_ONCE = 16
"""Requests that are sent at once: for pages here, and of other kinds in other modules. Not tuned."""
_PAGE = 1000
"""Names in a page, at most (GetBucketV2)."""
_END = "\U0010ffff"
"""The last character of Unicode, which sorts after every other character of a key."""


@dataclass(frozen=True)
class _Range:
    """The keys after `after`, up to and including `last`."""

    after: str
    last: str


def pages(bucket: Bucket, prefix: str, *, at_once: int = AT_ONCE) -> Iterator[list[ListedObject]]:
    """Every object below `prefix`, once, in pages of at most 1,000 that come in any order, and may be empty.

    At most `at_once` pages are in memory. Raises what `Bucket.list` does.
    """
    waiting = [_Range("", prefix + _END)]
    running: dict[Future[list[ListedObject]], _Range] = {}
    with ThreadPoolExecutor(at_once) as pool:
        while waiting or running:
            while waiting and len(running) < at_once:
                part = waiting.pop()
                running[pool.submit(_page, bucket, prefix, part.after)] = part
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                part, page = running.pop(each), each.result()
                if len(page) == _PAGE and page[-1].key < part.last:
                    rest = _Range(page[-1].key, part.last)
                    is_idle = len(running) + len(waiting) < at_once - 1
                    waiting += _halves(rest, page[0].key) if is_idle else [rest]
                yield [found for found in page if found.key <= part.last]


def _page(bucket: Bucket, prefix: str, after: str) -> list[ListedObject]:
    return [*islice(bucket.list(prefix, after=after, page=_PAGE), _PAGE)]


def _halves(rest: _Range, first: str) -> list[_Range]:
    """`rest` in two, or as it is where no middle is found. `first` is the first key of the page before it, and
    `rest.after` the last one: the characters from which these two differ are those in which the next keys differ."""
    low, place = rest.after, 0
    while place < min(len(first), len(low)) and first[place] == low[place]:
        place += 1
    for at in range(min(place, len(low) - 1), -1, -1):
        end = rest.last[at : at + 1] if rest.last.startswith(low[:at]) else ""
        # Most names consist of digits and letters, so the middle is that of a range that ends with "z".
        middle = low[:at] + chr((ord(low[at]) + max(ord(low[at]), ord(min(end or "z", "z"))) + 1) // 2)
        if low < middle < rest.last:
            return [_Range(low, middle), _Range(middle, rest.last)]
    return [rest]
