"""The nouns: what a capability is, what is known of a picture, what is said to a vendor and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.cloud.ports import Reply, Request
from shared.errors import CutoutError
from shared.pictures.geometry import Box
from shared.vendors.capability import Capability
from shared.vendors.quotas import Quotas


@dataclass(frozen=True)
class ResultLink:
    """A picture the vendor made, at an address that soon dies; the label is empty when it is the only one."""

    url: str = field(repr=False)
    label: str = ""
    box: Box | None = None
    """Which part of the picture it was shown this one shows."""


@dataclass(frozen=True)
class Task:
    """What a vendor is asked for one upload: links to the pictures, and options, both by the vendor's own fields."""

    links: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Nonce:
    """What makes a call unique: the moment and a number used once."""

    now: datetime
    nonce: str


@dataclass(frozen=True)
class Done:
    """The vendor has finished."""

    pictures: tuple[ResultLink, ...]
    request_id: str


@dataclass(frozen=True)
class Accepted:
    """The vendor has taken the work and will be asked for it by `ticket`, which tasks of one call share."""

    ticket: str
    request_id: str


@dataclass(frozen=True)
class Pending:
    """The vendor is still at it."""


@dataclass(frozen=True)
class Failed:
    """The vendor gave the work up; the ticket is worth nothing any more."""

    error: CutoutError


class Provider(Protocol):
    """One vendor's dialect: builds requests, reads replies, touches nothing."""

    quotas: Quotas
    """What was bought of it."""
    result_hosts: tuple[str, ...]
    """Domains whose hosts its results may come from."""
    links_live: float
    """Seconds that the links to its results live."""
    works_for: float
    """Seconds within which it finishes what it has accepted."""

    def missing(self, capability: Capability) -> tuple[str, ...]:
        """The names of the settings that it cannot be called without, and that are not set."""
        ...

    def call(self, capability: Capability, tasks: Sequence[Task], nonce: Nonce) -> Request:
        """The call for `tasks`, of which there are no more than `capability.batch`."""
        ...

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        """`Done` only of a single task. Raises a `CutoutError` when the vendor refuses."""
        ...

    def poll(self, capability: Capability, ticket: str, nonce: Nonce) -> Request:
        """The question what became of `ticket`."""
        ...

    def poll_answer(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        """What became of the task that was at `index` in its call. Raises a `CutoutError` when the question itself
        was refused."""
        ...
