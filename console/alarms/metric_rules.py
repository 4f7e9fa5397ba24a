"""CloudMonitor's alert rules on what Function Compute counts, and the group of contacts that they tell.

Metrics and dimensions are those of "Monitoring data" (Function Compute, 2025-04); that a sample on that page adds an
empty `serviceName`, which its text does not, is not followed here. "Appendix 1: Metrics" calls all statistics Value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from console.account import Account, ApiError
from console.resource import Resource
from console.roles.rights import FUNCTIONS, PREFIX
from shared.messages.message import Sentence

GROUP = "oss-cutout"
"""Of contacts, where there is only a webhook: CloudMonitor wants one for every rule. It has nobody in it."""
_SECONDS = 60
"""Of every metric."""
_SILENT_SECONDS = 3600
"""As long as it is so, a rule tells it again so often."""
_MOST_GROUPS = 100
"""On a page."""


@dataclass(frozen=True)
class MetricRule:
    """Tells when the metric of a function is above 0."""

    name: str
    metric: str
    level: str
    """As the API has it: Critical, Warn."""
    functions: tuple[str, ...]


RULES = (
    # settle's ticks expire while it works, and are followed by others.
    MetricRule(
        "oss-cutout-event-dropped",
        "FunctionAsyncEventExpiredDropped",
        "Critical",
        tuple(each for each in FUNCTIONS if each != "settle"),
    ),
    MetricRule("oss-cutout-function-error", "FunctionFunctionErrors", "Warn", FUNCTIONS),
    MetricRule("oss-cutout-throttled", "FunctionResourceThrottles", "Warn", FUNCTIONS),
)


def rules(account: Account, group: str, webhook: str) -> list[Resource]:
    """One for each of `RULES`, which tells the group of contacts, and the webhook unless that is empty."""
    return [_rule(account, each, group, webhook) for each in RULES]


def own_group(account: Account) -> Resource:
    """`GROUP`."""
    group = {"contact_group_name": GROUP, "describe": "oss-cutout"}
    put = partial(_ask, account, "put_contact_group", "PutContactGroupRequest", group)
    return Resource(
        Sentence("contact group `{name}` of CloudMonitor", "云监控报警联系组 `{name}`")(name=GROUP),
        {},
        lambda: {} if GROUP in groups(account) else None,
        put,
        put,
        partial(_ask, account, "delete_contact_group", "DeleteContactGroupRequest", {"contact_group_name": GROUP}),
    )


def groups(account: Account) -> list[str]:
    """The names of CloudMonitor's groups of contacts. Raises `ApiError`."""
    return [*_pages(account)]


def _pages(account: Account) -> Iterator[str]:
    for number in count(1):
        asked = {"page_number": number, "page_size": _MOST_GROUPS}
        found = _ask(account, "describe_contact_group_list", "DescribeContactGroupListRequest", asked)
        names = (found.get("ContactGroups") or {}).get("ContactGroup") or []
        yield from names
        if len(names) < _MOST_GROUPS:
            return


def _rule(account: Account, rule: MetricRule, group: str, webhook: str) -> Resource:
    condition = {"Statistics": "Value", "ComparisonOperator": "GreaterThanThreshold", "Threshold": "0", "Times": "1"}
    resources = [{"region": account.region, "functionName": f"{PREFIX}{name}"} for name in rule.functions]
    wanted = {
        "RuleName": rule.name,
        "Namespace": "acs_fc",
        "MetricName": rule.metric,
        "Resources": resources,
        "ContactGroups": group,
        "Webhook": webhook,
        "Period": str(_SECONDS),
        "SilenceTime": _SILENT_SECONDS,
        # Nothing is reported where nothing was counted.
        "NoDataPolicy": "OK",
        "Escalations": {rule.level: condition},
    }
    put = partial(_put, account, rule.name, wanted)
    delete = partial(_ask, account, "delete_metric_rules", "DeleteMetricRulesRequest", {"id": [rule.name]})
    what = Sentence("alert rule `{name}` of CloudMonitor", "云监控报警规则 `{name}`")(name=rule.name)
    return Resource(what, wanted, partial(_find, account, rule.name), put, put, delete)


def _find(account: Account, name: str) -> dict[str, Any] | None:
    asked = {"rule_ids": name}
    found = _ask(account, "describe_metric_rule_list", "DescribeMetricRuleListRequest", asked)
    for rule in (found.get("Alarms") or {}).get("Alarm") or []:
        if rule.get("RuleId") == name:
            return {"Webhook": "", **rule, "Resources": json.loads(rule.get("Resources") or "[]")}
    return None


def _put(account: Account, name: str, wanted: dict[str, Any]) -> None:
    from alibabacloud_cms20190101.models import PutResourceMetricRuleRequest  # noqa: PLC0415

    given = {field: value for field, value in wanted.items() if value != ""}
    rule = {**given, "RuleId": name, "Resources": json.dumps(wanted["Resources"])}
    request = PutResourceMetricRuleRequest().from_map(rule)
    _checked("PutResourceMetricRule", partial(account.cms.put_resource_metric_rule, request), account)


def _ask(account: Account, method: str, form: str, asked: dict[str, Any]) -> dict[str, Any]:
    from alibabacloud_cms20190101 import models  # noqa: PLC0415

    request = getattr(models, form)(**asked)
    return _checked(form.removesuffix("Request"), partial(getattr(account.cms, method), request), account)


def _checked(action: str, send: Callable[[], Any], account: Account) -> dict[str, Any]:
    """CloudMonitor says in the answer itself whether it did what it was asked."""
    body = account.call("CloudMonitor", action, send).body
    if body.success is False:
        code = str(body.code or "")
        status = int(code) if code.isdigit() else 400
        raise ApiError("CloudMonitor", action, status, code, body.message or "", body.request_id or "")
    answer: dict[str, Any] = body.to_map()
    return answer
