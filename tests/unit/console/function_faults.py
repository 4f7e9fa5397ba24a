"""What can be wrong with functions that were deployed: each fault by the code of what the doctor is to find."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from alibabacloud_fc20230330 import models

from console.roles.rights import PREFIX

GOODS, SETTLE = f"{PREFIX}goods", f"{PREFIX}settle"


def _update(fc: Any, function: str, **changes: object) -> None:
    body = models.UpdateFunctionInput().from_map(changes)
    fc.update_function(function, models.UpdateFunctionRequest(body=body))


def _environment(fc: Any) -> None:
    """Set by hand: one value is another, and one is there that s.yaml does not name."""
    there = fc.get_function(GOODS, models.GetFunctionRequest()).body.environment_variables
    _update(fc, GOODS, environmentVariables={**there, "VIAPI_QPS": "99", "LOG_LEVEL": "debug"})


def _reconfigure(fc: Any, function: str, trigger: str, **changes: object) -> None:
    config = json.loads(fc.get_trigger(function, trigger).body.trigger_config) | changes
    body = models.UpdateTriggerInput(trigger_config=json.dumps(config))
    fc.update_trigger(function, trigger, models.UpdateTriggerRequest(body=body))


def _move(fc: Any) -> None:
    """To the bucket that was the shop's before."""
    there = fc.get_trigger(GOODS, "uploads").body.to_map()
    fc.delete_trigger(GOODS, "uploads")
    there["sourceArn"] = there["sourceArn"].rpartition(":")[0] + ":old-photos"
    body = models.CreateTriggerInput().from_map(there)
    fc.create_trigger(GOODS, models.CreateTriggerRequest(body=body))


def _remember_too_long(fc: Any) -> None:
    body = models.PutAsyncInvokeConfigInput(max_async_retry_attempts=8)
    fc.put_async_invoke_config(SETTLE, models.PutAsyncInvokeConfigRequest(body=body, qualifier="LATEST"))


FAULTS: dict[str, Callable[[Any], object]] = {
    "FunctionMissing": lambda fc: fc.delete_function(f"{PREFIX}backfill"),
    "FunctionDiffers": lambda fc: _update(fc, GOODS, timeout=60, runtime="python3.12"),
    "EnvironmentDiffers": _environment,
    "ReleaseDiffers": lambda fc: _update(fc, GOODS, description="商品分割 0.0.9"),
    "ConcurrencyDiffers": lambda fc: fc.delete_concurrency_config(SETTLE),
    "AsyncConfigDiffers": _remember_too_long,
    "TriggerMissing": lambda fc: fc.delete_trigger(SETTLE, "wake"),
    "TriggerElsewhere": _move,
    "TriggerDiffers": lambda fc: _reconfigure(fc, GOODS, "uploads", events=["oss:ObjectCreated:PutObject"]),
    "TimerOff": lambda fc: _reconfigure(fc, SETTLE, "every-minute", enable=False),
}
"""Each gets a client of Function Compute."""
