"""The parts of the desk, put together for one account."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from console.account import Account
from console.desk.hub import Hub
from console.desk.watcher import Watcher
from console.records.mirror import Mirror
from console.screen import Language
from shared.cloud.ports import Bucket


class Panel(Protocol):
    """What the page can do to a cloud in a box."""

    def state(self) -> dict[str, Any]:
        """Its faults, its vendors' ledger and its clock, as JSON has it."""
        ...

    def turn(self, fault: str, *, on: bool) -> None:
        """Raises `KeyError` for a fault that there is not."""
        ...


@dataclass(frozen=True)
class Desk:
    """`photos` and `jobs` may be the same bucket."""

    account: Account
    photos: Bucket
    jobs: Bucket
    mirror: Mirror
    language: Language
    panel: Panel | None = None
    hub: Hub = field(default_factory=Hub)

    @cached_property
    def watcher(self) -> Watcher:
        return Watcher(self.photos, self.jobs, self.mirror, self.hub.tell, self.hub.has_pages)
