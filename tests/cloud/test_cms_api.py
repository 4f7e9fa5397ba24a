"""CloudMonitor in the box takes what its documents say, and nothing else. Alibaba's SDK asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_cms20190101 import models

from console.account import ApiError
from tests.cloud.accounts import Accounts
from tests.cloud.cms_api import Cms
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account

ABOVE_0 = {"Statistics": "Value", "ComparisonOperator": "GreaterThanThreshold", "Threshold": "0", "Times": "1"}
RESOURCES = [{"region": "cn-shanghai", "functionName": "oss-cutout-goods"}]
RULE: dict[str, Any] = {
    "RuleId": "dropped",
    "RuleName": "dropped",
    "Namespace": "acs_fc",
    "MetricName": "FunctionAsyncEventExpiredDropped",
    "Resources": json.dumps(RESOURCES),
    "ContactGroups": "night",
    "Escalations": {"Critical": ABOVE_0},
}


class World:
    def __init__(self) -> None:
        accounts = Accounts()
        self.openapi = OpenApi(accounts, Cms())
        self.account = account(self.openapi, accounts.owner, {})

    def __call__(self, form: str, **parameters: Any) -> dict[str, Any]:
        request = getattr(models, f"{form}Request")().from_map(parameters)
        method = "".join(f"_{each.lower()}" if each.isupper() else each for each in form).lstrip("_")
        body = self.account.call("CMS", form, getattr(self.account.cms, method), request).body
        answer: dict[str, Any] = body.to_map()
        return answer

    def refused(self, form: str, **parameters: Any) -> str:
        with pytest.raises(ApiError) as caught:
            self(form, **parameters)
        return caught.value.code

    def rules(self, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self("DescribeMetricRuleList", **parameters)["Alarms"]["Alarm"]
        return found


@pytest.fixture
def world() -> Iterator[World]:
    """With a contact and his group."""
    world = World()
    world("PutContact", ContactName="guard", Describe="at night", Channels={"Mail": "guard@example.com"})
    world("PutContactGroup", ContactGroupName="night", ContactNames=["guard"])
    yield world
    world.openapi.stop()


def test_a_rule_is_put_shown_and_deleted(world: World) -> None:
    assert world("PutResourceMetricRule", **RULE)["Success"] is True
    (shown,) = world.rules(RuleIds="dropped,another")
    assert (shown["RuleId"], json.loads(shown["Resources"]), shown["EnableState"]) == ("dropped", RESOURCES, True)
    assert shown["Escalations"]["Critical"] == ABOVE_0
    world("PutResourceMetricRule", **RULE, Webhook="https://shop.example/alarm")
    (shown,) = world.rules()
    assert shown["Webhook"] == "https://shop.example/alarm"
    world("DeleteMetricRules", Id=["dropped"])
    assert world.rules() == []
    assert world.refused("DeleteMetricRules", Id=["dropped"]) == "ResourceNotFound"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"RuleName": None}, "MissingRuleName"),
        ({"ContactGroups": None}, "MissingContactGroups"),
        ({"ContactGroups": "day"}, "ResourceNotFound"),
        ({"Namespace": "acs_fc3"}, "ResourceNotFound"),
        ({"MetricName": "FunctionErrors"}, "ResourceNotFound"),
        ({"Resources": "[]"}, "ParameterInvalid"),
        ({"Resources": "oss-cutout-goods"}, "ParameterInvalid"),
        ({"Resources": json.dumps([{"functionName": "oss-cutout-goods"}])}, "ParameterInvalid"),
        ({"Resources": json.dumps([{**RESOURCES[0], "serviceName": "shop"}])}, "ParameterInvalid"),
        ({"Escalations": {}}, "ParameterInvalid"),
        ({"Escalations": {"Critical": {**ABOVE_0, "Statistics": "Average"}}}, "ParameterInvalid"),
        ({"Escalations": {"Critical": {**ABOVE_0, "ComparisonOperator": ">"}}}, "ParameterInvalid"),
        ({"Escalations": {"Warn": {"Statistics": "Value"}}}, "ParameterInvalid"),
        ({"Period": "90"}, "ParameterInvalid"),
        ({"NoDataPolicy": "Ok"}, "ParameterInvalid"),
        ({"Webhook": "shop.example"}, "ParameterInvalid"),
        ({"EffectiveInterval": "00:00-23:59"}, "InvalidParameter"),
    ],
)
def test_a_rule_is_as_the_documents_have_it(world: World, wrong: dict[str, Any], code: str) -> None:
    rule = {name: value for name, value in {**RULE, **wrong}.items() if value is not None}
    assert world.refused("PutResourceMetricRule", **rule) == code


def test_rules_are_shown_in_pages(world: World) -> None:
    for number in range(12):
        world("PutResourceMetricRule", **{**RULE, "RuleId": f"rule-{number}"})
    assert len(world.rules()) == 10
    assert [each["RuleId"] for each in world.rules(Page=2)] == ["rule-10", "rule-11"]
    assert len(world.rules(PageSize=100)) == 12
    assert world.refused("DescribeMetricRuleList", RuleIds=",".join(map(str, range(21)))) == "ParameterInvalid"


def test_a_contact_can_be_reached_and_a_group_has_known_contacts(world: World) -> None:
    assert world.refused("PutContact", ContactName="ghost", Describe="nowhere") == "ParameterInvalid"
    assert world.refused("PutContactGroup", ContactGroupName="day", ContactNames=["ghost"]) == "ResourceNotFound"
    world("PutContactGroup", ContactGroupName="day")
    assert world("DescribeContactGroupList", PageSize=100)["ContactGroups"]["ContactGroup"] == ["night", "day"]
    world("DeleteContactGroup", ContactGroupName="day")
    assert world("DescribeContactGroupList")["ContactGroups"]["ContactGroup"] == ["night"]
    assert world.refused("DeleteContactGroup", ContactGroupName="day") == "ResourceNotFound"
