"""RAM through its SDK, as far as roles and their custom policies go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.account import Account, ApiError
from console.roles.policies import Document
from console.roles.rights import Role

Attached = tuple[str, str]
"""A policy's type (`Custom`, `System`) and its name."""


@dataclass(frozen=True)
class Found:
    """A role and its custom policy as they are in the account."""

    trust: Document | None = None
    """Its trust policy; None when there is no such role."""
    policy: Document | None = None
    """The default version of the custom policy; None when there is none."""
    attached: frozenset[Attached] = frozenset()
    """To the role."""
    holders: int = 0
    """How many roles, users and groups the custom policy is attached to."""


def find(account: Account, role: Role) -> Found:
    """Raises `ApiError`."""
    policy = _ask(account, "get_policy", policy_name=role.policy_name, policy_type="Custom")
    document = json.loads(policy.default_policy_version.policy_document) if policy else None
    holders = policy.policy.attachment_count if policy else 0
    held = _ask(account, "get_role", role_name=role.name)
    if held is None:
        return Found(policy=document, holders=holders)
    listed = call(account, "list_policies_for_role", {"role_name": role.name}).policies.policy
    attached = frozenset((each.policy_type, each.policy_name) for each in listed)
    return Found(json.loads(held.role.assume_role_policy_document), document, attached, holders)


def call(account: Account, action: str, parameters: Mapping[str, Any]) -> Any:
    """What RAM answers to an action, which is called as the SDK's method is. Raises `ApiError`."""
    from alibabacloud_ram20150501 import models  # noqa: PLC0415

    name = "".join(word.capitalize() for word in action.split("_"))
    request = getattr(models, f"{name}Request")(**parameters)
    return account.call("RAM", name, getattr(account.ram, action), request).body


def _ask(account: Account, action: str, **parameters: str) -> Any:
    """The answer, or None when there is no such thing."""
    try:
        return call(account, action, parameters)
    except ApiError as error:
        if error.code.startswith("EntityNotExist."):
            return None
        raise
