"""Puts the figures of a whole run between two comments of the README, so that nobody copies them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- /figures -->"
_PLOTS = """![Images a second against the quota that was bought](tests/bench/throughput.svg)

![What Function Compute costs against the vendor's latency](tests/bench/cost.svg)

Both plots are drawn from the side by side. Where time is slowed, so that this machine can keep up with a quota, the
pauses of Function Compute and of the retry loop are not, which is kind to who makes them."""


def write(where: str, tables: Sequence[str], path: Path = _README) -> None:
    """`tables` are Markdown. Raises `ValueError` when `path` has no place for them."""
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no {BEGIN} … {END}")
    figures = "\n\n".join([where, *tables, _PLOTS])
    path.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", "utf-8")
