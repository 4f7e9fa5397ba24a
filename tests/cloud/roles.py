"""The roles of a deployment, made at once and not through RAM's API."""

from __future__ import annotations

from console.roles.rights import Deployment, roles
from tests.cloud.accounts import Accounts


def make_roles(accounts: Accounts, deployment: Deployment) -> None:
    """With their policies."""
    for role in roles(deployment):
        accounts.ram.create_role(role.name, role.trust)
        accounts.ram.put_policy(role.policy_name, role.policy)
        accounts.ram.attach(role.name, role.policy_name)
        for name in role.system_policies:
            accounts.ram.attach(role.name, name, "System")
