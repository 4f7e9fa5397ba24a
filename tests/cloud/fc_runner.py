"""One function as the platform runs it: its instances, and the fate of each invocation.

As the platform's page on retries says (2026-04): an asynchronous invocation whose function fails is tried again
`maxAsyncRetryAttempts` times; one that finds every instance busy is turned away (429) and comes again for up to five
hours, which costs nothing; an error of the platform's own is not made good. Nor does anything come again when
`maxAsyncEventAgeInSeconds` are over. What then is left is dropped. A synchronous one is never tried again.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.cloud.fc_process import Answer, Instance, Program
from tests.cloud.function import Function

TURNED_AWAY = "429"
INTERNAL_ERROR = "InternalServerError"
FIRST_PAUSE = 0.5
"""Seconds; each following pause is twice as long: 0.5, 1, 2, 4, 8 … Documented for 429, with no bound but the five
hours; taken for errors too."""
MOST_SECONDS_TURNED_AWAY = 5 * 3600.0
_OUT_OF_STEP = 0.25
"""Of a pause, that it may be shorter or longer after a 429. No document says so; but were all of a burst to come back
in the same moment, as many as there are instances would pass each time, and the rest be lost."""


@dataclass(frozen=True)
class Invocation:
    """One attempt."""

    function: str
    request_id: str
    attempt: int
    """From 1; being turned away is no attempt of its own."""
    started: float
    """Seconds since 1970."""
    seconds: float
    outcome: str
    """`ok`, the name of the exception, `timeout`, `killed`, `429` or `InternalServerError`."""
    cold_start: float | None = None
    """Seconds of `seconds` in which its instance started; None if it was there already, or if none was to be had."""

    @property
    def ran(self) -> bool:
        return self.outcome not in (TURNED_AWAY, INTERNAL_ERROR)


@dataclass(frozen=True)
class Dropped:
    """An event that the platform gave up on."""

    function: str
    request_id: str
    event: bytes
    reason: str
    """The outcome of the last attempt."""


@dataclass(frozen=True)
class LogLine:
    """What a function printed."""

    function: str
    request_id: str
    text: str


Happening = Invocation | Dropped | LogLine


class Runner:
    """`tell` hears of everything that happens, from any thread; `changed` is notified when work ends."""

    def __init__(
        self,
        function: Function,
        program: Program,
        timeout: float,
        tell: Callable[[Happening], None],
        changed: threading.Condition,
    ) -> None:
        self._function = function
        self._program = program
        self._timeout = timeout
        self._tell = tell
        self._changed = changed
        self._stopping = threading.Event()
        self._idle: list[Instance] = []
        self._busy: list[Instance] = []
        self._threads: set[threading.Thread] = set()
        self.internal_errors = 0
        """To come, of the platform's own."""
        self.under_way = 0
        """Invocations that run or wait to."""

    @property
    def instances(self) -> list[Instance]:
        with self._changed:
            return [*self._idle, *self._busy]

    def replace(self, function: Function, program: Program, timeout: float) -> None:
        """The next version: what runs ends as it began, and what comes is served by new instances."""
        with self._changed:
            self._function, self._program, self._timeout = function, program, timeout
            idle, self._idle = self._idle, []
        for instance in idle:
            instance.end()

    def submit(self, event: bytes) -> None:
        """Invokes asynchronously: returns at once."""
        thread = threading.Thread(target=self._see_through, args=[str(uuid.uuid4()), event], daemon=True)
        with self._changed:
            if self._stopping.is_set():
                return
            self.under_way += 1
            self._threads.add(thread)
            thread.start()

    def invoke(self, event: bytes) -> Answer:
        """Invokes synchronously."""
        with self._changed:
            self.under_way += 1
        try:
            return self._attempt(str(uuid.uuid4()), event, 1)
        finally:
            self._end()

    def stop(self) -> None:
        """Kills what runs, forgets what waits, and ends every instance."""
        with self._changed:
            self._stopping.set()
            threads = list(self._threads)
            for instance in self._busy:
                instance.kill()
        for thread in threads:
            thread.join()
        for instance in self._idle:
            instance.end()
        self._idle.clear()

    def _see_through(self, request_id: str, event: bytes) -> None:
        """The life of an asynchronous invocation."""
        limits = self._function.limits
        began = time.monotonic()
        refusals = errors = 0
        while not self._stopping.is_set():
            answer = self._attempt(request_id, event, errors + 1)
            if not answer.error:
                break
            lives, pause = float(limits.age), 0.0
            if answer.error == TURNED_AWAY:
                refusals += 1
                pause = FIRST_PAUSE * 2 ** (refusals - 1) * random.uniform(1 - _OUT_OF_STEP, 1 + _OUT_OF_STEP)
                lives = min(lives, MOST_SECONDS_TURNED_AWAY)
            elif answer.error == INTERNAL_ERROR:
                lives = 0.0
            else:
                errors += 1
                pause = FIRST_PAUSE * 2 ** (errors - 1)
            if errors > limits.retries or time.monotonic() + pause > began + lives:
                self._tell(Dropped(self._function.name, request_id, event, answer.error))
                break
            self._stopping.wait(pause)
        with self._changed:
            self._threads.discard(threading.current_thread())
        self._end()

    def _end(self) -> None:
        with self._changed:
            self.under_way -= 1
            self._changed.notify_all()

    def _attempt(self, request_id: str, event: bytes, attempt: int) -> Answer:
        started, clock = time.time(), time.monotonic()
        cold_start = None
        if self._is_broken():
            answer = Answer(error=INTERNAL_ERROR, message="an internal error has occurred, please retry")
        elif (instance := self._take()) is None:
            answer = Answer(error=TURNED_AWAY, message="More concurrent invocations than reservedConcurrency.")
        else:
            is_new = instance.started_in is None
            answer = instance.call(request_id, event, self._timeout)
            cold_start = instance.started_in if is_new else None
            self._give_back(instance)
        seconds = time.monotonic() - clock
        outcome = answer.error or "ok"
        self._tell(Invocation(self._function.name, request_id, attempt, started, seconds, outcome, cold_start))
        return answer

    def _is_broken(self) -> bool:
        with self._changed:
            broken = self.internal_errors > 0
            self.internal_errors -= broken
            return broken

    def _take(self) -> Instance | None:
        with self._changed:
            if len(self._busy) >= self._function.most_instances or self._stopping.is_set():
                return None
            # The one used last: the others rest until they are needed again.
            while self._idle:
                if (instance := self._idle.pop()).alive:
                    break
                instance.end()
            else:
                instance = self._start()
            self._busy.append(instance)
            return instance

    def _give_back(self, instance: Instance) -> None:
        with self._changed:
            self._busy.remove(instance)
            kept = instance.alive and instance.program is self._program
            if kept:
                self._idle.append(instance)
        if not kept:
            instance.end()

    def _start(self) -> Instance:
        name = self._function.name
        return Instance(self._program, lambda request_id, text: self._tell(LogLine(name, request_id, text)))
