"""A bucket with more objects than memory would hold: their names are made as they are listed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from shared.cloud.changes import always
from shared.cloud.ports import ListedObject
from tests.unit.fakes import START, Clock, MemoryBucket


@dataclass(frozen=True)
class Names:
    """`count` objects: `key` makes their keys of their numbers, in ascending order."""

    key: Callable[[int], str]
    count: int


class GeneratedBucket(MemoryBucket):
    """It has the objects that `generated` names, written at `START`, beside those that are put into it. Each page of a
    listing is a request, and takes `seconds`."""

    def __init__(self, clock: Clock, *generated: Names, seconds: float = 0.0) -> None:
        super().__init__(clock)
        self._generated = generated
        self._seconds = seconds
        self._gone: set[str] = set()

    def delete(self, keys: tuple[str, ...], *, still_needed: Callable[[], bool] = always) -> None:
        super().delete(keys, still_needed=still_needed)
        self._gone.update(keys)

    def remove(self, key: str) -> None:
        """By somebody else, so it is no request."""
        self.things.pop(key, None)
        self._gone.add(key)

    def list(self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True) -> Iterator[ListedObject]:
        put = (
            ListedObject(key, thing.etag, thing.modified, len(thing.body))
            for key, thing in sorted(self.things.items())
            if key.startswith(prefix) and key > after
        )
        found = merge(put, *(self._made(names, prefix, after) for names in self._generated), key=attrgetter("key"))
        found = (each for each in found if nested or "/" not in each.key.removeprefix(prefix))
        full = True
        while full:
            with self._request("list", prefix):
                self.clock.pass_(seconds=self._seconds)
                names = [*islice(found, page)]
            full = len(names) == page
            yield from names

    def _made(self, names: Names, prefix: str, after: str) -> Iterator[ListedObject]:
        numbers = range(names.count)
        first = max(bisect_left(numbers, prefix, key=names.key), bisect_right(numbers, after, key=names.key))
        for number in numbers[first:]:
            key = names.key(number)
            if not key.startswith(prefix):
                return
            if key not in self._gone:
                yield ListedObject(key, "ETAG", START, 1)
