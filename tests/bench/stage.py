"""Installs what ours is measured against: the same handler written another way, with all that its packages bring."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tools.build import OUT, compile_all

_STAMP = ".made-from"


_PEERS = Path(__file__).with_name("peers")


def stage_peer(name: str, python: str, peers: Path = _PEERS) -> Path:
    """`.build/.peers/<name>/`: `index.handler` is that of the peer's module, beside it what the peers'
    `requirements.txt` names, compiled like ours. `python` is a CPython 3.10 that has pip. Done once, until
    a file changes.
    """
    staged = OUT / ".peers" / name
    files = sorted(path for path in peers.glob("*") if path.is_file())
    made_from = hashlib.sha256(b"\n".join([Path(__file__).read_bytes(), *map(Path.read_bytes, files)])).hexdigest()
    stamp = staged / _STAMP
    if stamp.is_file() and stamp.read_text() == made_from:
        return staged
    shutil.rmtree(staged, ignore_errors=True)
    options = ["--quiet", "--disable-pip-version-check", "--use-pep517", "--no-compile", "--target", str(staged)]
    wanted = str(peers / "requirements.txt")
    subprocess.run([python, "-m", "pip", "install", *options, "--requirement", wanted], check=True)
    for file in files:
        shutil.copy(file, staged)
    (staged / "index.py").write_text(f"from {name} import handler\n")
    compile_all(python, staged, [staged])
    stamp.write_text(made_from)
    return staged
