"""The file `oss-cutout.env`: its text with other values, and writing it so that nobody else can read it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from console.settings import parse


def edited(text: str, values: Mapping[str, str], comments: Mapping[str, str]) -> str:
    """`text` with these values, by name; an empty one takes its line out. All other lines stay as they are. A setting
    that was not there comes at the end, with its comment above."""
    left = dict(values)
    lines = list[str]()
    for line in text.splitlines():
        name = next(iter(parse(line)), "")
        if name not in values:
            lines.append(line)
        elif value := left.pop(name, ""):  # of a name that comes twice, once
            lines.append(f"{name}={quote(value)}")
    for name, value in left.items():
        if value and name in comments:
            lines.append(f"# {comments[name]}")
        if value:
            lines.append(f"{name}={quote(value)}")
    return "".join(f"{line}\n" for line in lines)


def write(file: Path, text: str) -> None:
    """Whole or not at all, and from the first byte readable by its owner only."""
    target = file.resolve()  # a link stays one
    draft = target.with_name(f"{target.name}.new")
    draft.unlink(missing_ok=True)  # of a process that was killed
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def protect(file: Path) -> bool:
    """Make it readable by its owner only; whether others could read it."""
    was_open = bool(file.stat().st_mode & 0o077)
    if was_open:
        file.chmod(0o600)
    return was_open
