"""What may go wrong with VIAPI on demand: a fault is a word, and lasts until it is lifted or used up."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field

ERRORS = {
    "throttle": "Throttling.User",
    "blocked": "InvalidApi.NotPurchase",
    "error": "InternalError.Algo",
    "unavailable": "ServiceUnavailable",
}
"""Faults that are an error code, by the word for it; `code:<any code>` is one too. Nothing is billed."""

OTHERS = {
    "refuse": "the call's connection is closed without an answer; nothing is billed",
    "refuse-encoded": "a link whose path has %-escapes is an InvalidImage.URL",
    "timeout": "the call is done and billed, and never answered",
    "slow": "the call is done, and answered `seconds` late",
    "slow-job": "the job stays PROCESSING",
    "failed-job": "the job ends as PROCESS_FAILED, with `code`",
    "double": "the job's Result is JSON in a JSON string",
    "amp": "links in the answer have &amp; for &",
    "bad-result": "the job's Result is not JSON",
    "no-answer": "a result link answers 403",
    "error-page": "a result link answers 200 with an HTML page",
    "cut-off": "a result's download breaks off halfway",
}
"""Every other fault, and what it does."""


@dataclass(eq=False)
class Fault:
    """One that is on. `action` and `key` say which calls it strikes; empty: every one."""

    kind: str
    action: str
    key: str
    seconds: float
    code: str
    left: float
    """How often it may still strike."""
    lifted: threading.Event = field(default_factory=threading.Event)

    def lift(self) -> None:
        self.lifted.set()


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, *, action: str, key: str, times: int | None, seconds: float, code: str) -> Fault:
        """Raises ValueError for a kind there is not."""
        error = kind[5:] if kind.startswith("code:") else ERRORS.get(kind, "")
        if not error and kind not in OTHERS:
            raise ValueError(f"no fault is called {kind!r}; there are {[*ERRORS, *OTHERS]} and code:<code>")
        left = float("inf") if times is None else times
        fault = Fault("code" if error else kind, action, key, seconds, error or code, left)
        with self._lock:
            self._faults.append(fault)
        return fault

    def strike(self, kinds: Collection[str], actions: Collection[str], key: str) -> Fault | None:
        """The first fault of one of `kinds` that concerns such a call, less one of its times. `code` is any error."""
        with self._lock:
            # Those used up stay in the list: a call they struck may still be waiting to be let go.
            for fault in self._faults:
                on = fault.left and not fault.lifted.is_set()
                if on and fault.kind in kinds and fault.action in ("", *actions) and fault.key in ("", key):
                    fault.left -= 1
                    return fault
        return None

    def lift_all(self) -> None:
        with self._lock:
            for fault in self._faults:
                fault.lift()
