"""What the command `cutout` finds in another terminal, so that it works with a cloud in a box."""

from __future__ import annotations

import shlex
from pathlib import Path

from console.account import BOX
from console.functions.serverless_devs import PROGRAM
from console.settings import FILE_NAMED, ROOT
from tests.cloud import serverless_devs
from tests.cloud.box import Cloud

FOLDER = ROOT / ".cloud"


def prepare(folder: Path, cloud: Cloud) -> dict[str, str]:
    """Makes `folder` with three files, and returns the variables of the first.

    `env` is for a shell to read: the address of the box, the owner's key and what was bought of the vendors. `s` is the
    stand-in for Serverless Devs. `oss-cutout.env` takes the answers of `cutout init`, beside those for a real account;
    it is empty again, since every box has keys and addresses of its own.
    """
    folder.mkdir(exist_ok=True)
    answers = folder / "oss-cutout.env"
    answers.write_text("", "utf-8")
    found = {
        **{name: value for name, value in cloud.settings().items() if value},
        BOX: cloud.openapi.url,
        PROGRAM: str(serverless_devs.put(folder)),
        FILE_NAMED: str(answers),
    }
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())
    (folder / "env").write_text(lines, "utf-8")
    return found
