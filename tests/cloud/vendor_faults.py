"""What may go wrong with a vendor on demand: a fault is a word, and lasts until it is lifted or used up."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

ANY = {
    "refuse": "the call's connection is closed without an answer; nothing is billed",
    "timeout": "the call is done and billed, and never answered",
    "slow": "the call is done, and answered `seconds` late",
    "unpaid": "the call is refused with status 402 and an empty body; nothing is billed",
    "bad-json": "the call is done and billed, and answered 200 with an HTML page",
    "empty": "the call is done and billed, and answered 200 with nothing",
    "blank-error": "the call is done and billed, and answered 200 with an error that says nothing",
    "no-answer": "a result link answers 403",
    "error-page": "a result link answers 200 with an HTML page",
    "cut-off": "a result's download breaks off halfway",
}
"""The faults that every vendor has, and what they do."""


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
    """`errors` are the vendor's codes by the words for them, "error" among them; `others`, its own faults beside `ANY`.

    `code:<code>` is every other error there may be; `codes` are all there are, if the vendor has a table that ends.
    For an error nothing is billed.
    """

    def __init__(
        self, errors: Mapping[str, str], others: Mapping[str, str], codes: AbstractSet[str] | None = None
    ) -> None:
        self._errors = errors
        self._codes = codes
        self._others = {**ANY, **others}
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, *, action: str, key: str, times: int | None, seconds: float, code: str) -> Fault:
        """Raises ValueError for a kind or a code there is not."""
        error = kind[5:] if kind.startswith("code:") else self._errors.get(kind, "")
        if not error and kind not in self._others:
            raise ValueError(f"no fault is called {kind!r}; there are {[*self._errors, *self._others]} and code:<code>")
        left = float("inf") if times is None else times
        code = error or code or self._errors["error"]
        if self._codes is not None and code not in self._codes:
            raise ValueError(f"no code is called {code!r}; there are {sorted(self._codes)}")
        fault = Fault("code" if error else kind, action, key, seconds, code, left)
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
