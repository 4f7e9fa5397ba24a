"""What an option may be: the kinds of values that vendors document, and how each is told to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = 200


def shortened(text: str) -> str:
    """What somebody said, as a sentence of ours can quote it."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


@dataclass(frozen=True)
class OneOf:
    """An option with one value. `field` is the vendor's name; what `values` does not list is refused."""

    field: str
    values: tuple[str, ...]

    @property
    def taken(self) -> str:
        """What it takes, as a person is told."""
        return ", ".join(self.values)

    def spoken(self, value: str) -> dict[str, str] | None:
        """The value in the vendor's words; None when it documents no such value."""
        return {self.field: value} if value in self.values else None


@dataclass(frozen=True)
class SomeOf:
    """An option with several values at once, which we join by `+` and the vendor numbers: `Field.1`, `Field.2` …"""

    field: str
    values: tuple[str, ...]

    @property
    def taken(self) -> str:
        return ", ".join(self.values)

    def spoken(self, value: str) -> dict[str, str] | None:
        chosen = value.split("+")
        if len(set(chosen)) < len(chosen) or not set(chosen) <= set(self.values):
            return None
        return {f"{self.field}.{number}": each for number, each in enumerate(chosen, 1)}


@dataclass(frozen=True)
class Colour:
    """An option whose value is a colour, RRGGBB in hexadecimal; it counts only beside another one."""

    field: str
    only_with: tuple[str, str]
    """The other option and its value."""

    @property
    def taken(self) -> str:
        return "RRGGBB in hexadecimal, only with {}={}".format(*self.only_with)

    def spoken(self, value: str) -> dict[str, str] | None:
        return {self.field: value} if re.fullmatch("[0-9A-Fa-f]{6}", value) else None


@dataclass(frozen=True)
class Areas:
    """An option whose value is a JSON list of rectangles, in pixels of the picture as stored."""

    field: str
    most: int
    max_share: float
    """Of the picture, that they may cover together."""

    @property
    def taken(self) -> str:
        return f'a JSON list of up to {self.most} {{"x", "y", "width", "height"}}'

    def spoken(self, value: str) -> dict[str, str] | None:
        return {self.field: value}  # held against the picture's sides by admission


Option = OneOf | SomeOf | Colour | Areas
