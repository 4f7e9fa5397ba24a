"""The roles of a deployment in its account: compared with `console.roles.rights`, brought up to date, removed.

What is to be done is worked out from what is there, one request a step: whoever was interrupted begins again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from console.account import Account
from console.buckets import encryption
from console.change import Change
from console.roles.policies import Difference, Document, Right, compare_rights, compare_sets, principals
from console.roles.ram import Attached, Found, call, find
from console.roles.rights import Deployment, Role, roles
from shared.messages.message import Message, Sentence

_DESCRIPTION = "oss-cutout: made by `cutout roles apply`, which writes over it"
_CREATE_POLICY = Sentence("create the policy `{policy}`", "创建权限策略 `{policy}`")
_UPDATE_POLICY = Sentence("write a new version of the policy `{policy}`", "更新权限策略 `{policy}`（新建版本）")
_DELETE_POLICY = Sentence("delete the policy `{policy}`", "删除权限策略 `{policy}`")
_CREATE_ROLE = Sentence("create the role `{role}`", "创建角色 `{role}`")
_UPDATE_TRUST = Sentence("write the trust policy of the role `{role}`", "更新角色 `{role}` 的信任策略")
_DELETE_ROLE = Sentence("delete the role `{role}`", "删除角色 `{role}`")
_ATTACH = Sentence("attach the policy `{policy}` to the role `{role}`", "为角色 `{role}` 添加权限策略 `{policy}`")
_DETACH = Sentence("detach the policy `{policy}` from the role `{role}`", "解除角色 `{role}` 的权限策略 `{policy}`")
_ROLE_LEFT = Sentence("left, since others use it: the role `{role}`", "已保留角色 `{role}`：其他业务正在使用")
_POLICY_LEFT = Sentence(
    "left, since others use it: the policy `{policy}`", "已保留权限策略 `{policy}`：其他业务正在使用"
)


@dataclass(frozen=True)
class Comparison:
    """What of a role is not as it should be. Of one that others use too, only what is missing counts."""

    role: Role
    is_missing: bool
    trust: Difference[str]
    """By principal, such as `Service fc.aliyuncs.com`."""
    rights: Difference[Right]
    """Of the custom policy; none when that is not there."""
    policies: Difference[Attached]


def deployment(account: Account) -> Deployment:
    """Raises `ApiError`, and `ValueError` when the settings do not name a bucket."""
    settings = account.settings
    if not settings.bucket:
        raise ValueError("OSS_BUCKET is not set")
    return Deployment(
        account.identity.uid,
        settings.bucket,
        settings["JOBS_BUCKET"],
        bool(settings["DAILY_CALL_LIMIT"]),
        account.log_project,
        settings["LOG_STORE"],
        account.region,
        encryption.own_keys(account),
    )


def compare(account: Account) -> Iterator[Comparison]:
    """All roles, those that are right as well. Raises what `deployment` does."""
    for role in roles(deployment(account)):
        yield comparison(role, find(account, role))


def comparison(role: Role, found: Found) -> Comparison:
    trust = compare_sets(principals(role.trust), principals(found.trust) if found.trust else frozenset())
    rights = compare_rights(role.policy, found.policy) if found.policy else Difference[Right]()
    policies = compare_sets(_needed(role), found.attached)
    if role.is_shared:
        trust, policies = Difference(trust.missing), Difference(policies.missing)
    return Comparison(role, found.trust is None, trust, rights, policies)


def plan(account: Account) -> Iterator[Change]:
    """Makes what is missing, and takes away what is too much. Raises what `deployment` does."""
    for role in roles(deployment(account)):
        yield from _to_apply(account, role, find(account, role))


def removal(account: Account) -> Iterator[Change]:
    """Takes away the roles and their policies, but for what others use. Raises what `deployment` does."""
    for role in roles(deployment(account)):
        found = find(account, role)
        yield from _to_remove(account, role, found)
        if _role_is_used(role, found):
            yield Change(_ROLE_LEFT(role=role.name), None)
        if _policy_is_used(role, found):
            yield Change(_POLICY_LEFT(policy=role.policy_name), None)


def _to_apply(account: Account, role: Role, found: Found) -> Iterator[Change]:
    request = partial(_request, account)
    differs = comparison(role, found)
    policy, assumed = {"policy_name": role.policy_name}, {"role_name": role.name}
    document = {"policy_document": _compact(role.policy)}
    if found.policy is None:
        said = _CREATE_POLICY(policy=role.policy_name)
        yield request(said, "create_policy", {**policy, **document, "description": _DESCRIPTION})
    elif differs.rights:
        # A policy has five versions at most.
        how = {"set_as_default": True, "rotate_strategy": "DeleteOldestNonDefaultVersionWhenLimitExceeded"}
        yield request(_UPDATE_POLICY(policy=role.policy_name), "create_policy_version", {**policy, **document, **how})
    if found.trust is None:
        trust = {"assume_role_policy_document": _compact(role.trust), "description": _DESCRIPTION}
        yield request(_CREATE_ROLE(role=role.name), "create_role", {**assumed, **trust})
    elif differs.trust:
        others = found.trust["Statement"] if role.is_shared else []
        merged = {**role.trust, "Statement": [*others, *role.trust["Statement"]]}
        new = {"new_assume_role_policy_document": _compact(merged)}
        yield request(_UPDATE_TRUST(role=role.name), "update_role", {**assumed, **new})
    yield from (_attachment(account, _ATTACH, "attach_policy_to_role", role, each) for each in differs.policies.missing)
    yield from (_attachment(account, _DETACH, "detach_policy_from_role", role, each) for each in differs.policies.extra)


def _to_remove(account: Account, role: Role, found: Found) -> Iterator[Change]:
    request = partial(_request, account)
    ours = found.attached & _needed(role) if role.is_shared else found.attached
    yield from (_attachment(account, _DETACH, "detach_policy_from_role", role, each) for each in sorted(ours))
    if found.trust is not None and not _role_is_used(role, found):
        yield request(_DELETE_ROLE(role=role.name), "delete_role", {"role_name": role.name})
    if found.policy is not None and not _policy_is_used(role, found):
        parameters = {"policy_name": role.policy_name, "cascading_delete": True}
        yield request(_DELETE_POLICY(policy=role.policy_name), "delete_policy", parameters)


def _role_is_used(role: Role, found: Found) -> bool:
    """Whether others use it."""
    if not role.is_shared or found.trust is None:
        return False
    return bool(found.attached - _needed(role) or principals(found.trust) - principals(role.trust))


def _policy_is_used(role: Role, found: Found) -> bool:
    """Whether it is attached to something else."""
    return found.holders > (("Custom", role.policy_name) in found.attached)


def _attachment(account: Account, says: Sentence, action: str, role: Role, attached: Attached) -> Change:
    kind, name = attached
    parameters = {"policy_type": kind, "policy_name": name, "role_name": role.name}
    return _request(account, says(policy=name, role=role.name), action, parameters)


def _needed(role: Role) -> frozenset[Attached]:
    return frozenset([("Custom", role.policy_name), *(("System", name) for name in role.system_policies)])


def _request(account: Account, says: Message, action: str, parameters: Mapping[str, Any]) -> Change:
    """`action` and `parameters` are those of `console.roles.ram.call`."""
    return Change(says, partial(call, account, action, parameters))


def _compact(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"))
