"""`cutout desk`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from console.command import EnvFile, Json, account_of, localized, working, wrongly_called
from console.screen import Screen
from console.settings import FILE
from shared.messages.message import Message, Sentence

_OPEN = Sentence("The desk is at {address} until Ctrl-C.", "工作台地址：{address}（按 Ctrl-C 结束）")
_ONLY_HERE = Message(
    "Whoever has this address can see and change all photos: it is for a browser on this machine.",
    "持有该地址即可查看和更改全部照片：请仅在本机浏览器中打开。",
)
_PORT_TAKEN = Sentence("port {port} is taken: {said}", "端口 {port} 已被占用：{said}")
_OTHER_PORT = Message("choose another one, or leave --port out", "请换一个端口，或省略 --port")

app = typer.Typer()


def tell(screen: Screen, address: str) -> None:
    if screen.machine:
        screen.json({"address": address})
        sys.stdout.flush()  # whoever reads it waits for it
    else:
        screen.say(_OPEN(address=address))


@app.command(
    help=localized(
        "Serves a page on this machine: drop photos, watch them, look at what came of them.",
        "在本机打开网页工作台：上传照片、查看进度和结果。",
    )
)
def desk(
    *,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help=localized("The port; 0: any free one.", "端口，0 表示任意空闲端口。")),
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help=localized("Open it in a browser.", "自动打开浏览器。"))
    ] = True,
    json: Json = False,
    env_file: EnvFile = FILE,
) -> None:
    with working(json) as screen:
        from console.desk.serve import opened, serve

        found = opened(account_of(screen, env_file, "OSS_BUCKET"), screen.language)
        screen.say(_ONLY_HERE, "dim")
        try:
            serve(found, port, lambda address: tell(screen, address), in_browser=browser)
        except OSError as error:
            said = _PORT_TAKEN(port=port, said=error.strerror or str(error))
            raise wrongly_called(screen, "PortTaken", said, _OTHER_PORT) from None
        except KeyboardInterrupt:
            raise typer.Exit from None  # it is how this ends
