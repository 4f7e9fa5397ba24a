"""People, events, instances and a vendor, in any order that hypothesis can think of.

A schedule is a list of rules' calls, and does the same each time it is run: to replay one that was found, call the
rules of a `Schedule` by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.cloud.changes import TRIES
from shared.cloud.oss_clock import OssClock
from shared.entry.timeouts import Timeouts
from shared.errors import Unavailable, Uncertain
from shared.jobs import keys
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline import folders
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.search import Search
from tests.reliability.actors import Actor, Cast, Order
from tests.reliability.instances import CHANGES
from tests.reliability.leaks import told_too_much
from tests.reliability.ledger import Counts, Ledger
from tests.reliability.model_vendor import MOODS, ModelVendor
from tests.reliability.orders import order_backfill
from tests.reliability.people import BAD, BROKEN, FOLDER_MASK, LINK, SCENES, People
from tests.reliability.promises import Kind, broken_now, broken_when_quiet, held, lost, unconfirmed
from tests.reliability.strangers import DEEDS, Strangers
from tests.reliability.troubles import Trouble, Troubles
from tests.unit.fakes import FETCH_SECONDS, START, Died, Shop
from tests.unit.releases import ALL, deploy

_UPLOADS, _SETTLE = timedelta(seconds=120), timedelta(seconds=300)
"""The functions' timeouts."""
_ROUNDS_OF_TROUBLE = 5
_MOST_ROUNDS = 40
"""In which everything must have become quiet: 11 minutes apart, they outlast every patience but the day for tickets."""

_STEP = 5
"""Names in a step of the search, so that a search takes several rounds."""

_SELDOM = st.sampled_from((False, False, False, False, True))
_INDEX = st.integers(0, 5)
_PAUSES = (1, 1, 10, 10, 60, 130, 340, 1_900, 4_000, 90_000)
"""Seconds: a moment, a back-off, half a lease, past each lease, past a link's life, past the hour for a pair, past a
ticket's day."""


@dataclass(frozen=True)
class Walk:
    """How far an actor goes, in boundaries; how those whom it asks take it; what becomes of it at the next boundary: it
    dies, cannot reach OSS, or OSS does not get its request, or the answer to it is lost."""

    boundaries: int
    moods: tuple[str, ...] = ()
    then: str = "wait"
    skew: int = 0
    """Seconds by which the own clock of an instance that begins with this walk is ahead."""


TO_THE_END = Walk(10_000)
_MOODS = sorted({"fine", *(mood for moods in MOODS.values() for mood in moods)})
_WALKS = st.builds(
    Walk,
    st.integers(0, 14) | st.just(10_000),
    st.lists(st.sampled_from(_MOODS), max_size=4).map(tuple),
    st.sampled_from(("wait", "wait", "die", "cut off", "request lost", "answer lost")),
    st.sampled_from((0, -93, 93)),
)
_VERSIONS = (*((0, 0, 0, 1, 1, 2, BAD) * 2), LINK, BROKEN)
_CROWD = 5


