"""Serverless Devs, the tool that deploys `s.yaml`: installed into `.venv` at one version, and run with nothing to ask.

Its documents: "Serverless Devs Cli Access/Key" (the key in the environment) and "config home".
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from console.account import Account
from console.finding import Finding, Hindered
from console.settings import KEY, ROOT, defaults, is_secret
from shared.messages.message import Message, Sentence

VERSION = "3.1.10"
HOME = ROOT / ".venv" / "serverless-devs"
LOCK = ROOT / ".venv" / "deploying"
PROGRAM = "SERVERLESS_DEVS"
"""In the environment, the path of an `s` of this version that is there already: nothing is installed then."""
MANIFEST = ROOT / ".build" / "s.yaml"
"""What is deployed: `s.yaml` without the functions of vendors that are not set up."""
_KEY = "default_serverless_devs_key"
"""The variable with the key, and the alias of the key: `access: default`, as s.yaml has it, finds none there."""
Hear = Callable[[str], None]


_FAILED = Sentence("`{program}` ended with {status}", "`{program}` 以状态 {status} 结束")
_UNDER_WAY = Message("another `cutout deploy` is at work in this folder", "此目录中已有一个 `cutout deploy` 正在运行")
_WAIT = Message("wait for its end, and run this one again", "等它结束后重新运行")
_NOT_RUN = Sentence("`{program}` cannot be run: {said}", "无法运行 `{program}`：{said}")
_NOT_DEPLOYED = Message("the functions are not as they should be", "函数尚未部署到位")
_SEE_LINES = Message(
    "see its last lines, mend that, and run the command again: it goes on where it stopped",
    "请查看最后几行输出，处理后重新运行，命令会从中断处继续",
)
_NO_NPM = Message("npm was not found, which installs Serverless Devs", "未找到用于安装 Serverless Devs 的 npm")
_INSTALL_NODE = Message(
    "install Node.js 14 or newer, which brings npm: https://nodejs.org",
    "安装 Node.js 14 或更高版本（自带 npm）：https://nodejs.org",
)
_NO_PROGRAM = Sentence(
    "SERVERLESS_DEVS names no program that is there: {path}", "SERVERLESS_DEVS 指定的程序不存在或不可执行：{path}"
)
_NAME_PROGRAM = Message(
    "name an `s` of the version 3.1.10, or take the variable away: it is installed then",
    "改为 3.1.10 版 `s` 的路径，或删除该变量，届时会自动安装",
)


@contextmanager
def alone() -> Iterator[None]:
    """While this machine deploys from this folder: two at once would build and send each other's files. Raises
    `Hindered` when another command does."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process, however that ends
        except OSError:
            raise Hindered(Finding("DeployUnderWay", "error", _UNDER_WAY, _NOT_DEPLOYED, _WAIT)) from None
        yield


def find() -> tuple[Path, str]:
    """Where `s` is, or will be, and what installs it; empty when it is there. Raises `Hindered` without either."""
    if named := os.environ.get(PROGRAM):
        if (found := shutil.which(named)) is None:
            raise Hindered(Finding("NoServerlessDevs", "error", _NO_PROGRAM(path=named), _NOT_DEPLOYED, _NAME_PROGRAM))
        return Path(found).absolute(), ""
    program = HOME / VERSION / "node_modules" / ".bin" / "s"
    npm = "" if program.exists() else shutil.which("npm")
    if npm is None:
        raise Hindered(Finding("NoNpm", "error", _NO_NPM, _NOT_DEPLOYED, _INSTALL_NODE))
    return program, npm


def install(hear: Hear) -> Path:
    """The path of `s`, which is installed when this version is not there yet. Raises `Hindered`.

    What npm installs may run scripts: they get no secret of ours in their environment.
    """
    program, npm = find()
    if npm:
        there = ["--prefix", str(HOME / VERSION), "--no-audit", "--no-fund", "--loglevel", "error"]
        environment = {name: value for name, value in os.environ.items() if not is_secret(name)}
        execute([npm, "install", *there, f"@serverless-devs/s@{VERSION}"], hear, environment=environment)
    return program


def write_manifest(without: Iterable[str]) -> None:
    """Writes `MANIFEST`, beside the code that was built, without these functions."""
    document = yaml.safe_load((ROOT / "s.yaml").read_text("utf-8"))
    for name in without:
        del document["resources"][name]
    for resource in document["resources"].values():
        resource["props"]["code"] = "./" + Path(resource["props"]["code"]).name
    MANIFEST.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")


def run(account: Account, arguments: Iterable[str], hear: Hear) -> None:
    """`s <arguments>` on `MANIFEST`; `hear` gets each line that it prints, secrets and all. Raises `Hindered`.

    The key travels in the environment: arguments are for everyone on the machine to see.
    """
    program = install(hear)
    key_id, secret, token = account.key
    key = {"AccountID": account.identity.uid, "AccessKeyID": key_id, "AccessKeySecret": secret}
    environment = {name: value for name, value in os.environ.items() if name not in (*KEY, *defaults())}
    environment |= {name: value for name, value in account.given.items() if name not in KEY}
    environment[_KEY] = json.dumps(key | ({"SecurityToken": token} if token else {}))
    environment["serverless_devs_config_home"] = str(HOME)
    try:
        execute(
            [str(program), *arguments, "--access", _KEY, "--template", str(MANIFEST)], hear, environment=environment
        )
    finally:
        shutil.rmtree(HOME / ".s" / "logs", ignore_errors=True)  # they hold what was deployed, AppCodes included


def execute(command: list[str], hear: Hear, *, environment: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Runs a program to its end, with nobody to ask; `hear` gets each line of its output. Raises `Hindered`.

    When the caller is interrupted, the program is ended too.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - a program of our own or one that was found
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:  # it is no program, or its interpreter is missing
        what = _NOT_RUN(program=command[0], said=error.strerror or str(error))
        raise Hindered(Finding("ToolFailed", "error", what, _NOT_DEPLOYED, _NAME_PROGRAM)) from None
    with process:
        try:
            for line in process.stdout or ():
                hear(line.rstrip("\n"))
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        name = " ".join(Path(word).name for word in command[:3])
        what = _FAILED(program=name, status=process.returncode)
        raise Hindered(Finding("ToolFailed", "error", what, _NOT_DEPLOYED, _SEE_LINES))
