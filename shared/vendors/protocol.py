"""What the pipeline and a vendor's dialect say to each other: the task, the answer, and the protocol of a dialect.

A dialect does no I/O: it builds a `Request`, which `shared.cloud.http_client` sends, and reads the `Reply`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from shared.cloud.ports import Reply, Request
from shared.errors import CutoutError
from shared.pictures.geometry import Box
from shared.vendors.capability import Capability
from shared.vendors.quotas import Quotas


@dataclass(frozen=True)
class ResultLink:
    """The link to a picture that the vendor made, valid for the provider's `links_live`.

    `label` tells the pictures of one answer apart; it is empty when there is only one.
    """

    url: str = field(repr=False)
    label: str = ""
    box: Box | None = None
    """Where the result lies in the picture that the vendor fetched, in that picture's pixels; None: not stated."""


@dataclass(frozen=True)
class Task:
    """The work for one upload: links to its pictures, and its options. Both are keyed by the vendor's field names."""

    links: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Nonce:
    """What makes a request unique: the time at which it was built, and a random number used once."""

    now: datetime
    nonce: str


@dataclass(frozen=True)
class Done:
    """The vendor has finished a task; `pictures` are its results."""

    pictures: tuple[ResultLink, ...]
    request_id: str


@dataclass(frozen=True)
class Accepted:
    """The vendor works on the tasks of a call. Their status is polled with `ticket`, one for the whole call."""

    ticket: str
    request_id: str


@dataclass(frozen=True)
class Pending:
    """The vendor has not finished the task yet."""


@dataclass(frozen=True)
class Failed:
    """The vendor has given the task up, for the reason in `error`; polling the ticket again is of no use."""

    error: CutoutError


class Provider(Protocol):
    """One vendor's dialect: builds requests and reads replies, without any I/O.

    This is all that a vendor needs whose every call is answered with the result. One that may answer `Accepted`
    is a `PollingProvider` as well.
    """

    quotas: Quotas
    """The calls a second that were bought."""
    result_hosts: tuple[str, ...]
    """Domains that results may be fetched from, subdomains included. Alibaba's OSS is always allowed."""
    links_live: float
    """Seconds for which a result link is valid."""

    def missing(self, capability: Capability) -> tuple[str, ...]:
        """Names of the settings that a call of `capability` needs and that are not set."""
        ...

    def call(self, capability: Capability, tasks: Sequence[Task], nonce: Nonce) -> Request:
        """The request that submits `tasks`: at least one, and at most `capability.batch`."""
        ...

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        """What the reply to a call means; `Done` only for a call of a single task.

        Raises a `CutoutError` when the vendor refuses the call, or the reply cannot be understood.
        """
        ...


@runtime_checkable
class PollingProvider(Provider, Protocol):
    """The dialect of a vendor that may accept a task and finish it later."""

    works_for: float
    """Seconds within which the vendor finishes what it has accepted; after that the task counts as lost."""

    def poll(self, capability: Capability, ticket: str, nonce: Nonce) -> Request:
        """The request for the status of the tasks under `ticket`."""
        ...

    def poll_answer(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        """The status of the task that was number `index`, from 0, in its call.

        Raises a `CutoutError` when the vendor refuses the poll itself: the task may still finish.
        """
        ...
