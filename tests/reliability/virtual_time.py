"""Virtual time: a clock that goes on only while every thread waits, so that days of a worker take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from functools import partial
from threading import Lock, Thread
from typing import Any

from tests.unit.fakes import Clock


class VirtualTime(Executor):
    """A pool of threads, of which one runs at a time, and the time in which they sleep.

    The thread that submits is one of them. Who has waited longest goes first, so that a simulation does the same each
    time it is run.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sleepers: dict[Lock, datetime] = {}
        """When each thread that waits goes on, in the order in which they began to wait; its lock is released then."""
        self._watcher: Lock | None = None
        """Of the thread that waits for a future."""

    def sleep(self, seconds: float) -> None:
        """Let the others go on, for so many seconds."""
        self._sleep(Lock(), seconds)

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """In a thread of its own, which begins when this one waits."""
        done: Future[Any] = Future()
        lock = self._queued(Lock(), 0)
        Thread(target=self._live, args=(lock, done, partial(work, *given, **named)), daemon=True).start()
        return done

    def wait(
        self, futures: Iterable[Future[Any]], seconds: float, return_when: str
    ) -> tuple[list[Future[Any]], list[Future[Any]]]:
        """`concurrent.futures.wait` in this time, for the first of them that is done: those done, and the others."""
        if not any(each.done() for each in futures):
            self._watcher = Lock()
            self._sleep(self._watcher, seconds)
            self._watcher = None
        return [each for each in futures if each.done()], [each for each in futures if not each.done()]

    def _live(self, lock: Lock, done: Future[Any], work: Callable[[], Any]) -> None:
        lock.acquire()
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            done.set_exception(error)
        if self._watcher and self._watcher in self._sleepers:
            self._sleepers[self._watcher] = self._clock()
        self._let_next_go()

    def _sleep(self, lock: Lock, seconds: float) -> None:
        self._queued(lock, seconds)
        self._let_next_go()
        lock.acquire()

    def _queued(self, lock: Lock, seconds: float) -> Lock:
        lock.acquire()
        self._sleepers[lock] = self._clock() + timedelta(seconds=seconds)
        return lock

    def _let_next_go(self) -> None:
        """The last thing that a thread does before it waits or ends."""
        lock = min(self._sleepers, key=self._sleepers.__getitem__)
        self._clock.now = max(self._clock.now, self._sleepers.pop(lock))
        lock.release()
