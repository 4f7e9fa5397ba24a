"""A table of figures as Markdown has it, with the command that makes it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float


@dataclass(frozen=True)
class Table:
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    """Each as long as the head."""
    note: str = ""
    """What one must know to read it."""

    def markdown(self, command: str) -> str:
        """`command` is what was typed for these figures, or would have been for these only."""
        lines = [f"**{self.title}** (`{command}`)", ""]
        lines += [_line(self.head), "|" + "---|" * len(self.head)]
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"{len(row)} cells under {len(self.head)} heads: {row}")
            lines.append(_line([_text(cell) for cell in row]))
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


def percent(share: float) -> str:
    """Rounded down to a tenth, so that 96.99 % is never told as 97."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def _text(cell: Cell) -> str:
    return f"{cell:,.4g}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else cell


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
