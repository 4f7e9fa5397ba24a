"""Every shape, walked through every one of its crash points, and through all its changes of the bucket that may get no
answer; and what may be said of it when all is quiet again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from shared.errors import CutoutError, NotAccepted, Uncertain
from shared.jobs import keys
from shared.jobs.queue import QueueEntry
from shared.jobs.receipt import Receipt
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from tests.reliability.instances import CHANGES, Instances, Wire, result
from tests.reliability.leaks import told_too_much
from tests.reliability.promises import Wrong, broken_now
from tests.reliability.shapes import Shape, body
from tests.unit.fakes import Died, Shop, Thing

Retry = Literal["at once", "when the lease is over", "when all is quiet"]
RETRIES: tuple[Retry, ...] = ("at once", "when the lease is over", "when all is quiet")
"""When Function Compute delivers the event of an instance that died once more; settle comes by meanwhile."""

Fate = Literal["it dies", "no answer", "no answer, and others act"]

_LEASE = timedelta(seconds=132)
_MOST_ROUNDS = 40
_SHARED = (" job", " note", " lease", " turn", keys.OWNER)
"""How the names end of what several instances write and delete: see `_kind`."""


@dataclass
class Walked:
    """What a shape's walk through its crash points came to."""

    points: int = 0
    deaths: int = 0
    duplicates: int = 0
    paid_again: dict[str, int] = field(default_factory=dict)
    """Uploads paid for once more, by the boundary at which the instance died."""
    uncertain: Counter[str] = field(default_factory=Counter)
    """Uncertain answers, by what OSS was to do."""
    made_again: Counter[str] = field(default_factory=Counter)
    """What it was asked to do once more, after looking."""
    wrong: list[Wrong] = field(default_factory=list)


class Life:
    """A shape's uploads from their arrival until all is quiet. At boundary number `point`, unless it is -1, an instance
    meets its `fate`."""

    def __init__(self, shape: Shape, point: int = -1, retry: Retry = "at once", fate: Fate = "it dies") -> None:
        self.shape, self.point = shape, point
        self.deaths = self.duplicates = 0
        self.rounds = 0
        """Of settle, that it took until all were served."""
        self.instances = Instances(point, lambda: self._meet(fate))
        self.instances.at_every_boundary = lambda: self.broken.update(broken_now(self.bucket))
        self.broken: set[str] = set()
        self.shop = Shop()
        self.bucket, self.clock = self.shop.bucket, self.shop.clock
        self.bucket.signature = shape.signature
        self.bucket.before = lambda name, about: self.instances.come_to("before", f"{name} {_named(about)}")
        self.bucket.after = lambda name, about: self.instances.come_to("after", f"{name} {_named(about)}")
        for key in shape.refused:
            self._refuse(key)
        self.wire = Wire(shape.vendor(), self.bucket, self.instances)
        self._dispatcher = self.shop.meet(self.shop.compose(self.wire, JobStore(self.bucket, self.clock, _LEASE)))
        self._live(retry)

    def _live(self, retry: Retry) -> None:
        lost: list[tuple[str, str]] = []
        vendor = self.wire.vendor
        vendor.answers = [self.shape.shut] * 9 if self.shape.shut else []
        for key, body_there in self.shape.there.items():
            self.bucket.put(key, body_there)
        for key in self.shape.uploads:
            event = key, self.bucket.put(key, body(key))
            if not self._tell(event):
                if retry == "at once":
                    self._tell_again([event])
                else:
                    lost.append(event)
            self.clock.pass_(seconds=4)  # so that each knocks for itself
        vendor.answers = []
        if retry == "when the lease is over":
            self.clock.pass_(minutes=3)
            self._tell_again(lost)
            lost = []
        self._settle()
        self._tell_again(lost)
        self._settle()

    def _refuse(self, key: str) -> None:
        now, etag = self.clock(), self.bucket.put(key, body(key))
        receipt = Receipt(
            source=key, etag=etag, status="rejected", code="CompanionMissing", uploaded_at=now, finished_at=now
        )
        document = receipt.model_dump_json().encode()
        self.bucket.things[Upload(key).receipt_key] = Thing(document, now, inputs_etag=etag)

    def _tell(self, event: tuple[str, str]) -> bool:
        return self._run(lambda: self._dispatcher.dispatch(Upload(event[0]), event[1]))

    def _tell_again(self, events: list[tuple[str, str]]) -> None:
        self.duplicates += len(events)
        for event in events:
            self._tell(event)

    def _settle(self) -> None:
        for _ in range(_MOST_ROUNDS):
            self.rounds += not all(map(self.shop.receipt, self.shape.served))
            self.clock.pass_(minutes=3)
            self._round(timedelta(minutes=3))
            if not self.shop.keys(keys.JOBS):
                return

    def _round(self, lasts: timedelta) -> None:
        self._run(self.shop.worker(self.clock() + lasts, dispatcher=self._dispatcher).run)

    def _meet(self, fate: Fate) -> BaseException:
        if fate == "it dies":
            return Died()
        if fate == "no answer, and others act":
            self._others_act()
        return Uncertain("OssUnreachable", "no answer")

    def _others_act(self) -> None:
        """Before the answer is missed: settle calls for what waits, and does not come to fetch it; and where a job was
        removed, the next version comes, and has to wait."""
        vendor = self.wire.vendor
        answers, vendor.answers = vendor.answers, []
        self._round(timedelta(seconds=1))
        for key in self.shape.served:
            if _change(self.instances.crossed[self.point]) == f"delete {key} job":
                vendor.answers = [NotAccepted("VendorUnreachable", "not reached")]
                self._tell((key, self.bucket.put(key, body(key) + b"again")))
        vendor.answers = answers

    def _run(self, work: Callable[[], object]) -> bool:
        try:
            lived = self.instances.run(work)
        except CutoutError as error:
            self.broken.add(f"an instance ended with {error!r}")
            return False
        self.deaths += not lived
        return lived

    def paid_again(self) -> int:
        return sum(self.wire.bills[self.bucket.things[key].etag] - 1 for key in self.shape.served)

    def wrong(self, allowed: int) -> Iterator[Wrong]:
        """What may not be, when `allowed` uploads may have been paid for once more."""
        for sentence in sorted(self.broken):
            yield "broken", sentence
        for key in told_too_much(self.bucket):
            yield "leaked", key
        for key in (*self.shop.keys(keys.JOBS), *self.shop.keys(keys.WORK)):
            yield "broken", f"{key} is left"
        if self.paid_again() != allowed:
            yield "paid twice", f"{self.paid_again()} uploads were paid for again, and {allowed} had to be"
        for key in self.shape.served:
            yield from self._wrong_about(key)

    def worse_than(self, undisturbed: Life) -> Iterator[Wrong]:
        """An uncertain answer makes no difference to anybody, and nothing that others may have changed since is written
        or deleted again without looking."""
        for key in self.shape.served:
            told, before = self.shop.receipt(key), undisturbed.shop.receipt(key)
            if told and before and told.attempts != before.attempts:
                yield "paid twice", f"{key} is told {told.attempts} calls instead of {before.attempts}"
        uncertain, *then = map(_change, self.instances.crossed[self.point : self.point + 2])
        rounds = undisturbed.rounds + uncertain.startswith("store")  # settle fetches it again
        if self.rounds > rounds:
            yield "broken", f"it took {self.rounds} rounds of settle instead of {rounds}"
        if then == [uncertain] and uncertain.startswith(("write", "delete")) and uncertain.endswith(_SHARED):
            yield "broken", f"{uncertain} again, without looking"

    def _wrong_about(self, key: str) -> Iterator[Wrong]:
        receipt = self.shop.receipt(key)
        if receipt is None or receipt.status != "done":
            yield "lost", f"{key} is not served: {receipt}"
            return
        billed = self.wire.bills[self.bucket.things[key].etag]
        if not 1 <= billed <= receipt.attempts <= 2:
            yield "paid twice", f"{key} was billed {billed} times, and is told {receipt.attempts}"
        pictures = [self.bucket.things[output.key].body for output in receipt.outputs]
        if pictures != [result(link) for link in self.shape.links(key)]:
            yield "broken", f"{key} has other pictures than were made of it"


