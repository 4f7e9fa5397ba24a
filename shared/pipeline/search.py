"""Finds what no queue entry leads to: jobs whose instances died before they wrote one, and uploads to look at again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta

from shared.jobs.job import Claimed
from shared.jobs.queue import QueueEntry
from shared.jobs.store import JobStore
from shared.jobs.unfinished import Unfinished
from shared.jobs.upload import Upload
from shared.pipeline.scheduler import RECHECK

_STEP = 100_000
"""Names that a step lists at most, a thousand a request: that takes some five seconds."""
MOST_FOUND = 1_000
"""Entries that a step finds at most: the scheduler goes through all that it has for each run that it starts."""
_BITS = 1 << 26


class Search:
    """Searches all of `jobs/`, with all of `queue/` beside it, again and again. It goes in steps, and goes on where the
    last one stopped: so one instance of settle has one `Search`.

    Neither requests nor memory grow with what waits. A step sends at most 100 requests to list, and those for the last
    page of each of two listings; and one for each 1,000 leases on past states that it deletes. What is remembered from
    one step to the next are one page of names and one bit for each queue entry: some 10 MB. What is moved on meanwhile
    may be found without need, which costs one read of the job; what was overlooked is found by the next search.
    docs/how-it-works.md says how long a search takes.
    """

    def __init__(self, jobs: JobStore, clock: Callable[[], datetime], step: int = _STEP) -> None:
        self._jobs = jobs
        self._clock = clock
        self._step = step
        self._rest: Iterator[QueueEntry | None] | None = None
        """What the last step left of its search."""

    def step(self) -> tuple[list[QueueEntry], timedelta]:
        """Entries, without keys, for what the next step of a search found; and how long it took."""
        began = self._clock()
        names, self._rest = self._rest or self._search(), None  # after an error, the next step begins anew
        found: list[QueueEntry] = []
        for listed, entry in enumerate(names, 1):
            if entry is not None:
                found.append(entry)
            if listed == self._step or len(found) == MOST_FOUND:
                self._rest = names
                break
        return found, self._clock() - began

    def _search(self) -> Iterator[QueueEntry | None]:
        """For each name that is listed, the entry that it calls for, or None."""
        began, queued = self._clock(), None
        for each in self._jobs.unfinished():
            match each:
                case Unfinished(upload, is_recheck=True):
                    yield self._entry(RECHECK, upload)
                case Unfinished(upload, modified) if modified <= began:
                    queued = queued or (yield from self._queued())
                    yield None if upload in queued else self._entry(Claimed.name, upload)
                case _:  # none of ours; or an instance has just written it, and its entry may be younger than the list
                    yield None

    def _queued(self) -> Generator[None, None, _Uploads]:
        queued = _Uploads()
        for entry in self._jobs.queued():
            if entry is not None and not entry.is_mistaken:
                queued.add(entry.upload)
            yield
        return queued

    def _entry(self, stage: str, upload: Upload) -> QueueEntry:
        return QueueEntry("", stage, self._clock(), upload)


class _Uploads:
    """A set of uploads that keeps one bit of each, a Bloom filter with one hash: 8 MB, however many they are.

    Of a million, it takes one or two in a hundred others for members. It hashes in its own way, so those that one
    search overlooks for that are not overlooked by the next.
    """

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)
        self._salt = secrets.token_hex(8)

    def add(self, upload: Upload) -> None:
        byte, bit = self._place(upload)
        self._bits[byte] |= bit

    def __contains__(self, upload: Upload) -> bool:
        byte, bit = self._place(upload)
        return bool(self._bits[byte] & bit)

    def _place(self, upload: Upload) -> tuple[int, int]:
        number = hash(self._salt + upload.key) % _BITS
        return number >> 3, 1 << (number & 7)
