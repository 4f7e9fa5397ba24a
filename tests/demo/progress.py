"""What the terminal shows while the demo runs: a line for each photo and, where lines can be rewritten, a counter."""

from __future__ import annotations

import time
from typing import TextIO

from shared.jobs.listing import Listing
from tests.demo.journey import Shot

_CLEAR = "\r\x1b[K"
_ENOUGH = 5
"""Photos from which on the time to the end is told."""


class Progress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._begun = time.monotonic()
        self._told = self._total = 0

    def line(self, text: str) -> None:
        print(f"{_CLEAR if self._live else ''}{text}", file=self._out, flush=True)

    def expect(self, total: int) -> None:
        """How many photos there will be a line about; time counts from here."""
        self._begun, self._told, self._total = time.monotonic(), 0, total

    def shot(self, shot: Shot) -> None:
        self._told += 1
        left = self._total - self._told
        # What the first few took says little: most of it is the functions' start.
        to_go = f", {self._seconds / self._told * left:.0f} s to go" if left and self._told >= _ENOUGH else ""
        self.line(
            f"{self._seconds:3.0f} s  {word(shot):9}  {shot.photo.key}  ({sentence(shot)})"
            f"  {self._told} of {self._total}{to_go}"
        )

    def counter(self, text: str) -> None:
        """Rewrites itself in place; says nothing where that is not possible."""
        if self._live:
            print(f"{_CLEAR}{self._seconds:3.0f} s  {text}", end="", file=self._out, flush=True)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._begun


def word(shot: Shot) -> str:
    """What became of the photo: its receipt's status, or `no result`, or `empty`, where that would promise too much."""
    if shot.receipt is None or shot.trouble:
        return "no result"
    return "empty" if shot.empty else shot.receipt.status


def sentence(shot: Shot) -> str:
    """What there is to say about it: how much came of it, or why nothing did."""
    if shot.trouble or shot.receipt is None:
        return shot.trouble
    if shot.receipt.code:
        return f"{shot.receipt.code}: {shot.receipt.message}"
    pictures = len(shot.receipt.outputs)
    return f"{pictures} picture{'s' * (pictures != 1)}"


def not_listed(listing: Listing) -> str:
    """Why none of the listing pictures was made that were asked for."""
    reasons = dict.fromkeys(row.message for row in listing.pictures if row.message)
    return f"{listing.code}: {listing.message}" if listing.code else "; ".join(reasons)
