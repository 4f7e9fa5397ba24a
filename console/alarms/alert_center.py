"""The Alert Center of Simple Log Service, which is initialised once for an account, and once for a project before its
first alert ("Use Terraform to manage Log Service alerts").

Actions and fields are those of Alibaba's SDK com.aliyun.sls20191023, which says no more of them. With what they are
filled, and what is there once they have been called, is from Terraform's resource alicloud_log_alert_resource.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from console.account import Account, ApiError
from console.logs.service import LogService
from console.resource import Resource, stays
from shared.messages.message import Message, Sentence

_HISTORY = "internal-alert-history"
"""The logstore, in the project of the alerts, of how they were evaluated."""


def resources(account: Account, service: LogService) -> list[Resource]:
    """The account's part and the log project's part. Both stay when the alarms are removed: others may use them."""
    of_account = {"Region": service.region, "App": "none", "Language": "cn"}
    of_project = {
        "CloudProduct": "sls.alert",
        "Project": service.project,
        "Logstore": _HISTORY,
        "Overwrite": "true",
        "Region": service.region,
    }
    return [
        Resource(
            Message("Alert Center of the account", "账号的告警中心"),
            {},
            partial(_find_center, account, service),
            partial(_ask, account, "InitUserAlertResource", of_account),
            stays,
        ),
        Resource(
            Sentence("logstore `{name}` of the alerts", "告警的 Logstore `{name}`")(name=_HISTORY),
            {},
            partial(service.find, "get_log_store", service.project, _HISTORY),
            partial(_ask, account, "AnalyzeProductLog", of_project),
            stays,
        ),
    ]


def _find_center(account: Account, service: LogService) -> dict[str, Any] | None:
    """Its settings, when its project is there. It may be in another region: an account has one."""
    found = service.find_record("sls.alert.global_config", "default_config") or {}
    region = found.get("config_detail", {}).get("alert_center_log", {}).get("region")
    there = region and service.region_of_project(f"sls-alert-{account.identity.uid}-{region}")
    return found if there else None


def _ask(account: Account, action: str, fields: dict[str, str]) -> None:
    """Raises `ApiError`, for an answer without success as well."""
    from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params  # noqa: PLC0415
    from darabonba.runtime import RuntimeOptions  # noqa: PLC0415

    params = Params(
        action=action,
        version="2019-10-23",
        protocol="HTTPS",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    request = OpenApiRequest(body=fields)
    answer = account.call("SLS", action, account.sls_2019.call_api, params, request, RuntimeOptions())["body"]
    if str(answer.get("Success")).lower() != "true":  # one action answers a boolean, the other a string
        said = (str(answer.get(name, "")) for name in ("Code", "Message", "RequestId"))
        raise ApiError("SLS", action, 200, *said)
