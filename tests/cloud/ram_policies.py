"""The actions of RAM's API that are about custom policies and their versions."""

from __future__ import annotations

import re
from typing import Any

from tests.cloud.openapi import Call, Operation, Refused
from tests.cloud.ram_calls import conflict, flag, invalid, named_policy, told, written
from tests.cloud.ram_documents import policy_document
from tests.cloud.ram_state import Policy, RamState

MOST_VERSIONS = 5
"""Of one policy ("Limits")."""
_ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


class PolicyOperations:
    def __init__(self, ram: RamState) -> None:
        self._ram = ram
        named, version = ("PolicyName", "PolicyType"), ("PolicyName", "VersionId")
        document = ("PolicyName", "PolicyDocument")
        self.operations = {
            "CreatePolicy": Operation(self._create, document, ("Description",)),
            "GetPolicy": Operation(self._get, named),
            "DeletePolicy": Operation(self._delete, ("PolicyName",), ("CascadingDelete",)),
            "CreatePolicyVersion": Operation(self._create_version, document, ("SetAsDefault", "RotateStrategy")),
            "ListPolicyVersions": Operation(self._list_versions, named),
            "SetDefaultPolicyVersion": Operation(self._set_default, version),
            "DeletePolicyVersion": Operation(self._delete_version, version),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        said = call.parameters
        document, name = policy_document(said["PolicyDocument"]), said["PolicyName"]
        if ("Custom", name) in self._ram.policies:
            raise Refused(409, "EntityAlreadyExists.Policy", "The policy does already EXIST.")
        policy = self._ram.put_policy(name, document)
        policy.description = said.get("Description", "")
        return {"Policy": {**told(policy), "CreateDate": policy.created}}

    def _get(self, call: Call) -> dict[str, Any]:
        policy = named_policy(self._ram, call)
        return {
            "Policy": {**told(policy), "AttachmentCount": len(self._ram.holders(policy))},
            "DefaultPolicyVersion": _version(policy, policy.default),
        }

    def _delete(self, call: Call) -> None:
        policy = named_policy(self._ram, call)
        if self._ram.holders(policy):
            # The reference names codes for users and groups; this is the one Alibaba's Terraform provider waits on.
            raise conflict("Role.Policy", "The policy CAN NOT been attached to any role while deleting the policy.")
        if len(policy.versions) > 1 and not flag(call, "CascadingDelete"):
            raise conflict("Policy.Version", "The policy CAN NOT has any version except the default version.")
        del self._ram.policies["Custom", policy.name]

    def _create_version(self, call: Call) -> dict[str, Any]:
        policy, document = named_policy(self._ram, call), policy_document(call.parameters["PolicyDocument"])
        strategy = call.parameters.get("RotateStrategy", "None")
        if strategy not in ("None", _ROTATE):
            raise invalid("RotateStrategy", 'The parameter - "RotateStrategy" is incorrect.')
        if len(policy.versions) >= MOST_VERSIONS:
            if strategy != _ROTATE:
                message = "The count of policy version beyond the current limits."
                raise Refused(409, "LimitExceeded.Policy.Version", message)
            del policy.versions[next(each for each in policy.versions if each != policy.default)]
        version = policy.add(document, default=flag(call, "SetAsDefault"))
        return {"PolicyVersion": _version(policy, version)}

    def _list_versions(self, call: Call) -> dict[str, Any]:
        policy = named_policy(self._ram, call)
        return {"PolicyVersions": {"PolicyVersion": [_version(policy, each) for each in policy.versions]}}

    def _set_default(self, call: Call) -> None:
        policy = named_policy(self._ram, call)
        policy.default = _named_version(policy, call)

    def _delete_version(self, call: Call) -> None:
        policy = named_policy(self._ram, call)
        version = _named_version(policy, call)
        if version == policy.default:
            raise conflict("Policy.Version.Default", "The default policy version CAN NOT been deleted directly.")
        del policy.versions[version]


def _version(policy: Policy, version: str) -> dict[str, Any]:
    found = policy.versions[version]
    return {
        "VersionId": version,
        "IsDefaultVersion": version == policy.default,
        "PolicyDocument": written(found.document),
        "CreateDate": found.created,
    }


def _named_version(policy: Policy, call: Call) -> str:
    version = call.parameters["VersionId"]
    if not re.fullmatch(r"v[0-9]+", version):
        raise invalid("VersionId.Format", 'The format of the parameter - "VersionId" is incorrect.')
    if version not in policy.versions:
        raise Refused(404, "EntityNotExist.Policy.Version", "The policy version does not exist.")
    return version
