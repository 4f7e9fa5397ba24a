"""`cutout alarms` sets the alarms that report photos which are not served, and a dashboard.

CloudMonitor counts what Function Compute drops, fails and turns away; Simple Log Service looks into our own log lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from console.account import Account
from console.alarms import alert_center, log_alerts, metric_rules
from console.alarms import recipients as alert_recipients
from console.alarms.queries import ALERTS
from console.change import Change
from console.finding import Finding, Hindered
from console.logs.service import LogService
from console.resource import Resource, changes, removals
from shared.messages.message import COMMA, Message, Sentence


@dataclass(frozen=True)
class Recipients:
    """At least one of the two."""

    contact_group: str = ""
    """The name of a contact group of CloudMonitor's, and the id of a user group of Simple Log Service's."""
    webhook: str = field(default="", repr=False)
    """An address that takes JSON by POST. It may hold a token."""


def plan(account: Account, recipients: Recipients) -> Iterator[Change]:
    """Makes alerts, rules and dashboard, or updates what is not as it should be.

    Raises `Hindered` when an alarm would have no recipient; `ApiError`.
    """
    return changes(_wanted(account, recipients))


def removal(account: Account) -> Iterator[Change]:
    """Takes away all that `plan` makes, for whomever. Raises `ApiError`."""
    service, nobody = LogService(account), Recipients()
    return removals(
        [
            metric_rules.own_group(account),
            alert_recipients.webhook(service, nobody.webhook),
            alert_recipients.policy(service, nobody.contact_group, has_webhook=False),
            *_watching(account, service, nobody),
        ]
    )


def not_set(account: Account) -> list[str]:
    """The names of alerts and rules that are not there or are switched off. Raises `ApiError`."""
    names = [*(alert.name for alert in ALERTS), *(rule.name for rule in metric_rules.RULES)]
    resources = [*log_alerts.alerts(LogService(account)), *metric_rules.rules(account, "", "")]
    return [name for name, resource in zip(names, resources, strict=True) if not _is_on(resource)]


def _is_on(resource: Resource) -> bool:
    found = resource.read()
    return found is not None and found.get("status") != "DISABLED" and found.get("EnableState") is not False


def _wanted(account: Account, recipients: Recipients) -> Iterator[Resource]:
    """In the order in which one needs the other."""
    service, group = LogService(account), recipients.contact_group
    if group and group not in (known := metric_rules.groups(account)):
        raise Hindered(_no_contact_group(group, known))
    user_group = group if group and alert_recipients.has_user_group(service, group) else ""
    if not (user_group or recipients.webhook):
        raise Hindered(_nobody_is_told(group))
    yield from alert_center.resources(account, service)
    if not group:
        yield metric_rules.own_group(account)
    if recipients.webhook:
        yield alert_recipients.webhook(service, recipients.webhook)
    yield alert_recipients.policy(service, user_group, has_webhook=bool(recipients.webhook))
    yield from _watching(account, service, recipients)


def _watching(account: Account, service: LogService, recipients: Recipients) -> Iterator[Resource]:
    yield from log_alerts.alerts(service)
    yield log_alerts.dashboard(service)
    yield from metric_rules.rules(account, recipients.contact_group or metric_rules.GROUP, recipients.webhook)


_LEADS_TO = Message("the alarms would have no recipient", "告警无人接收")


def _no_contact_group(group: str, known: list[str]) -> Finding:
    what = Sentence(
        "CloudMonitor has no contact group `{group}`; it has: {known}",
        "云监控中没有报警联系组 `{group}`；现有：{known}",
    )
    none = Message("none", "无")
    return Finding(
        "ContactGroupMissing",
        "error",
        what(group=group, known=COMMA.join(f"`{each}`" for each in known) if known else none),
        _LEADS_TO,
        Message(
            "name one of these, or make it: https://cloudmonitornext.console.aliyun.com (Alert Contacts)",
            "改用现有的联系组，或者新建：https://cloudmonitornext.console.aliyun.com（报警联系人）",
        ),
    )


def _nobody_is_told(group: str) -> Finding:
    if not group:
        what = Message("neither a contact group nor a webhook is named", "没有指定报警联系组或 Webhook")
    else:
        what = Sentence(
            "Simple Log Service has no user group `{group}`, and no webhook is named",
            "日志服务中没有用户组 `{group}`，也没有指定 Webhook",
        )(group=group)
    return Finding(
        "NobodyTold",
        "error",
        what,
        _LEADS_TO,
        Message(
            "name a webhook, or a contact group of which Simple Log Service has a user group with the same id: "
            "https://sls.console.aliyun.com (Alert Center, Notification Objects)",
            "指定 Webhook；或者指定报警联系组，并在日志服务中创建 ID 相同的用户组："
            "https://sls.console.aliyun.com（告警中心，通知对象）",
        ),
    )
