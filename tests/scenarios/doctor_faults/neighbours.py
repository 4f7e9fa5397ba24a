"""Other people's functions, and their triggers on our bucket."""

from __future__ import annotations

import base64
import io
import json
import zipfile

from alibabacloud_fc20230330 import models

from console.roles.rights import TRIGGER_ROLE
from tests.cloud.accounts import Accounts
from tests.cloud.well import BUCKET, Well


def add_function(well: Well, name: str) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    body = {
        "functionName": name,
        "runtime": "python3.10",
        "handler": "index.handler",
        "code": {"zipFile": base64.b64encode(code.getvalue()).decode()},
    }
    well.account.fc.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput().from_map(body)))


def add_trigger(well: Well, function: str, prefix: str) -> None:
    """And the function."""
    config = {"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": prefix, "suffix": ""}}}
    body = models.CreateTriggerInput(
        trigger_name="theirs",
        trigger_type="oss",
        source_arn=f"acs:oss:cn-shanghai:{Accounts.uid}:{BUCKET}",
        invocation_role=f"acs:ram::{Accounts.uid}:role/{TRIGGER_ROLE}",
        trigger_config=json.dumps(config),
    )
    add_function(well, function)
    well.account.fc.create_trigger(function, models.CreateTriggerRequest(body=body))
