"""What Function Compute has, as its API 2023-03-30 names it: functions, triggers, and what is set beside them.

All raise `ApiError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from console.account import Account

Found = dict[str, Any]
_MOST = 100
"""On a page."""


def functions(account: Account, prefix: str = "") -> dict[str, Found]:
    """By name."""
    from alibabacloud_fc20230330.models import ListFunctionsRequest  # noqa: PLC0415

    pages = _pages(account, "ListFunctions", ListFunctionsRequest, account.fc.list_functions, prefix=prefix)
    return {each["functionName"]: each for page in pages for each in page.get("functions", [])}


def triggers(account: Account, function: str) -> dict[str, Found]:
    """Those of one function, by name, with `triggerConfig` as a map."""
    from alibabacloud_fc20230330.models import ListTriggersRequest  # noqa: PLC0415

    def send(request: object) -> Any:
        return account.fc.list_triggers(function, request)

    pages = _pages(account, "ListTriggers", ListTriggersRequest, send)
    found = [each for page in pages for each in page.get("triggers", [])]
    return {each["triggerName"]: {**each, "triggerConfig": json.loads(each["triggerConfig"])} for each in found}


def concurrency(account: Account) -> dict[str, Found]:
    """By function, of those for which instances are reserved."""
    from alibabacloud_fc20230330.models import ListConcurrencyConfigsRequest  # noqa: PLC0415

    send = account.fc.list_concurrency_configs
    return _by_function(_pages(account, "ListConcurrencyConfigs", ListConcurrencyConfigsRequest, send))


def asynchronous(account: Account) -> dict[str, Found]:
    """By function, of those for which something was said of asynchronous invocations."""
    from alibabacloud_fc20230330.models import ListAsyncInvokeConfigsRequest  # noqa: PLC0415

    send = account.fc.list_async_invoke_configs
    return _by_function(_pages(account, "ListAsyncInvokeConfigs", ListAsyncInvokeConfigsRequest, send))


def _by_function(pages: Iterator[Found]) -> dict[str, Found]:
    return {each["functionArn"].rpartition("/")[2]: each for page in pages for each in page.get("configs", [])}


def _pages(
    account: Account, action: str, request: Callable[..., object], send: Callable[[Any], Any], **more: str
) -> Iterator[Found]:
    token = None
    while True:
        asked = request(limit=_MOST, next_token=token, **more)
        found: Found = account.call("FC", action, send, asked).body.to_map()
        yield found
        if not (token := found.get("nextToken")):
            return
