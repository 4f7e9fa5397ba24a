"""The command `cutout`."""

from __future__ import annotations

import io
import signal
import sys
from typing import Annotated

import typer

from console.command import localized
from console.commands import (
    alarms,
    backfill,
    deploy,
    desk,
    doctor,
    failed,
    forget,
    init,
    receipts,
    redo,
    report,
    roles,
    spend,
    status,
    upload,
    verify,
    watch,
)
from console.settings import release

app = typer.Typer(
    help=localized(
        "Sets oss-cutout up in an account of Alibaba Cloud, and serves photos with it.",
        "在阿里云账号中部署 oss-cutout，并用它处理照片。",
    ),
    epilog=localized(
        "Exit codes: 0 all is well; 1 something is wrong, or was refused; 2 called wrongly, or with settings that are "
        "no good; 3 Alibaba Cloud was not reached, or there is no access key that it takes; 130 interrupted; "
        "141 nobody reads the output any more.",
        "退出码：0 正常；1 有问题，或请求被拒绝；2 用法或配置有误；"
        "3 无法连接阿里云，或没有可用的 AccessKey；130 被中断；141 输出的读取方已退出。",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables
)


def _say_release(asked: bool) -> None:
    if asked:
        typer.echo(release())
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_release, is_eager=True, help=localized("The release.", "版本号。")),
    ] = False,
) -> None:
    pass


_SETS_UP = (init, doctor, roles, alarms, deploy, verify)
_EVERY_DAY = (upload, desk, watch, status, failed, receipts, spend, redo, backfill, forget, report)
for command in (*_SETS_UP, *_EVERY_DAY):
    app.add_typer(command.app)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None if it was closed before we were started
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):  # else what `s` has written stays, and `s` goes on
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores the latter
            signal.signal(number, signal.default_int_handler)
    app(prog_name="cutout")
