"""Simple Log Service in the box takes what its documents say, and nothing else. Alibaba's SDK asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alibabacloud_sls20201230 import models

from console.account import ApiError
from tests.cloud.accounts import Accounts
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account
from tests.cloud.sls_api import DISCOVERY, Sls

PROJECT, LOGSTORE = "shop-log", "functions"
TOKENS = [*', "=()[]{}:/']
START = 1_700_000_000
QUERY = {
    "storeType": "log",
    "region": "cn-shanghai",
    "project": PROJECT,
    "store": LOGSTORE,
    "query": "* | select count(*) as lines from log",
    "timeSpanType": "Truncated",
    "start": "-5m",
    "end": "absolute",
}
CONFIGURATION: dict[str, Any] = {
    "version": "2.0",
    "type": "default",
    "queryList": [QUERY],
    "groupConfiguration": {"type": "no_group", "fields": []},
    "severityConfigurations": [{"severity": 8, "evalCondition": {"condition": "lines > 1", "countCondition": ""}}],
    "autoAnnotation": True,
    "sendResolved": False,
    "threshold": 1,
    "noDataFire": False,
    "sinkAlerthub": {"enabled": True},
    "policyConfiguration": {"alertPolicyId": "sls.builtin.dynamic", "actionPolicyId": "shop", "repeatInterval": "1h"},
}
ALERT: dict[str, Any] = {
    "name": "too-many-lines",
    "displayName": "too many lines",
    "schedule": {"type": "FixedRate", "interval": "5m", "delay": 30},
    "configuration": CONFIGURATION,
}
CHART: dict[str, Any] = {
    "title": "lines",
    "type": "line",
    "search": {"logstore": LOGSTORE, "topic": "", "query": QUERY["query"], "start": "-86400s", "end": "now"},
    "display": {
        "xAxis": ["time"],
        "yAxis": ["lines"],
        "xPos": 0,
        "yPos": 0,
        "width": 5,
        "height": 5,
        "displayName": "lines",
    },
    "action": {},
}
DASHBOARD: dict[str, Any] = {"dashboardName": "shop", "displayName": "shop", "charts": [CHART]}
TEXT = {"type": "text", "token": TOKENS, "caseSensitive": True, "doc_value": True}


class World:
    def __init__(self) -> None:
        self.accounts = Accounts()
        self.sls = Sls(clock=lambda: START)
        self.openapi = OpenApi(self.accounts, self.sls)
        self.account = account(self.openapi, self.accounts.owner, {})

    def __call__(self, method: str, *arguments: Any, region: str = "cn-shanghai") -> Any:
        client = self.account.sls_in(region)
        answer = self.account.call("SLS", method, getattr(client, method), *arguments)
        return answer.body.to_map() if hasattr(answer, "body") else None

    def refused(self, method: str, *arguments: Any, region: str = "cn-shanghai") -> str:
        with pytest.raises(ApiError) as caught:
            self(method, *arguments, region=region)
        return caught.value.code

    def create_project(self, name: str = PROJECT, description: str = "logs") -> None:
        self("create_project", project(name, description))

    def create_index(self, **keys: dict[str, Any]) -> None:
        self("create_index", PROJECT, LOGSTORE, index(keys or {"message": TEXT}))

    def search(self, query: str, start: int = START - 60, end: int = START + 60) -> list[dict[str, str]]:
        asked = models.GetLogsRequest(query=query, from_=start, to=end)
        found: list[dict[str, str]] = self("get_logs", PROJECT, LOGSTORE, asked)["data"]
        return found


def project(name: str = PROJECT, description: str = "logs") -> Any:
    return models.CreateProjectRequest(project_name=name, description=description)


def logstore(**more: Any) -> Any:
    return models.CreateLogStoreRequest(**{"logstore_name": LOGSTORE, "ttl": 30, "shard_count": 1, **more})


def index(keys: dict[str, Any], **more: Any) -> Any:
    return models.CreateIndexRequest(body=models.Index().from_map({"keys": keys, **more}))


def alert(**more: Any) -> Any:
    return models.CreateAlertRequest().from_map({**ALERT, **more})


def configured(**more: Any) -> Any:
    return alert(configuration={**CONFIGURATION, **more})


def dashboard(**more: Any) -> Any:
    return models.CreateDashboardRequest(body=models.Dashboard().from_map({**DASHBOARD, **more}))


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.openapi.stop()


@pytest.fixture
def logs(world: World) -> World:
    """With a project, a logstore and its index."""
    world.create_project()
    world("create_log_store", PROJECT, logstore())
    world.create_index(message=TEXT, ms={"type": "double", "doc_value": True}, hidden={**TEXT, "doc_value": False})
    return world


# Who is asking


def test_a_wrong_secret_and_a_wrong_token_are_refused(world: World) -> None:
    owner = world.accounts.owner
    world.account = account(world.openapi, replace(owner, access_key_secret="x" * 30), {})
    assert world.refused("list_project", models.ListProjectRequest()) == "SignatureNotMatch"
    world.account = account(world.openapi, replace(owner, access_key_id="LTAI-EXAMPLE-nobody"), {})
    assert world.refused("list_project", models.ListProjectRequest()) == "Unauthorized"
    world.account = account(world.openapi, replace(world.accounts.assume_role(), security_token="x"), {})
    assert world.refused("list_project", models.ListProjectRequest()) == "Unauthorized"


def test_a_query_is_signed(logs: World) -> None:
    found = logs("list_project", models.ListProjectRequest(project_name="shop", size=5))
    assert [each["projectName"] for each in found["projects"]] == [PROJECT]


# Projects


@pytest.mark.parametrize("name", ["ab", "Shop", "-shop", "shop-", "shop_log", "x" * 64])
def test_a_project_has_a_proper_name(world: World, name: str) -> None:
    assert world.refused("create_project", project(name)) == "ParameterInvalid"


def test_a_description_is_short_and_has_no_quotes(world: World) -> None:
    assert world.refused("create_project", project(description="x" * 65)) == "ParameterInvalid"
    assert world.refused("create_project", project(description="it's")) == "ParameterInvalid"


def test_a_project_is_there_once_and_then_gone(world: World) -> None:
    world.create_project()
    assert world.refused("create_project", project()) == "ProjectAlreadyExist"
    assert world("get_project", PROJECT, models.GetProjectRequest())["region"] == "cn-shanghai"
    world("delete_project", PROJECT, models.DeleteProjectRequest())
    assert world.refused("get_project", PROJECT, models.GetProjectRequest()) == "ProjectNotExist"


def test_a_project_elsewhere_takes_the_name_and_is_found_by_one_host_only(world: World) -> None:
    world.sls.elsewhere(PROJECT, "cn-hangzhou")
    everywhere = models.GetProjectRequest(cross_region="true")
    assert world.refused("get_project", PROJECT, models.GetProjectRequest()) == "ProjectNotExist"
    assert world.refused("get_project", PROJECT, everywhere) == "ProjectNotExist"
    assert world("get_project", PROJECT, everywhere, region=DISCOVERY)["region"] == "cn-hangzhou"
    assert world.refused("create_project", project()) == "ProjectAlreadyExist"


def test_another_accounts_project_is_not_seen(world: World) -> None:
    world.sls.elsewhere(PROJECT, "cn-shanghai", owner="2234567890123456")
    assert world.refused("get_project", PROJECT, models.GetProjectRequest()) == "ProjectNotExist"
    assert world.refused("create_project", project()) == "ProjectAlreadyExist"


# Logstores


@pytest.mark.parametrize(
    "more",
    [
        {"logstore_name": "Functions"},
        {"ttl": 0},
        {"ttl": 3651},
        {"shard_count": 0},
        {"auto_split": True},
        {"auto_split": True, "max_split_shard": 65},
        {"mode": "cheap"},
        {"hot_ttl": 7},
    ],
)
def test_a_logstore_is_as_the_documents_have_it(world: World, more: dict[str, Any]) -> None:
    world.create_project()
    assert world.refused("create_log_store", PROJECT, logstore(**more)) == "LogstoreInfoInvalid"


def test_a_logstore_is_made_changed_and_deleted(logs: World) -> None:
    assert logs.refused("create_log_store", PROJECT, logstore()) == "LogStoreAlreadyExist"
    changed = {"logstore_name": LOGSTORE, "ttl": 7, "shard_count": 1}
    logs("update_log_store", PROJECT, LOGSTORE, models.UpdateLogStoreRequest(**changed))
    assert logs("get_log_store", PROJECT, LOGSTORE)["ttl"] == 7
    more = models.UpdateLogStoreRequest(**{**changed, "shard_count": 2})
    assert logs.refused("update_log_store", PROJECT, LOGSTORE, more) == "LogstoreInfoInvalid"
    logs("delete_log_store", PROJECT, LOGSTORE)
    assert logs.refused("get_log_store", PROJECT, LOGSTORE) == "LogStoreNotExist"
    assert logs.refused("get_log_store", "another-log", LOGSTORE) == "ProjectNotExist"


# Indexes and logs


@pytest.mark.parametrize(
    "wrong",
    [
        index({}),
        index({"message": {"type": "text"}}),
        index({"message": {**TEXT, "token": ["ab"]}}),
        index({"ms": {"type": "double", "token": TOKENS}}),
        index({"message": {**TEXT, "type": "varchar"}}),
        index({"message": TEXT}, max_text_len=16385),
        index({"message": {**TEXT, "json_keys": {"event": {"type": "text"}}}}),
    ],
)
def test_an_index_is_as_the_documents_have_it(world: World, wrong: Any) -> None:
    world.create_project()
    world("create_log_store", PROJECT, logstore())
    assert world.refused("create_index", PROJECT, LOGSTORE, wrong) == "IndexInfoInvalid"


def test_an_index_is_made_once_and_then_changed(world: World) -> None:
    world.create_project()
    world("create_log_store", PROJECT, logstore())
    assert world.refused("get_index", PROJECT, LOGSTORE) == "IndexConfigNotExist"
    change = models.UpdateIndexRequest(body=models.Index().from_map({"keys": {"level": TEXT}}))
    assert world.refused("update_index", PROJECT, LOGSTORE, change) == "IndexConfigNotExist"
    world.create_index()
    assert world.refused("create_index", PROJECT, LOGSTORE, index({"message": TEXT})) == "IndexAlreadyExist"
    world("update_index", PROJECT, LOGSTORE, change)
    assert [*world("get_index", PROJECT, LOGSTORE)["keys"]] == ["level"]
    world("delete_index", PROJECT, LOGSTORE)
    assert world.refused("get_index", PROJECT, LOGSTORE) == "IndexConfigNotExist"


def test_logs_are_found_by_their_words(logs: World) -> None:
    logs.sls.write(PROJECT, LOGSTORE, {"message": "[ERROR] all is lost"}, START)
    logs.sls.write(PROJECT, LOGSTORE, {"message": "[INFO] no error", "level": "x"}, START)
    assert [each["message"] for each in logs.search("message: ERROR")] == ["[ERROR] all is lost"]
    assert [each["message"] for each in logs.search("not message: ERROR")] == ["[INFO] no error"]
    assert len(logs.search("*")) == 2
    assert logs.search("message: ERROR and message: missing") == []
    assert len(logs.search('message: "is lost" not message: INFO')) == 1
    assert logs.search("*", START + 1, START + 2) == []


@pytest.mark.parametrize(
    "query", ["level: x", "ERROR", "message: (", "* | select level from log", "* | select hidden from log"]
)
def test_what_is_not_indexed_is_not_found(logs: World, query: str) -> None:
    asked = models.GetLogsRequest(query=query, from_=START, to=START + 1)
    logs.sls.write(PROJECT, LOGSTORE, {"message": "a line"}, START)
    assert logs.refused("get_logs", PROJECT, LOGSTORE, asked) == "ParameterInvalid"


def test_a_query_without_an_index_is_refused(world: World) -> None:
    world.create_project()
    world("create_log_store", PROJECT, logstore())
    asked = models.GetLogsRequest(query="*", from_=START, to=START + 1)
    assert world.refused("get_logs", PROJECT, LOGSTORE, asked) == "IndexConfigNotExist"


def test_sql_takes_json_out_of_a_line(logs: World) -> None:
    for number in range(4):
        logs.sls.write(PROJECT, LOGSTORE, {"message": f'12:00 [INFO] {{"n": {number}}}', "ms": f"{number}.5"}, START)
    query = (
        r"message: INFO | select count(*) as lines, sum(cast(n as bigint)) as sum, max(ms) as most, "
        r"approx_percentile(ms, 0.5) as half, count_if(n = '1') as ones from (select ms, "
        r"try(json_extract_scalar(regexp_extract(message, '\{.*'), '$.n')) as n from log)"
    )
    assert logs.search(query) == [{"lines": "4", "sum": "6", "most": "3.5", "half": "1.5", "ones": "1"}]


def test_what_is_longer_than_the_index_takes_is_cut_off(logs: World) -> None:
    logs.sls.write(PROJECT, LOGSTORE, {"message": "x" * 3000}, START)
    assert logs.search("* | select length(message) as n from log") == [{"n": "2048"}]


# Alerts and dashboards


@pytest.mark.parametrize(
    "wrong",
    [
        alert(name="Alert"),
        alert(name="abc"),
        alert(displayName="x" * 101),
        alert(displayName="告警" * 17),
        alert(schedule={"type": "FixedRate"}),
        alert(schedule={"type": "FixedRate", "interval": "5 minutes"}),
        configured(version="1.0"),
        configured(queryList=[]),
        configured(queryList=[{**QUERY, "store": ""}]),
        configured(severityConfigurations=[{"severity": 9}]),
        configured(severityConfigurations=[{"severity": 8, "evalCondition": {"condition": "x" * 129}}]),
        configured(groupConfiguration={"type": "group"}),
        configured(threshold=0),
        configured(policyConfiguration={"alertPolicyId": "sls.builtin.dynamic", "repeatInterval": "hourly"}),
    ],
)
def test_an_alert_is_as_the_documents_have_it(logs: World, wrong: Any) -> None:
    assert logs.refused("create_alert", PROJECT, wrong) == "ParameterInvalid"


def test_an_alert_is_made_changed_listed_and_deleted(logs: World) -> None:
    assert logs.refused("get_alert", PROJECT, ALERT["name"]) == "JobNotExist"
    logs("create_alert", PROJECT, alert())
    assert logs.refused("create_alert", PROJECT, alert()) == "JobAlreadyExist"
    assert logs("get_alert", PROJECT, ALERT["name"])["status"] == "ENABLED"
    changed = models.UpdateAlertRequest().from_map({**ALERT, "displayName": "many lines"})
    logs("update_alert", PROJECT, ALERT["name"], changed)
    listed = logs("list_alerts", PROJECT, models.ListAlertsRequest())
    assert [each["displayName"] for each in listed["results"]] == ["many lines"]
    logs("delete_alert", PROJECT, ALERT["name"])
    assert logs.refused("delete_alert", PROJECT, ALERT["name"]) == "JobNotExist"


def test_a_dashboard_is_made_changed_and_deleted(logs: World) -> None:
    assert logs.refused("create_dashboard", PROJECT, dashboard(charts=[])) == "ParameterInvalid"
    assert logs.refused("create_dashboard", PROJECT, dashboard(charts=[{**CHART, "display": {}}])) == "ParameterInvalid"
    logs("create_dashboard", PROJECT, dashboard())
    assert logs.refused("create_dashboard", PROJECT, dashboard()) == "DashboardAlreadyExist"
    changed = models.UpdateDashboardRequest().from_map({**DASHBOARD, "displayName": "my shop"})
    logs("update_dashboard", PROJECT, "shop", changed)
    assert logs("get_dashboard", PROJECT, "shop")["displayName"] == "my shop"
    logs("delete_dashboard", PROJECT, "shop")
    assert logs.refused("get_dashboard", PROJECT, "shop") == "DashboardNotExist"


# The account's records


def group(**more: Any) -> Any:
    value = '{"user_group_id": "night", "user_group_name": "Night", "enabled": true, "members": []}'
    record = models.ResourceRecord(**{"id": "night", "tag": "Night", "value": value, **more})
    return models.CreateResourceRecordRequest(body=record)


GROUP = "sls.common.user_group"


def test_a_record_is_made_read_changed_and_deleted(world: World) -> None:
    read = (GROUP, "night", models.GetResourceRecordRequest())
    assert world.refused("get_resource_record", *read) == "ResourceRecordNotExist"
    world("create_resource_record", GROUP, group())
    assert world.refused("create_resource_record", GROUP, group()) == "ResourceRecordAlreadyExist"
    assert world("get_resource_record", *read)["tag"] == "Night"
    world("delete_resource_record", GROUP, models.DeleteResourceRecordRequest(ids="night"))
    assert world.refused("get_resource_record", *read) == "ResourceRecordNotExist"


@pytest.mark.parametrize(
    "more", [{"value": "night"}, {"value": '{"user_group_id": "night"}'}, {"tag": "Day"}, {"id": "day"}]
)
def test_a_record_is_as_the_documents_have_it(world: World, more: dict[str, str]) -> None:
    assert world.refused("create_resource_record", GROUP, group(**more)) == "ParameterInvalid"
    assert world.refused("create_resource_record", "sls.common.unknown", group()) == "ResourceNotExist"
