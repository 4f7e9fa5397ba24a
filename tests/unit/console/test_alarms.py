"""Alarms and dashboard are set, brought up to date and removed; their queries find what they are for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from alibabacloud_cms20190101 import models as cms
from alibabacloud_sls20201230 import models as sls

from console.account import ApiError
from console.alarms import plan as alarms
from console.alarms.metric_rules import RULES
from console.alarms.plan import Recipients
from console.alarms.queries import ALERTS
from console.change import Say, carry_out
from console.checks.logs import CHECKS
from console.finding import Hindered
from console.logs import plan as logs
from console.roles.rights import FUNCTIONS, PREFIX
from tests.cloud.sls_alert_center import SlsAlertCenter
from tests.pictures import picture
from tests.unit.console.log_world import LOGSTORE, NOW, PROJECT, World
from tests.unit.fakes import AtOnce, Shop
from tests.unit.viapi_line import COMMON, LINK, ok, refused

WEBHOOK = "https://shop.example/alarm?token=EXAMPLE-0123456789"
ERROR, FAILED, QUEUE = (alert.name for alert in ALERTS)
ALL = len(ALERTS) + len(RULES) + 4
"""Things in the account: beside alerts and rules a contact group, a webhook, an action policy and a dashboard."""
CENTER = 2
"""What the Alert Center is for the account and for the project, where it was never used. It stays."""


@pytest.fixture
def world() -> Iterator[World]:
    """With a log."""
    world = World()
    carry_out(logs.plan(world.account, world.slept.append), lambda message: None)
    yield world
    world.openapi.stop()


@pytest.fixture
def watched(world: World) -> World:
    """With alarms that call a webhook."""
    set_up(world)(lambda message: None)
    return world


def set_up(world: World, recipients: Recipients = Recipients(webhook=WEBHOOK), **options: Any) -> Callable[[Say], None]:  # noqa: B008 - it is frozen
    return lambda say: carry_out(alarms.plan(world.account, recipients), say, **options)


def removed(world: World) -> Callable[[Say], None]:
    return lambda say: carry_out(alarms.removal(world.account), say)


def make_contact_group(world: World, name: str = "night") -> None:
    request = cms.PutContactGroupRequest(contact_group_name=name)
    world.account.call("CMS", "PutContactGroup", world.account.cms.put_contact_group, request)


def make_user_group(world: World, name: str = "night") -> None:
    value = f'{{"user_group_id": "{name}", "user_group_name": "{name}", "enabled": true, "members": []}}'
    record = sls.ResourceRecord(id=name, tag=name, value=value)
    world.ask_sls("create_resource_record", "sls.common.user_group", sls.CreateResourceRecordRequest(body=record))


def rules_of(world: World) -> dict[str, dict[str, Any]]:
    request = cms.DescribeMetricRuleListRequest(page_size=100)
    found = world.account.call("CMS", "", world.account.cms.describe_metric_rule_list, request).body.to_map()
    return {rule["RuleId"]: rule for rule in found["Alarms"]["Alarm"]}


def policy_of(world: World) -> str:
    read = ("sls.alert.action_policy", "oss-cutout", sls.GetResourceRecordRequest())
    found: str = world.ask_sls("get_resource_record", *read).value
    return found


def not_set(world: World) -> list[str]:
    (check,) = (each for each in CHECKS if each.name == "alarms")
    return [getattr(each, "code", "") for each in check.look(world.account)]


# Set


def test_everything_is_set_and_a_second_time_nothing_is_changed(world: World) -> None:
    assert not_set(world) == ["AlarmsNotSet"]
    first = world.said(set_up(world))
    assert all(message.en.startswith("create the ") for message in first)
    assert len(first) == CENTER + ALL
    before = world.writes
    assert world.said(set_up(world)) == []
    assert world.writes == before
    assert not_set(world) == []


def test_each_function_is_watched_but_settle_for_dropped_events(watched: World) -> None:
    for rule in RULES:
        resources = rules_of(watched)[rule.name]["Resources"]
        watched_functions = {name for name in FUNCTIONS if f'"{PREFIX}{name}"' in resources}
        assert {*FUNCTIONS} - watched_functions == ({"settle"} if "Dropped" in rule.metric else set())


def test_a_dry_run_says_it_and_changes_nothing(world: World) -> None:
    before = world.writes
    assert len(world.said(set_up(world, dry_run=True))) == CENTER + ALL
    assert world.writes == before


def test_killed_after_each_change_and_run_again_it_comes_to_its_end(world: World) -> None:
    assert world.times_killed(set_up(world)) == CENTER + ALL
    assert not_set(world) == []


def test_what_was_changed_by_hand_is_changed_back(watched: World) -> None:
    alert = watched.ask_sls("get_alert", PROJECT, ERROR).to_map()
    alert["configuration"]["queryList"][0]["query"] = "*"
    watched.ask_sls("update_alert", PROJECT, ERROR, sls.UpdateAlertRequest().from_map(alert))
    assert [message.en for message in watched.said(set_up(watched))] == [f"update the alert `{ERROR}`"]


def test_a_webhook_that_is_another_one_now_is_written_everywhere(watched: World) -> None:
    said = watched.said(set_up(watched, Recipients(webhook="https://shop.example/other")))
    assert len(said) == 1 + len(RULES)
    assert {rule["Webhook"] for rule in rules_of(watched).values()} == {"https://shop.example/other"}


# The Alert Center


def initialisations(world: World) -> list[str]:
    return [call.action for call in world.openapi.calls if call.host == "sls.cn-shanghai.aliyuncs.com"]


def test_the_alert_center_is_initialised_before_the_first_alert(world: World) -> None:
    first = [message.en for message in world.said(set_up(world))][:CENTER]
    assert first == [
        "create the Alert Center of the account",
        "create the logstore `internal-alert-history` of the alerts",
    ]
    assert initialisations(world) == ["InitUserAlertResource", "AnalyzeProductLog"]
    assert world.ask_sls("get_log_store", PROJECT, "internal-alert-history")


def test_an_alert_center_in_another_region_is_left_alone(world: World) -> None:
    world.sls.open_alert_center("cn-hangzhou")
    world.said(set_up(world))
    assert initialisations(world) == ["AnalyzeProductLog"]


def test_an_alert_center_whose_project_was_deleted_is_initialised_again(watched: World) -> None:
    center = f"sls-alert-{watched.account.identity.uid}-cn-shanghai"
    watched.ask_sls("delete_project", center, sls.DeleteProjectRequest())
    assert [message.en for message in watched.said(set_up(watched))] == ["create the Alert Center of the account"]


def test_an_initialisation_without_success_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"Code": "InternalServerError", "Message": "try again", "RequestId": "EXAMPLE", "Success": False}
    monkeypatch.setattr(SlsAlertCenter, "perform", lambda product, call: said)
    with pytest.raises(ApiError, match="InternalServerError: try again"):
        world.said(set_up(world))


# Who is told


def test_a_contact_group_is_told_by_both_services(world: World) -> None:
    make_contact_group(world)
    make_user_group(world)
    world.said(set_up(world, Recipients(contact_group="night")))
    assert {rule["ContactGroups"] for rule in rules_of(world).values()} == {"night"}
    assert 'groups=[\\"night\\"]' in policy_of(world)
    assert "webhook" not in policy_of(world)


def test_a_webhook_is_called_where_simple_log_service_knows_no_such_group(world: World) -> None:
    make_contact_group(world)
    world.said(set_up(world, Recipients("night", WEBHOOK)))
    assert "groups" not in policy_of(world)
    assert "webhook_integration" in policy_of(world)


def test_nobody_to_tell_is_said_before_anything_is_set(world: World) -> None:
    make_contact_group(world)
    before = world.writes
    for recipients, code in (
        (Recipients(), "NobodyTold"),
        (Recipients("night"), "NobodyTold"),
        (Recipients("day"), "ContactGroupMissing"),
    ):
        with pytest.raises(Hindered) as hindered:
            world.said(set_up(world, recipients))
        assert hindered.value.finding.code == code
    assert world.writes == before


def test_where_there_is_no_contact_group_that_is_said(world: World) -> None:
    with pytest.raises(Hindered) as caught:
        world.said(set_up(world, Recipients(contact_group="nonsense")))
    assert caught.value.finding.what.en.endswith("it has: none")


def test_the_webhook_is_said_nowhere(world: World) -> None:
    said = [*world.said(set_up(world)), *world.said(set_up(world, Recipients(webhook=f"{WEBHOOK}&more")))]
    assert not any("EXAMPLE" in text for message in said for text in (message.en, message.zh))
    assert "EXAMPLE" not in repr(Recipients(webhook=WEBHOOK))


# Removed


def test_everything_is_removed_and_what_is_others_stays(watched: World) -> None:
    make_contact_group(watched)
    assert len(watched.said(removed(watched))) == ALL
    assert not_set(watched) == ["AlarmsNotSet"]
    for code, asked in (
        ("DashboardNotExist", ("get_dashboard", PROJECT, "oss-cutout")),
        (
            "ResourceRecordNotExist",
            ("get_resource_record", "sls.alert.action_webhook", "oss-cutout", sls.GetResourceRecordRequest()),
        ),
    ):
        with pytest.raises(ApiError) as caught:
            watched.ask_sls(*asked)
        assert caught.value.code == code
    assert watched.said(removed(watched)) == []


def test_a_removal_that_is_killed_after_each_change_comes_to_its_end(watched: World) -> None:
    assert watched.times_killed(removed(watched)) == ALL
    assert not_set(watched) == ["AlarmsNotSet"]


# What they find


def fires(world: World, name: str) -> list[dict[str, str]]:
    """The rows of an alert's query for which its condition holds, as Simple Log Service evaluates them."""
    found = world.ask_sls("get_alert", PROJECT, name).configuration
    (query,), (severity,) = found.query_list, found.severity_configurations
    minutes = int(query.start.strip("-m"))
    asked = sls.GetLogsRequest(query=query.query, from_=NOW - 60 * minutes, to=NOW)
    rows = world.ask_sls("get_logs", PROJECT, LOGSTORE, asked).data
    return [row for row in rows if _holds(severity.eval_condition.condition, row)]


