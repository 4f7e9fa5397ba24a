"""The roles and policies of the account: what RAM's API shows and changes, and what the box's services hold to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from tests.cloud.ram import SYSTEM_POLICIES, Policies, several

Kind = Literal["System", "Custom"]
"""A policy's type: Alibaba keeps the former, the account the latter."""


def now() -> str:
    """The time as RAM writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class PolicyVersion:
    document: Mapping[str, Any]
    created: str = field(default_factory=now)


@dataclass
class Policy:
    kind: Kind
    name: str
    description: str = ""
    created: str = field(default_factory=now)
    versions: dict[str, PolicyVersion] = field(default_factory=dict)
    """By id: `v1`, `v2` and so on, none of them used twice; the oldest first."""
    default: str = ""
    made: int = 0
    """How many versions it has ever had."""

    def add(self, document: Mapping[str, Any], *, default: bool) -> str:
        """The id of the new version."""
        self.made += 1
        version = f"v{self.made}"
        self.versions[version] = PolicyVersion(document)
        if default:
            self.default = version
        return version


@dataclass
class RamRole:
    name: str
    trust: Mapping[str, Any]
    role_id: str
    description: str = ""
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)
    attached: dict[tuple[Kind, str], str] = field(default_factory=dict)
    """Type and name of each policy, and when it was attached."""


class RamState:
    """Roles are found by name without regard to case, as `AliyunOSSEventNotificationRole` is by its ARN.

    Whoever changes a role or a policy past the methods here says so with `changed()`.
    """

    def __init__(self) -> None:
        self.policies: dict[tuple[Kind, str], Policy] = {}
        self.roles: dict[str, RamRole] = {}
        """By name in lower case."""
        self._ids = 0
        self._known: set[str] = set()
        """Of roles that are, or were, there."""
        self._rights: dict[str, Policies] = {}
        for name, document in SYSTEM_POLICIES.items():
            self.put_policy(name, document, "System")

    def changed(self) -> None:
        self._rights = {}

    def role(self, name: str) -> RamRole | None:
        return self.roles.get(name.lower())

    def create_role(self, name: str, trust: Mapping[str, Any], description: str = "") -> RamRole:
        self._ids += 1
        self._known.add(name.lower())
        self.roles[name.lower()] = role = RamRole(name, trust, f"3{self._ids:017d}", description)
        self.changed()
        return role

    def put_policy(self, name: str, document: Mapping[str, Any], kind: Kind = "Custom") -> Policy:
        """Makes a policy, or gives it a new default version."""
        policy = self.policies.setdefault((kind, name), Policy(kind, name))
        policy.add(document, default=True)
        self.changed()
        return policy

    def attach(self, role: str, policy: str, kind: Kind = "Custom") -> None:
        self.roles[role.lower()].attached[kind, policy] = now()
        self.changed()

    def detach(self, role: str, policy: str, kind: Kind = "Custom") -> None:
        del self.roles[role.lower()].attached[kind, policy]
        self.changed()

    def holders(self, policy: Policy) -> list[RamRole]:
        """The roles that a policy is attached to."""
        return [role for role in self.roles.values() if (policy.kind, policy.name) in role.attached]

    def rights(self, role: str) -> Policies | None:
        """All that is attached to a role: nothing once it is deleted; None for one that was never there."""
        name, compiled = role.lower(), self._rights
        if name not in self._known:
            return None
        if name not in compiled:
            found = self.roles.get(name)
            policies = [self.policies[each] for each in [*found.attached]] if found else []
            compiled[name] = Policies(*(each.versions[each.default].document for each in policies))
        return compiled[name]

    def trusts(self, role: str, service: str) -> bool:
        """Whether a service, such as `fc.aliyuncs.com`, may assume a role; any may assume one that was never there."""
        if role.lower() not in self._known:
            return True
        found = self.role(role)
        statements = found.trust["Statement"] if found else []
        return any(service in several(each["Principal"].get("Service", [])) for each in statements)
