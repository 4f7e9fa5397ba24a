"""What a project of Simple Log Service holds, and the operations on it: logstores with their indexes and logs, alerts
and dashboards.

Written from the SDK's models and the API reference. No document says with which code an alert or a dashboard is refused
whose name is taken, nor the status of GetIndex without an index: those here are made after their neighbours'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.cloud import sls_alert_forms, sls_forms, sls_query
from tests.cloud.openapi import Call, Refused
from tests.cloud.sls_forms import check
from tests.cloud.sls_query import Line

Document = dict[str, Any]
T = TypeVar("T")


@dataclass
class Logstore:
    about: Document
    index: Document | None = None
    lines: list[Line] = field(default_factory=list)


@dataclass
class Project:
    about: Document
    clock: Callable[[], float]
    logstores: dict[str, Logstore] = field(default_factory=dict)
    alerts: dict[str, Document] = field(default_factory=dict)
    dashboards: dict[str, Document] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return int(self.clock())


Operation = Callable[[Project, Call, str], Any]
"""The last is the name in the path; empty where there is none."""

# ---------------------------------------------------------------- logstores


def _create_logstore(project: Project, call: Call, _: str) -> None:
    name = check(sls_forms.Logstore, call.body, "LogstoreInfoInvalid").logstore_name
    if name in project.logstores:
        raise Refused(400, "LogStoreAlreadyExist", f"logstore {name} already exists")
    about = {"mode": "standard", **call.body, "createTime": project.now, "lastModifyTime": project.now}
    project.logstores[name] = Logstore(about)


def _update_logstore(project: Project, call: Call, name: str) -> None:
    store = logstore(project, name)
    form = check(sls_forms.Logstore, call.body, "LogstoreInfoInvalid")
    if form.logstore_name != name or form.shard_count != store.about["shardCount"]:
        # "The number of shards cannot be changed": SplitShard and MergeShards do.
        raise Refused(400, "LogstoreInfoInvalid", "logstoreName and shardCount are those of the logstore")
    store.about |= {**call.body, "lastModifyTime": project.now}


def logstore(project: Project, name: str) -> Logstore:
    return _found(project.logstores, name, "LogStoreNotExist", f"logstore {name} does not exist")


# ---------------------------------------------------------------- indexes and logs


def _create_index(project: Project, call: Call, name: str) -> None:
    if logstore(project, name).index is not None:
        raise Refused(400, "IndexAlreadyExist", "log store index is already created")
    _write_index(project, call, name)


def _update_index(project: Project, call: Call, name: str) -> None:
    _index(project, name)
    _write_index(project, call, name)


def _write_index(project: Project, call: Call, name: str) -> None:
    check(sls_forms.Index, call.body, "IndexInfoInvalid")
    logstore(project, name).index = call.body


def _index(project: Project, name: str) -> Document:
    index = logstore(project, name).index
    if index is None:
        raise Refused(404, "IndexConfigNotExist", "index config doesn't exist")
    return index


def _delete_index(project: Project, call: Call, name: str) -> None:
    _index(project, name)
    logstore(project, name).index = None


def _get_index(project: Project, call: Call, name: str) -> Document:
    return {"index_mode": "v2", "lastModifyTime": project.now, "storage": "pg", "ttl": 7, **_index(project, name)}


def _get_logs(project: Project, call: Call, name: str) -> Document:
    asked = dict(call.body)
    begin, end, query = asked.pop("from", None), asked.pop("to", None), asked.pop("query", "*")
    if asked or not (isinstance(begin, int) and isinstance(end, int) and begin < end):
        raise Refused(400, "ParameterInvalid", "from and to are needed, query is known, and nothing else")
    store = logstore(project, name)
    if store.about["mode"] == "query" and "|" in query:
        raise Refused(400, "ParameterInvalid", "a query logstore has no SQL")
    index = check(sls_forms.Index, _index(project, name))
    rows = sls_query.evaluate(query, [line for line in store.lines if begin <= line.at < end], index)
    meta = {"progress": "Complete", "count": len(rows), "hasSQL": "|" in query, "isAccurate": True}
    return {"meta": meta, "data": rows}


# ---------------------------------------------------------------- alerts and dashboards


def _create_alert(project: Project, call: Call, _: str) -> None:
    name = check(sls_alert_forms.NewAlert, call.body).name
    if name in project.alerts:
        raise Refused(400, "JobAlreadyExist", f"The specified job {name} already exists.")
    times = {"createTime": project.now, "lastModifiedTime": project.now}
    project.alerts[name] = {"description": "", **call.body, "status": "ENABLED", **times}


def _update_alert(project: Project, call: Call, name: str) -> None:
    alert = _alert(project, call, name)
    check(sls_alert_forms.Alert, call.body)
    alert |= {**call.body, "lastModifiedTime": project.now}


def _alert(project: Project, call: Call, name: str) -> Document:
    return _found(project.alerts, name, "JobNotExist", f"The specified job {name} does not exist.")


def _delete_alert(project: Project, call: Call, name: str) -> None:
    _alert(project, call, name)
    del project.alerts[name]


def _list_alerts(project: Project, call: Call, _: str) -> Document:
    first, size = int(call.query.get("offset", "0")), int(call.query.get("size", "10"))
    if not 1 <= size <= 200:
        raise Refused(400, "ParameterInvalid", "size must be 1 to 200")
    shown = [*project.alerts.values()][first : first + size]
    return {"count": len(shown), "total": len(project.alerts), "results": shown}


def _create_dashboard(project: Project, call: Call, _: str) -> None:
    name = check(sls_alert_forms.Dashboard, call.body).dashboard_name
    if name in project.dashboards:
        raise Refused(400, "DashboardAlreadyExist", f"dashboard {name} already exists")
    project.dashboards[name] = call.body


def _update_dashboard(project: Project, call: Call, name: str) -> None:
    _dashboard(project, call, name)
    if check(sls_alert_forms.Dashboard, call.body).dashboard_name != name:
        raise Refused(400, "ParameterInvalid", "dashboardName is that of the dashboard")
    project.dashboards[name] = call.body


def _dashboard(project: Project, call: Call, name: str) -> Document:
    return _found(project.dashboards, name, "DashboardNotExist", f"dashboard {name} does not exist")


def _delete_dashboard(project: Project, call: Call, name: str) -> None:
    _dashboard(project, call, name)
    del project.dashboards[name]


def _delete_logstore(project: Project, call: Call, name: str) -> None:
    logstore(project, name)
    del project.logstores[name]


def _found(things: Mapping[str, T], name: str, code: str, message: str) -> T:
    if name not in things:
        raise Refused(404, code, message)
    return things[name]


OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", r"/logstores", _create_logstore),
    ("GET", r"/logstores/([^/]+)", lambda project, call, name: logstore(project, name).about),
    ("PUT", r"/logstores/([^/]+)", _update_logstore),
    ("DELETE", r"/logstores/([^/]+)", _delete_logstore),
    ("POST", r"/logstores/([^/]+)/index", _create_index),
    ("GET", r"/logstores/([^/]+)/index", _get_index),
    ("PUT", r"/logstores/([^/]+)/index", _update_index),
    ("DELETE", r"/logstores/([^/]+)/index", _delete_index),
    ("POST", r"/logstores/([^/]+)/logs", _get_logs),
    ("POST", r"/alerts", _create_alert),
    ("GET", r"/alerts", _list_alerts),
    ("GET", r"/alerts/([^/]+)", _alert),
    ("PUT", r"/alerts/([^/]+)", _update_alert),
    ("DELETE", r"/alerts/([^/]+)", _delete_alert),
    ("POST", r"/dashboards", _create_dashboard),
    ("GET", r"/dashboards/([^/]+)", _dashboard),
    ("PUT", r"/dashboards/([^/]+)", _update_dashboard),
    ("DELETE", r"/dashboards/([^/]+)", _delete_dashboard),
)
"""By method and path."""
