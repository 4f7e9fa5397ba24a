"""The folder the demo leaves behind: emptied at the start, and only when a demo made it."""

from __future__ import annotations

import shutil
from pathlib import Path

_MARKER = ".made-by-the-demo"
_WARNING = "The next `make demo` deletes everything in this folder.\n"


class NotOurs(Exception):
    """The folder holds what no demo has put there."""


def empty(folder: Path) -> None:
    """Make `folder`, or take everything out of it; raises `NotOurs` rather than delete somebody's files."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise NotOurs(f"{folder} is not a folder: move it away, the demo puts its page there.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARKER).is_file():
        raise NotOurs(f"{folder} holds files that no demo has made: move it away, or it would be emptied.")
    folder.mkdir(exist_ok=True)
    # The marker stays until the last, and comes first: an interrupted run leaves a folder that the next one may empty.
    (folder / _MARKER).write_text(_WARNING, encoding="utf-8")
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != _MARKER:
            path.unlink()
