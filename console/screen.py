"""What `cutout` prints: colours and tables on a terminal, plain lines elsewhere, one JSON document with `--json`.

The language is that of the environment. Whatever is printed, the secrets that `Screen.hide` was told are masked in it.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text as Styled

from console.finding import Finding, Severity
from shared.messages.message import COMMA, Message, Sentence, Text

Language = Literal["en", "zh"]
MASK = "********"

_LABELS: Mapping[str, tuple[Message, str]] = {
    "error": (Message("error", "错误"), "bold red"),
    "warning": (Message("warning", "警告"), "bold yellow"),
    "leads to": (Message("leads to", "影响"), "dim"),
    "do this": (Message("do this", "处理"), "dim"),
}
"""What stands before a line of a finding, and its style."""
_COUNTS: Mapping[Severity, Sentence] = {
    "error": Sentence("errors: {count}", "错误 {count} 个"),
    "warning": Sentence("warnings: {count}", "警告 {count} 个"),
}
_ALL_WELL = Message("Nothing is wrong.", "未发现问题。")
_CODE = re.compile(r"`([^`]+)`")
_UNSHOWN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u202a-\u202e\u2066-\u2069]"
)
"""What would move a terminal's cursor, clear it, or change its title (ECMA-48), or turn the direction of writing
(UAX #9): names of photos, and what tools print, are shown as text."""
_UNBROKEN = 100_000
"""Columns of what is no terminal: lines are as long as they are, for grep and for logs."""

T = TypeVar("T")


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it: Chinese, or else English."""
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, named), "").lower().startswith("zh") else "en"


def shown(text: str) -> str:
    """`text` without what a terminal would do instead of showing it; line breaks and tabs stay."""
    return _UNSHOWN.sub("", text)


def one_line(name: str) -> str:
    """The name of a photo or a file, which may have line breaks in it and must not pass for a line of ours."""
    return " ".join(shown(name).split("\n"))


def as_json(value: Any, indent: int | None = None) -> str:
    """In ASCII where stdout takes less than Unicode."""
    is_unicode = str(getattr(sys.stdout, "encoding", "")).lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent)


def at_terminal() -> bool:
    """Whether there is somebody to ask; a stream that was closed before we were started is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def plain(stderr: bool = False) -> Console:
    """A console that takes text as it is; colours and width are the terminal's, or none. NO_COLOR is heeded."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNBROKEN
    return console


class Screen:
    """With `machine`, stdout gets nothing but what `json` is given; what fails, and what is under way, is on stderr."""

    def __init__(self, *, machine: bool = False, out: Console | None = None, err: Console | None = None) -> None:
        self.machine = machine
        self.language = language()
        self._out = out or plain()
        self._err = err or plain(stderr=True)
        self._secrets = set[str]()

    # ---------------------------------------------------------------- words

    def hide(self, *secrets: str) -> None:
        """Masks these from now on, as they are and as they stand in a URL."""
        self._secrets |= {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}

    def text(self, text: Text) -> str:
        """In the language of the screen, without secrets."""
        said: str = getattr(Message.of(text), self.language)
        for secret in sorted(self._secrets, key=len, reverse=True):  # one may be a part of another
            said = said.replace(secret, MASK)
        return said

    def document(self, value: Any) -> Any:
        """`value` as JSON has it, without secrets: messages in both languages, data classes by their fields."""
        match value:
            case str():
                return self.text(value)
            case Message():
                return {"en": self.text(value.en), "zh": self.text(value.zh)}
            case Mapping():
                return {self.text(str(name)): self.document(each) for name, each in value.items()}
            case list() | tuple():
                return [self.document(each) for each in value]
            case _ if is_dataclass(value):
                return {each.name: self.document(getattr(value, each.name)) for each in fields(value)}
        return value

    # ---------------------------------------------------------------- what is printed

    def json(self, value: Any) -> None:
        """The one document of a command."""
        print(as_json(self.document(value), indent=2))

    def say(self, text: Text, style: str = "") -> None:
        """A line, or a paragraph; `like this` is set apart on a terminal."""
        if not self.machine:
            _print(self._out, self._styled(text, style))

    def table(self, head: Sequence[Text], rows: Iterable[Sequence[Text]]) -> None:
        if self.machine:
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in head:
            table.add_column(self.text(name), overflow="fold")
        for row in rows:
            table.add_row(*(self._styled(one_line(self.text(cell))) for cell in row))
        _print(self._out, table)

    def findings(self, findings: Sequence[Finding]) -> None:
        """Each with what it leads to and what mends it, and how many they are."""
        if self.machine:
            return
        for each in findings:
            what = self._styled(each.what, "bold").append(f"  {each.code}", style="dim not bold")
            self._lines(self._out, [(each.severity, what), ("leads to", each.leads_to), ("do this", each.mend)])
        found = Counter(each.severity for each in findings)
        counts = [sentence(count=found[name]) for name, sentence in _COUNTS.items() if name in found]
        self.say(COMMA.join(counts) if counts else _ALL_WELL, "bold" if counts else "green")

    def failed(self, code: str, what: Text, mend: Text) -> None:
        """Why a command ends without having done what it was asked; with `machine` as its document."""
        if self.machine:
            self.json({"error": {"code": code, "what": Message.of(what), "mend": Message.of(mend)}})
        else:
            self._lines(self._err, [("error", self._styled(what, "bold")), ("do this", mend)])

    def warn(self, text: Text) -> None:
        """A line on stderr, of what is wrong with an answer that is given all the same."""
        _print(self._err, self._styled(text, "yellow"))

    # ---------------------------------------------------------------- what is under way

    def track(self, things: Sequence[T], says: Callable[[T], Text]) -> Iterator[T]:
        """`things`, and on a terminal what is said of the one at hand, and how many are done."""
        text = TextColumn("{task.description}", markup=False)
        progress = Progress(
            SpinnerColumn(), MofNCompleteColumn(), text, console=self._err, transient=True, disable=self._quiet
        )
        with progress:
            task = progress.add_task("", total=len(things))
            for thing in things:
                progress.update(task, description=self.text(says(thing)), refresh=True)
                yield thing
                progress.advance(task)

    @contextmanager
    def waiting(self, says: Text) -> Iterator[Callable[[Text], None]]:
        """On a terminal, what is being waited for; hands out what replaces that."""
        if self._quiet:
            yield lambda text: None  # noqa: ARG005 - nobody watches
            return
        with self._err.status(Styled(self.text(says))) as status:
            yield lambda text: status.update(Styled(self.text(text)))

    # ---------------------------------------------------------------- inside

    @property
    def _quiet(self) -> bool:
        return self.machine or not self._err.is_terminal

    def _lines(self, console: Console, lines: Iterable[tuple[str, Styled | Text]]) -> None:
        """Lines with a label before each, and an empty one below."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, said in lines:
            label, style = _LABELS[name]
            grid.add_row(Styled(self.text(label), style), said if isinstance(said, Styled) else self._styled(said))
        _print(console, grid)
        _print(console, "")

    def _styled(self, text: Text, style: str = "") -> Styled:
        said = shown(self.text(text))
        if not self._out.is_terminal:
            return Styled(said, style)
        styled, end = Styled(style=style), 0
        for code in _CODE.finditer(said):
            styled.append(said[end : code.start()]).append(code[1], style="cyan")
            end = code.end()
        return styled.append(said[end:])


def _print(console: Console, what: RenderableType) -> None:
    """On a terminal as rich has it; elsewhere without the blanks that fill its lines."""
    if console.is_terminal:
        console.print(what)
        return
    with console.capture() as captured:
        console.print(what)
    console.file.write(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))
