"""Work that a thread does again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

_PATIENCE = 5.0
"""Seconds that the last work is waited for in the end: the bucket may not answer."""


class Stopped(Exception):
    """Work raises it when it notices that it has been stopped."""


class Loop:
    """Calls `work` again and again in a thread, from `start` until `stop`.

    `pause` is given the seconds that the work took, and returns the seconds until it begins again. When the work raises
    an exception, `failed` is called with it, and the loop goes on.
    """

    def __init__(
        self, work: Callable[[], object], pause: Callable[[float], float], failed: Callable[[Exception], object]
    ) -> None:
        self._work, self._pause, self._failed = work, pause, failed
        self._soon, self._over = Event(), Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Begin anew without a pause."""
        self._soon.set()

    def stop(self) -> None:
        self._over.set()
        self._soon.set()

    @property
    def is_stopped(self) -> bool:
        return self._over.is_set()

    def join(self) -> None:
        """Waits until nothing is done any more, or for 5 seconds."""
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while True:
            self._soon.clear()
            if self._over.is_set():  # looked at after `clear`, which would lose what `stop` has set before
                return
            began = time.monotonic()
            try:
                self._work()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - nobody would notice that a thread has ended
                self._failed(error)
            self._soon.wait(self._pause(time.monotonic() - began))
