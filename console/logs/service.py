"""Simple Log Service, about the deployment's own project and logstore."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from console.account import Account, ApiError

_SEES_ALL_REGIONS = "cn-zhangjiakou"
"""The only region whose host finds projects of the others (GetProject, `crossRegion`)."""


class LogService:
    """Answers are the SDK's, as JSON has them. Every method raises `ApiError`."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.region = account.region
        self.project = account.log_project
        self.logstore = account.settings["LOG_STORE"]

    @cached_property
    def models(self) -> Any:
        """The SDK's forms of requests."""
        from alibabacloud_sls20201230 import models  # noqa: PLC0415

        return models

    def call(self, method: str, *arguments: Any) -> dict[str, Any]:
        """What the SDK's method of that name answers."""
        return self._ask(self._account.sls, method, *arguments)

    def find(self, method: str, *arguments: Any) -> dict[str, Any] | None:
        """The same; None when what is asked about, or what it would be in, does not exist."""
        return self._find(self._account.sls, method, *arguments)

    def find_project(self) -> dict[str, Any] | None:
        """None when there is none in Shanghai."""
        return self.find("get_project", self.project, self.models.GetProjectRequest())

    def region_of_project(self, name: str = "") -> str:
        """In which region of this account the project, or another one, is; empty when there is none."""
        asked = self.models.GetProjectRequest(cross_region="true")  # the SDK writes a bool as Python does: True
        found = self._find(self._account.sls_in(_SEES_ALL_REGIONS), "get_project", name or self.project, asked)
        return found["region"] if found else ""

    def find_logstore(self) -> dict[str, Any] | None:
        return self.find("get_log_store", self.project, self.logstore)

    def find_index(self) -> dict[str, Any] | None:
        return self.find("get_index", self.project, self.logstore)

    def find_record(self, kind: str, name: str) -> dict[str, Any] | None:
        """The value of a record, which is JSON within JSON. Records are the account's, and no project holds them ("Data
        structure of alert resource data")."""
        record = self.find("get_resource_record", kind, name, self.models.GetResourceRecordRequest())
        return None if record is None else json.loads(record.get("value") or "{}")

    def _find(self, client: Any, method: str, *arguments: Any) -> dict[str, Any] | None:
        try:
            return self._ask(client, method, *arguments)
        except ApiError as error:
            if is_not_there(error):
                return None
            raise

    def _ask(self, client: Any, method: str, *arguments: Any) -> dict[str, Any]:
        action = method.title().replace("_", "")
        answer = self._account.call("SLS", action, getattr(client, method), *arguments)
        found: dict[str, Any] = answer.body.to_map() if hasattr(answer, "body") else {}
        return found


def is_not_there(error: ApiError) -> bool:
    """ProjectNotExist, LogStoreNotExist, IndexConfigNotExist, JobNotExist …"""
    return error.code.endswith("NotExist")
