"""What each role may do: one table, of which the RAM policies and the documents' table of roles are made.

Actions and resources are RAM's ("Policy elements", and the pages on RAM policies of OSS, FC and SLS).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.jobs import keys
from shared.messages.message import Message
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability

PREFIX = "oss-cutout-"
"""Functions and their roles are called `oss-cutout-<function>`."""
TRIGGER_ROLE = "aliyunosseventnotificationrole"
"""OSS assumes it to invoke functions."""
MOST_CHARACTERS = 6144
"""Of a custom policy (RAM, "Limits")."""

GET, PUT, DELETE = "oss:GetObject", "oss:PutObject", "oss:DeleteObject"
LIST, INVOKE = "oss:ListObjects", "fc:InvokeFunction"
USE_KEY = (
    *("kms:ListKeys", "kms:ListAliases", "kms:ListAliasesByKeyId", "kms:DescribeKey"),
    *("kms:GenerateDataKey", "kms:Decrypt"),
)
"""To write what a KMS key encrypts, and to read it (OSS, "Server-side encryption")."""


def _groups(rows: Iterable[Capability]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.name.partition("/")[0] for row in rows))


GROUPS = _groups(CAPABILITIES.values())
"""The functions that uploads trigger."""
CALLERS = (*GROUPS, "settle")
"""The functions that call vendors."""
BEGINNERS = (*CALLERS, "backfill")
"""The functions that begin jobs."""
FUNCTIONS = (*BEGINNERS, "listing")
_OF_VIAPI = _groups(row for row in CAPABILITIES.values() if row.provider == "viapi")
_PUBLISHERS = _groups(row for row in CAPABILITIES.values() if row.limits.max_link < math.inf)
"""Those whose vendors take short links only, so that copies are public."""
_PAIRED = _groups(row for row in CAPABILITIES.values() if row.companion_roles)
"""Those that look for what lies beside a photo."""
_LISTED = _groups(row for row in CAPABILITIES.values() if row.listable and not row.asynchronous)
"""Those that themselves store cutouts of which listing pictures can be made; of the others, settle does."""

Where = Literal["photos", "jobs", "functions", "logstore", "kms"]
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
    kms_keys: tuple[str, ...] = ()
    """The ids of the KMS keys of the user's own with which the buckets are encrypted."""


