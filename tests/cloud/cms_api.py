"""CloudMonitor, 2019-01-01, as far as the console uses it: alert rules on metrics, and the contacts that they tell.

Written from the SDK's models and the API reference. A rule's statistics must be the metric's own ("Statistics
verification was added on August 15, 2024"); those of Function Compute's are all called Value ("Appendix 1: Metrics",
which has not all metrics of FC 3.0). No document says how a rule that names an unknown group is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.cloud.openapi import Call, Operation, Refused, Rpc

METRICS = frozenset(
    {
        *("FunctionAsyncEventExpiredDropped", "FunctionFunctionErrors", "FunctionResourceThrottles"),
        *("FunctionConcurrencyThrottles", "FunctionServerErrors", "FunctionClientErrors", "FunctionTotalInvocations"),
        *("FunctionAsyncMessagesBacklogV2", "FunctionAsyncMessageLatencyMax", "FunctionDestinationErrors"),
    }
)
"""Of functions, those that count ("Monitoring data", 2025-04): their dimensions are region and functionName."""
_PERIOD = 60
"""Seconds: "the granularity of all metrics"; a rule's is a multiple."""
_NEEDED = ("RuleId", "RuleName", "Namespace", "MetricName", "Resources", "ContactGroups")
_OPTIONAL = ("Period", "Interval", "SilenceTime", "NoDataPolicy", "Webhook", "EmailSubject", "SendOK")
"""Of a rule, beside its conditions."""
_LEVELS = ("Critical", "Warn", "Info")
_CONDITION = ("Statistics", "ComparisonOperator", "Threshold", "Times")
_OPERATORS = frozenset(
    f"{word}{than}"
    for word in ("GreaterThan", "LessThan")
    for than in ("Threshold", "OrEqualToThreshold", "Yesterday", "LastWeek", "LastPeriod")
) | {"EqualToThreshold", "NotEqualToThreshold"}
_MOST_NAMED = 20
"""Rules that DescribeMetricRuleList can be asked for by id."""
_CHANNELS = tuple(f"Channels.{name}" for name in ("Mail", "SMS", "AliIM", "DingWebHook"))
_NUMBERED = tuple(map(str, range(1, _MOST_NAMED + 1)))

Document = dict[str, Any]


