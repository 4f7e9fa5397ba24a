"""The alerts and the dashboard that Simple Log Service keeps beside the log.

"Data structure of an alert monitoring rule", "Create a dashboard".
"""

from __future__ import annotations

from functools import partial
from typing import Any

from console.alarms.queries import ALERTS, CHARTS, Alert, both
from console.alarms.recipients import POLICY_NAME
from console.logs.service import LogService
from console.resource import Resource
from shared.messages.message import Sentence

NAME = "oss-cutout"
_EVERY = "5m"
_LATE_SECONDS = 30
"""That a line may take into the index: a check waits so long, and looks at whole minutes only."""
_REPEAT = "1h"
"""How often a lasting alert is sent again."""
_CHARTS_A_ROW, _WIDTH, _HEIGHT = 2, 5, 5


def alerts(service: LogService) -> list[Resource]:
    """One for each of `ALERTS`."""
    return [_alert(service, each) for each in ALERTS]


def _alert(service: LogService, alert: Alert) -> Resource:
    models = service.models
    wanted = _rule(service, alert)
    return Resource(
        Sentence("alert `{name}`", "告警 `{name}`")(name=alert.name),
        wanted,
        partial(service.find, "get_alert", service.project, alert.name),
        lambda: service.call("create_alert", service.project, models.CreateAlertRequest().from_map(wanted)),
        lambda: service.call("update_alert", service.project, alert.name, models.UpdateAlertRequest().from_map(wanted)),
        partial(service.call, "delete_alert", service.project, alert.name),
    )


def _rule(service: LogService, alert: Alert) -> dict[str, Any]:
    query = {
        "storeType": "log",
        "region": service.region,
        "project": service.project,
        "store": service.logstore,
        "query": alert.query,
        "timeSpanType": "Truncated",
        "start": f"-{alert.minutes}m",
        "end": "absolute",
        "powerSqlMode": "auto",
    }
    evaluated = {"condition": alert.condition, "countCondition": ""}
    configuration = {
        "version": "2.0",
        "type": "default",
        "dashboard": "internal-alert-analysis",
        "queryList": [query],
        "groupConfiguration": {"type": "no_group", "fields": []},
        "severityConfigurations": [{"severity": alert.severity, "evalCondition": evaluated}],
        "annotations": [{"key": "title", "value": both(alert.title)}, {"key": "desc", "value": alert.tells}],
        "autoAnnotation": True,
        "sendResolved": False,
        "threshold": 1,
        "noDataFire": False,
        "sinkAlerthub": {"enabled": True},
        "policyConfiguration": {
            "alertPolicyId": "sls.builtin.dynamic",
            "actionPolicyId": POLICY_NAME,
            "repeatInterval": _REPEAT,
        },
    }
    schedule = {"type": "FixedRate", "interval": _EVERY, "delay": _LATE_SECONDS}
    title = f"{NAME}: {both(alert.title)}"
    return {"name": alert.name, "displayName": title, "configuration": configuration, "schedule": schedule}


def dashboard(service: LogService) -> Resource:
    models = service.models
    wanted = {
        "dashboardName": NAME,
        "displayName": NAME,
        "charts": [_chart(service, number) for number in range(len(CHARTS))],
    }
    return Resource(
        Sentence("dashboard `{name}`", "仪表盘 `{name}`")(name=NAME),
        wanted,
        partial(service.find, "get_dashboard", service.project, NAME),
        lambda: service.call(
            "create_dashboard",
            service.project,
            models.CreateDashboardRequest(body=models.Dashboard().from_map(wanted)),
        ),
        lambda: service.call(
            "update_dashboard", service.project, NAME, models.UpdateDashboardRequest().from_map(wanted)
        ),
        partial(service.call, "delete_dashboard", service.project, NAME),
    )


def _chart(service: LogService, number: int) -> dict[str, Any]:
    chart, (row, column) = CHARTS[number], divmod(number, _CHARTS_A_ROW)
    return {
        "title": f"{NAME}-{number}",
        "type": chart.kind,
        "search": {
            "logstore": service.logstore,
            "topic": "",
            "query": chart.query,
            "start": "-86400s",
            "end": "now",
        },
        "display": {
            "xAxis": [*chart.x],
            "yAxis": [*chart.y],
            "xPos": column * _WIDTH,
            "yPos": row * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "displayName": both(chart.title),
        },
        "action": {},
    }
