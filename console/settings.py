"""What a deployment is set up with: the file `oss-cutout.env`, and what that does not say, from the environment.

The names and their defaults are those of `s.yaml`, which is where the settings are used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "oss-cutout.env"
FILE_NAMED = "CUTOUT_ENV_FILE"
"""In the environment, another file than that."""
KEY = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
"""The deployer's key. Without it, Alibaba's own tools say where one is: see `console.account`."""
_SECRET = re.compile(r".*(APPCODE|SECRET|TOKEN)")
_IN_MANIFEST = re.compile(r"\$\{env\('(?P<name>\w+)'(?:, '(?P<default>[^']*)')?\)\}")
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)")


@cache
def defaults() -> Mapping[str, str]:
    """Every setting that `s.yaml` takes from the environment, with its default; empty where there is none."""
    found = _IN_MANIFEST.finditer((ROOT / "s.yaml").read_text("utf-8"))
    return {each["name"]: each["default"] or "" for each in found}


@cache
def release() -> str:
    """As `s.yaml` has it."""
    found = re.search(r"^  release: (\S+)$", (ROOT / "s.yaml").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def is_secret(name: str) -> bool:
    """Whether the value of this setting is for no screen and no log."""
    return _SECRET.fullmatch(name) is not None


@dataclass(frozen=True)
class Settings:
    """`given` is what was said, by name; never empty strings."""

    given: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        """The value of a setting, or its default. Raises `KeyError` for a name that `s.yaml` does not know."""
        return self.given.get(name) or defaults()[name]

    @property
    def bucket(self) -> str:
        """Empty when it was not said."""
        return self["OSS_BUCKET"]

    @property
    def jobs_bucket(self) -> str:
        """The bucket itself unless jobs have one of their own."""
        return self["JOBS_BUCKET"] or self.bucket

    @property
    def secrets(self) -> frozenset[str]:
        """The values that must not be shown."""
        return frozenset(value for name, value in self.given.items() if is_secret(name))


def read(file: Path = FILE, environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises `ValueError` that names the line of `file` that cannot be read; there need not be such a file."""
    said = {name: environment.get(name, "").strip() for name in (*defaults(), *KEY)}
    if file.is_file():
        found = parse(file.read_text("utf-8-sig"))
        if found.get(KEY[0]):  # a token is of one key only
            said |= dict.fromkeys(KEY, "")
        said |= found
    return Settings({name: value for name, value in said.items() if value})


def parse(text: str) -> dict[str, str]:
    """The settings of an env file: `NAME=value` a line, the value quoted or not; `#` begins a line that says nothing.

    Raises `ValueError` for a line that is neither, and for a name that no setting has.
    """
    found = dict[str, str]()
    for number, line in enumerate(text.splitlines(), 1):
        if not (stripped := line.strip()) or stripped.startswith("#"):
            continue
        try:
            name, value = pair(stripped)
        except ValueError as error:
            raise ValueError(f"line {number}{error}") from None
        found[name] = value
    return found


def pair(text: str) -> tuple[str, str]:
    """The name and the value of `NAME=value`. Raises `ValueError`, whose words come after what `text` is."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(" is not NAME=value")  # without the text: it may hold a secret
    if match["name"] not in (*defaults(), *KEY):
        raise ValueError(f": there is no setting {match['name']}; there are {', '.join(defaults())}")
    return match["name"], _unquoted(match["value"].strip())


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