@dataclass(frozen=True)
class Grant:
    """The right to do `actions` with what `pattern` names in `where`: keys of a bucket; empty for the bucket itself."""

    functions: tuple[str, ...]
    actions: tuple[str, ...]
    where: Where
    pattern: str
    why: Message
    counts_calls: bool = False
    """Only needed when `DAILY_CALL_LIMIT` is set."""

    def resources(self, function: str, deployment: Deployment) -> tuple[str, ...]:
        """None where the deployment does not need the right."""
        if self.where == "kms":
            return tuple(f"acs:kms:{deployment.region}:{deployment.uid}:key/{each}" for each in deployment.kms_keys)
        if self.counts_calls and not deployment.counts_calls:
            return ()
        return (self._resource(function, deployment),)

    def _resource(self, function: str, deployment: Deployment) -> str:
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
    Grant(
        CALLERS,
        (GET,),
        "photos",
        f"{keys.UPLOADS}{OWN}",
        Message("to read photos, and to sign the links at which vendors read them", "读取照片，并为服务商签名下载链接"),
    ),
    Grant(
        CALLERS,
        (GET, PUT, DELETE),
        "photos",
        f"{keys.CUTOUTS}{OWN}",
        Message("to store results and receipts, in place of those of earlier versions", "保存结果和回执，替换旧版本的"),
    ),
    Grant(
        ("backfill",),
        (GET,),
        "photos",
        f"{keys.CUTOUTS}{OWN}",
        Message('to read receipts, for `{"failed": true}`', '读取回执，用于 `{"failed": true}`'),
    ),
    Grant(
        ("backfill",),
        (GET,),
        "photos",
        f"{keys.LISTINGS}*",
        Message('to see what is made already, for `{"listing": …}`', '查看已生成的商品图，用于 `{"listing": …}`'),
    ),
    Grant(
        CALLERS,
        (PUT, DELETE),
        "photos",
        f"{keys.WORK}*",
        Message("for copies with plain names, where a vendor cannot read the photo's own", "文件名无法读取时制作副本"),
    ),
    Grant(
        tuple(each for each in CALLERS if each not in _PUBLISHERS),
        (GET,),
        "photos",
        f"{keys.WORK}*",
        Message("to sign the links to them", "为副本签名下载链接"),
    ),
    Grant(
        (*_PUBLISHERS, "settle"),
        ("oss:PutObjectAcl",),
        "photos",
        f"{keys.WORK}*",
        Message(
            "for copies that anyone can read: the vendor takes short links only", "公共读副本：该服务商只接受短链接"
        ),
    ),
    Grant(
        (*_PAIRED, "settle", "backfill"),
        (LIST,),
        "photos",
        "",
        Message("to find uploads, and masks beside them", "查找上传的照片和旁边的蒙版"),
    ),
    Grant(
        (*_LISTED, "settle", "backfill"),
        (PUT,),
        "photos",
        f"{keys.ORDERS}{OWN}",
        Message("to order listing pictures", "下达商品图任务"),
    ),
    Grant(
        ("settle",),
        (GET,),
        "photos",
        f"{keys.ORDERS}*",
        Message("to ring for those that nobody has made", "对未完成的商品图任务重新发出通知"),
    ),
    Grant(
        ("listing",),
        (GET,),
        "photos",
        f"{keys.UPLOADS}*",
        Message("to read photos", "读取照片"),
    ),
    Grant(
        ("listing",),
        (GET,),
        "photos",
        f"{keys.CUTOUTS}*",
        Message("to read cutouts and receipts", "读取抠图和回执"),
    ),
    Grant(
        ("listing",),
        (GET, PUT, DELETE),
        "photos",
        f"{keys.ORDERS}*",
        Message("to work off orders, and to write a newer version's again", "处理商品图任务，必要时为新版本重新下达"),
    ),
    Grant(
        ("listing",),
        (GET, PUT, DELETE),
        "photos",
        f"{keys.LISTINGS}*",
        Message("to store listing pictures, in place of those of earlier versions", "保存商品图，替换旧版本的"),
    ),
    Grant(BEGINNERS, (PUT,), "photos", keys.WAKE, Message("to wake `settle`", "唤醒 `settle`")),
    Grant(
        CALLERS, (GET, PUT, DELETE), "jobs", f"{keys.JOBS}{OWN}", Message("for jobs and their leases", "任务及其租约")
    ),
    Grant(("backfill",), (GET, PUT), "jobs", f"{keys.JOBS}{OWN}", Message("to begin jobs", "创建任务")),
    Grant(
        BEGINNERS,
        (GET, PUT),
        "jobs",
        f"{keys.QUEUE}*",
        Message("to put jobs into the queue, and to read who owns a backlog", "任务入队，并查看积压由谁处理"),
    ),
    Grant(("settle",), (DELETE,), "jobs", f"{keys.QUEUE}*", Message("to take them out", "任务出队")),
    Grant(("settle", "backfill"), (LIST,), "jobs", "", Message("to find jobs", "查找任务")),
    Grant(
        CALLERS,
        ("oss:GetBucketVersioning",),
        "jobs",
        "",
        Message("to warn of versioning, with which jobs are not exclusive", "版本控制会破坏任务的互斥，开启时告警"),
    ),
    Grant(
        CALLERS,
        (GET, PUT),
        "jobs",
        f"{keys.CALLS}*",
        Message(
            "to count a day's calls, if `DAILY_CALL_LIMIT` is set",
            "设置了 `DAILY_CALL_LIMIT` 时，统计每天的调用",
        ),
        counts_calls=True,
    ),
    Grant(
        ("backfill",),
        (GET, PUT, DELETE),
        "jobs",
        f"{keys.BACKFILL}*",
        Message("to note how far it has come", "记录进度"),
    ),
    Grant(("backfill",), (INVOKE,), "functions", f"{PREFIX}*", Message("to set uploads going", "触发处理")),
    Grant(FUNCTIONS, ("log:PostLogStoreLogs",), "logstore", "", Message("to log", "写日志")),
    Grant(
        FUNCTIONS,
        USE_KEY,
        "kms",
        "",
        Message(
            "to read and write where a bucket is encrypted with a KMS key of yours; that key only",
            "Bucket 使用您自己的 KMS 密钥加密时，读写其中的文件；仅限该密钥",
        ),
    ),
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
    def is_shared(self) -> bool:
        """Whether it may be there already, for others too: Alibaba's console makes it for every trigger of OSS."""
        return self.name == TRIGGER_ROLE

    @property
    def policy_name(self) -> str:
        """What the custom policy is called."""
        return f"{PREFIX}trigger" if self.is_shared else self.name

    @property
    def trust(self) -> dict[str, Any]:
        """Its trust policy."""
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [self.service]}}
        return {"Statement": [statement], "Version": "1"}


def roles(deployment: Deployment) -> Iterator[Role]:
    """All that a deployment needs: one for each function, and the one that OSS assumes."""
    for function in FUNCTIONS:
        grants = (each for each in GRANTS if function in each.functions)
        statements = ((each.actions, named) for each in grants for named in each.resources(function, deployment))
        attached = tuple(name for name, functions in SYSTEM_POLICIES.items() if function in functions)
        yield Role(f"{PREFIX}{function}", "fc.aliyuncs.com", _policy(statements), attached)
    (invoke,) = (each for each in GRANTS if INVOKE in each.actions)
    invoked = ((invoke.actions, named) for named in invoke.resources("", deployment))
    yield Role(TRIGGER_ROLE, "oss.aliyuncs.com", _policy(invoked))


def documents(deployment: Deployment) -> dict[str, dict[str, object]]:
    """By the role's name, all that an administrator needs to make it."""
    return {
        role.name: {
            "trust": role.trust,
            "policy_name": role.policy_name,
            "policy": role.policy,
            "system_policies": [*role.system_policies],
        }
        for role in roles(deployment)
    }


def _policy(statements: Iterable[tuple[tuple[str, ...], str]]) -> dict[str, object]:
    """One statement for each set of actions, about all the resources that have it."""
    resources: dict[tuple[str, ...], list[str]] = {}
    for actions, resource in statements:
        resources.setdefault(actions, []).append(resource)
    allowed = [{"Effect": "Allow", "Action": [*actions], "Resource": each} for actions, each in resources.items()]
    return {"Version": "1", "Statement": allowed}
