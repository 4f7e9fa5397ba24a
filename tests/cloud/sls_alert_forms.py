"""What Simple Log Service takes in the body of a request about alerts, dashboards, and who is told of an alert.

Fields are the SDK's. Where no source is named, limits are those of "Data structure of an alert monitoring rule" and
"Data structure of alert resource data".
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tests.cloud.sls_forms import CamelCase, Text
from tests.cloud.triggers import Strict

_NAME = r"^[0-9a-z][0-9a-z_-]{2,62}[0-9a-z]$"
_SCRIPT = r"^fire\(.+\)(\nfire\(.+\))*$"
_Interval = Annotated[str, StringConstraints(pattern=r"^[1-9]\d*[smhd]$")]


def _bytes(least: int, most: int) -> AfterValidator:
    def check(text: str) -> str:
        if not least <= len(text.encode()) <= most:
            raise ValueError(f"must have {least} to {most} bytes")
        return text

    return AfterValidator(check)


class _Tag(CamelCase):
    key: Text
    value: str


class _Condition(CamelCase):
    condition: Annotated[str, StringConstraints(max_length=128)] = ""
    count_condition: Annotated[str, StringConstraints(max_length=128)] = ""


class _Query(CamelCase):
    store_type: Literal["log"]
    region: Text
    project: Text
    store: Text
    query: Text
    time_span_type: Literal["Truncated", "Relative"]
    start: Annotated[str, StringConstraints(pattern=r"^-[1-9]\d*[smhd]$")]
    end: Literal["absolute", "now"]
    power_sql_mode: Literal["auto", "enable", "disable"] = "auto"


class _Group(CamelCase):
    type: Literal["no_group", "custom"]
    fields: list[str] = Field([])


class _Severity(CamelCase):
    severity: Literal[2, 4, 6, 8, 10]
    eval_condition: _Condition = _Condition()


class _Policy(CamelCase):
    alert_policy_id: Text
    action_policy_id: str = ""
    repeat_interval: _Interval


class _Sink(CamelCase):
    enabled: Literal[True]


class _AlertConfiguration(CamelCase):
    """Without what the console does not use: templates, other sinks, and more than one query (which need joins)."""

    version: Literal["2.0"]
    type: Literal["default"]
    dashboard: str = ""
    query_list: Annotated[list[_Query], Field(min_length=1, max_length=1)]
    group_configuration: _Group
    join_configurations: Annotated[list[Any], Field(max_length=0)] = Field([])
    severity_configurations: Annotated[list[_Severity], Field(min_length=1)]
    labels: list[_Tag] = Field([])
    annotations: list[_Tag] = Field([])
    tags: list[str] = Field([])
    auto_annotation: bool
    send_resolved: bool
    threshold: int = Field(ge=1)
    no_data_fire: bool
    no_data_severity: Literal[2, 4, 6, 8, 10] | None = None
    mute_until: int | None = None
    sink_alerthub: _Sink
    """Without it, whether anybody is told is not documented."""
    policy_configuration: _Policy


class _Schedule(CamelCase):
    type: Literal["FixedRate"]
    interval: _Interval
    delay: int = Field(0, ge=0)
    run_immediately: bool = False


class Alert(CamelCase):
    """UpdateAlert. The lengths are those of Alibaba Cloud's agent skills ("create or update an alert rule"), as is the
    form of a name."""

    display_name: Annotated[str, _bytes(4, 100)]
    description: Annotated[str, _bytes(0, 256)] = ""
    configuration: _AlertConfiguration
    schedule: _Schedule


class NewAlert(Alert):
    """CreateAlert."""

    name: Annotated[str, StringConstraints(pattern=_NAME)]


class _Search(CamelCase):
    logstore: Text
    topic: str
    query: Text
    start: Text
    end: Text


class _Display(CamelCase):
    x_axis: list[str]
    y_axis: list[str]
    x_pos: int = Field(ge=0)
    y_pos: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    display_name: str


class _Chart(CamelCase):
    title: Text
    type: Text
    """No document lists what charts there are."""
    search: _Search
    display: _Display
    action: dict[str, Any]


class Dashboard(CamelCase):
    """CreateDashboard and UpdateDashboard."""

    dashboard_name: Text
    display_name: Text
    description: str = ""
    attribute: dict[str, str] = Field({})
    charts: Annotated[list[_Chart], Field(min_length=1)]


class Record(CamelCase):
    """CreateResourceRecord and UpdateResourceRecord."""

    id: Text
    tag: Text
    value: Text


class Webhook(Strict):
    """The value of a record `sls.alert.action_webhook`."""

    id: Text
    name: Text
    type: Literal["custom"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+")]
    method: Literal["GET", "POST", "PUT", "DELETE"]
    headers: list[dict[Literal["key", "value"], str]]


class ActionPolicy(Strict):
    """The value of a record `sls.alert.action_policy`."""

    action_policy_id: Text
    action_policy_name: Text
    labels: Annotated[dict[str, str], Field(max_length=0)]
    is_default: Literal[False]
    primary_policy_script: Annotated[str, StringConstraints(pattern=_SCRIPT)]
    secondary_policy_script: Annotated[str, StringConstraints(pattern=_SCRIPT)]
    escalation_start_enabled: bool
    escalation_start_timeout: _Interval
    escalation_inprogress_enabled: bool
    escalation_inprogress_timeout: _Interval
    escalation_enabled: bool
    escalation_timeout: _Interval


class UserGroup(Strict):
    """The value of a record `sls.common.user_group`."""

    user_group_id: Text
    user_group_name: Text
    enabled: bool
    members: list[str]


class _AlertCenterLog(Strict):
    region: Text


class _GlobalConfigDetail(Strict):
    alert_center_log: _AlertCenterLog


class GlobalConfig(Strict):
    """The value of the record `default_config` of `sls.alert.global_config` (aliyun-log-go-sdk, `GlobalConfig`)."""

    config_id: Literal["default_config"]
    config_name: Text
    config_detail: _GlobalConfigDetail


RECORDS: dict[str, type[Strict]] = {
    "sls.alert.action_webhook": Webhook,
    "sls.alert.action_policy": ActionPolicy,
    "sls.common.user_group": UserGroup,
    "sls.alert.global_config": GlobalConfig,
}
"""By the resource's name: those that the console reads or writes."""
