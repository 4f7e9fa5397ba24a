"""What each role may do: one table, of which the RAM policies and the documents' table of roles are made.

`python -m console.rights` prints the roles as JSON, with their trust policies and their policies, for an administrator.
Actions and resources are RAM's ("Policy elements", and the pages on RAM policies of OSS, FC and SLS).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.jobs import keys
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability

PREFIX = "oss-cutout-"
"""Functions and their roles are called `oss-cutout-<function>`."""
TRIGGER_ROLE = "aliyunosseventnotificationrole"
"""OSS assumes it to invoke functions."""
MOST_CHARACTERS = 6144
"""Of a custom policy (RAM, "Limits")."""

GET, PUT, DELETE = "oss:GetObject", "oss:PutObject", "oss:DeleteObject"
LIST = "oss:ListObjects"


def _groups(rows: Iterable[Capability]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.name.partition("/")[0] for row in rows))


GROUPS = _groups(CAPABILITIES.values())
"""The functions that uploads trigger."""
CALLERS = (*GROUPS, "settle")
"""The functions that call vendors."""
FUNCTIONS = (*CALLERS, "backfill")
_OF_VIAPI = _groups(row for row in CAPABILITIES.values() if row.provider == "viapi")
_PUBLISHERS = _groups(row for row in CAPABILITIES.values() if row.limits.max_link < math.inf)
"""Those whose vendors take short links only, so that copies are public."""

Where = Literal["photos", "jobs", "functions", "logstore"]
_IN: Mapping[Where, str] = {
    "photos": "OSS_BUCKET",
    "jobs": "JOBS_BUCKET",
    "functions": "functions",
    "logstore": "LOG_STORE",
}
"""What the documents call it."""
OWN = "<own>"
"""In a pattern: `<function>/*`, or `*` for a function that serves every group."""


@dataclass(frozen=True)
class Deployment:
    """What the policies are about."""

    uid: str
    """The number of the account."""
    bucket: str
    jobs_bucket: str = ""
    """Empty: jobs lie in `bucket`."""
    counts_calls: bool = False
    """Whether `DAILY_CALL_LIMIT` is set."""
    log_project: str = "oss-cutout"
    logstore: str = "functions"
    region: str = "cn-shanghai"


@dataclass(frozen=True)
class Grant:
    """The right to do `actions` with what `pattern` names in `where`: keys of a bucket; empty for the bucket itself."""

    functions: tuple[str, ...]
    actions: tuple[str, ...]
    where: Where
    pattern: str = ""
    counts_calls: bool = False
    """Only needed when `DAILY_CALL_LIMIT` is set."""

    def resource(self, function: str, deployment: Deployment) -> str:
        pattern = self.pattern.replace(OWN, f"{function}/*" if function in GROUPS else "*")
        match self.where:
            case "functions":
                return f"acs:fc:{deployment.region}:{deployment.uid}:functions/{pattern}"
            case "logstore":
                project = f"project/{deployment.log_project}/logstore/{deployment.logstore}"
                return f"acs:log:{deployment.region}:{deployment.uid}:{project}"
            case "jobs" if deployment.jobs_bucket:
                bucket = deployment.jobs_bucket
            case _:
                bucket = deployment.bucket
        return f"acs:oss:*:{deployment.uid}:{bucket}" + (f"/{pattern}" if pattern else "")


GRANTS = (
    Grant(CALLERS, (GET,), "photos", f"{keys.UPLOADS}{OWN}"),
    Grant(CALLERS, (GET, PUT, DELETE), "photos", f"{keys.CUTOUTS}{OWN}"),
    Grant(("backfill",), (GET,), "photos", f"{keys.CUTOUTS}{OWN}"),
    Grant(CALLERS, (GET, PUT, DELETE), "photos", f"{keys.WORK}*"),
    Grant((*_PUBLISHERS, "settle"), ("oss:PutObjectAcl",), "photos", f"{keys.WORK}*"),
    Grant(FUNCTIONS, (LIST,), "photos"),
    Grant(FUNCTIONS, (PUT,), "photos", keys.WAKE),
    Grant(FUNCTIONS, (GET, PUT, DELETE), "jobs", f"{keys.JOBS}{OWN}"),
    Grant(FUNCTIONS, (GET, PUT), "jobs", f"{keys.QUEUE}*"),
    Grant(("settle",), (DELETE,), "jobs", f"{keys.QUEUE}*"),
    Grant(("settle", "backfill"), (LIST,), "jobs"),
    Grant(CALLERS, ("oss:GetBucketVersioning",), "jobs"),
    Grant(CALLERS, (GET, PUT), "jobs", f"{keys.CALLS}*", counts_calls=True),
    Grant(("backfill",), (GET, PUT, DELETE), "jobs", f"{keys.BACKFILL}*"),
    Grant(("backfill",), ("fc:InvokeFunction",), "functions", f"{PREFIX}*"),
    Grant(FUNCTIONS, ("log:PostLogStoreLogs",), "logstore"),
)
SYSTEM_POLICIES: Mapping[str, tuple[str, ...]] = {"AliyunVIAPIFullAccess": (*_OF_VIAPI, "settle")}
"""By name, the functions whose roles have it: VIAPI documents no policy that is narrower."""


@dataclass(frozen=True)
class Role:
    """A RAM role: who may assume it, and what it may do."""

    name: str
    service: str
    """The service that may assume it, such as `fc.aliyuncs.com`."""
    policy: Mapping[str, object]
    """A custom policy, as RAM takes it."""
    system_policies: tuple[str, ...] = ()

    @property
    def trust(self) -> dict[str, object]:
        """Its trust policy."""
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [self.service]}}
        return {"Statement": [statement], "Version": "1"}


def roles(deployment: Deployment) -> Iterator[Role]:
    """All that a deployment needs: one for each function, and the one that OSS assumes."""
    for function in FUNCTIONS:
        grants = (each for each in GRANTS if function in each.functions)
        needed = (each for each in grants if deployment.counts_calls or not each.counts_calls)
        statements = ((each.actions, each.resource(function, deployment)) for each in needed)
        attached = tuple(name for name, functions in SYSTEM_POLICIES.items() if function in functions)
        yield Role(f"{PREFIX}{function}", "fc.aliyuncs.com", _policy(statements), attached)
    invoke = Grant((), ("fc:InvokeFunction",), "functions", f"{PREFIX}*")
    yield Role(TRIGGER_ROLE, "oss.aliyuncs.com", _policy([(invoke.actions, invoke.resource("", deployment))]))


def _policy(statements: Iterable[tuple[tuple[str, ...], str]]) -> dict[str, object]:
    """One statement for each set of actions, about all the resources that have it."""
    resources: dict[tuple[str, ...], list[str]] = {}
    for actions, resource in statements:
        resources.setdefault(actions, []).append(resource)
    allowed = [{"Effect": "Allow", "Action": [*actions], "Resource": each} for actions, each in resources.items()]
    return {"Version": "1", "Statement": allowed}


def table() -> str:
    """The documents' table of rights, in Markdown, without its head."""
    rows = [
        (grant.functions, grant.actions, _IN[grant.where], grant.pattern, "DAILY_CALL_LIMIT" * grant.counts_calls)
        for grant in GRANTS
    ]
    rows += [(functions, (name,), "", "", "") for name, functions in SYSTEM_POLICIES.items()]
    return "\n".join(
        f"| {_coded(*functions)} | {_coded(*actions)} | {_coded(where)} | {_coded(pattern)} | {_coded(when)} |"
        for functions, actions, where, pattern, when in rows
    )


def _coded(*words: str) -> str:
    return ", ".join(f"`{word}`" for word in words if word)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m console.rights", description="The roles that a deployment needs.")
    parser.add_argument("--uid", required=True, help="the number of the account")
    parser.add_argument("--bucket", required=True, help="OSS_BUCKET")
    parser.add_argument("--jobs-bucket", default="", help="JOBS_BUCKET, if it is set")
    parser.add_argument("--daily-call-limit", action="store_true", help="DAILY_CALL_LIMIT is set")
    parser.add_argument("--log-project", default="oss-cutout")
    parser.add_argument("--logstore", default="functions")
    asked = parser.parse_args()
    deployment = Deployment(
        asked.uid, asked.bucket, asked.jobs_bucket, asked.daily_call_limit, asked.log_project, asked.logstore
    )
    documents = {
        role.name: {"trust": role.trust, "policy": role.policy, "system_policies": role.system_policies}
        for role in roles(deployment)
    }
    json.dump(documents, sys.stdout, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