def _holds(condition: str, row: dict[str, str]) -> bool:
    """Of `name > number`, `name < number`, and `||` between them."""
    if not condition:
        return True
    compared = (each.split() for each in condition.split("||"))
    return any(
        float(row[name]) > float(number) if operator == ">" else float(row[name]) < float(number)
        for name, operator, number in compared
    )


@pytest.fixture
def running(watched: World) -> World:
    """With lines as they are when all is well."""
    watched.log("queue", function="settle", waiting=0, oldest="", capability="", age_seconds=0)
    watched.log(
        "concluded", status="done", code="", message="", attempts=1, capability="goods/commodity", price_yuan=0.01
    )
    watched.log("vendor_call", code="", milliseconds=850, capability="goods/commodity")
    watched.log("wake_failed", level="WARNING", message="ERROR 503 failed in the queue")
    watched.log_text("FC Invoke End RequestId: 1-6553f0a4")
    return watched


def test_nothing_fires_when_all_is_well(running: World) -> None:
    assert [fires(running, name) for name in (ERROR, FAILED, QUEUE)] == [[], [], []]


def test_an_error_line_fires_and_the_alert_says_which(running: World) -> None:
    for _ in range(3):
        running.log("job_blocked", level="ERROR", code="NeedOpen", message="open 商品分割", key="uploads/goods/a.jpg")
    running.log("job_blocked", level="ERROR", code="Old", message="", seconds_ago=400)
    expected = {
        "name": "oss-cutout-goods",
        "event": "job_blocked",
        "code": "NeedOpen",
        "sentence": "open 商品分割",
        "lines": "3",
    }
    assert fires(running, ERROR) == [expected]


