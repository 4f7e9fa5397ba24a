"""What `cutout doctor` looks at, and what it finds: what is wrong, what it leads to, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from console.account import Account
from shared.messages.message import Message

Severity = Literal["error", "warning"]
"""`error`: photos are not served, are paid for twice, or can be read by others, as long as it is so."""
IDENTITY = "identity"
"""The name of the check on which most others wait: without a key that is good for something, nobody is answered."""


@dataclass(frozen=True)
class Finding:
    """`code` is a word for programs, such as `BucketVersioned`; it never changes."""

    code: str
    severity: Severity
    what: Message
    leads_to: Message
    mend: Message
    """The command, or the page of Alibaba's console."""


class Hindered(Exception):
    """A command cannot go on until a person has acted: `finding` says on what."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what.en)
        self.finding = finding


class Misasked(ValueError):
    """An argument or an option of a command names what there is not; `text` says what there is."""

    def __init__(self, text: Message) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Fact:
    """What was seen and is no fault, such as who the key belongs to; `code` is a word for programs."""

    code: str
    what: Message


@dataclass(frozen=True)
class Check:
    """One thing that is looked at. `look` raises `ApiError` when it may not, or cannot, look."""

    name: str
    """A word for programs, such as `versioning`."""
    says: Message
    """What is being looked at, shown while it is."""
    look: Callable[[Account], Iterable[Finding | Fact]]
    needs: tuple[str, ...] = (IDENTITY,)
    """Checks that come before: where one of them found an error, or could not look, this one is skipped."""
