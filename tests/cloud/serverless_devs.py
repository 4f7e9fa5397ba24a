"""A stand-in for the command `s` of Serverless Devs (npm @serverless-devs/s 3.1.10): what it does with an s.yaml.

It renders the file as `s` does (`console.functions.variables`), and sends what component fc3 sends, through Alibaba's
own SDK. With CLOUD_IN_A_BOX in the environment that goes to the proxy there. As the real one, it keeps what it has
printed, secrets included, below `.s/logs`; asks before it changes what is there; and ends with 0 when nobody is there
to answer.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from console.functions.variables import Unresolved, render

VERSION = "3.1.10"
_ROOT = Path(__file__).parents[2]
_ENDS_WITH = "_serverless_devs_key"
"""Of an environment variable that holds a key, as JSON; its whole name is the key's alias."""
_FLAT = ("AccountID", "AccessKeyID", "AccessKeySecret")
"""Environment variables that go before everything else, if all three are there."""
_TOOL_FAILED, _COMPONENT_FAILED = 1, 101
"""The former was seen, though its documents say 100; the latter is theirs."""


class Failed(Exception):
    """Ends the command with this status, after these words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NobodyAnswers(Exception):
    """A question was asked and there is no terminal: Node ends when nothing is left to wait for, with 0."""


def put(folder: Path) -> Path:
    """Writes the command `s` into `folder`, and returns its path."""
    program = folder / "s"
    lines = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(_ROOT)!r})\n"
    program.write_text(f"{lines}from tests.cloud.serverless_devs import main\nsys.exit(main())\n", "utf-8")
    program.chmod(0o755)
    return program


class Output:
    """What is printed is kept, too."""

    def __init__(self, home: Path) -> None:
        self._file = home / ".s" / "logs" / str(uuid4()) / "stand-in.log"
        self._file.parent.mkdir(parents=True)

    def say(self, text: str) -> None:
        print(text, flush=True)
        with self._file.open("a", encoding="utf-8") as log:
            log.write(f"{text}\n")


def main() -> int:
    asked = _parser().parse_args()
    if asked.version:
        print(f"@serverless-devs/s: {VERSION}, s-home: {_home(os.environ) / '.s'}, linux-x64, node-v20.0.0")
        return 0
    output = Output(_home(os.environ))
    try:
        _obey(asked, output)
    except NobodyAnswers:
        return 0
    except Failed as failed:
        output.say(f"✖ {failed}")
        return failed.status
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="s")
    parser.add_argument("words", nargs="*", help="[resource] command")
    parser.add_argument("-v", "--version", action="store_true")
    parser.add_argument("-t", "--template", type=Path, default=Path("s.yaml"))
    parser.add_argument("-a", "--access")
    parser.add_argument("-y", "--assume-yes", action="store_true")
    parser.add_argument("--trigger", action="store_true")
    parser.add_argument("-e", "--event", default="")
    parser.add_argument("--invocation-type", default="Sync")
    parser.add_argument("-f", "--force", action="store_true")
    for name in (*_FLAT, "SecurityToken"):
        parser.add_argument(f"--{name}")
    return parser


def _obey(asked: argparse.Namespace, output: Output) -> None:
    match asked.words:
        case ["config", "add"]:
            _add_key(asked, _home(os.environ))
        case ["deploy" | "remove" | "invoke" as command]:
            _each(command, "", asked, output)
        case [resource, "deploy" | "remove" | "invoke" as command]:
            _each(command, resource, asked, output)
        case _:
            raise Failed(_TOOL_FAILED, f"unknown command: {' '.join(asked.words)}")


def _each(command: str, resource: str, asked: argparse.Namespace, output: Output) -> None:
    # Imports an SDK, which takes a second.
    from tests.cloud.serverless_devs_fc3 import Component, client

    try:
        text = asked.template.read_text("utf-8")
    except OSError:
        raise Failed(_TOOL_FAILED, f"The specified template file does not exist: {asked.template}") from None
    key = find_key(asked.access or yaml.safe_load(text).get("access", "default"), os.environ)
    try:
        document: dict[str, Any] = render(text, environment=os.environ, account_id=key["AccountID"])
    except Unresolved as unresolved:
        raise Failed(_TOOL_FAILED, f"RuntimeError: {unresolved}") from None
    resources: dict[str, Any] = document["resources"]
    if resource and resource not in resources:
        raise Failed(_TOOL_FAILED, f"there is no resource {resource}")
    chosen = [resource] if resource else [*resources]
    for name in chosen:
        component = Component(client(key, os.environ), resources[name]["props"], asked.template.parent, output.say)
        try:
            _run(component, command, asked)
        except component.errors as error:
            raise Failed(_COMPONENT_FAILED, f"[{name}] failed to [{command}]: {error}") from None
    if command == "deploy":
        # The summary at the end is the props, with every secret that was deployed.
        shown = {name: resources[name]["props"] for name in chosen}
        output.say(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))


def _run(component: Any, command: str, asked: argparse.Namespace) -> None:
    if command == "invoke":
        component.invoke(asked.event, asked.invocation_type)
    elif command == "remove":
        component.remove(lambda question: asked.assume_yes or _ask(question), only_triggers=asked.trigger)
    else:
        component.deploy(lambda question: asked.assume_yes or _ask(question))


def _ask(question: str) -> bool:
    print(f"? {question} (Y/n)", flush=True)
    if not sys.stdin.isatty():
        raise NobodyAnswers
    return input().strip().lower() in ("", "y", "yes")


# ---------------------------------------------------------------- keys


def find_key(alias: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The key called `alias`: of the environment, or one that `s config add` has kept."""
    if all(environment.get(name) for name in _FLAT):
        return {name: environment[name] for name in _FLAT}
    kept = _kept(_home(environment))
    given = {name: json.loads(value) for name, value in environment.items() if name.endswith(_ENDS_WITH)}
    if found := (kept | given).get(alias):
        return dict(found)
    # What s.yaml has to know of the key is looked for first.
    raise Failed(_TOOL_FAILED, "RuntimeError: config('AccountID') not found")


def _kept(home: Path) -> dict[str, Any]:
    file = home / ".s" / "access.yaml"
    return yaml.safe_load(file.read_text("utf-8")) if file.is_file() else {}


def _add_key(asked: argparse.Namespace, home: Path) -> None:
    """The real one scrambles what it keeps, with a password that is in its source."""
    key = {name: value for name in (*_FLAT, "SecurityToken") if (value := getattr(asked, name))}
    file = home / ".s" / "access.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(_kept(home) | {asked.access or "default": key}), "utf-8")


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("serverless_devs_config_home") or Path.home())
