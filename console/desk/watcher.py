"""Polls the bucket for changes, once for all open pages.

A look lists the names under `jobs/`, `queue/` and `orders/`; the receipt of a photo is read when its job is gone, and
what its listing pictures came to when their order is. Nothing is polled while no page is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from console.desk import cards, errors
from console.desk.hub import AGAIN
from console.desk.loop import Loop, Stopped
from console.desk.summary import summary
from console.records.mirror import Mirror, Refreshed
from console.records.pages import AT_ONCE, pages
from console.records.record import Query
from console.records.under_way import UnderWay, under_way
from console.status import HELD, job_of
from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.upload import Upload

_MOVING, _STILL = 1.0, 3.0
"""Seconds between two looks, while something is under way, and while nothing is."""
_ALL = 5.0
"""Seconds between two listings of all receipts, which find what came and went between two looks."""
_SHARE, _SHARE_OF_ALL = 4, 20
"""The next look, and the next listing, come after so many times as long as the last one took, if that is later: the
more there is, the more requests it takes. A request a second costs 0.004 yuan an hour (0.01 yuan for 10,000)."""
_AWAITED = 120.0
"""Seconds for which an upload's first trace is looked for: an event comes within seconds."""
_MOST_TOLD = 200
"""Photos of which a page is told one by one. Of more at once, it is told to read its list anew."""


