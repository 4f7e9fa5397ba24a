"""Actors that stop before every effect on the outside, so that a test says who goes next and who dies where.

Each works in a thread of its own, but only one of them ever moves, and only as far as the next boundary: whatever
a schedule of theirs did, it does again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread

from shared.cloud.oss_clock import OssClock
from tests.unit.fakes import Died


@dataclass(frozen=True)
class Order:
    """What happens to an actor at the boundary it stands at."""

    before: BaseException | None = None
    """Raised instead of the effect."""
    after: BaseException | None = None
    """Raised when the effect is there: its answer was lost."""
    mood: str = "fine"
    """How whoever is asked there answers."""


class Actor:
    """One invocation: `work` up to its end, or to the error that ended it."""

    def __init__(self, work: Callable[[], object], ends: datetime, clock: OssClock) -> None:
        self.ends = ends
        """When Function Compute kills it."""
        self.clock = clock
        """Its instance's."""
        self.at = ("begin", "")
        """The boundary it stands at: what it is about to do, and to what."""
        self.over = False
        self.dead = False
        self.error: BaseException | None = None
        self.seen: dict[str, str] = {}
        """The ETag of each picture as this actor last saw it."""
        self.order = Order()
        self.held: frozenset[str] = frozenset()
        """Uploads whose results could not be stored when it began: until they are, it buys nothing of their kind."""
        self.waited = 0.0
        self.may_wait = math.inf
        """Seconds that it has waited for results, and that it may."""
        self._work = work
        self._baton, self._back = Lock(), Lock()
        self._baton.acquire()
        self._back.acquire()
        Thread(target=self._live, daemon=True).start()

    def go(self, order: Order) -> None:
        """On to the next boundary, or to the end."""
        self.order = order
        self.dead = self.dead or isinstance(order.before, Died)
        self._baton.release()
        self._back.acquire()

    def stop(self, name: str, about: str) -> None:
        """Wait here for the order to go on. Called by the actor's own threads."""
        if not self.dead:
            self.at = (name, about)
            self._back.release()
            self._baton.acquire()
        self._end_if_dead()  # whatever it tries to do on its way out as well
        if self.order.before is not None:
            raise self.order.before

    def _end_if_dead(self) -> None:
        if self.dead:
            raise Died

    def _live(self) -> None:
        self._baton.acquire()
        try:
            self._end_if_dead()
            self._work()
        except BaseException as error:  # noqa: BLE001 - whoever sent it looks at the error
            self.error = error
        self.over = True
        self._back.release()


@dataclass
class Cast:
    """Everyone who is at work, in the order they came; `moving` is the one that moves just now."""

    actors: list[Actor] = field(default_factory=list)
    moving: Actor | None = None

    def move(self, actor: Actor, order: Order) -> None:
        self.moving = actor
        actor.go(order)
        self.moving = None
        if actor.over:
            self.actors.remove(actor)

    def before(self, name: str, about: str) -> str:
        """A boundary; the mood in which whoever is asked there answers."""
        actor = self.moving
        if actor is None:
            return "fine"  # nobody acts: all is quiet
        actor.stop(name, about)
        return actor.order.mood

    def after(self) -> None:
        if self.moving is not None and self.moving.order.after is not None:
            raise self.moving.order.after
