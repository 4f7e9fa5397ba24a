"""What a command changes in the account: worked out from what is there, said, and then made, one after the other.

So a command can be run again after any interruption, and can say what it would change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.messages.message import Message

Say = Callable[[Message], object]


@dataclass(frozen=True)
class Change:
    """`make` raises `ApiError`; None for what is left as it is, and only said."""

    says: Message
    make: Callable[[], object] | None


def carry_out(changes: Iterable[Change], say: Say, *, dry_run: bool = False) -> None:
    """Says each and makes it; with `dry_run` only says it. Those to come may be worked out only then."""
    for change in changes:
        say(change.says)
        if change.make and not dry_run:
            change.make()
