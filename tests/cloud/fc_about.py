"""What a function finds around it: its environment, of its instance's start, and its context, of each request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cloud.accounts import Accounts, Key
from tests.cloud.function import Function


@dataclass
class About:
    """Of one function; `timeout` in seconds, `folder` is its code's, `overrides` go over the environment of s.yaml."""

    key: Key
    """Of its role, for now."""
    function: Function
    folder: Path
    timeout: float
    overrides: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """All of it, but for the instance's own id: of ours, nothing but what coverage.py measures it by.

        FC's own names are those of its page on environment variables (2026-04; FC_VER_ID is Debian 10's), FC_RUNTIME
        and FC_TIMEOUT those of the component's emulation.
        """
        return {
            "PATH": os.defpath,
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            **self.function.environment,
            **self.overrides,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.key.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": self.key.security_token,
            "FC_ACCOUNT_ID": Accounts.uid,
            "FC_CUSTOM_LISTEN_PORT": "9000",
            "FC_FUNCTION_HANDLER": self.function.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(self.function.memory),
            "FC_FUNCTION_NAME": self.function.deployed_name,
            "FC_FUNC_CODE_PATH": f"{self.folder}/",
            "FC_REGION": self.function.region,
            "FC_RUNTIME": self.function.runtime,
            "FC_TIMEOUT": f"{self.timeout:g}",
            "FC_VER_ID": "LATEST",
        }

    def context(self) -> dict[str, Any]:
        """That of FC's python3.10 (python3.12's has neither `credentials` nor `service`)."""
        return {
            "credentials": {
                "access_key_id": self.key.access_key_id,
                "access_key_secret": self.key.access_key_secret,
                "security_token": self.key.security_token,
            },
            "function": {
                "name": self.function.deployed_name,
                "handler": self.function.handler,
                "memory": self.function.memory,
                "timeout": self.timeout,
            },
            "service": {
                "name": "",
                "log_project": self.function.logs.project,
                "log_store": self.function.logs.logstore,
                "qualifier": "LATEST",
                "version_id": "",
            },
            "region": self.function.region,
            "account_id": Accounts.uid,
        }
