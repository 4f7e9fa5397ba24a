"""What a staged function weighs, part by part."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_OURS = {"index", "shared"}
_SMALL = 0.1
"""Megabytes on disk under which a part is not named."""


class Weight(NamedTuple):
    """Megabytes."""

    part: str
    on_disk: float
    zipped: float


def weigh(folder: Path) -> Weight:
    return _weight(folder.name, folder, _files(folder))


def parts(folder: Path) -> list[Weight]:
    """By bundled package, biggest first."""
    files = defaultdict(list)
    for file in _files(folder):
        files[_part(file.relative_to(folder))].append(file)
    return sorted((_weight(part, folder, of) for part, of in files.items()), key=lambda weight: -weight.on_disk)


def table(folder: Path) -> Iterator[str]:
    """Lines; what is small is one of them."""
    weights = parts(folder)
    small = [weight for weight in weights if weight.on_disk < _SMALL]
    rest = Weight(f"{len(small)} smaller", sum(one.on_disk for one in small), sum(one.zipped for one in small))
    yield f"{'MB':20}{'on disk':>8}{'zipped':>8}"
    for weight in [one for one in weights if one not in small] + ([rest] if small else []):
        yield f"{weight.part:20}{weight.on_disk:8.1f}{weight.zipped:8.1f}"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _part(file: Path) -> str:
    """Its package: a module in one file has its compiled form in the folder of all such."""
    top = file.parts[1] if file.parts[0] == "__pycache__" else file.parts[0]
    name = top.partition(".")[0]
    return "ours" if name in _OURS else name


def _weight(part: str, folder: Path, files: Iterable[Path]) -> Weight:
    zipped = io.BytesIO()
    size = 0
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            size += file.stat().st_size
            archive.write(file, file.relative_to(folder))
    return Weight(part, size / 1e6, len(zipped.getvalue()) / 1e6)
