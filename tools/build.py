"""`python -m tools.build`: stages what is deployed, `.build/<function>/`, for the Python that Function Compute runs.

That is CPython 3.10 on Debian 10, x86_64, whatever machine this is. Wheels come ready-made for it; what exists as
source only is built here, which is right as long as it is pure Python, and that is checked.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from tools.python310 import python310
from tools.trim import INSTEAD, ONLY_FOR, bundled, trim
from tools.weights import table, weigh

ROOT = Path(__file__).parents[1]
OUT = ROOT / ".build"
_SITE = OUT / ".site"
"""The bundled packages; every function gets links to those it needs."""
_SHARED = OUT / ".shared" / "shared"
"""The code that all functions share, compiled once; they get links to it."""

_STAMP = ".made-from"

_TARGET = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.10.0",
    "python_version": "3.10",
    "sys_platform": "linux",
}
# glibc 2.28 is Debian 10's. pip takes the platforms it is given to the letter.
_PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)] + [
    f"manylinux{name}_x86_64" for name in ("2014", "2010", "1")
]
# pyvips has wheels of old releases only, which today's pyvips-binary does not go with.
_SOURCE_ONLY = {"oss2", "aliyun-fc2", "pyvips"}
# pyvips compiles a module where it finds a libvips to compile it for; pyvips-binary brings that module.
_NO_LIBVIPS = {"PKG_CONFIG_LIBDIR": "", "PKG_CONFIG_PATH": ""}
# crcmod has a C extension and no wheels, and installs without it in silence, 40 times as slow. crcmod-plus is the
# same module with wheels.
_INSTEAD = {"crcmod": "crcmod-plus==2.3.6"}

_DEPLOYED_AT = "/code"
"""Where the platform puts the code: tracebacks name files there."""
_EPOCH = 315_532_800
"""1980-01-01, the first moment a zip can hold: the same source makes the same bytes."""


def requirements(text: str) -> list[Requirement]:
    """The pinned packages that the target needs, by `requirements.txt`."""
    rows = (Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    needed = (row for row in rows if row.marker is None or row.marker.evaluate(dict(_TARGET)))
    return [Requirement(_INSTEAD.get(row.name, f"{row.name}{row.specifier}")) for row in needed]


def build(python: str | None) -> None:
    """Stages every function; `python` is a CPython 3.10 to compile with, None to leave that to the first import."""
    _stage_site(python)
    _stage_shared(python)
    for function in sorted(path.parent for path in (ROOT / "functions").glob("*/index.py")):
        staged = OUT / function.name
        shutil.rmtree(staged, ignore_errors=True)
        others = {folder for folder, only in ONLY_FOR.items() if only != function.name}
        shutil.copytree(_SITE, staged, copy_function=os.link, ignore=shutil.ignore_patterns(_STAMP, *others))
        shutil.copytree(_SHARED, staged / "shared", copy_function=os.link)
        shutil.copy(function / "index.py", staged)
        compile_all(python, staged, [staged / "index.py"])
        _date(staged)


def _stage_shared(python: str | None) -> None:
    shutil.rmtree(_SHARED.parent, ignore_errors=True)
    shutil.copytree(ROOT / "shared", _SHARED, ignore=shutil.ignore_patterns("__pycache__"))
    compile_all(python, _SHARED.parent, [_SHARED])


def _stage_site(python: str | None) -> None:
    """Downloads and compiles the packages, unless that was done from the same sources."""
    text = (ROOT / "requirements.txt").read_text("utf-8")
    recipe = (Path(__file__), Path(trim.__code__.co_filename), *sorted(INSTEAD.rglob("*.py")))
    sources = [text, *(path.read_text("utf-8") for path in recipe), f"compiled: {python is not None}"]
    made_from = hashlib.sha256("\n".join(sources).encode()).hexdigest()
    stamp = _SITE / _STAMP
    if stamp.is_file() and stamp.read_text() == made_from:
        return
    shutil.rmtree(_SITE, ignore_errors=True)
    rows = requirements(text)
    wanted = bundled({row.name for row in rows})
    rows = [row for row in rows if row.name in wanted]
    with tempfile.TemporaryDirectory() as wheels:
        _pip("wheel", "--use-pep517", "--no-deps", "--wheel-dir", wheels, *_named(rows, _SOURCE_ONLY))
        if impure := [wheel.name for wheel in Path(wheels).iterdir() if not wheel.name.endswith("-none-any.whl")]:
            raise SystemExit(f"built for this machine, not for Function Compute: {impure}")
        _pip(
            "install",
            *("--no-deps", "--no-compile", "--target", str(_SITE), "--find-links", wheels, "--only-binary", ":all:"),
            *("--implementation", "cp", "--python-version", "3.10"),
            *(option for platform in _PLATFORMS for option in ("--platform", platform)),
            *map(str, rows),
        )
    trim(_SITE)
    compile_all(python, _SITE, [_SITE])
    _date(_SITE)
    stamp.write_text(made_from)


def _named(rows: Iterable[Requirement], names: set[str]) -> list[str]:
    return [str(row) for row in rows if row.name in names]


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, env={**os.environ, **_NO_LIBVIPS}, check=True)


def compile_all(python: str | None, root: Path, paths: list[Path]) -> None:
    """Compiles what lies in `paths` as it will lie below `root` on the platform; without a `python`, nothing."""
    # Unchecked: files that are never edited need not be looked at on every cold start.
    if python:
        options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", _DEPLOYED_AT]
        # The order of a frozen set in a .pyc depends on the seed.
        environment = {"PYTHONHASHSEED": "0"}
        subprocess.run([python, "-m", "compileall", *options, *map(str, paths)], env=environment, check=True)


def _date(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (_EPOCH, _EPOCH))


def main() -> None:
    argparse.ArgumentParser(prog="python -m tools.build", description=__doc__).parse_args()
    python = python310()
    if python is None:
        print("No CPython 3.10 here ($PYTHON310 may name one): nothing is compiled, and cold starts take longer.")
    build(python)
    weights = [weigh(path.parent) for path in OUT.glob("*/index.py")]
    largest = max(weights, key=lambda weight: weight.on_disk)
    for line in table(OUT / largest.part):
        print(line)
    whole = f"{largest.on_disk:.1f} MB on disk, {largest.zipped:.1f} MB zipped"
    print(f".build/{largest.part}, the largest of {len(weights)}: {whole}")


if __name__ == "__main__":
    main()