class Watcher:
    """Looks at `photos` and at `jobs`, which may be the same bucket, and keeps `mirror` up to date.

    It tells, by an event's name and its data in JSON's types: `photo` (a card), `gone` (`source`), `status` (as
    `cutout status --json`), `sync` (how far the first listing of all receipts is), `trouble` (OSS refuses to be looked
    at), and that a list has to be read anew. It looks only while `is_wanted`. With `listed`, all receipts are in the
    mirror already.
    """

    def __init__(
        self,
        photos: Bucket,
        jobs: Bucket,
        mirror: Mirror,
        tell: Callable[[str, Any], object],
        is_wanted: Callable[[], bool],
        *,
        listed: bool = False,
    ) -> None:
        self._photos, self._jobs, self._mirror, self._tell, self._is_wanted = photos, jobs, mirror, tell, is_wanted
        self._lock = Lock()
        self._under_way: Mapping[str, UnderWay] | None = None
        self._ordered = frozenset[str]()
        self._awaited = dict[str, float]()
        """What was uploaded from a page and not seen since, and until when it is looked for."""
        self._told: dict[str, Any] = {}
        """The last status."""
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._looking = Loop(self._if_wanted(self.look), self._pause, self._say_trouble)
        self._listing = Loop(self._if_wanted(self.list_all), _pause_of_listing, self._say_trouble)
        self.synced: dict[str, Any] = {"done": 0, "finished": listed}
        """How far the first listing of all receipts is."""

    @property
    def under_way(self) -> Mapping[str, UnderWay]:
        """The jobs at the last look, by the uploads' keys."""
        return self._under_way or {}

    def start(self) -> None:
        self._looking.start()
        self._listing.start()

    def wake(self) -> None:
        """Look, and bring the mirror up to date, without waiting."""
        self._looking.wake()
        self._listing.wake()

    def stop(self) -> None:
        """Waits until nothing is looked at any more; not for a bucket that does not answer."""
        for loop in (self._looking, self._listing):
            loop.stop()
        for loop in (self._looking, self._listing):
            loop.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def await_upload(self, source: str) -> None:
        """Tell the pages of an upload, and look soon what becomes of it."""
        with self._lock:
            self._awaited[source] = time.monotonic() + _AWAITED
        self._tell("photo", cards.of_upload(source))
        self._looking.wake()

    # ---------------------------------------------------------------- looks

    def look(self) -> None:
        """Tell the pages what has moved since the last look. Raises what `Bucket` does."""
        before, ordered = self._under_way, self._ordered
        self._under_way = under_way(self._jobs)
        self._ordered = frozenset(
            _ordered(each.key)
            for page in pages(self._photos, keys.ORDERS)
            for each in page
            if each.key.endswith(".json")
        )
        if before is None:
            return
        for source, found in self._under_way.items():
            if source not in before or before[source].stage != found.stage:
                self._tell("photo", self._card_of_job(found))
        over = (before.keys() - self._under_way.keys()) | (ordered - self._ordered)
        self._tell_of(over)
        self._find_awaited(before.keys())
        told = summary(self._jobs, self._mirror, self._under_way)
        if told != self._told:
            self._told = told
            self._tell("status", told)

    def card(self, source: str) -> cards.Card | None:
        """What is known of one photo now; None when there is neither a job, nor a receipt, nor an upload."""
        if found := self.under_way.get(source):
            return self._card_of_job(found)
        if record := self._mirror.take_in(source):
            return cards.of_record(record)
        return cards.of_upload(source) if self._photos.etag(source) else None

    def _card_of_job(self, found: UnderWay) -> cards.Card:
        return cards.of_job(found, job_of(self._jobs, Upload(found.source)) if found.stage in HELD else None)

    def _tell_of(self, sources: Iterable[str]) -> None:
        for source, card in zip(sources, self._pool.map(self.card, sources), strict=True):
            with self._lock:
                self._awaited.pop(source, None)
            self._tell("photo", card) if card else self._tell("gone", {"source": source})

    def _find_awaited(self, seen: Collection[str]) -> None:
        """Those that were uploaded from a page and done before a look could see them: their folders are listed."""
        now = time.monotonic()
        with self._lock:
            for source in [each for each, until in self._awaited.items() if each in seen or until < now]:
                del self._awaited[source]
            folders = {Upload(source).folder for source in self._awaited.keys() - self.under_way.keys()}
        for folder in folders:
            self._mirror.refresh(folder, self._tell_of_changed)

    # ---------------------------------------------------------------- all receipts

    def list_all(self) -> None:
        """Bring the mirror up to date. Raises what `Bucket` does."""
        first = not self.synced["finished"]

        def say(so_far: Refreshed) -> None:
            if self._listing.is_stopped:
                raise Stopped
            if first:
                self.synced = {"done": so_far.listed, "finished": False}
                self._tell("sync", self.synced)
            else:
                self._tell_of_changed(so_far)

        found = self._mirror.refresh(say=say)
        self.synced = {"done": found.listed, "finished": True}
        if first:  # then pages read their lists anew; later they are told of what has changed
            self._tell("sync", self.synced)
            self._listing.wake()  # the first listing may have taken minutes

    def _tell_of_changed(self, so_far: Refreshed) -> None:
        with self._lock:
            for source in so_far.changed:
                self._awaited.pop(source, None)
        gone = [source for source in so_far.gone if source not in self.under_way]
        if len(so_far.changed) + len(gone) > _MOST_TOLD:
            self._tell(AGAIN, {})
            return
        for source in gone:
            self._tell("gone", {"source": source})
        if so_far.changed:
            for record in self._mirror.find(Query(sources=so_far.changed)):
                self._tell("photo", cards.of_record(record))

    # ---------------------------------------------------------------- loops

    def _if_wanted(self, work: Callable[[], object]) -> Callable[[], object]:
        return lambda: work() if self._is_wanted() else None

    def _pause(self, taken: float) -> float:
        return max(_MOVING if self.under_way or self._awaited else _STILL, _SHARE * taken)

    def _say_trouble(self, error: Exception) -> None:
        self._tell("trouble", errors.document(error))


def _pause_of_listing(taken: float) -> float:
    return max(_ALL, _SHARE_OF_ALL * taken)


def _ordered(key: str) -> str:
    """The upload of an order: `orders/<X>.<digest>.json`."""
    return keys.UPLOADS + key.removeprefix(keys.ORDERS).rpartition(".")[0].rpartition(".")[0]