def test_an_error_that_is_none_of_our_lines_fires(running: World) -> None:
    running.log_text("2023-11-14T22:12:20.000Z 1-6553f0a4 [ERROR] Traceback {not JSON", "picwish")
    assert [row["name"] for row in fires(running, ERROR)] == ["oss-cutout-picwish"]


def test_a_failed_receipt_fires(running: World) -> None:
    for _ in range(2):
        running.log("concluded", level="WARNING", status="failed", code="InternalError", capability="goods/commodity")
    assert fires(running, FAILED) == [{"capability": "goods/commodity", "code": "InternalError", "photos": "2"}]


def test_a_queue_that_is_older_than_an_hour_fires(running: World) -> None:
    running.log("queue", function="settle", waiting=7, oldest="x", capability="goods/commodity", age_seconds=3600)
    assert fires(running, QUEUE) == []
    running.log("queue", function="settle", waiting=7, oldest="x", capability="goods/commodity", age_seconds=3601)
    assert fires(running, QUEUE) == [{"oldest": "3601", "lines": "3"}]


def test_a_settle_that_says_nothing_fires(watched: World) -> None:
    assert fires(watched, QUEUE) == [{"oldest": "0", "lines": "0"}]


def shown(world: World) -> dict[str, list[dict[str, str]]]:
    """The rows of each chart of the dashboard, by its English title."""
    found = {}
    for chart in world.ask_sls("get_dashboard", PROJECT, "oss-cutout").to_map()["charts"]:
        asked = sls.GetLogsRequest(query=chart["search"]["query"], from_=NOW - 86400, to=NOW)
        rows = world.ask_sls("get_logs", PROJECT, LOGSTORE, asked).data
        axes = [*chart["display"]["xAxis"], *chart["display"]["yAxis"]]
        assert all(axis in row for row in rows for axis in axes)
        found[chart["display"]["displayName"].rpartition(" / ")[2]] = rows
    return found


