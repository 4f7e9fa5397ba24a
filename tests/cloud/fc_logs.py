"""What Function Compute writes into a function's logstore ("Function Compute 3.0: log fields", "Request-level metric
logs"): an entry for each line that is printed, and one for each request, if the function wants those."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.cloud.fc_runner import Invocation, LogLine
from tests.cloud.function import Function

Fields = Mapping[str, str]
Ship = Callable[[str, str, Fields], None]
"""Takes a project, a logstore and an entry."""


def entry(function: Function, happening: Invocation | LogLine) -> Fields:
    """Nothing where there is nothing to be written."""
    about = {
        "functionName": function.deployed_name,
        "qualifier": "LATEST",
        "versionId": "",
        "requestId": happening.request_id,
    }
    if isinstance(happening, LogLine):
        return {**about, "message": happening.text}
    return {**about, **_metrics(function, happening)} if function.logs.request_metrics and happening.ran else {}


def _metrics(function: Function, request: Invocation) -> Fields:
    """Times are in milliseconds, those of day since 1970."""
    cold = request.cold_start
    begun = request.started + (cold or 0)
    error = "FunctionTimeoutError" if request.outcome == "timeout" else "FunctionUnhandledError"
    failed = {} if request.outcome == "ok" else {"errorType": error}
    return {
        "operation": "InvokeFunction",
        "memoryMB": str(function.memory),
        "durationMs": f"{(request.seconds - (cold or 0)) * 1000:.2f}",
        "isColdStart": str(cold is not None).lower(),
        **({} if cold is None else {"instanceEvent": "ColdStart", "coldStartLatencyMs": f"{cold * 1000:.2f}"}),
        "invocationStartTimestamp": f"{request.started * 1000:.0f}",
        "invokeFunctionStartTimestamp": f"{begun * 1000:.0f}",
        "hasFunctionError": str(bool(failed)).lower(),
        **failed,
        "resourceMode": "OnDemand",
    }
