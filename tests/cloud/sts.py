"""STS's API, version 2015-04-01: who a key belongs to."""

from __future__ import annotations

from typing import Any

from tests.cloud.accounts import Accounts
from tests.cloud.openapi import Call, Operation, Rpc


class Sts(Rpc):
    """`GetCallerIdentity` takes no right ("No authorization for this operation")."""

    hosts = ("sts.cn-shanghai.aliyuncs.com", "sts.aliyuncs.com")
    version = "2015-04-01"

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.operations = {"GetCallerIdentity": Operation(self._identify)}

    def _identify(self, call: Call) -> dict[str, Any]:
        uid = Accounts.uid
        role = self._accounts.ram.role(self._accounts.role_of(call.access_key_id))
        if role is None:
            who = {"IdentityType": "Account", "PrincipalId": uid, "UserId": uid, "Arn": f"acs:ram::{uid}:root"}
        else:
            session = f"{role.name.lower()}/{call.access_key_id}"
            who = {
                "IdentityType": "AssumedRoleUser",
                "PrincipalId": f"{role.role_id}:{call.access_key_id}",
                "RoleId": role.role_id,
                "Arn": f"acs:ram::{uid}:assumed-role/{session}",
            }
        return {"AccountId": uid, **who}