def test_the_dashboard_shows_calls_results_latency_yuan_and_queue(running: World) -> None:
    time = {"time": "11-14 22:10"}
    assert shown(running) == {
        "calls": [{**time, "calls": "1", "refused": "0"}],
        "results": [{**time, "done": "1", "rejected": "0", "failed": "0"}],
        "latency of calls, ms": [{**time, "p50": "850", "p95": "850"}],
        "yuan an hour": [{"time": "11-14 22:00", "capability": "goods/commodity", "yuan": "0.01"}],
        "queue": [{**time, "waiting": "0", "age_seconds": "0"}],
        "errors": [],
    }


def test_what_the_code_logs_is_what_the_queries_look_for(watched: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    shop = Shop(prices={"general/common": 0.01})
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    shop.web.always = refused("InvalidApi.NotPurchase", 403)
    shop.upload("uploads/goods/commodity/shoe.jpg", picture())
    with AtOnce() as pool:
        shop.worker(shop.clock() + timedelta(seconds=1), pool, sleep=lambda seconds: None).run()
    for record in caplog.records:
        watched.log_text(f"2023-11-14T22:12:20.000Z 1-6553f0a4 [{record.levelname}] {record.getMessage()}")
    assert [row["event"] for row in fires(watched, ERROR)] == ["job_blocked"]
    assert fires(watched, QUEUE) == []
    charts = shown(watched)
    assert [(row["calls"], row["refused"]) for row in charts["calls"]] == [("2", "1")]
    assert [row["done"] for row in charts["results"]] == ["1"]
    assert [(row["capability"], row["yuan"]) for row in charts["yuan an hour"]] == [("general/common", "0.01")]
    assert [row["waiting"] for row in charts["queue"]] == ["0"]
