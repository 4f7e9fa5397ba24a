"""A page of Markdown taken apart, as far as two languages of it are compared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.catalogue.pages import page, slugs

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_ROW = re.compile(r"(?<!\\)\|")
_COMMENT = {"sh": r"(^|\s+)#.*", "": r"(?<=\S)\s{2,}.*"}
"""What a fenced block says to people only: shell comments, and what stands in a column of its own."""


@dataclass
class Section:
    """What stands below one heading, up to the next one of any level."""

    heading: str
    level: int
    lines: list[str] = field(default_factory=list)
    """Prose and items of lists."""
    tables: list[list[list[str]]] = field(default_factory=list)
    """Of each table the rows, of each row the cells; the head is the first row."""
    blocks: list[str] = field(default_factory=list)
    """Fenced blocks with their language, without what they say to people only."""

    @property
    def items(self) -> int:
        return sum(bool(re.match(r"- |\d+\. ", line)) for line in self.lines)

    @property
    def prose(self) -> str:
        return "\n".join(self.lines)

    @property
    def links(self) -> list[str]:
        text = "\n".join([self.prose, *(cell for table in self.tables for row in table for cell in row)])
        return [target for _, _, target in _LINK.findall(text)]


def code(text: str) -> set[str]:
    """The inline code spans."""
    return set(_CODE.findall(text))


def read(text: str) -> str:
    """What is read aloud: no code, no link's target, no emphasis; a word `x` stands for a code span."""
    return re.sub(r"\*\*?", "", _LINK.sub(r"\2", _CODE.sub("x", text)))


def sections(text: str) -> list[Section]:
    found = [Section("", 0)]
    lines = iter(re.sub("<!--.*?-->", "", text, flags=re.DOTALL).splitlines())
    for line in lines:
        here = found[-1]
        if line.startswith("```"):
            here.blocks.append(_block(line[3:], list(iter(lambda: next(lines), "```"))))
        elif heading := re.match(r"(#+) (.+)", line):
            found.append(Section(heading[2], len(heading[1])))
        elif line.startswith("|"):
            table = [line, *_rest_of_table(lines)]
            here.tables.append([[cell.strip() for cell in _ROW.split(row)[1:-1]] for row in (table[0], *table[2:])])
        elif line:
            here.lines.append(line)
    return found[1:]


def _block(language: str, lines: list[str]) -> str:
    comment = _COMMENT.get(language)
    bare = [re.sub(comment, "", line) if comment else line for line in lines]
    return "\n".join([language, *(line for line in bare if line)])


def _rest_of_table(lines: Iterator[str]) -> list[str]:
    """Rows up to the blank line that ends every table here."""
    return list(iter(lambda: next(lines, ""), ""))


def where_to(name: str, link: str) -> str:
    """Where a link of the page `name` leads, said as a link to the English half from the project's root."""
    if link.startswith("https://"):
        return link
    path, _, anchor = link.partition("#")
    target = os.path.normpath(Path(name).parent / path) if path else name
    if not anchor:
        return english(target)
    headings = dict(zip(slugs(page(target)), slugs(page(english(target))), strict=False))
    return f"{english(target)}#{headings.get(anchor, anchor)}"


def english(name: str) -> str:
    return name.replace("docs/zh-CN/", "docs/").replace("README.zh-CN.md", "README.md")
