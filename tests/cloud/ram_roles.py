"""The actions of RAM's API that are about roles and what is attached to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.cloud.accounts import Accounts
from tests.cloud.openapi import Call, Operation, Refused
from tests.cloud.ram_calls import conflict, invalid, named_policy, named_role, told, written
from tests.cloud.ram_documents import trust_policy
from tests.cloud.ram_state import Kind, RamRole, RamState, now

MOST_ATTACHED: Mapping[Kind, int] = {"System": 20, "Custom": 5}
"""To one role ("Limits")."""


class RoleOperations:
    def __init__(self, ram: RamState) -> None:
        self._ram = ram
        policy = ("PolicyName", "PolicyType")
        self.operations = {
            "CreateRole": Operation(self._create, ("RoleName", "AssumeRolePolicyDocument"), ("Description",)),
            "GetRole": Operation(self._get, ("RoleName",)),
            "UpdateRole": Operation(self._update, ("RoleName",), ("NewAssumeRolePolicyDocument", "NewDescription")),
            "DeleteRole": Operation(self._delete, ("RoleName",)),
            "ListRoles": Operation(self._list, (), ("Marker", "MaxItems")),
            "AttachPolicyToRole": Operation(self._attach, (*policy, "RoleName")),
            "DetachPolicyFromRole": Operation(self._detach, (*policy, "RoleName")),
            "ListPoliciesForRole": Operation(self._list_policies, ("RoleName",)),
            "ListEntitiesForPolicy": Operation(self._list_entities, policy),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        said = call.parameters
        trust = trust_policy(said["AssumeRolePolicyDocument"])
        if self._ram.role(said["RoleName"]):
            raise Refused(409, "EntityAlreadyExists.Role", "The role does already EXIST.")
        return {"Role": _role(self._ram.create_role(said["RoleName"], trust, said.get("Description", "")))}

    def _get(self, call: Call) -> dict[str, Any]:
        return {"Role": _role(named_role(self._ram, call))}

    def _update(self, call: Call) -> dict[str, Any]:
        said, found = call.parameters, named_role(self._ram, call)
        if text := said.get("NewAssumeRolePolicyDocument"):
            found.trust = trust_policy(text)
        found.description = said.get("NewDescription", found.description)
        found.updated = now()
        return {"Role": _role(found)}

    def _delete(self, call: Call) -> None:
        if named_role(self._ram, call).attached:
            raise conflict("Role.Policy", "The role CAN NOT has any attached policy while deleting the role.")
        del self._ram.roles[call.parameters["RoleName"].lower()]

    def _list(self, call: Call) -> dict[str, Any]:
        most = call.parameters.get("MaxItems", "100")
        if not re.fullmatch(r"[0-9]{1,4}", most) or not 1 <= int(most) <= 1000:
            raise invalid("MaxItems", 'The parameter - "MaxItems" is incorrect.')  # no document names the code
        names = [name for name in sorted(self._ram.roles) if name >= call.parameters.get("Marker", "")]
        page, rest = names[: int(most)], names[int(most) :]
        marker = {"Marker": rest[0]} if rest else {}  # no document says what one looks like: it is for RAM to read
        roles = [_role(self._ram.roles[name]) for name in page]
        for each in roles:
            del each["AssumeRolePolicyDocument"]  # a list does not tell it
        return {"IsTruncated": bool(rest), **marker, "Roles": {"Role": roles}}

    def _attach(self, call: Call) -> None:
        role, policy = named_role(self._ram, call), named_policy(self._ram, call)
        if (policy.kind, policy.name) in role.attached:
            raise Refused(409, "EntityAlreadyExists.Role.Policy", "The role has already been attached this policy.")
        if sum(kind == policy.kind for kind, _ in role.attached) >= MOST_ATTACHED[policy.kind]:
            message = "The count of policies attached to the role beyond the current limits."
            raise Refused(409, "LimitExceeded.Role.Policy", message)
        self._ram.attach(role.name, policy.name, policy.kind)

    def _detach(self, call: Call) -> None:
        role, policy = named_role(self._ram, call), named_policy(self._ram, call)
        if (policy.kind, policy.name) not in role.attached:
            raise Refused(404, "EntityNotExist.Role.Policy", "The policy is not attached to the role.")
        self._ram.detach(role.name, policy.name, policy.kind)

    def _list_policies(self, call: Call) -> dict[str, Any]:
        attached = named_role(self._ram, call).attached.items()
        policies = [{**told(self._ram.policies[policy]), "AttachDate": since} for policy, since in attached]
        return {"Policies": {"Policy": policies}}

    def _list_entities(self, call: Call) -> dict[str, Any]:
        policy = named_policy(self._ram, call)
        roles = []
        for holder in self._ram.holders(policy):
            said = _role(holder)
            fields = {field: said[field] for field in ("Arn", "Description", "RoleId", "RoleName")}
            roles.append({**fields, "AttachDate": holder.attached[policy.kind, policy.name]})
        # The box has neither users nor groups.
        return {"Roles": {"Role": roles}, "Users": {"User": []}, "Groups": {"Group": []}}


def _role(role: RamRole) -> dict[str, Any]:
    return {
        "RoleId": role.role_id,
        "RoleName": role.name,
        "Arn": f"acs:ram::{Accounts.uid}:role/{role.name.lower()}",
        "Description": role.description,
        "AssumeRolePolicyDocument": written(role.trust),
        "MaxSessionDuration": 3600,
        "CreateDate": role.created,
        "UpdateDate": role.updated,
    }
