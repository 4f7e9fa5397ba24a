"""`cutout init`: asks for what a deployment needs, offers what is in the account, and writes `oss-cutout.env`."""

from __future__ import annotations

import os
from pathlib import Path

from console.command import agrees
from console.init import dialogue, env_file
from console.init.dialogue import Values
from console.init.questions import QUESTIONS, fault
from console.screen import Screen, at_terminal
from console.settings import defaults, is_secret, parse
from shared.messages.message import COMMA, SEMICOLON, Message, Sentence, Text

_MISSING = Sentence("these settings have no value: {names}", "以下配置项没有值：{names}")
_NOBODY = Message(
    "no value is missing, and nobody is there to say yes: nothing was written",
    "没有缺少的值，但无人确认：未写入任何内容",
)
_GIVE = Message(
    "run `cutout init` on a terminal, or `cutout init --yes` with `--set NAME=value` (AppCodes in the environment)",
    "在终端运行 `cutout init`，或运行 `cutout init --yes` 并用 `--set NAME=value` 给出（AppCode 通过环境变量给出）",
)
_GIVE_ANOTHER = Sentence(
    "give another value: with `--set NAME=value`, in the environment, or in {file}",
    "请改用其他值：通过 `--set NAME=value`、环境变量或 {file}",
)
_FAULT = Sentence("{name}: {fault}", "{name}：{fault}")
_HEAD = (Message("setting", "配置项"), Message("was", "原值"), Message("becomes", "新值"))
_SET = Message("set, not shown", "已设置（不显示）")
_WRITE = Sentence("Write {file}?", "是否写入 {file}？")
_UNCHANGED = Sentence("{file} has all of this already.", "{file} 无需改动。")
_PROTECTED = Sentence(
    "{file} could be read by others; now only you can read it", "{file} 原先可被他人读取，现已改为仅您可读"
)
_LEFT = Message("Nothing was written.", "未写入任何内容。")
_WRITTEN = Sentence(
    "{file} is written; only you can read it. Next comes `cutout deploy`, which says what it would change, and asks.",
    "已写入 {file}，只有您可读。下一步运行 `cutout deploy`：先说明要更改的内容，确认后再更改。",
)


def run(screen: Screen, file: Path, text: str, said: Values, *, yes: bool) -> int:
    """The exit code: 0, 1 when the person said no, 2 when values are missing or wrong, or nobody is there to say yes.

    `text` is what `file` says now. What is `said` counts over the environment, and the environment over the file: of
    settings, and not of the key, which is found in the environment anyway.
    """
    before = parse(text)
    given = {name: os.environ.get(name, "").strip() for name in defaults()}
    values = before | {name: value for name, value in given.items() if value} | said
    screen.hide(*(value for name, value in values.items() if is_secret(name)))
    asks = at_terminal() and not yes and not screen.machine
    if asks:
        dialogue.ask(screen, values)
    if faults := _faults(values):
        screen.failed("Settings", faults, _GIVE_ANOTHER(file=str(file)))
        return 2
    if missing := _missing(values) or (None if asks or yes else _NOBODY):
        screen.failed("Settings", missing, _GIVE)
        return 2
    changed = [name for name, value in values.items() if value != before.get(name, "")]
    if changed and not _written(screen, file, text, {name: values[name] for name in changed}, asks=asks):
        screen.say(_LEFT)
        return 1
    if file.is_file() and env_file.protect(file):
        screen.say(_PROTECTED(file=str(file)), "yellow")
    screen.say((_WRITTEN if changed else _UNCHANGED)(file=str(file)), "green")
    if screen.machine:
        screen.json({"file": str(file), "changed": changed})
    return 0


def _missing(values: Values) -> Message | None:
    """Which needed values are missing."""
    used = {each.vendor for each in QUESTIONS if each.needed and values.get(each.name)}
    asked = (each.name for each in QUESTIONS if each.needed and (each.vendor is None or each.vendor in used))
    missing = [name for name in asked if not values.get(name)]
    return _MISSING(names=COMMA.join(missing)) if missing else None


def _faults(values: Values) -> Message | None:
    """Which values are no good, and why."""
    faults = ((name, fault(name, value)) for name, value in values.items() if value)
    found = [_FAULT(name=name, fault=said) for name, said in faults if said]
    return SEMICOLON.join(found) if found else None


def _written(screen: Screen, file: Path, text: str, values: Values, *, asks: bool) -> bool:
    """Shows the change, and makes it unless the person says no."""
    before = parse(text)
    screen.table(_HEAD, [(name, _shown(name, before.get(name, "")), _shown(name, values[name])) for name in values])
    if asks and not agrees(screen, _WRITE(file=str(file)), default=True):
        return False
    env_file.write(file, env_file.edited(text, values, {each.name: screen.text(each.explains) for each in QUESTIONS}))
    return True


def _shown(name: str, value: str) -> Text:
    return _SET if value and is_secret(name) else value
