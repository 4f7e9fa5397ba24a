"""What calls of RAM's API are about, refused with the codes of its page "Error messages"."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from tests.cloud.openapi import Call, Refused
from tests.cloud.ram_state import Kind, Policy, RamRole, RamState

_NAMES = {"RoleName": (r"[A-Za-z0-9.-]+", 64), "PolicyName": (r"[A-Za-z0-9-]+", 128)}
"""The characters and the length of each."""
_MOST_DESCRIPTION = 1024


def check_parameters(said: Mapping[str, str]) -> None:
    """Raises `Refused` for a name, a description or a type that RAM does not take."""
    for name in _NAMES.keys() & said.keys():
        characters, most = _NAMES[name]
        if len(said[name]) > most:
            raise invalid(f"{name}.Length", f'The parameter - "{name}" beyond the length limit.')
        if not re.fullmatch(characters, said[name]):
            raise invalid(f"{name}.InvalidChars", f'The parameter - "{name}" contains invalid chars.')
    for name in ("Description", "NewDescription"):
        if not 1 <= len(said.get(name, "-")) <= _MOST_DESCRIPTION:
            raise invalid(f"{name}.Length", f'The parameter - "{name}" beyond the length limit.')
    if said.get("PolicyType", "Custom") not in ("System", "Custom"):
        raise invalid("PolicyType", 'The parameter - "PolicyType" is incorrect.')


def named_role(ram: RamState, call: Call) -> RamRole:
    found = ram.role(call.parameters["RoleName"])
    if found is None:
        raise Refused(404, "EntityNotExist.Role", "The role does not exist.")
    return found


def named_policy(ram: RamState, call: Call) -> Policy:
    """Where no type is said, a custom policy."""
    kind, name = cast("Kind", call.parameters.get("PolicyType", "Custom")), call.parameters["PolicyName"]
    found = ram.policies.get((kind, name))
    if found is None:
        raise Refused(404, "EntityNotExist.Policy", "The policy does not exist.")
    return found


def flag(call: Call, name: str) -> bool:
    said = call.parameters.get(name, "false").lower()  # the Python SDK says `True`
    if said not in ("true", "false"):
        raise invalid(name, f'The parameter - "{name}" is incorrect.')
    return said == "true"


def told(policy: Policy) -> dict[str, Any]:
    """What every answer about a policy says of it."""
    return {
        "PolicyName": policy.name,
        "PolicyType": policy.kind,
        "Description": policy.description,
        "DefaultVersion": policy.default,
    }


def written(document: Mapping[str, Any]) -> str:
    """A document in an answer. No document says whether RAM keeps the text as it was sent: here nobody gets by with
    comparing texts."""
    return json.dumps(document, sort_keys=True, indent=1)


def invalid(which: str, message: str) -> Refused:
    return Refused(400, f"InvalidParameter.{which}", message)


def conflict(which: str, message: str) -> Refused:
    return Refused(409, f"DeleteConflict.{which}", message)
