"""What every command of `cutout` begins and ends with: its options, its screen, its account and its exit code."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from console.account import Account, ApiError
from console.finding import Hindered
from console.screen import Screen, at_terminal, language
from console.settings import FILE, FILE_NAMED, read
from shared.messages.jobs import NOT_SET
from shared.messages.message import Message, Sentence

REFUSED, WRONGLY_CALLED, NOT_REACHED = 1, 2, 3
"""Exit codes: something is wrong, or was refused; called wrongly, or with settings that are no good; Alibaba Cloud was
not reached, or there is no access key."""

_UNREADABLE = Sentence("{file}: {said}", "{file}：{said}")
_MEND_FILE = Message(
    "mend that line, or take the file away and run `cutout init`", "请更正该行，或删除该文件后运行 `cutout init`"
)
_ASK_FOR_IT = Message("`cutout init` asks for it", "运行 `cutout init` 填写")
_REPORT = Message(
    "this is a mistake in cutout itself: report it with these lines", "这是 cutout 自身的错误，请附上以上内容反馈"
)
_SAY_YES = Message("nobody can be asked here: say --yes", "此处无法询问：请使用 --yes")
_NOTHING_TO_DO = Message("All is as it should be already.", "无需更改。")


def localized(english: str, chinese: str) -> str:
    """For help, in the language of the environment."""
    said: str = getattr(Message(english, chinese), language())
    return said


Json = Annotated[
    bool, typer.Option("--json", help=localized("One JSON document on stdout.", "以 JSON 格式输出到标准输出。"))
]
EnvFile = Annotated[
    Path,
    typer.Option(
        help=localized("The file with the settings.", "配置文件。"),
        dir_okay=False,
        show_default=FILE.name,
        envvar=FILE_NAMED,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=localized("Do not ask.", "不再询问，直接执行。"))]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help=localized("Only say what would be changed.", "仅显示将要做的更改，不实际执行。")),
]


@contextmanager
def working(machine: bool) -> Iterator[Screen]:
    """The screen of a command, which ends in a sentence when it is hindered, when Alibaba Cloud refuses something, and
    by a mistake of ours."""
    screen = Screen(machine=machine)
    try:
        yield screen
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Hindered as hindered:
        screen.failed(hindered.finding.code, hindered.finding.what, hindered.finding.mend)
        raise typer.Exit(REFUSED) from None
    except ApiError as error:
        from console.refusals import explain  # noqa: PLC0415 - it knows the vendors' codes

        finding = explain(error)
        screen.failed(finding.code, finding.what, finding.mend)
        raise typer.Exit(REFUSED if error.status > 0 else NOT_REACHED) from None
    except Exception:  # noqa: BLE001 - without this, Python prints it with whatever secrets it quotes
        screen.failed("Bug", traceback.format_exc(), _REPORT)
        raise typer.Exit(REFUSED) from None


@contextmanager
def reading(screen: Screen, file: Path) -> Iterator[None]:
    """Ends the command when `file` cannot be read."""
    try:
        yield
    except (ValueError, OSError) as error:
        screen.failed("Settings", _UNREADABLE(file=str(file), said=str(error)), _MEND_FILE)
        raise typer.Exit(WRONGLY_CALLED) from None


def account_of(screen: Screen, file: Path, needed: str = "") -> Account:
    """The account of the settings, which have to say the one that is `needed`. Raises `ApiError` without a key."""
    with reading(screen, file):
        if file != FILE:
            file.stat()  # one that was named is there
        settings = read(file)
    screen.hide(*settings.secrets)
    if needed and not settings[needed]:
        screen.failed("Settings", NOT_SET(name=needed), _ASK_FOR_IT)
        raise typer.Exit(WRONGLY_CALLED)
    account = Account(settings)
    screen.hide(*account.key[1:])
    return account


@contextmanager
def changing(screen: Screen) -> Iterator[Callable[[Message], None]]:
    """Hands out what a change is said with, as it is made; machines get them all at the end."""
    changes = list[Message]()

    def say(change: Message) -> None:
        changes.append(change)
        screen.say(change)

    yield say
    if screen.machine:
        screen.json({"changes": changes})
    elif not changes:
        screen.say(_NOTHING_TO_DO, "green")


def confirm(screen: Screen, question: Message, *, yes: bool) -> None:
    """Ends the command unless somebody says yes."""
    if yes:
        return
    if screen.machine or not at_terminal():
        raise typer.BadParameter(screen.text(_SAY_YES))
    typer.confirm(screen.text(question), abort=True)


def secret(screen: Screen, name: str, *, ask: bool) -> str:
    """A secret from the environment, or else asked for; empty when there is none. It is masked from now on."""
    value = os.environ.get(name, "").strip()
    if ask and not value:
        if screen.machine or not at_terminal():
            raise typer.BadParameter(screen.text(NOT_SET(name=name)))
        value = str(typer.prompt(name, hide_input=True)).strip()
    screen.hide(value)
    return value