def _change(boundary: str) -> str:
    """What was to be done there, whichever time it was."""
    return re.sub(r", number \d+$", "", boundary.partition(" ")[2])


def walk(shape: Shape, *, every_retry: bool = True) -> Walked:
    """A life for each crash point and each time at which the event can come again, or else these times in turn; and one
    for each change of the bucket whose answer is uncertain, made and not made."""
    walked = Walked()
    undisturbed = Life(shape)
    walked.wrong += undisturbed.wrong(allowed=0)
    points = undisturbed.instances.crossed
    walked.points = len(points)
    for point, name in enumerate(points):
        for retry in RETRIES if every_retry else (RETRIES[point % len(RETRIES)],):
            life = Life(shape, point, retry)
            walked.deaths += life.deaths
            walked.duplicates += life.duplicates
            if again := life.paid_again():
                walked.paid_again[name] = again
            for kind, sentence in life.wrong(shape.paid_again.get(name, 0)):
                walked.wrong.append((kind, f"{shape.name}, died {name}, told again {retry}: {sentence}"))
    if stale := shape.paid_again.keys() - set(points):
        walked.wrong.append(("broken", f"{shape.name} has no boundaries called {sorted(stale)}"))
    for point, name in enumerate(points):
        _walk_on(walked, undisturbed, point, name)
    return walked


def _walk_on(walked: Walked, undisturbed: Life, point: int, name: str) -> None:
    """Without an answer there, if the bucket is to be changed."""
    shape, moment, change = undisturbed.shape, *name.split(" ")[:2]
    if change not in CHANGES:
        return
    life = Life(shape, point, fate="no answer")
    found = [("no answer", wrong) for wrong in (*life.wrong(allowed=0), *life.worse_than(undisturbed))]
    lives = [life]
    if moment == "after":
        lives.append(Life(shape, point, fate="no answer, and others act"))
        found += [("others acted", wrong) for wrong in lives[-1].wrong(allowed=0)]
    walked.uncertain[change] += len(lives)
    for each in lives:
        walked.made_again += each.bucket.made_again
    for what, (kind, sentence) in found:
        walked.wrong.append((kind, f"{shape.name}, {what} {name}: {sentence}"))


def _named(about: str) -> str:
    """An object as a boundary's name says it: `uploads/…/shoe.jpg job`, without what is random."""
    return ", ".join(_kind(key) for key in about.split(","))


def _kind(key: str) -> str:
    if key.startswith(keys.JOBS) and key != keys.JOBS:
        if state := keys.state_of(key):
            return f"{Upload.of_job(state[0]).key} lease"
        return f"{Upload.of_job(key).key} {'job' if key.endswith('.json') else 'note'}"
    if key.startswith(keys.WORK):
        return "copy"
    if entry := QueueEntry.read(key):
        return f"{entry.upload.key} turn"
    return key
