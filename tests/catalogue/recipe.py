"""The examples of CONTRIBUTING.md, carried out: each fenced block with a comment above it that says where it goes.

`new: <path>` makes a file; `<path> above "<text>"` puts the block above the only such text, `instead of` in its place;
`<path> at the end` appends. The text is quoted as in Python.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^ *<!-- (?P<new>new: )?(?P<path>[^\s\"]+)( (?P<how>above|instead of|at the end))?( (?P<text>\"[^\n]*\"))? -->\n"
    r"(?P<indent> *)```\n(?P<lines>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    path: str
    how: str
    """`new`, `above`, `instead of` or `at the end`."""
    text: str
    """What it goes above, or in place of."""
    content: str

    def put(self, project: Path) -> None:
        """Raises `AssertionError` when the place is not there, or there twice."""
        file = project / self.path
        if self.how == "new":
            assert not file.exists(), f"{self.path} is there already"
            file.parent.mkdir(exist_ok=True)
            file.write_text(self.content, "utf-8")
            return
        before = file.read_text("utf-8")
        if self.how == "at the end":
            file.write_text(before + self.content, "utf-8")
            return
        assert before.count(self.text) == 1, (
            f"CONTRIBUTING.md puts a block {self.how} {self.text!r} in {self.path}, "
            f"where that is {before.count(self.text)} times"
        )
        after = self.content.rstrip("\n") if self.how == "instead of" else self.content + self.text
        file.write_text(before.replace(self.text, after), "utf-8")


def blocks(section: str) -> list[Block]:
    """Those of a section of CONTRIBUTING.md, in order."""
    return [_block(match) for match in _BLOCK.finditer(section)]


def _block(match: re.Match[str]) -> Block:
    indent = len(match["indent"])
    lines = [line[indent:] if line.strip() else "\n" for line in match["lines"].splitlines(keepends=True)]
    how = "new" if match["new"] else match["how"]
    return Block(match["path"], how, ast.literal_eval(match["text"]) if match["text"] else "", "".join(lines))
