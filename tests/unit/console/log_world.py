"""An account with Simple Log Service and CloudMonitor, and commands of the console that are killed in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from console.account import ApiError
from shared.messages.message import Message
from tests.cloud.accounts import Accounts
from tests.cloud.cms_api import Cms
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account, times_killed
from tests.cloud.sls_alert_center import SlsAlertCenter
from tests.cloud.sls_api import Sls
from tests.cloud.sts import Sts

PROJECT, LOGSTORE = "shop-log", "functions"
NOW = 1_700_000_000


class World:
    """`lag` is `Sls`'s; `slept` is what the console's commands slept, in seconds."""

    def __init__(self, lag: int = 0) -> None:
        accounts = Accounts()
        self.sls, self.cms = Sls(lag=lag, clock=lambda: NOW), Cms()
        self.openapi = OpenApi(accounts, Sts(accounts), self.sls, SlsAlertCenter(self.sls), self.cms)
        settings = {"OSS_BUCKET": "shop-photos", "LOG_PROJECT": PROJECT, "LOG_STORE": LOGSTORE}
        self.account = account(self.openapi, accounts.owner, settings)
        self.slept: list[float] = []

    def said(self, command: Callable[[Callable[[Message], object]], None]) -> list[Message]:
        """What a command says."""
        said: list[Message] = []
        command(said.append)
        return said

    @property
    def writes(self) -> int:
        return len(self.openapi.changes)

    def times_killed(self, command: Callable[[Callable[[Message], object]], None]) -> int:
        return times_killed(self.openapi, lambda: ends(command))

    def ask_sls(self, method: str, *arguments: Any) -> Any:
        """The body of what the SDK's method answers; None for an answer that has none."""
        return getattr(self.account.call("SLS", method, getattr(self.account.sls, method), *arguments), "body", None)

    def log(
        self, event: str, *, function: str = "goods", level: str = "INFO", seconds_ago: float = 60, **facts: Any
    ) -> None:
        """A line of a function's log, as it comes to Simple Log Service."""
        line = json.dumps({"event": event, **facts}, ensure_ascii=False)
        self.log_text(f"2023-11-14T22:12:20.000Z 1-6553f0a4 [{level}] {line}", function, seconds_ago)

    def log_text(self, text: str, function: str = "goods", seconds_ago: float = 60) -> None:
        fields = {"functionName": f"oss-cutout-{function}", "qualifier": "LATEST", "message": text}
        self.sls.write(PROJECT, LOGSTORE, fields, NOW - seconds_ago)


def ends(command: Callable[[Callable[[Message], object]], None]) -> bool:
    """Whether it is not killed."""
    try:
        command(lambda message: None)
    except ApiError as error:
        if error.status:  # it was answered
            raise
        return False
    return True
