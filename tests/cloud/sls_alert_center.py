"""Simple Log Service's API of 2019-10-23, as far as the console uses it: the Alert Center is initialised.

Actions and fields are those of the SDK com.aliyun.sls20191023, whose models name no field as required. Those are here
that Terraform's alicloud_log_alert_resource sends, and its values alone are taken: no document names others. Nor does
one say what `Code` is when all is well, with which codes a request is refused, or which rights the actions take: here
they take none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cloud.openapi import Call, Operation, Refused, Rpc
from tests.cloud.sls_api import REGION, Sls

_HISTORY = "internal-alert-history"


class SlsAlertCenter(Rpc):
    """What it makes is found through `sls`."""

    hosts = ("sls.cn-shanghai.aliyuncs.com",)
    version = "2019-10-23"
    writes = frozenset(("InitUserAlertResource", "AnalyzeProductLog"))

    def __init__(self, sls: Sls) -> None:
        self._sls = sls
        self.operations = {
            "InitUserAlertResource": Operation(self._init_user, ("Region", "App", "Language")),
            "AnalyzeProductLog": Operation(
                self._analyze,
                ("CloudProduct", "Project", "Logstore", "Region"),
                ("Overwrite", "Lang", "TTL", "HotTTL", "ResourceQuota", "VariableMap", "ClientIp"),
            ),
        }

    def _init_user(self, call: Call) -> dict[str, Any]:
        _want(call, {"Region": (REGION,), "App": ("none",), "Language": ("cn", "en")})
        self._sls.open_alert_center(call.parameters["Region"])
        return {"Code": "200", "Message": "success", "Success": True}

    def _analyze(self, call: Call) -> dict[str, Any]:
        _want(call, {"Region": (REGION,), "CloudProduct": ("sls.alert",), "Logstore": (_HISTORY,)})
        _want(call, {"Overwrite": ("", "true", "false")})
        if self._sls.missing(project := call.parameters["Project"], _HISTORY) == "project":
            raise Refused(404, "ProjectNotExist", f"The Project does not exist : {project}")
        self._sls.add_logstore(project, _HISTORY)
        return {"Code": "200", "Message": "success", "Success": "true"}  # a string in the SDK's model


def _want(call: Call, values: Mapping[str, tuple[str, ...]]) -> None:
    for name, known in values.items():
        if call.parameters.get(name, "") not in known:
            raise Refused(400, "InvalidParameter", f"{name} is none of {', '.join(known)}.")
