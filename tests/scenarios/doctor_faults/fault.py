"""A row of the faults that are planted: what is wrong, how it comes about, and what the doctor is to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from console.doctor import ERRORS
from tests.cloud.well import Well

Plant = Callable[[Well], object]


@dataclass(frozen=True)
class Fault:
    """`code` is that of the finding which says `en` and `zh`; `also`, those of other findings that come with it."""

    code: str
    plant: Plant
    en: str
    zh: str
    also: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """With which everything is deployed."""
    ends: int = ERRORS
    """The exit code."""

    @property
    def id(self) -> str:
        return f"{self.code}: {self.en}"


def nothing(well: Well) -> None:
    """The settings with which everything was deployed are the fault."""


def say(**settings: str) -> Plant:
    """The settings say something else than what was deployed."""
    return lambda well: well.settings.update(settings)


def deny(action: str) -> Plant:
    return lambda well: well.deny(action)
