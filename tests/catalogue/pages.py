"""The pages that people read, as tests compare them with the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    """The text of a page; `name` is its path below the project's root."""
    return (ROOT / name).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Names of all pages: those at the root and everything in `docs/`."""
    return [str(path.relative_to(ROOT)) for path in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")))]


def slugs(text: str) -> list[str]:
    """Anchors of the headings, in order, as GitHub makes them.

    Letters, digits, `-` and `_` stay, those of Chinese too; spaces become `-`; punctuation of either language goes. A
    heading that comes again gets a number.
    """
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        words = re.sub(r"\]\([^)]*\)", "]", heading)  # of a link, what is read
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        seen = found.count(slug)
        found.append(f"{slug}-{seen}" if seen else slug)
    return found


def between(text: str, begin: str, end: str) -> str:
    return text.partition(begin)[2].partition(end)[0].strip()


def column(table: str, number: int = 0) -> list[str]:
    """The cells of one column of a Markdown table, without its head. Every line of `table` that is a row counts."""
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", row)[number + 1].strip() for row in rows[2:]]
