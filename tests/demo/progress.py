"""What the terminal shows while the demo runs: a line for each photo and, where lines can be rewritten, a counter."""

from __future__ import annotations

import time
from typing import TextIO

from tests.demo.journey import Shot

_CLEAR = "\r\x1b[K"


class Progress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._begun = time.monotonic()

    def line(self, text: str) -> None:
        print(f"{_CLEAR if self._live else ''}{text}", file=self._out, flush=True)

    def shot(self, shot: Shot) -> None:
        self.line(f"{self._seconds:3.0f} s  {word(shot):9}  {shot.photo.key}  ({sentence(shot)})")

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
