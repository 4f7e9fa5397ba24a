"""Puts figures between two comments of `docs/figures.md`, so that nobody copies them by hand."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"


def place(name: str) -> tuple[str, str]:
    """The comments before and after the figures of that name."""
    return f"<!-- {name}: written by `make bench` -->", f"<!-- /{name} -->"


def write(name: str, figures: str, path: Path = PAGE) -> None:
    """`figures` are Markdown. Raises `ValueError` when `path` has no place of that name."""
    begin, end = place(name)
    before, found, rest = path.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{path.name} has no {begin} … {end}")
    path.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{after}", "utf-8")
