"""The command `cutout`. What a command needs is imported when it is called, so that `--help` is there at once.

Exit codes: 0 all is well; 1 something is wrong, or was refused; 2 it was called wrongly, or the settings are no good;
3 Alibaba Cloud was not reached, or there is no access key.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from console.account import Account, ApiError
from console.screen import Screen, language
from console.settings import FILE, is_secret, parse, read
from shared.messages.message import Message, Sentence

REFUSED, WRONGLY_CALLED, NOT_REACHED = 1, 2, 3

_UNREADABLE = Sentence("{file}: {said}", "{file}：{said}")
_MEND_FILE = Message(
    "mend that line, or take the file away and run `cutout init`", "请更正该行，或删除该文件后运行 `cutout init`"
)
_REPORT = Message(
    "this is a mistake in cutout itself: report it with these lines", "这是 cutout 自身的错误，请附上以上内容反馈"
)
_SECRET_SET = Sentence(
    "{name} is a secret, and arguments can be seen by others: give it in the environment",
    "{name} 是机密，命令行参数可能被他人看到：请通过环境变量给出",
)


def _in(english: str, chinese: str) -> str:
    return getattr(Message(english, chinese), language())


Json = Annotated[bool, typer.Option("--json", help=_in("One JSON document on stdout.", "在标准输出打印一个 JSON 文档。"))]
EnvFile = Annotated[
    Path, typer.Option(help=_in("The file with the settings.", "配置文件。"), dir_okay=False, show_default="oss-cutout.env")
]

app = typer.Typer(
    help=_in("Sets oss-cutout up in an account of Alibaba Cloud.", "在阿里云账号中部署 oss-cutout。"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables
)
roles_app = typer.Typer(
    help=_in("The RAM roles of the functions, and what they may do.", "函数的 RAM 角色及其权限。"), no_args_is_help=True
)
app.add_typer(roles_app, name="roles")


@contextmanager
def working(machine: bool) -> Iterator[Screen]:
    """The screen of a command. What Alibaba Cloud refuses, and a mistake of ours, ends the command with a sentence."""
    screen = Screen(machine=machine)
    try:
        yield screen
    except ApiError as error:
        from console.refusals import explain

        finding = explain(error)
        screen.failed(finding.code, finding.what, finding.mend)
        raise typer.Exit(REFUSED if error.status > 0 else NOT_REACHED) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception:  # noqa: BLE001 - without this, Python prints it with whatever secrets it quotes
        screen.failed("Bug", traceback.format_exc(), _REPORT)
        raise typer.Exit(REFUSED) from None


@contextmanager
def _reading(screen: Screen, file: Path) -> Iterator[None]:
    """Ends the command when `file` cannot be read."""
    try:
        yield
    except (ValueError, OSError) as error:
        screen.failed("Settings", _UNREADABLE(file=str(file), said=str(error)), _MEND_FILE)
        raise typer.Exit(WRONGLY_CALLED) from None


def _account(screen: Screen, file: Path) -> Account:
    """The account of the settings. Raises `ApiError` when there is no key."""
    with _reading(screen, file):
        if file != FILE:
            file.stat()  # one that was named is there
        settings = read(file)
    screen.hide(*settings.secrets)
    account = Account(settings)
    screen.hide(*account.key[1:])
    return account


@app.command(help=_in("Asks for the settings, and writes them into a file.", "询问配置项，并写入配置文件。"))
def init(
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=value", help=_in("A setting; may be repeated.", "一个配置项，可重复。")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_in("Do not ask.", "不询问。"))] = False,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import init as command

        try:
            said = parse("\n".join(given or ()))
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from None
        for name in filter(is_secret, said):
            raise typer.BadParameter(screen.text(_SECRET_SET(name=name)), param_hint="--set")
        with _reading(screen, env_file):
            text = env_file.read_text("utf-8") if env_file.is_file() else ""
            parse(text)
        raise typer.Exit(command.run(screen, env_file, text, said, yes=yes))


@app.command(help=_in("Looks for what is wrong, and says what mends it.", "检查问题，并给出处理方法。"))
def doctor(
    checks: Annotated[
        list[str] | None, typer.Argument(help=_in("Only these, and what they need.", "只检查这些及其前置项。"))
    ] = None,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import doctor as command

        try:
            command.selected(checks or ())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        raise typer.Exit(command.run(screen, _account(screen, env_file), checks or ()))


def main() -> None:
    app(prog_name="cutout")
