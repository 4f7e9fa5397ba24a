"""How much work a vendor can do, whatever it has sold."""

from __future__ import annotations

import math
import threading
from collections import deque


class Capacity:
    """What comes faster than it is worked off stands in line, in the order in which it came, and is answered late.

    Whoever hangs up meanwhile keeps their place: the work is done, and billed, all the same.
    """

    def __init__(self) -> None:
        self.per_second = math.inf
        """Pictures, made one after the other. May be changed at any time, and holds from the next picture on."""
        self._line: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def work(self, stopped: threading.Event) -> None:
        """Make one picture, in its turn; done with at once when it has `stopped`."""
        if math.isinf(self.per_second):
            return
        mine = threading.Event()
        with self._lock:
            self._line.append(mine)
            self._line[0].set()
        mine.wait()
        try:
            stopped.wait(1 / self.per_second)
        finally:
            with self._lock:
                self._line.popleft()
                if self._line:
                    self._line[0].set()
