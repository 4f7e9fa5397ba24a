"""The machine of whoever deploys: `s` on the path, and a folder with s.yaml and what was built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cloud import serverless_devs
from tests.cloud.accounts import Accounts, Key
from tests.cloud.manifest import ROOT, load


class Machine:
    """`url` is the proxy that plays Alibaba's services; `settings` are in the environment of every command.

    What was built lies in `folder / ".build"`, a folder a function.
    """

    def __init__(self, folder: Path, accounts: Accounts, url: str, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._settings = settings
        self._environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": str(folder),
            "CLOUD_IN_A_BOX": url,
            "default_serverless_devs_key": json.dumps(as_serverless_devs_has_it(accounts.owner)),
        }
        (folder / ".build").mkdir(parents=True)
        shutil.copy(ROOT / "s.yaml", folder)
        serverless_devs.put(folder)

    def build(self) -> None:
        """The real functions, without the packages that they bring along: what runs them here has those."""
        for name in load().functions:
            built = self.folder / ".build" / name
            for source, target in ((ROOT / "functions" / name, built), (ROOT / "shared", built / "shared")):
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)

    def s(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Without a terminal; `changes` are to the environment, and an empty one takes a variable away."""
        environment = {**self._environment, **self._settings, **changes}
        # The alias `default`, which s.yaml names, is no name of a variable.
        chosen = [] if "-a" in arguments else ["-a", "default_serverless_devs_key"]
        return subprocess.run(
            ["s", *arguments, *chosen],
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def as_serverless_devs_has_it(key: Key) -> dict[str, str]:
    """A key, by the names that Serverless Devs has for its parts."""
    named = {"AccountID": Accounts.uid, "AccessKeyID": key.access_key_id, "AccessKeySecret": key.access_key_secret}
    return named | ({"SecurityToken": key.security_token} if key.security_token else {})
