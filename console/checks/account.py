"""Is the account right: whose the key is, whether services are activated, whether there are instances enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.account import Account
from console.finding import IDENTITY, Check, Fact, Finding
from console.functions import deployed, manifest
from console.refusals import not_activated, payment_overdue
from shared.messages.message import Message, Sentence

USUAL_INSTANCES = 100
"""That an account has in a region, by the page on function quotas of 2025-12; that of 2026-04 says 300. Only the Quota
Center knows: FC's API does not tell, and no document has the code by which the Quota Center's would."""
RESERVABLE = 0.9
"""Of them, the share that all functions together may reserve (the same page)."""


def _identity(account: Account) -> Iterator[Finding | Fact]:
    account.key  # noqa: B018 - where there is none, it raises that, and not what STS says
    arn = account.identity.arn
    yield Fact("Identity", Sentence("the key is that of `{arn}`", "AccessKey 属于 `{arn}`")(arn=arn))
    # "acs:ram::<uid>:root" (GetCallerIdentity, whose IdentityType is then Account).
    if arn.endswith(":root"):
        yield Finding(
            "RootKey",
            "warning",
            Message("this is the key of the account itself", "使用的是主账号的 AccessKey"),
            Message(
                "a thief of this key can do anything in the account, and no policy can restrict it",
                "一旦泄露，对方可以在账号内执行任何操作，且无法用权限策略限制",
            ),
            Message(
                "make a RAM user for deploying, with a key of its own: https://ram.console.aliyun.com/users",
                "创建专用于部署的 RAM 用户及其 AccessKey：https://ram.console.aliyun.com/users",
            ),
        )


def _function_compute(account: Account) -> Iterator[Finding]:
    """Only asks: where FC is not activated, it refuses whatever it is asked, and says why."""
    from alibabacloud_fc20230330.models import ListFunctionsRequest  # noqa: PLC0415

    account.call("FC", "ListFunctions", account.fc.list_functions, ListFunctionsRequest(limit=1))
    yield from ()


def _log_service(account: Account) -> Iterator[Finding]:
    """GetSlsService, which takes no right ("GetSlsService", "ServiceStatus")."""
    status = account.call("SLS", "GetSlsService", account.sls.get_sls_service).body.status
    if status == "Closed":
        yield payment_overdue("SLS")
    elif status != "Opened":  # NotExist, or Opening
        yield not_activated("SLS")


def _instances(account: Account) -> Iterator[Finding]:
    if not account.settings.bucket:
        return  # then nobody knows yet what is to be deployed
    held = _reserved(deployed.concurrency(account))
    ours = _reserved({name: props["concurrencyConfig"] for name, props in manifest.functions(account).items()})
    missing = sum(max(0, count - held.get(name, 0)) for name, count in ours.items())
    most = round(USUAL_INSTANCES * RESERVABLE)
    if missing and sum(held.values()) + missing > most:
        others = sum(count for name, count in held.items() if name not in ours)
        what = Sentence(
            "other functions reserve {others} instances, and oss-cutout is to reserve {ours}: of the {usual} that an "
            "account usually has in a region, {most} can be reserved",
            "其他函数已预留 {others} 个实例，oss-cutout 需要预留 {ours} 个；账号在一个地域通常有 {usual} 个实例，"
            "其中最多可预留 {most} 个",
        )
        yield Finding(
            "InstancesShort",
            "warning",
            what(others=others, ours=sum(ours.values()), usual=USUAL_INSTANCES, most=most),
            Message(
                "unless this account has more, deploying fails at the function for which none are left",
                "如果此账号没有更高的配额，部署会在实例不足的函数处失败",
            ),
            Message(
                "look up the quota of Function Compute in cn-shanghai, and have it raised: https://quotas.console.aliyun.com",
                "查看函数计算在 cn-shanghai 的配额，必要时申请提升：https://quotas.console.aliyun.com",
            ),
        )


def _reserved(concurrency: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Instances by function."""
    return {name: each["reservedConcurrency"] for name, each in concurrency.items()}


CHECKS = (
    Check(IDENTITY, Message("whose the access key is", "AccessKey 的身份"), _identity, needs=()),
    Check("fc", Message("whether Function Compute is activated", "函数计算是否已开通"), _function_compute),
    Check("sls", Message("whether SLS is activated", "日志服务 SLS 是否已开通"), _log_service),
    Check(
        "instances",
        Message("the instances that can be reserved", "可预留的实例数"),
        _instances,
        needs=(IDENTITY, "fc"),
    ),
)
