"""What is not deployed, and what stands in its place: most of a package's weight, and of a cold start, served nobody.

Nothing in `shared/` knows of this: in development the packages are whole.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

INSTEAD = Path(__file__).with_name("instead")
"""Files that take the place of the packages' own; they are not imported here."""

_ENCRYPTION = "only oss2's client-side encryption needs it, which is not used here and which oss2 always imports"
_ASYNCHRONOUS = "only httpx's asynchronous clients need it, and httpcore does without it"

LEFT_OUT = {
    "aliyun-python-sdk-core": _ENCRYPTION,
    "aliyun-python-sdk-kms": _ENCRYPTION,
    "cryptography": _ENCRYPTION,
    "jmespath": _ENCRYPTION,
    "pycparser": "only what compiles declarations needs it, and pyvips-binary brings its own compiled",
    "pycryptodome": _ENCRYPTION,
    "anyio": _ASYNCHRONOUS,
    "exceptiongroup": _ASYNCHRONOUS,
    "charset-normalizer": "20 ms to import, for guesses that nobody asks for: a stand-in answers as requests would",
}
"""Pinned packages that are not bundled, and why."""

ONLY_FOR = {
    "fc2": "backfill",
    "websocket": "backfill",
    "pyvips": "listing",
    "pyvips_binary.libs": "listing",
    "_libvips.*": "listing",
    "_cffi_backend.*": "listing",
}
"""Folders and modules (patterns of `fnmatch`) that are bundled for one function alone."""

_DEAD_WEIGHT = ("*.dist-info", "bin", "*.pyi", "py.typed", "**/tests", "cffi")
"""Never imported: metadata, commands, type stubs, the packages' own tests; and of cffi all but `_cffi_backend`, since
it is only for modules that are not compiled."""

_OSS2 = "oss2/utils.py"
_FROM_PYCRYPTODOME = "from Crypto.Cipher import AES\nfrom Crypto import Random\nfrom Crypto.Util import Counter\n"
_FROM_STAND_IN = "from .crypto import AES, Counter, Random\n"
_GONE = re.compile(r"^\s*(?:from|import)\s+(?:Crypto|aliyunsdk\w+|cryptography)\b.*", re.MULTILINE)


def bundled(names: Collection[str]) -> set[str]:
    """Of the pinned packages' names, those to bundle; raises `SystemExit` when a reason above is out of date."""
    if unknown := LEFT_OUT.keys() - set(names):
        raise SystemExit(f"tools/trim.py leaves out what is not in requirements.txt any more: {sorted(unknown)}")
    return set(names) - LEFT_OUT.keys()


def trim(site: Path) -> None:
    """Takes out of the installed packages what is not deployed.

    Raises `SystemExit` when oss2 is not in the shape that this was written for.
    """
    for pattern in _DEAD_WEIGHT:
        for path in list(site.glob(f"**/{pattern}" if pattern.startswith("*.") else pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for stand_in in (INSTEAD / "oss2").glob("*.py"):
        if not (site / "oss2" / stand_in.name).is_file():
            raise _changed(f"there is no {stand_in.name} to take the place of")
    utils = site / _OSS2
    whole = utils.read_text("utf-8")
    if whole.count(_FROM_PYCRYPTODOME) != 1:
        raise _changed(f"{_OSS2} does not import pycryptodome as it did")
    utils.write_text(whole.replace(_FROM_PYCRYPTODOME, _FROM_STAND_IN), "utf-8")
    shutil.copytree(INSTEAD, site, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for module in sorted((site / "oss2").glob("*.py")):
        if found := _GONE.search(module.read_text("utf-8")):
            raise _changed(f"{module.name} says `{found[0].strip()}`, and that is not bundled")


def _changed(how: str) -> SystemExit:
    return SystemExit(f"oss2 has changed, and tools/trim.py must with it: {how}")
