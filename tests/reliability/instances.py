"""Instances of functions, one after the other, of which one dies, or gets no answer, where a test says: at a boundary
to the outside.

A boundary is a moment of an effect: just before it, just after it when its answer is lost, or half-way through a
download.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from shared.cloud.ports import Reply, Request
from shared.pictures.sniff import Download
from tests.unit.fakes import PNG, Died, MemoryBucket, ScriptedWeb, is_poll, shown_at

CHANGES = ("create", "write", "store", "delete", "publish_copy")
"""What OSS may have done although its answer is lost."""

Moment = Literal["before", "half-way", "after"]


class Instances:
    """Counts the boundaries that instances come to; at number `point`, from 0, it raises what `fate` returns."""

    def __init__(self, point: int, fate: Callable[[], BaseException]) -> None:
        self.crossed: list[str] = []
        """The name of each boundary, which is unique."""
        self.at_every_boundary: Callable[[], None] = lambda: None
        self._point = point
        self._fate = fate
        self._dead = False
        self._names: Counter[str] = Counter()

    def run(self, work: Callable[[], object]) -> bool:
        """One instance at `work`; whether it lived to the end of it."""
        self._dead = False
        with suppress(Died):
            work()
        return not self._dead

    def come_to(self, moment: Moment, effect: str) -> None:
        if self._dead:
            raise Died  # whatever it tries to do on its way out
        self.at_every_boundary()
        name = f"{moment} {effect}"
        self._names[name] += 1
        again = self._names[name]
        self.crossed.append(name if again == 1 else f"{name}, number {again}")
        if len(self.crossed) == self._point + 1:
            fate = self._fate()
            self._dead = isinstance(fate, Died)
            raise fate


class Wire:
    """The web between instances and a vendor: each request a boundary, each call a bill for the pictures it showed."""

    def __init__(self, vendor: ScriptedWeb, bucket: MemoryBucket, instances: Instances) -> None:
        self.vendor = vendor
        self.bills: Counter[str] = Counter()
        """How often the vendor charged for each ETag."""
        self._bucket = bucket
        self._instances = instances

    def throttled(self, request: Request) -> None:
        pass

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        effect = "question" if is_poll(request) else "call"
        self._instances.come_to("before", effect)
        reply = self.vendor.send(request, on_slot)
        if effect == "call" and reply.status == 200:
            self.bills.update(self._bucket.things[key].etag for key in _shown(request))
        self._instances.come_to("after", effect)
        return reply

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        self.vendor.allow(url, hosts)

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        self._instances.come_to("before", "download")
        yield Download("image/png", "png", self._pieces(url))
        self._instances.come_to("after", "download")

    def _pieces(self, url: str) -> Iterator[bytes]:
        whole = result(url)
        yield whole[:20]
        self._instances.come_to("half-way", "download")
        yield whole[20:]


def result(url: str) -> bytes:
    """The picture at a vendor's link: it says of which, and that it is whole."""
    return PNG + f" {url}.".encode()


def _shown(request: Request) -> Iterator[str]:
    """The keys of the pictures in a call, in any vendor's dialect."""
    yield from _links([request.query, request.form, request.json])


def _links(said: object) -> Iterator[str]:
    match said:
        case str() if said.startswith("https://shop-photos.example/"):
            yield shown_at(said)[0]
        case dict():
            yield from _links([*said.values()])
        case list():
            for each in said:
                yield from _links(each)
