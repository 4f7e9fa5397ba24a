"""The command `cutout`. What a command needs is imported when it is called, so that `--help` is there at once.

Exit codes: 0 all is well; 1 something is wrong, or was refused; 2 it was called wrongly, or the settings are no good;
3 Alibaba Cloud was not reached, or there is no access key.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from console.account import Account, ApiError
from console.screen import Screen, at_terminal, language
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
_NOT_SET = Sentence("{name} is not set", "未设置 {name}")
_ASK_FOR_IT = Message("`cutout init` asks for it", "运行 `cutout init` 填写")
_REMOVE_ROLES = Sentence(
    "Without their roles the functions can do nothing. Take them out of the account {uid}?",
    "没有角色，函数将无法工作。是否从账号 {uid} 中删除？",
)
_SAY_YES = Message("nobody can be asked here: say --yes", "此处无法询问：请使用 --yes")
_NOTHING_TO_DO = Message("All is as it should be already.", "无需更改。")
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

Yes = Annotated[bool, typer.Option("--yes", "-y", help=_in("Do not ask.", "不询问。"))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_in("Say it, and change nothing.", "只说明，不做更改。"))]

app = typer.Typer(
    help=_in("Sets oss-cutout up in an account of Alibaba Cloud.", "在阿里云账号中部署 oss-cutout。"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables
)
roles_Yes = Annotated[bool, typer.Option("--yes", "-y", help=_in("Do not ask.", "不询问。"))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_in("Say it, and change nothing.", "只说明，不做更改。"))]

app = typer.Typer(
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


def _account(screen: Screen, file: Path, needed: str = "") -> Account:
    """The account of the settings, of which one may be `needed`. Raises `ApiError` when there is no key."""
    with _reading(screen, file):
        if file != FILE:
            file.stat()  # one that was named is there
        settings = read(file)
    screen.hide(*settings.secrets)
    if needed and not settings[needed]:
        screen.failed("Settings", _NOT_SET(name=needed), _ASK_FOR_IT)
        raise typer.Exit(WRONGLY_CALLED)
    account = Account(settings)
    screen.hide(*account.key[1:])
    return account


@app.command(help=_in("Asks for the settings, and writes them into a file.", "询问配置项，并写入配置文件。"))
def init(
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=value", help=_in("A setting; may be repeated.", "一个配置项，可重复。")),
    ] = None,
    yes: Yes = False,
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
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK", help=_in("This check, and what it needs; may be repeated.", "只检查此项及其前置项，可重复。")),
    ] = None,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console import doctor as command

        try:
            command.selected(only or ())
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--only") from None
        raise typer.Exit(command.run(screen, _account(screen, env_file), only or ()))


@roles_app.command("print", help=_in("Prints them as JSON, for an administrator.", "打印为 JSON，供管理员使用。"))
def print_roles(json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console import rights, roles

        account = _account(screen, env_file, "OSS_BUCKET")
        screen.json(rights.documents(roles.deployment(account)))


@roles_app.command("apply", help=_in("Makes them, and brings them up to date.", "创建角色，或更新为最新。"))
def apply_roles(dry_run: DryRun = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console import roles

        account = _account(screen, env_file, "OSS_BUCKET")
        with _changing(screen) as say:
            if dry_run:
                for step in roles.plan(account):
                    say(step.says)
            else:
                roles.apply(account, say)


@roles_app.command("remove", help=_in("Takes them away.", "删除角色。"))
def remove_roles(yes: Yes = False, json: Json = False, env_file: EnvFile = FILE) -> None:
    with working(json) as screen:
        from console import roles

        account = _account(screen, env_file, "OSS_BUCKET")
        _confirm(screen, _REMOVE_ROLES(uid=account.identity.uid), yes=yes)
        with _changing(screen) as say:
            roles.remove(account, say)


@contextmanager
def _changing(screen: Screen) -> Iterator[Callable[[Message], None]]:
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


def _confirm(screen: Screen, question: Message, *, yes: bool) -> None:
    """Ends the command unless somebody says yes."""
    if yes:
        return
    if screen.machine or not at_terminal():
        raise typer.BadParameter(screen.text(_SAY_YES))
    typer.confirm(screen.text(question), abort=True)


def main() -> None:
    app(prog_name="cutout")
