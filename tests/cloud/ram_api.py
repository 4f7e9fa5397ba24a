"""RAM's API, version 2015-05-01, as far as roles and their policies go.

Names, limits and codes are those of its reference: the page of each action, "Error messages", and "Limits".
"""

from __future__ import annotations

from typing import Any

from tests.cloud.accounts import Accounts
from tests.cloud.openapi import Call, Refused, Rpc
from tests.cloud.ram_calls import check_parameters
from tests.cloud.ram_policies import PolicyOperations
from tests.cloud.ram_roles import RoleOperations


class RamApi(Rpc):
    """Shows and changes `accounts.ram`."""

    hosts = ("ram.aliyuncs.com",)
    version = "2015-05-01"
    writes = frozenset(
        {
            *("CreateRole", "UpdateRole", "DeleteRole", "AttachPolicyToRole", "DetachPolicyFromRole"),
            *("CreatePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"),
        }
    )

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.operations = RoleOperations(accounts.ram).operations | PolicyOperations(accounts.ram).operations

    def perform(self, call: Call) -> Any:
        check_parameters(call.parameters)
        for subject in _subjects(call):
            right = f"ram:{call.action}", f"acs:ram:*:{Accounts.uid}:{subject}"
            if not self._accounts.allows(call.access_key_id, right):
                raise Refused(403, "NoPermission", "You are not authorized to do this action.")
        done = super().perform(call)
        self._accounts.ram.changed()
        return done


def _subjects(call: Call) -> list[str]:
    """What of the account an action needs a right to, as the page of each names it."""
    named = [("role", call.parameters.get("RoleName")), ("policy", call.parameters.get("PolicyName"))]
    return [f"{word}/{name}" for word, name in named if name] or ["role/*"]
