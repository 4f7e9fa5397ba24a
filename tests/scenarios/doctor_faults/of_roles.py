"""What can be wrong with the roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from console.doctor import WELL
from console.roles.ram import call
from tests.cloud.well import Well
from tests.scenarios.doctor_faults.fault import Fault, Plant
from tests.unit.console.function_faults import GOODS

OURS, THEIRS = (
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": [service]}}
    for service in ("fc.aliyuncs.com", "mns.aliyuncs.com")
)
EXTRA = {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "acs:oss:*:*:*"}


def _ram(action: str, **parameters: object) -> Plant:
    return lambda well: call(well.account, action, parameters)


def _attach(how: str, role: str, policy: str, kind: str = "System") -> Plant:
    return _ram(f"{how}_role", role_name=role, policy_name=policy, policy_type=kind)


def _lose_role(well: Well) -> None:
    for kind, policy in (("Custom", GOODS), ("System", "AliyunVIAPIFullAccess")):
        _attach("detach_policy_from", GOODS, policy, kind)(well)
    _ram("delete_role", role_name=GOODS)(well)


def _rewrite(change: Callable[[list[Any]], list[Any]]) -> Plant:
    """The policy of `goods` gets other statements."""

    def plant(well: Well) -> None:
        asked = {"policy_name": GOODS, "policy_type": "Custom"}
        document = json.loads(call(well.account, "get_policy", asked).default_policy_version.policy_document)
        document["Statement"] = change(document["Statement"])
        new = {"policy_name": GOODS, "policy_document": json.dumps(document), "set_as_default": True}
        call(well.account, "create_policy_version", new)

    return plant


def _trust(*statements: object) -> Plant:
    document = json.dumps({"Version": "1", "Statement": statements})
    return _ram("update_role", role_name=GOODS, new_assume_role_policy_document=document)


FAULTS = (
    Fault("MissingRole", _lose_role, f"no role `{GOODS}`", f"没有角色 `{GOODS}`"),
    Fault("MissingTrust", _trust(THEIRS), "does not name `Service fc", "缺少 `Service fc", ("ExtraTrust",)),
    Fault(
        "ExtraTrust", _trust(OURS, THEIRS), "`Service mns.aliyuncs.com`", "扮演：`Service mns.aliyuncs.com`", ends=WELL
    ),
    Fault(
        "MissingRight",
        _rewrite(lambda before: [each for each in before if "log:PostLogStoreLogs" not in each["Action"]]),
        "lacks `log:PostLogStoreLogs`",
        "缺少权限：`log:PostLogStoreLogs`",
    ),
    Fault(
        "ExtraRight",
        _rewrite(lambda before: [*before, EXTRA]),
        "allows too much: `oss:PutBucketAcl`",
        "权限过多：`oss:PutBucketAcl`",
        ends=WELL,
    ),
    Fault(
        "MissingPolicy",
        _attach("detach_policy_from", GOODS, "AliyunVIAPIFullAccess"),
        "lacks the policies `AliyunVIAPIFullAccess`",
        "缺少权限策略 `AliyunVIAPIFullAccess`",
    ),
    Fault(
        "ExtraPolicy",
        _attach("attach_policy_to", GOODS, "AliyunOSSFullAccess"),
        "policies too many: `AliyunOSSFullAccess`",
        "权限策略过多：`AliyunOSSFullAccess`",
        ends=WELL,
    ),
)
