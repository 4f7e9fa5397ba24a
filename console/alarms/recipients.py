"""The recipients of Simple Log Service's alerts: an action policy, and the webhook that it calls. Both are
records of the account's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from console.logs.service import LogService
from console.resource import Resource
from shared.messages.message import Message

POLICY_NAME = "oss-cutout"
_WEBHOOK_NAME = "oss-cutout"
_TEMPLATE = "sls.builtin.cn"
"""The built-in form of messages; there is sls.builtin.en, too."""


def webhook(service: LogService, url: str) -> Resource:
    """The address that alerts are posted to. It may hold a token: it is said nowhere."""
    value = {
        "id": _WEBHOOK_NAME,
        "name": _WEBHOOK_NAME,
        "type": "custom",
        "url": url,
        "method": "POST",
        "headers": [{"key": "Content-Type", "value": "application/json"}],
    }
    what = Message("webhook of the alerts", "告警的 Webhook")
    return _record(service, what, "sls.alert.action_webhook", _WEBHOOK_NAME, value)


def policy(service: LogService, user_group: str, *, has_webhook: bool) -> Resource:
    """Tells the webhook, and by mail the user group of this id; empty: no group."""
    actions = []
    if has_webhook:
        actions.append(
            f'fire(type="webhook_integration", integration_type="custom", webhook_id="{_WEBHOOK_NAME}", '
            f'template_id="{_TEMPLATE}", period="any")'
        )
    if user_group:
        actions.append(
            f'fire(type="email", users=[], groups=[{json.dumps(user_group, ensure_ascii=False)}], oncall_groups=[], '
            f'receiver_type="static", external_url="", external_headers={{}}, template_id="{_TEMPLATE}", period="any")'
        )
    script = "\n".join(actions)
    value = {
        "action_policy_id": POLICY_NAME,
        "action_policy_name": POLICY_NAME,
        "labels": {},
        "is_default": False,
        "primary_policy_script": script,
        # Used by escalation only, which is off; but an empty one is an error (ActionPolicyEmpty).
        "secondary_policy_script": script,
        "escalation_start_enabled": False,
        "escalation_start_timeout": "10m",
        "escalation_inprogress_enabled": False,
        "escalation_inprogress_timeout": "30m",
        "escalation_enabled": False,
        "escalation_timeout": "1h",
    }
    what = Message("action policy of the alerts", "告警的行动策略")
    return _record(service, what, "sls.alert.action_policy", POLICY_NAME, value)


def has_user_group(service: LogService, name: str) -> bool:
    """Raises `ApiError`."""
    return service.find_record("sls.common.user_group", name) is not None


def _record(service: LogService, what: Message, kind: str, name: str, value: Mapping[str, Any]) -> Resource:
    models = service.models

    def write(method: str, *named: str, form: Callable[..., Any]) -> None:
        record = models.ResourceRecord(id=name, tag=name, value=json.dumps(value, ensure_ascii=False))
        service.call(method, kind, *named, form(body=record))

    return Resource(
        what,
        value,
        partial(service.find_record, kind, name),
        partial(write, "create_resource_record", form=models.CreateResourceRecordRequest),
        partial(write, "update_resource_record", name, form=models.UpdateResourceRecordRequest),
        lambda: service.call("delete_resource_record", kind, models.DeleteResourceRecordRequest(ids=name)),
    )