class Schedule(RuleBasedStateMachine):
    """One shop, from its first upload until all is quiet."""

    counts: ClassVar[Counts] = Counts()

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.bucket, self.clock = self.shop.bucket, self.shop.clock
        self.cast = Cast()
        self.people = People(self.bucket)
        self.ledger = Ledger(self.people, self.bucket, self.clock, self.cast, self.counts)
        self.vendor = ModelVendor(
            self.bucket, self.clock, self.cast.before, self.ledger.called, self.ledger.billed, self.ledger.met_page
        )
        self.trouble: Trouble | None = None
        self.troubles = Troubles(self.bucket, self.clock, self.vendor, self.people, self.ledger, self.cast)
        self.bucket.before, self.bucket.after = self._before, self._after
        self.shop.now = self._now
        self.function, self.settle = self._arrivals(_UPLOADS), self._arrivals(_SETTLE)
        self.search = Search(self.settle.jobs, self._now, step=_STEP)
        """Of the instance that is left in the end; those that are interleaved are new ones."""
        self.strangers = Strangers(self.bucket, self.clock, self._arrivals(_SETTLE).jobs)
        self.pending: list[tuple[str, str]] = []
        """Events, key and ETag, that OSS or Function Compute have yet to deliver, maybe again."""
        self.dropped: list[str] = []
        """Keys whose events were lost: backfill will find them."""
        self.told: dict[Actor, tuple[str, str]] = {}
        self.cut_off: set[Actor] = set()
        self.doubts: Counter[Actor] = Counter()
        """The uncertain answers that an actor got."""
        self.retries_first = True
        self._patch = pytest.MonkeyPatch()

    def _arrivals(self, timeout: timedelta) -> Dispatcher:
        jobs = JobStore(self.bucket, self._now, timedelta(seconds=Timeouts.within(timeout.total_seconds()).lease))
        return self.shop.meet(self.shop.compose(self.vendor, jobs))

    # ---------------------------------------------------------------- people and events

    @initialize(
        scene=st.sampled_from(SCENES),
        retries_first=st.booleans(),
        walk=_WALKS,
        unasked=st.sampled_from((1, 9)),
        trouble=st.none() | st.sampled_from(Trouble),
        strangers=st.booleans(),
    )
    def open(
        self,
        scene: tuple[str, ...],
        retries_first: bool = True,
        walk: Walk | None = None,
        unasked: int = 9,
        trouble: Trouble | None = None,
        strangers: bool = False,
    ) -> None:
        """The day begins with an upload; in the end, what is still to be told comes before settle's rounds or after.
        `trouble` is what there may be that day, from its beginning; `strangers`, whether others meddle.

        A folder's new mask has up to `unasked` photos served again; more wait for a backfill.
        """
        self._patch.setattr(folders, "MOST_UNASKED", unasked)
        self.people.scene = scene
        self.trouble = trouble
        self.strangers.are_about = strangers
        if trouble:
            self.change()
        self.retries_first = retries_first
        self.put(0, walk=walk)

    @rule(
        which=_INDEX,
        version=st.sampled_from(_VERSIONS),
        walk=st.none() | _WALKS,
        lost=_SELDOM,
    )
    def put(self, which: int, version: int = 0, walk: Walk | None = None, lost: bool = False) -> None:
        """An upload, whose event comes at once when there is a `walk`; else later, unless it is lost."""
        key = self._key(which)
        change = "overwritten" if key in self.bucket.things else "put"
        etag = self.people.put(key, version)
        self.counts.faults["people: symbolic link put"] += etag in self.people.links
        if not etag:
            self.counts.excluded += 1
            return
        self.counts.faults[f"people: folder's mask {change}"] += key == FOLDER_MASK
        if lost:
            self.dropped.append(key)
        else:
            self.pending.append((key, etag))
            if walk:
                self.deliver(-1, walk=walk)

    @rule(which=_INDEX)
    def delete(self, which: int) -> None:
        key = self._key(which)
        what = "folder's mask" if key == FOLDER_MASK else "upload"
        self.counts.faults[f"people: {what} deleted"] += self.people.delete(key)

    @precondition(lambda self: self.strangers.are_about)
    @rule(which=_INDEX, what=st.sampled_from(sorted(DEEDS)))
    def meddle(self, which: int, what: str) -> None:
        """Somebody else, or another program or release, puts something where work is kept."""
        self.people.forgotten.add(self._key(which))
        self.counts.faults[f"others: {what}"] += self.strangers.do(what, self._key(which))

    @rule(which=_INDEX)
    def forbid(self, which: int) -> None:
        """From now on OSS refuses one object to our functions, or no longer does."""
        key = self._key(which)
        self.bucket.forbidden ^= {key}
        self.counts.faults["OSS: 403 for one object"] += key in self.bucket.forbidden

    @precondition(lambda self: self.vendor.down_until == START)
    @rule(hours=st.sampled_from((0.2, 2, 48)))
    def outage(self, hours: float) -> None:
        """For so long, a gateway answers in the vendor's place."""
        self.vendor.down_until = self.clock() + timedelta(hours=hours)
        self.counts.faults[f"outages: of {hours} h"] += 1

    @precondition(lambda self: self.pending)
    @rule(which=_INDEX, again=st.booleans(), walk=_WALKS)
    def deliver(self, which: int = 0, again: bool = False, walk: Walk = TO_THE_END) -> None:
        """An instance begins with an event; OSS delivers it once more later when `again`."""
        event = self.pending[which % len(self.pending)]
        if not again:
            self.pending.remove(event)
        self.counts.events += 1
        self.counts.duplicates += again
        self._begin(lambda: self.function.dispatch(Upload(event[0]), event[1]), _UPLOADS, walk, event)

    # ---------------------------------------------------------------- instances

    @precondition(lambda self: len(self.cast.actors) < _CROWD)
    @rule(walk=_WALKS)
    def tick(self, walk: Walk = TO_THE_END) -> None:
        self._begin(self._round, _SETTLE, walk)

    @precondition(lambda self: self.cast.actors)
    @rule(who=_INDEX, walk=_WALKS)
    def go(self, who: int = 0, walk: Walk = TO_THE_END) -> None:
        """One actor goes on."""
        self._walk(self.cast.actors[who % len(self.cast.actors)], walk)

    @rule(seconds=st.sampled_from(_PAUSES))
    def pass_(self, seconds: float) -> None:
        self.clock.pass_(seconds=seconds)

    @precondition(lambda self: self.trouble)
    @rule()
    def change(self) -> None:
        """The day's trouble begins, or is over for a while."""
        assert self.trouble
        if self.troubles.change(self.trouble):
            self.counts.faults[self.trouble.value] += 1

    # ---------------------------------------------------------------- what is promised

    @invariant()
    def nothing_is_wrong(self) -> None:
        under_way = {key for key, _ in (*self.pending, *self.told.values())} | set(self.dropped)
        self._check("broken", self.strangers.touched())
        self._check("broken", broken_now(self.bucket))
        self._check("broken", self._shut_without_reason())
        self._check("leaked", told_too_much(self.bucket))
        self._check("lost", lost(self.bucket, self.people, under_way))

    def teardown(self) -> None:
        try:
            self._end()
        except AssertionError:
            raise
        except Exception as bug:  # noqa: BLE001 - in the last rounds nobody dies, and nothing fails
            self._check("broken", [f"a bug: {bug!r}"])
        finally:
            self.undo()

    def undo(self) -> None:
        """Leave other tests the release and the limits that they expect; as often as one likes."""
        deploy()  # a release with every capability
        self._patch.undo()

    def _end(self) -> None:
        failed = bool(self.ledger.wrong)
        while self.cast.actors:
            self._move(self.cast.actors[0], Order(before=Died()) if failed else Order())
        if failed or not self.people.scene:
            return
        self.bucket.forbidden.clear()
        self.vendor.down_until = START
        self.counts.schedules += 1
        self.counts.made_again += self.bucket.made_again
        self.strangers.leave()
        self._until_the_operator_acts()
        if self.retries_first:
            self._redeliver()
        self._settle_down()
        self._redeliver()
        self._settle_down()
        self._check("lost", lost(self.bucket, self.people, set()))
        if unconfirmed(self.bucket):
            order_backfill(self.function, self.clock)
            self._settle_down()
            self._check("broken", ["the receipt of a folder's mask outlives the backfill"] * unconfirmed(self.bucket))
            self._check("lost", lost(self.bucket, self.people, set()))
        self._check("broken", broken_when_quiet(self.bucket, self.people, self.strangers.theirs))
        self._check("broken", self.strangers.touched())

    def _until_the_operator_acts(self) -> None:
        """Settle comes by while a trouble lasts, for longer than links live; then there is none any more."""
        for _ in range(_ROUNDS_OF_TROUBLE if self.troubles.is_the_operators_turn else 0):
            self.clock.pass_(minutes=11)
            self._begin(self._round, _SETTLE, TO_THE_END)
            self._check("broken", broken_now(self.bucket))
        self.troubles.end()

    def _redeliver(self) -> None:
        backfilled = [(key, self.bucket.things[key].etag) for key in self.dropped if key in self.bucket.things]
        for event in (*self.pending, *backfilled):
            self.function.dispatch(Upload(event[0]), event[1])
        self.pending, self.dropped = [], []

    def _settle_down(self) -> None:
        for _ in range(_MOST_ROUNDS):
            self.clock.pass_(minutes=11)
            self._round(self.search)
            if not self._unfinished():
                return  # of the turns that a job has left, each round finds one
        self._check("lost", [f"{key} never ends" for key in self._unfinished()])

    def _unfinished(self) -> set[str]:
        return {*self.shop.keys(keys.JOBS), *self.shop.keys(keys.QUEUE)} - {keys.OWNER, *self.strangers.theirs}

    def _shut_without_reason(self) -> Iterator[str]:
        """Circuits that are open although the vendor never turned a call away."""
        for name in {Upload(key).capability for key in self.people.scene}:
            breakers = [each.pipeline.vendor_calls.circuit_breaker(name) for each in (self.function, self.settle)]
            is_open = any(breaker.open_until > self.clock() for breaker in breakers)
            if is_open and ALL[name].action not in self.vendor.turned_away:
                yield f"{name} is not called, although its vendor takes every call"

    def _check(self, kind: Kind, wrong: Iterable[str]) -> None:
        for sentence in wrong:
            self.ledger.accuse(kind, sentence)
        assert not self.ledger.wrong, self.ledger.wrong

    # ---------------------------------------------------------------- behind the scenes

    def _key(self, which: int) -> str:
        return self.people.scene[which % len(self.people.scene)]

    def _round(self, search: Search | None = None) -> None:
        def sleep(seconds: float) -> None:
            wakes = self.clock() + timedelta(seconds=seconds)
            self.cast.before("sleep", "")
            self.clock.now = max(self.clock.now, wakes)

        ends = self._now() + timedelta(seconds=Timeouts.within(_SETTLE.total_seconds()).begin)
        # Workers that overlap are what is interleaved, not what one of them does at once.
        self.shop.worker(ends, sleep=sleep, dispatcher=self.settle, search=search).run()

    def _begin(
        self, work: Callable[[], object], timeout: timedelta, walk: Walk, event: tuple[str, str] | None = None
    ) -> None:
        def begin() -> None:
            self._hear()  # at the cold start OSS is asked about versioning
            work()

        clock = OssClock(lambda: self.clock() + timedelta(seconds=walk.skew))
        actor = Actor(begin, self.clock() + timeout, clock)
        self.counts.skewed += walk.skew != 0
        self.cast.actors.append(actor)
        if event:
            self.told[actor] = event
            actor.may_wait = FETCH_SECONDS
        elif self.troubles.is_the_operators_turn:
            actor.held = held(self.bucket)
        self._walk(actor, walk)

    def _walk(self, actor: Actor, walk: Walk) -> None:
        ahead = iter(walk.moods)
        for _ in range(walk.boundaries):
            self._move(actor, Order(mood=self._mood(actor.at[0], ahead)))
            if actor.over:
                return
        what = actor.at[0]
        match walk.then:
            case "die":
                self._move(actor, Order(before=Died()))
            case "cut off" if what not in (*MOODS, "sleep", "begin"):
                self.counts.faults["OSS: not reached"] += 1
                self.cut_off.add(actor)
                self._move(actor, Order(before=Unavailable("OssUnreachable", "OSS was not reached")))
            case "request lost" | "answer lost" if what in CHANGES:
                self.counts.uncertain[what] += 1
                self.doubts[actor] += 1
                no_answer = Uncertain("OssUnreachable", "no answer")
                self._move(actor, Order(after=no_answer) if walk.then == "answer lost" else Order(before=no_answer))

    def _mood(self, at: str, ahead: Iterator[str]) -> str:
        mood = next(ahead, "fine") if at in MOODS else "fine"
        if mood not in MOODS.get(at, ()):
            return "fine"
        self.counts.faults[f"{at}: {mood}"] += 1
        return mood

    def _move(self, actor: Actor, order: Order) -> None:
        if self.clock() >= actor.ends:
            order = Order(before=Died())  # Function Compute ends what takes longer than it may
        self.cast.move(actor, order)
        if not actor.over:
            return
        lost = isinstance(actor.error, Died) or actor in self.cut_off or self.doubts[actor] >= TRIES
        self.ledger.ended(actor, lost=lost)
        event = self.told.pop(actor, None)
        if actor.error is None:
            return
        if event:
            self.pending.append(event)  # Function Compute tries again
        if isinstance(actor.error, Died):
            self.counts.deaths += 1
        elif not lost:
            self.ledger.accuse("broken", f"a bug: {actor.error!r}")

    def _before(self, name: str, about: str) -> None:
        self.cast.before(name, about)
        self.troubles.before(name, about)
        actor = self.cast.moving
        if actor and name == "peek":
            thing = self.bucket.things.get(about)
            actor.seen |= {about: thing.etag} if thing else {}

    def _after(self, name: str, about: str) -> None:
        self.ledger.changed(name, about)
        self.cast.after()
        self._hear()

    def _hear(self) -> None:
        """The instance that moves gets an answer of OSS, with its date."""
        if actor := self.cast.moving:
            actor.clock.heard(formatdate(self.clock().timestamp(), usegmt=True), actor.clock.local())

    def _now(self) -> datetime:
        """By the clock of the instance that moves."""
        return self.cast.moving.clock() if self.cast.moving else self.clock()
