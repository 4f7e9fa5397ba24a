"""A function's code as it is sent: a zip, and the checksum by which Function Compute knows it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from oss2.utils import Crc64


def packed(folder: Path) -> bytes:
    """A zip of a folder; the same files make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()


def checksum(package: bytes) -> str:
    """CRC-64, as ECMA-182 has it, in decimal (InputCodeLocation, Function)."""
    crc = Crc64()
    crc.update(package)
    return str(crc.crc)
