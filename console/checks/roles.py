"""Do the roles let the functions do what they must, and nothing else: trusts, custom policies and system policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.account import Account
from console.checks.bucket import BUCKET
from console.finding import IDENTITY, Check, Finding
from console.roles.plan import Comparison, compare
from console.roles.policies import Right
from shared.messages.message import COMMA, SEMICOLON, Message, Sentence

_MEND = Message(
    "`cutout roles apply`, or have an administrator make the roles as `cutout roles print` shows them",
    "运行 `cutout roles apply`；或请管理员按 `cutout roles print` 的输出配置角色",
)
_BY_HAND = Sentence(
    "`cutout roles apply`, or https://ram.console.aliyun.com/roles/detail?roleName={role}",
    "运行 `cutout roles apply`，或访问 https://ram.console.aliyun.com/roles/detail?roleName={role}",
)
_RIGHT = Sentence("`{action}` on `{resource}`", "`{action}`（资源 `{resource}`）")

_NO_ROLE = Sentence("there is no role `{role}`", "没有角色 `{role}`")
_NO_TRUST = Sentence(
    "the trust policy of `{role}` does not name {principals}", "角色 `{role}` 的信任策略缺少 {principals}"
)
_TRUST = Sentence("others may assume `{role}`: {principals}", "角色 `{role}` 还可被其他主体扮演：{principals}")
_NO_RIGHT = Sentence("the policy `{policy}` lacks {rights}", "权限策略 `{policy}` 缺少权限：{rights}")
_RIGHT_TOO_MANY = Sentence("the policy `{policy}` allows too much: {rights}", "权限策略 `{policy}` 权限过多：{rights}")
_NO_POLICY = Sentence("`{role}` lacks the policies {policies}", "角色 `{role}` 缺少权限策略 {policies}")
_POLICY_TOO_MANY = Sentence("`{role}` has policies too many: {policies}", "角色 `{role}` 的权限策略过多：{policies}")

_CANNOT_BE_ASSUMED = Message(
    "the function cannot be deployed, or has no key to do anything with", "函数无法部署，或得不到访问凭证"
)
_NOT_INVOKED = Message(
    "OSS cannot invoke the functions: what is uploaded is not processed", "OSS 无法触发函数：上传的照片不会被处理"
)
_NOT_INVOKED_PERHAPS = Message(
    "unless another policy of that role allows it, OSS cannot invoke the functions: what is uploaded is not processed",
    "如果该角色没有其他权限策略允许，OSS 就无法触发函数：上传的照片不会被处理",
)
_REFUSED = Message(
    "the function is refused what it needs that for: photos stay unfinished, or its log stays empty",
    "函数的相应操作会被拒绝：照片无法处理完，或没有日志",
)
_TOO_MUCH = Message(
    "a mistake in the function, or a thief of its key, can do more harm than necessary",
    "函数出错或凭证泄露时，可能造成更大的损失",
)


def _roles(account: Account) -> Iterator[Finding]:
    for found in compare(account):
        yield from _findings(found)


def _findings(found: Comparison) -> Iterator[Finding]:
    role, policy = found.role.name, found.role.policy_name
    needs = _NOT_INVOKED if found.role.is_shared else _CANNOT_BE_ASSUMED
    lacks = _NOT_INVOKED_PERHAPS if found.role.is_shared else _REFUSED
    if found.is_missing:
        yield Finding("MissingRole", "error", _NO_ROLE(role=role), needs, _MEND)
        return
    trust, rights, policies = found.trust, found.rights, found.policies
    by_hand = _BY_HAND(role=role)
    if trust.missing:
        what = _NO_TRUST(role=role, principals=_named(trust.missing))
        yield Finding("MissingTrust", "error", what, needs, _MEND)
    if trust.extra:
        what = _TRUST(role=role, principals=_named(trust.extra))
        yield Finding("ExtraTrust", "warning", what, _TOO_MUCH, by_hand)
    if rights.missing:
        what = _NO_RIGHT(policy=policy, rights=_rights(rights.missing))
        yield Finding("MissingRight", "error", what, lacks, _MEND)
    if rights.extra:
        what = _RIGHT_TOO_MANY(policy=policy, rights=_rights(rights.extra))
        yield Finding("ExtraRight", "warning", what, _TOO_MUCH, _MEND)
    if policies.missing:
        what = _NO_POLICY(role=role, policies=_named(name for _, name in policies.missing))
        yield Finding("MissingPolicy", "error", what, lacks, _MEND)
    if policies.extra:
        what = _POLICY_TOO_MANY(role=role, policies=_named(name for _, name in policies.extra))
        yield Finding("ExtraPolicy", "warning", what, _TOO_MUCH, by_hand)


def _named(names: Iterable[str]) -> Message:
    return COMMA.join(f"`{name}`" for name in names)


def _rights(rights: Iterable[Right]) -> Message:
    return SEMICOLON.join(_RIGHT(action=action, resource=resource) for action, resource in rights)


_SAYS = Message("the roles of the functions, and what they may do", "函数的角色及其权限")
CHECKS = (Check("roles", _SAYS, _roles, needs=(IDENTITY, BUCKET)),)
