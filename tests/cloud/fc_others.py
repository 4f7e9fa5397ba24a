"""Other people's functions in the account, and their triggers on a bucket."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

from alibabacloud_fc20230330 import models

from console.roles.rights import PREFIX, TRIGGER_ROLE
from tests.cloud.accounts import Accounts

PUT = "oss:ObjectCreated:PutObject"
_LOG = {
    "project": f"oss-cutout-{Accounts.uid}",
    "logstore": "functions",
    "logBeginRule": "None",
    "enableRequestMetrics": False,
    "enableInstanceMetrics": False,
}


def add_function(fc: Any, name: str) -> None:
    """`fc` is a client of Function Compute."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    body = {
        "functionName": name,
        "runtime": "python3.10",
        "handler": "index.handler",
        "role": f"acs:ram::{Accounts.uid}:role/{PREFIX}goods",
        "code": {"zipFile": base64.b64encode(code.getvalue()).decode()},
        "logConfig": _LOG,
    }
    fc.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput().from_map(body)))


def add_trigger(fc: Any, function: str, bucket: str, prefix: str, suffix: str = "", event: str = PUT) -> None:
    """A new function, with a trigger called `theirs`."""
    body = models.CreateTriggerInput(
        trigger_name="theirs",
        trigger_type="oss",
        source_arn=f"acs:oss:cn-shanghai:{Accounts.uid}:{bucket}",
        invocation_role=f"acs:ram::{Accounts.uid}:role/{TRIGGER_ROLE}",
        trigger_config=json.dumps({"events": [event], "filter": {"key": {"prefix": prefix, "suffix": suffix}}}),
    )
    add_function(fc, function)
    fc.create_trigger(function, models.CreateTriggerRequest(body=body))