class Cms(Rpc):
    hosts = ("metrics.cn-shanghai.aliyuncs.com",)
    version = "2019-01-01"
    writes = frozenset(
        {"PutResourceMetricRule", "DeleteMetricRules", "PutContact", "PutContactGroup", "DeleteContactGroup"}
    )

    def __init__(self) -> None:
        self._rules: dict[str, Document] = {}
        self._contacts: dict[str, Mapping[str, str]] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        """By name, the names of the contacts."""
        escalations = (f"Escalations.{level}.{name}" for level in _LEVELS for name in _CONDITION)
        first, *other_ids = (f"Id.{each}" for each in _NUMBERED)
        names = (f"ContactNames.{each}" for each in _NUMBERED)
        self.operations = {
            "PutResourceMetricRule": Operation(self._put_rule, _NEEDED, (*escalations, *_OPTIONAL)),
            "DescribeMetricRuleList": Operation(self._list_rules, (), ("RuleIds", "Namespace", "Page", "PageSize")),
            "DeleteMetricRules": Operation(self._delete_rules, (first,), tuple(other_ids)),
            "PutContact": Operation(self._put_contact, ("ContactName", "Describe"), (*_CHANNELS, "Lang")),
            "PutContactGroup": Operation(
                self._put_group, ("ContactGroupName",), ("Describe", "EnableSubscribed", *names)
            ),
            "DescribeContactGroupList": Operation(self._list_groups, (), ("PageNumber", "PageSize")),
            "DeleteContactGroup": Operation(self._delete_group, ("ContactGroupName",)),
        }

    # ---------------------------------------------------------------- rules

    def _put_rule(self, call: Call) -> Document:
        asked = call.parameters
        _check_metric(asked)
        for group in asked["ContactGroups"].split(","):
            if group not in self._groups:
                raise Refused(404, "ResourceNotFound", f"The contact group {group} does not exist.")
        for name, least in (("Period", _PERIOD), ("Interval", _PERIOD), ("SilenceTime", 0)):
            if name in asked and (not asked[name].isdigit() or int(asked[name]) < least or int(asked[name]) % _PERIOD):
                raise _invalid(f"{name} must be a multiple of {_PERIOD}.")
        if asked.get("NoDataPolicy", "OK") not in ("KEEP_LAST_STATE", "INSUFFICIENT_DATA", "OK"):
            raise _invalid("NoDataPolicy is not known.")
        if not re.fullmatch(r"(https?://\S+)?", asked.get("Webhook", "")):
            raise _invalid("Webhook must be a URL.")
        self._rules[asked["RuleId"]] = {
            **{name: asked.get(name, "") for name in (*_NEEDED, "Webhook", "NoDataPolicy")},
            **{"Period": asked.get("Period", str(_PERIOD)), "SilenceTime": int(asked.get("SilenceTime", "86400"))},
            **{"Escalations": _escalations(asked), "EnableState": True, "AlertState": "INSUFFICIENT_DATA"},
        }
        return _well()

    def _list_rules(self, call: Call) -> Document:
        asked = call.parameters
        named = asked["RuleIds"].split(",") if "RuleIds" in asked else None
        if named is not None and len(named) > _MOST_NAMED:
            raise _invalid(f"RuleIds: {_MOST_NAMED} at most.")
        page, size = _page(asked, "Page")
        found = [
            rule
            for rule in self._rules.values()
            if (named is None or rule["RuleId"] in named)
            and asked.get("Namespace", rule["Namespace"]) == rule["Namespace"]
        ]
        shown = found[(page - 1) * size : page * size]
        return _well(Total=str(len(found)), Alarms={"Alarm": shown})

    def _delete_rules(self, call: Call) -> Document:
        for each in _numbered(call.parameters, "Id"):
            if self._rules.pop(each, None) is None:
                raise Refused(404, "ResourceNotFound", f"The rule {each} does not exist.")
        return _well()

    # ---------------------------------------------------------------- contacts

    def _put_contact(self, call: Call) -> Document:
        asked = call.parameters
        if not any(asked.get(name) for name in _CHANNELS):
            raise _invalid("A contact needs one way to be reached.")
        self._contacts[asked["ContactName"]] = asked
        return _well()

    def _put_group(self, call: Call) -> Document:
        names = tuple(_numbered(call.parameters, "ContactNames"))
        if unknown := [name for name in names if name not in self._contacts]:
            raise Refused(404, "ResourceNotFound", f"The contact {unknown[0]} does not exist.")
        self._groups[call.parameters["ContactGroupName"]] = names
        return _well()

    def _list_groups(self, call: Call) -> Document:
        page, size = _page(call.parameters, "PageNumber")
        names = [*self._groups][(page - 1) * size : page * size]
        return _well(Total=len(self._groups), ContactGroups={"ContactGroup": names})

    def _delete_group(self, call: Call) -> Document:
        if self._groups.pop(call.parameters["ContactGroupName"], None) is None:
            raise Refused(404, "ResourceNotFound", "The contact group does not exist.")
        return _well()


def _check_metric(asked: Mapping[str, str]) -> None:
    """That Function Compute has this metric, and that each resource is a function."""
    if asked["Namespace"] != "acs_fc" or asked["MetricName"] not in METRICS:
        raise Refused(404, "ResourceNotFound", f"There is no metric {asked['Namespace']} {asked['MetricName']}.")
    try:
        resources = json.loads(asked["Resources"])
    except ValueError:
        resources = None
    if not isinstance(resources, list) or not resources:
        raise _invalid("Resources must be a list in JSON.")
    for each in resources:
        if not isinstance(each, dict) or {*each} != {"region", "functionName"} or not all(each.values()):
            raise _invalid("Each of Resources must have region and functionName.")


def _escalations(asked: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found = dict[str, dict[str, str]]()
    for level in _LEVELS:
        given = {name: asked[key] for name in _CONDITION if (key := f"Escalations.{level}.{name}") in asked}
        if given and ({*given} != {*_CONDITION} or given["ComparisonOperator"] not in _OPERATORS):
            raise _invalid(f"{level} needs {', '.join(_CONDITION)}.")
        if given and (given["Statistics"] != "Value" or not given["Times"].isdigit()):
            raise _invalid("Statistics must be the metric's: Value. Times must be a number.")
        if given:
            found[level] = given
    if not found:
        raise _invalid("One of Critical, Warn and Info is needed.")
    return found


def _page(asked: Mapping[str, str], name: str) -> tuple[int, int]:
    page, size = asked.get(name, "1"), asked.get("PageSize", "10")
    if not (page.isdigit() and size.isdigit() and int(page) and 0 < int(size) <= 100):
        raise _invalid(f"{name} and PageSize must be numbers from 1 on.")
    return int(page), int(size)


def _numbered(asked: Mapping[str, str], name: str) -> list[str]:
    return [asked[key] for number in _NUMBERED if (key := f"{name}.{number}") in asked]


def _well(**beside: Any) -> Document:
    return {"Code": "200", "Success": True, "Message": "", **beside}


def _invalid(message: str) -> Refused:
    return Refused(400, "ParameterInvalid", message)
