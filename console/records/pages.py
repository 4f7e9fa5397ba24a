"""Lists a bucket in parallel: page by page it would take minutes, as each page has to wait for the one before it.

So the keys are taken apart into ranges, each of which is a thread's to list. Nobody knows beforehand where the keys
lie: a range of more than a page gives half of its rest away as long as a thread is idle.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from shared.cloud.ports import Bucket, ListedObject

AT_ONCE = 16
"""Pages that are asked for at once, and requests of other kinds. Not tuned."""
_PAGE = 1000
"""Names in a page, at most (GetBucketV2)."""
_END = "\U0010ffff"
"""Sorts after what else a key may have in this place."""


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
    """`rest` in two, or as it is where that cannot be told. `first` is the first key of the page before it: where that
    and the last one differ, the keys that follow go on to differ."""
    low, place = rest.after, 0
    while place < min(len(first), len(low)) and first[place] == low[place]:
        place += 1
    for at in range(min(place, len(low) - 1), -1, -1):
        end = rest.last[at : at + 1] if rest.last.startswith(low[:at]) else ""
        # Names are of digits and letters, by and large: the half of all characters would be nobody's.
        middle = low[:at] + chr((ord(low[at]) + max(ord(low[at]), ord(min(end or "z", "z"))) + 1) // 2)
        if low < middle < rest.last:
            return [_Range(low, middle), _Range(middle, rest.last)]
    return [rest]
