"""What every command of `cutout` begins and ends with: its options, its screen, its account and its exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from console.account import Account, ApiError
from console.change import Change, carry_out
from console.finding import Hindered, Misasked
from console.init.questions import fault
from console.screen import Screen, at_terminal, language
from console.settings import FILE, FILE_NAMED, read
from shared.errors import CutoutError, Unavailable
from shared.messages.jobs import NOT_SET
from shared.messages.message import Message, Sentence, Text

REFUSED, WRONGLY_CALLED, NOT_REACHED, INTERRUPTED, PIPE_CLOSED = 1, 2, 3, 130, 141
"""Exit codes: something is wrong, or was refused; called wrongly, or with settings that are no good; Alibaba Cloud was
not reached, or there is no access key that it takes; interrupted, or nobody reads the output any more, as shells have
SIGINT and SIGPIPE."""

_UNREADABLE = Sentence("{file}: {said}", "{file}：{said}")
_NO_FILE = Message("it is no file, and none can be made there", "不是普通文件，也无法在该处创建")
_MEND_FILE = Message(
    "mend that line, or take the file away and run `cutout init`", "请更正该行，或删除该文件后运行 `cutout init`"
)
_ASK_FOR_IT = Message("`cutout init` asks for it", "运行 `cutout init` 填写")
_REPORT = Message(
    "this is a mistake in cutout itself: report it with these lines", "这是 cutout 自身的错误，请附上以上内容反馈"
)
_SAY_YES = Message("nobody can be asked here: say --yes", "此处无法询问：请使用 --yes")
_NOTHING_CHANGED = Message("Nothing was changed.", "未做任何更改。")
_Y_OR_N = Message("say y or n", "请输入 y 或 n")
_INTERRUPTED = Message("interrupted: what is said above was begun", "已中断：以上各项已开始执行")
_RUN_AGAIN = Message(
    "run it again: a command that changes the account goes on where it stopped",
    "请重新运行；更改账号的命令会从中断处继续",
)
_TRY_AGAIN = Message("run it again", "请重新运行")
_ASK_DOCTOR = Message("`cutout doctor` says what is wrong in the account", "运行 `cutout doctor` 查看账号中的问题")
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
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; what is left must not be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(PIPE_CLOSED) from None
    except (typer.Exit, typer.BadParameter):
        raise
    except Misasked as error:
        raise typer.BadParameter(screen.text(error.text)) from None
    except typer.Abort:  # at a question, before anything is changed
        screen.say("")
        screen.say(_NOTHING_CHANGED)
        raise typer.Exit(REFUSED) from None
    except KeyboardInterrupt:
        screen.failed("Interrupted", _INTERRUPTED, _RUN_AGAIN)
        raise typer.Exit(INTERRUPTED) from None
    except Hindered as hindered:
        screen.failed(hindered.finding.code, hindered.finding.what, hindered.finding.mend)
        raise typer.Exit(REFUSED) from None
    except ApiError as error:
        from console.refusals import NOT_REACHED as CODES  # noqa: PLC0415 - it knows the vendors' codes
        from console.refusals import explain  # noqa: PLC0415

        finding = explain(error)
        screen.failed(finding.code, finding.what, finding.mend)
        raise typer.Exit(NOT_REACHED if finding.code in CODES else REFUSED) from None
    except CutoutError as error:
        screen.failed(error.code, error.text, _TRY_AGAIN if isinstance(error, Unavailable) else _ASK_DOCTOR)
        raise typer.Exit(NOT_REACHED if isinstance(error, Unavailable) else REFUSED) from None
    except Exception:  # noqa: BLE001 - without this, Python prints it with whatever secrets it quotes
        screen.failed("Bug", traceback.format_exc(), _REPORT)
        raise typer.Exit(REFUSED) from None


@contextmanager
def reading(screen: Screen, file: Path) -> Iterator[None]:
    """Ends the command when `file` cannot be read."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:  # the last one: a loop of links
        raise wrongly_called(screen, "Settings", _UNREADABLE(file=str(file), said=str(error)), _MEND_FILE) from None


def readable_or_new(screen: Screen, file: Path) -> None:
    """Ends the command when `file` is neither a file nor can be made one."""
    with reading(screen, file):
        target = file.resolve(strict=False)
        if not target.is_file() and (target.exists() or not target.parent.is_dir()):
            raise OSError(screen.text(_NO_FILE))


def account_of(screen: Screen, file: Path, needed: str = "", *, held_to_rules: bool = True) -> Account:
    """The account of the settings, which have to say the one that is `needed`, and to be as `cutout init` would have
    them. Raises `ApiError` without a key."""
    with reading(screen, file):
        if file != FILE:
            file.stat()  # one that was named is there
        settings = read(file)
    screen.hide(*settings.secrets)
    faults = [f"{name}: {screen.text(said)}" for name, value in settings.given.items() if (said := fault(name, value))]
    if held_to_rules and faults:
        raise wrongly_called(screen, "Settings", "; ".join(faults), _ASK_FOR_IT)
    if needed and not settings[needed]:
        raise wrongly_called(screen, "Settings", NOT_SET(name=needed), _ASK_FOR_IT)
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


def change(
    screen: Screen, plan: Callable[[], Iterable[Change]], question: Message, *, dry_run: bool, yes: bool
) -> None:
    """Says what a plan changes, asks, and changes it; with `dry_run` only says it. Raises what the plan does."""
    if not (dry_run or yes):
        _need_somebody(screen)
        planned = [each.says for each in plan()]
        for said in planned:
            screen.say(said)
        if planned:
            confirm(screen, question, yes=False)
    with changing(screen) as say:
        carry_out(plan(), say, dry_run=dry_run)


def confirm(screen: Screen, question: Message, *, yes: bool) -> None:
    """Ends the command unless somebody says yes."""
    if yes:
        return
    _need_somebody(screen)
    if not agrees(screen, question):
        raise typer.Abort


def agrees(screen: Screen, question: Message, *, default: bool = False) -> bool:
    """Asks until the answer is y or n; Enter is the default. Raises `typer.Abort` when nobody answers."""
    answers = {"": default, "y": True, "yes": True, "是": True, "n": False, "no": False, "否": False}
    screen.say(question)  # broken between words, which a prompt is not
    while True:
        said = str(typer.prompt("[Y/n]" if default else "[y/N]", default="", show_default=False)).strip().lower()
        if said in answers:
            return answers[said]
        screen.say(_Y_OR_N, "yellow")


def wrongly_called(screen: Screen, code: str, what: Text, mend: Text) -> typer.Exit:
    """Says so; to be raised."""
    screen.failed(code, what, mend)
    return typer.Exit(WRONGLY_CALLED)


def _need_somebody(screen: Screen) -> None:
    if screen.machine or not at_terminal():
        raise typer.BadParameter(screen.text(_SAY_YES))


def secret(screen: Screen, name: str, *, ask: bool) -> str:
    """A secret from the environment, or else asked for; empty when there is none. It is masked from now on."""
    value = os.environ.get(name, "").strip()
    if ask and not value:
        if screen.machine or not at_terminal():
            raise typer.BadParameter(screen.text(NOT_SET(name=name)))
        value = str(typer.prompt(name, hide_input=True)).strip()
    screen.hide(value)
    return value
