"""A thing that is taken for granted of the real cloud, and what a trial says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from console.account import Account
from console.verify.trial import Outcome
from shared.messages.message import Message

Said = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Answer:
    said: Said
    evidence: Message


@dataclass(frozen=True)
class Evidence:
    """What a belief is judged by; `at` is when the trial began."""

    account: Account
    at: datetime
    outcomes: Sequence[Outcome]


@dataclass(frozen=True)
class Belief:
    """`name` is a word for programs."""

    name: str
    question: Message
    answer: Callable[[Evidence], Answer]
    """Raises `ApiError` when it cannot be found out."""


@dataclass(frozen=True)
class Answered:
    belief: Belief
    answer: Answer
