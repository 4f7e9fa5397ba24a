"""Function Compute's API 2023-03-30: what deploys functions, and what invokes them.

Written from the models of Alibaba's SDK (alibabacloud_fc20230330) and the documents of its operations. Errors are of
its list of error codes, of Alibaba's Terraform provider (`OnDemandConfigNotFound`, `AsyncConfigNotExists`) and of the
component of Serverless Devs. What the API has and this project does not use is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Response

from tests.cloud import fc_api_functions as functions
from tests.cloud import fc_api_triggers as triggers
from tests.cloud.accounts import Accounts
from tests.cloud.acs3 import Refused
from tests.cloud.fc import MOST_EVENT_BYTES, Fc
from tests.cloud.fc_registry import REGION, Neighbours, Registry
from tests.cloud.fc_runner import TURNED_AWAY
from tests.cloud.openapi import Call, Product

_PAGE = ("limit", "nextToken", "prefix")


@dataclass(frozen=True)
class _Operation:
    method: str
    path: str
    perform: Callable[..., Any]
    """Gets the registry, the call and the names in the path."""
    query: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile("/2023-03-30" + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


def _invoke(registry: Registry, call: Call, function: str) -> Response:
    deployed = registry.find(function)
    functions.latest(call)
    payload: bytes = call.body or b""  # the SDK sends it as a stream of bytes
    headers = {"X-Fc-Request-Id": call.request_id}
    if call.headers.get("x-fc-invocation-type", "Sync") == "Async":
        if len(payload) > MOST_EVENT_BYTES:
            message = f"payload size exceeds maximum allowed size ({MOST_EVENT_BYTES} bytes)"
            raise Refused(400, "EntityTooLarge", message)
        registry.fc.submit(function, payload)
        return Response(status=202, headers=headers)
    answer = registry.fc.invoke(deployed.function.name, payload)
    if answer.error == TURNED_AWAY:
        raise Refused(429, "ResourceExhausted", answer.message)
    if not answer.error:
        return Response(answer.body, 200, headers)
    failed = {"errorMessage": answer.message, "errorType": answer.error}
    return Response(json.dumps(failed), 200, headers | {"X-Fc-Error-Type": "UnhandledInvocationError"})


_OPERATIONS = {
    "CreateFunction": _Operation("POST", "/functions", functions.create),
    "UpdateFunction": _Operation("PUT", "/functions/{function}", functions.update),
    "GetFunction": _Operation("GET", "/functions/{function}", functions.get, ("qualifier",)),
    "ListFunctions": _Operation("GET", "/functions", functions.list_all, (*_PAGE, "fcVersion")),
    "DeleteFunction": _Operation("DELETE", "/functions/{function}", functions.delete),
    "InvokeFunction": _Operation("POST", "/functions/{function}/invocations", _invoke, ("qualifier",)),
    "CreateTrigger": _Operation("POST", "/functions/{function}/triggers", triggers.create),
    "UpdateTrigger": _Operation("PUT", "/functions/{function}/triggers/{trigger}", triggers.update),
    "GetTrigger": _Operation("GET", "/functions/{function}/triggers/{trigger}", triggers.get),
    "ListTriggers": _Operation("GET", "/functions/{function}/triggers", triggers.list_all, _PAGE),
    "DeleteTrigger": _Operation("DELETE", "/functions/{function}/triggers/{trigger}", triggers.delete),
    "PutConcurrencyConfig": _Operation("PUT", "/functions/{function}/concurrency", functions.put_concurrency),
    "GetConcurrencyConfig": _Operation("GET", "/functions/{function}/concurrency", functions.get_concurrency),
    "ListConcurrencyConfigs": _Operation(
        "GET", "/concurrency-configs", functions.list_concurrency, ("functionName", "limit", "nextToken")
    ),
    "DeleteConcurrencyConfig": _Operation("DELETE", "/functions/{function}/concurrency", functions.delete_concurrency),
    "PutAsyncInvokeConfig": _Operation(
        "PUT", "/functions/{function}/async-invoke-config", functions.put_asynchronous, ("qualifier",)
    ),
    "GetAsyncInvokeConfig": _Operation(
        "GET", "/functions/{function}/async-invoke-config", functions.get_asynchronous, ("qualifier",)
    ),
    "ListAsyncInvokeConfigs": _Operation(
        "GET", "/async-invoke-configs", functions.list_asynchronous, ("functionName", "limit", "nextToken")
    ),
    "DeleteAsyncInvokeConfig": _Operation(
        "DELETE", "/functions/{function}/async-invoke-config", functions.delete_asynchronous, ("qualifier",)
    ),
}


class FcApi(Product):
    """`fc` runs what is deployed, whose code is unpacked in `folder`."""

    hosts = (f"fcv3.{REGION}.aliyuncs.com", f"{Accounts.uid}.{REGION}.fc.aliyuncs.com")
    version = "2023-03-30"
    writes = frozenset(name for name in _OPERATIONS if not name.startswith(("Get", "List", "Invoke")))

    def __init__(self, accounts: Accounts, fc: Fc, folder: Path, neighbours: Neighbours | None = None) -> None:
        self.activated = True
        self.registry = Registry(accounts, fc, folder, neighbours or Neighbours())

    def perform(self, call: Call) -> Any:
        operation = _OPERATIONS.get(call.action)
        match = operation.pattern.fullmatch(call.path) if operation else None
        if operation is None or match is None or operation.method != call.method:
            raise Refused(400, "PathNotSupported", f"'{call.method}' against '{call.path}' is not supported")
        if not self.activated:
            raise Refused(403, "AccessDenied", "FC service is not enabled for current user.")
        names = {name: unquote(value) for name, value in match.groupdict().items()}
        self._admit(call, names)
        if unknown := [name for name in call.query if name not in operation.query]:
            raise Refused(400, "InvalidArgument", f"{call.action} has no parameter {unknown[0]}")
        return operation.perform(self.registry, call, **names)

    def _admit(self, call: Call, names: dict[str, str]) -> None:
        resource = f"acs:fc:{REGION}:{Accounts.uid}:functions/{names.get('function', '*')}"
        if "/triggers" in call.path:
            resource += f"/triggers/{names.get('trigger', '*')}"
        if not self.registry.accounts.allows(call.access_key_id, (f"fc:{call.action}", resource)):
            message = f"the caller is not authorized to perform 'fc:{call.action}' on resource '{resource}'."
            raise Refused(403, "AccessDenied", message)
