"""Simple Log Service, 2020-12-30, as far as the console uses it: projects, what they hold (`tests.cloud.sls_project`),
and the account's records, which say who is told of an alert.

A project is the first label of the host that it is asked at. Its name is unique over all accounts.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from tests.cloud import sls_forms, sls_signature
from tests.cloud.accounts import Accounts
from tests.cloud.acs3 import Gate
from tests.cloud.openapi import Call, Product, Refused
from tests.cloud.sls_forms import check
from tests.cloud.sls_project import OPERATIONS, Document, Logstore, Project, logstore
from tests.cloud.sls_query import Line
from tests.cloud.sls_records import Records

REGION = "cn-shanghai"
DISCOVERY = "cn-zhangjiakou"
"""The only region whose host finds a project that is in another (Alibaba Cloud's agent skills, "regions")."""
_DOMAIN = ".log.aliyuncs.com"


class Sls(Product):
    """A project that was just made is not known to the next `lag` requests: Alibaba's samples wait a minute there."""

    hosts = tuple(f"{own}{region}{_DOMAIN}" for region in (REGION, DISCOVERY) for own in ("", "*."))
    version = "2020-12-30"

    def __init__(self, *, lag: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.status = "Opened"
        """Or NotExist, Opening, Closed ("ServiceStatus"). It is only told: everything is served all the same."""
        self._lag = lag
        self._clock = clock
        self._projects: dict[str, Project] = {}
        self._unseen: dict[str, int] = {}
        """By project, requests to come that do not know it yet."""
        self._records = Records()

    def write(self, project: str, name: str, fields: Mapping[str, str], at: float | None = None) -> None:
        """Adds a line to a logstore, as Function Compute does; where there is none, it is lost."""
        at = self._clock() if at is None else at
        if not self.missing(project, name):
            logstore(self._projects[project], name).lines.append(Line(int(at), fields))

    def elsewhere(self, project: str, region: str, owner: str = Accounts.uid) -> None:
        """Makes a project in another region, or of another account."""
        self._projects[project] = self._made({"projectName": project, "description": ""}, region, owner)

    def open_alert_center(self, region: str) -> None:
        """As its console, or InitUserAlertResource, does once for an account."""
        center = f"sls-alert-{Accounts.uid}-{region}"
        self.elsewhere(center, region)
        self.add_logstore(center, "internal-alert-center-log")
        detail = {"alert_center_log": {"region": region}}
        config = {"config_id": "default_config", "config_name": "default_config", "config_detail": detail}
        self._records.put("sls.alert.global_config", "default_config", config)

    def add_logstore(self, project: str, name: str) -> None:
        """One that Simple Log Service makes of its own."""
        self._projects[project].logstores[name] = Logstore({"logstoreName": name, "mode": "standard"})

    def missing(self, project: str, name: str) -> str:
        """`project`, `logstore` or nothing: what is missing of a logstore in a project of Shanghai."""
        found = self._projects.get(project)
        if found is None or (found.about["region"], found.about["owner"]) != (REGION, Accounts.uid):
            return "project"
        return "" if name in found.logstores else "logstore"

    # ---------------------------------------------------------------- the protocol

    def is_change(self, call: Call) -> bool:
        """Requests name no action."""
        return call.method != "GET"

    def admit(self, gate: Gate, request: Request) -> str:
        return sls_signature.admit(gate, request)

    def error(self, refused: Refused, request: Request, request_id: str) -> Document:
        return {"errorCode": refused.code, "errorMessage": refused.message}

    def perform(self, call: Call) -> Response:
        own, region = call.host.removesuffix(_DOMAIN).rpartition(".")[::2]
        done = self._at_project(call, own, region) if own else self._at_service(call)
        body = "" if done is None else json.dumps(done, ensure_ascii=False)
        return Response(body, content_type="application/json", headers={"x-log-requestid": call.request_id})

    def _at_project(self, call: Call, name: str, region: str) -> Any:
        project = self._projects.get(name)
        if self._unseen.get(name, 0) > 0:
            self._unseen[name] -= 1
            project = None
        discovers = region == DISCOVERY and call.query.get("crossRegion") == "true"
        if not (project and _is_ours(project) and (project.about["region"] == region or discovers)):
            raise Refused(404, "ProjectNotExist", f"The Project does not exist : {name}")
        if call.path == "/":
            return self._project(call, project)
        for method, path, operation in OPERATIONS:
            if call.method == method and (match := re.fullmatch(path, call.path)):
                return operation(project, call, unquote("".join(match.groups())))
        raise _no_such_operation()

    def _at_service(self, call: Call) -> Any:
        match [call.method, *call.path.strip("/").split("/")]:
            case ["POST", ""]:
                return self._create_project(call)
            case ["GET", ""]:
                return self._list_projects(call)
            case ["GET", "slsservice"]:
                return {"enabled": self.status == "Opened", "status": self.status}
            case [_, "resources", kind, "records", *names]:
                return self._records.answer(call, kind, *names)
        raise _no_such_operation()

    # ---------------------------------------------------------------- projects

    def _create_project(self, call: Call) -> None:
        name = check(sls_forms.NewProject, call.body).project_name
        if name in self._projects:
            raise Refused(400, "ProjectAlreadyExist", f"Project {name} already exist.")
        self._projects[name] = self._made(call.body, REGION, Accounts.uid)
        self._unseen[name] = self._lag

    def _made(self, about: Document, region: str, owner: str) -> Project:
        times = {"createTime": str(int(self._clock())), "lastModifyTime": str(int(self._clock()))}
        return Project({**about, "region": region, "owner": owner, "status": "Normal", **times}, self._clock)

    def _list_projects(self, call: Call) -> Document:
        first, size = int(call.query.get("offset", "0")), int(call.query.get("size", "100"))
        if not 1 <= size <= 500:
            raise Refused(400, "ParameterInvalid", "size must be 1 to 500")
        part = call.query.get("projectName", "")
        ours = [each.about for each in self._projects.values() if _is_ours(each)]
        found = [about for about in ours if about["region"] == REGION and part in about["projectName"]]
        shown = found[first : first + size]
        return {"count": len(shown), "total": len(found), "projects": shown}

    def _project(self, call: Call, project: Project) -> Document | None:
        match call.method:
            case "GET":
                return project.about
            case "DELETE":
                del self._projects[project.about["projectName"]]
                return None
        raise _no_such_operation()


def _is_ours(project: Project) -> bool:
    return bool(project.about["owner"] == Accounts.uid)


def _no_such_operation() -> Refused:
    return Refused(404, "NotSupported", "There is no such operation.")
