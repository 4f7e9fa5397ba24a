"""Triggers, as Function Compute's API 2023-03-30 makes, changes and shows them, and OSS takes them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import RootModel

from tests.cloud.accounts import Accounts
from tests.cloud.acs3 import Refused
from tests.cloud.fc_api_pages import page
from tests.cloud.fc_registry import REGION, Deployed, Facts, Registry, checked, invalid, now, object_of
from tests.cloud.function import MOST_TRIGGERS, Trigger
from tests.cloud.openapi import Call
from tests.cloud.triggers import MOST_OSS_TRIGGERS, OssTrigger

_CHANGEABLE = ("description", "invocationRole", "qualifier", "triggerConfig")
"""UpdateTriggerInput: where the events come from is not among it."""


class _AnyTrigger(RootModel[Trigger]):
    """Of OSS or of a timer."""


def create(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    trigger, description = _read(object_of(call.body, *_CHANGEABLE, "triggerName", "triggerType", "sourceArn"), {})
    if trigger.name in deployed.triggers:
        raise Refused(409, "TriggerAlreadyExists", f"trigger '{trigger.name}' already exists")
    if len(deployed.triggers) == MOST_TRIGGERS:
        raise Refused(400, "LimitExceededError", f"a function has {MOST_TRIGGERS} triggers at most")
    _admit(registry, call, deployed, trigger)
    deployed.triggers[trigger.name] = Facts(description=description)
    registry.change(deployed, triggers=[*deployed.function.triggers, trigger])
    return _show(deployed, trigger)


def update(registry: Registry, call: Call, function: str, trigger: str) -> dict[str, Any]:
    deployed = registry.find(function)
    before = _find(deployed, trigger)
    after, description = _read(object_of(call.body, *_CHANGEABLE), before.model_dump(by_alias=True))
    _admit(registry, call, deployed, after)
    facts = deployed.triggers[trigger]
    facts.description, facts.modified = description or facts.description, now()
    registry.change(deployed, triggers=[after if each is before else each for each in deployed.function.triggers])
    return _show(deployed, after)


def get(registry: Registry, call: Call, function: str, trigger: str) -> dict[str, Any]:
    deployed = registry.find(function)
    return _show(deployed, _find(deployed, trigger))


def list_all(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    return page("triggers", {each.name: _show(deployed, each) for each in deployed.function.triggers}, call.query)


def delete(registry: Registry, call: Call, function: str, trigger: str) -> None:
    deployed = registry.find(function)
    gone = _find(deployed, trigger)
    del deployed.triggers[trigger]
    registry.change(deployed, triggers=[each for each in deployed.function.triggers if each is not gone])


def _find(deployed: Deployed, name: str) -> Trigger:
    for trigger in deployed.function.triggers:
        if trigger.name == name:
            return trigger
    raise Refused(404, "TriggerNotFound", f"trigger '{name}' does not exist in function '{deployed.function.name}'")


def _read(body: dict[str, Any], before: dict[str, Any]) -> tuple[Trigger, str]:
    """The trigger that a body makes of the one before, and its description."""
    said = dict(body)
    description = said.pop("description", "")
    if said.pop("qualifier", "LATEST") != "LATEST":
        raise invalid("there is no other qualifier than LATEST")
    if "triggerConfig" in said:
        try:
            said["triggerConfig"] = json.loads(said["triggerConfig"])
        except (TypeError, ValueError):
            raise invalid("triggerConfig is not a string of JSON") from None
    return checked(_AnyTrigger, before | said).root, description


def _admit(registry: Registry, call: Call, deployed: Deployed, trigger: Trigger) -> None:
    """What OSS has to say to a trigger."""
    if not isinstance(trigger, OssTrigger):
        return
    if trigger.source_arn != f"acs:oss:{REGION}:{Accounts.uid}:{trigger.bucket}":
        raise invalid(f"sourceArn '{trigger.source_arn}' is not of this account and region")
    registry.admit_role(call.access_key_id, trigger.invocation_role, "oss.aliyuncs.com")
    if not registry.neighbours.has_bucket(trigger.bucket):
        raise _refused_by_oss("The specified bucket does not exist.")
    others = [each for each in registry.rules if each.bucket == trigger.bucket]
    for each in registry.deployed.values():
        mine = trigger.name if each is deployed else None
        others += [one for one in each.function.oss_triggers if one.bucket == trigger.bucket and one.name != mine]
    if any(trigger.overlaps(other) for other in others):
        raise _refused_by_oss("Cannot specify overlapping prefix and suffix with same event type.")
    if len(others) >= MOST_OSS_TRIGGERS:
        raise _refused_by_oss(f"A bucket takes {MOST_OSS_TRIGGERS} rules.")


def _refused_by_oss(said: str) -> Refused:
    """With the code and the beginning that Serverless Devs' component looks for; of overlapping ones also the words."""
    return Refused(400, "OSSInvalidRequest", f"event source 'oss' returned error: {said}")


def _show(deployed: Deployed, trigger: Trigger) -> dict[str, Any]:
    facts = deployed.triggers[trigger.name]
    said = trigger.model_dump(by_alias=True)
    return {
        **said,
        "triggerConfig": json.dumps(said["triggerConfig"]),
        "createdTime": facts.created,
        "description": facts.description,
        "lastModifiedTime": facts.modified,
        "qualifier": "LATEST",
        "targetArn": deployed.arn,
        "triggerId": facts.id,
    }
