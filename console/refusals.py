"""What an `ApiError` means to whoever deploys: no key, no right, a service not activated, a bill not paid."""

from __future__ import annotations

import re
from collections.abc import Callable

from console.account import ApiError
from console.finding import Finding
from shared.messages.message import Message, Sentence
from shared.vendors.error_codes import is_used_up, quotation

_CONSOLES = {
    "FC": "https://fcnext.console.aliyun.com",
    "SLS": "https://sls.console.aliyun.com",
    "OSS": "https://oss.console.aliyun.com",
    "RAM": "https://ram.console.aliyun.com",
    "VIAPI": "https://vision.console.aliyun.com",
}
"""Where a service is activated."""
_BILLS = "https://usercenter2.aliyun.com"
_IN_RAM = {"SLS": "log", "CloudMonitor": "cms"}
"""What RAM calls a product in actions, where that is not its name in lower case."""

_UNPAID = re.compile(r"InDebt(Overdue)?|UserDisable")
"""OSS ("HTTP 403 errors"), whose last one is also said of accounts that were stopped for security reasons."""
_IN_DEBT = re.compile(r"\bin(debted| debt)\b", re.IGNORECASE)
"""No document has a code of FC, RAM or CloudMonitor for it: users quote a sentence, `Current user is in debt`."""
_INACTIVE = re.compile(r"service is not enabled for current user|account is inactive to this service", re.IGNORECASE)
"""FC's and RAM's sentences, which come with the codes AccessDenied and Inactive (aliyun/fun, issue 238; terraform
provider, issue 347). No document says what OSS answers before it is activated."""
_BAD_KEY = re.compile(
    r"InvalidAccessKeyI[dD].*|Signature(DoesNotMatch|NotMatch)|IncompleteSignature|InvalidAccessKeySecret"
    r"|.*SecurityToken.*"
)
"""OSS, RPC-style services, FC ("Error codes") and SLS."""
_BAD_CLOCK = re.compile(r"RequestTimeTooSkewed|RequestTimeExpired|InvalidTimeStamp.*")
NOT_REACHED = frozenset(("NoKey", "NotReached", "KeyRefused", "ClockWrong"))
"""Findings after which nothing can be asked of the service."""
_RIGHT = re.compile(r"\b(?:fc|log|oss|ram|cms|sts):[A-Z]\w+")


def explain(error: ApiError) -> Finding:
    """What stood in the way of a check, as something to be mended."""
    means = (finding for applies, finding in _MEANINGS if applies(error))
    return next(means, _look_refused)(error)


def not_activated(product: str) -> Finding:
    what = Sentence("{product} is not activated in this account", "此账号未开通 {product}")
    mend = Sentence("activate it, which costs nothing: {page}", "开通该服务（开通不收费）：{page}")
    page = _CONSOLES.get(product, "https://www.aliyun.com")
    return Finding("NotActivated", "error", what(product=product), _NOTHING_RUNS, mend(page=page))


def payment_overdue(product: str) -> Finding:
    what = Sentence(
        "{product} serves this account no longer: a bill is overdue, or the account was stopped",
        "{product} 已停止服务：账号欠费，或账号被停用",
    )
    mend = Sentence("pay what is owed: {page}", "结清欠费：{page}")
    return Finding("PaymentOverdue", "error", what(product=product), _NOTHING_RUNS, mend(page=_BILLS))


_NOTHING_RUNS = Message("no photo is served until then", "在此之前，照片都不会被处理")
_UNKNOWN = Message("whether all is well there is not known", "无法得知该项是否正常")
_NOT_LOOKED_AT = Message(
    "nothing there can be looked at or deployed with it",
    "无法检查该项是否正常，也无法部署",
)


def _no_key(_: ApiError) -> Finding:
    return Finding(
        "NoKey",
        "error",
        Message("there is no access key", "没有找到 AccessKey"),
        _NOT_LOOKED_AT,
        Message(
            "`cutout init` asks for one; `aliyun configure`, or the environment, may have it too",
            "运行 `cutout init` 填写 AccessKey；也可以使用 `aliyun configure` 或环境变量",
        ),
    )


def _not_reached(error: ApiError) -> Finding:
    what = Sentence("{product} was not reached, or had no answer: {said}", "无法连接 {product}，或没有应答：{said}")
    return Finding(
        "NotReached",
        "error",
        what(product=error.product, said=_said(error)),
        _NOT_LOOKED_AT,
        Message("check the network of this machine, and try again", "检查本机的网络后重试"),
    )


def _key_refused(error: ApiError) -> Finding:
    what = Sentence("{product} refuses the access key: {said}", "{product} 拒绝了该 AccessKey：{said}")
    return Finding(
        "KeyRefused",
        "error",
        what(product=error.product, said=_said(error)),
        _NOT_LOOKED_AT,
        Message(
            "check the key, and that it is enabled: https://ram.console.aliyun.com; a temporary one has an end",
            "检查 AccessKey 是否正确、是否已启用：https://ram.console.aliyun.com；临时凭证会过期",
        ),
    )


def _clock_wrong(_: ApiError) -> Finding:
    return Finding(
        "ClockWrong",
        "error",
        Message("the clock of this machine is wrong by more than 15 minutes", "本机时钟与标准时间相差超过 15 分钟"),
        _NOT_LOOKED_AT,
        Message("set the clock", "校准本机时钟"),
    )


def _may_not_look(error: ApiError) -> Finding:
    what = Sentence("this key may not look: it lacks {right}", "该 AccessKey 无权检查：缺少 {right}")
    mend = Sentence(
        "have an administrator grant {right} to its holder: https://ram.console.aliyun.com",
        "请管理员为其授予 {right}：https://ram.console.aliyun.com",
    )
    right = _right(error)
    return Finding(
        "MayNotLook",
        "warning",
        what(right=right),
        _UNKNOWN,
        mend(right=right),
    )


def _throttled(error: ApiError) -> Finding:
    what = Sentence("{product} takes no more requests just now: {said}", "{product} 限流：{said}")
    said = what(product=error.product, said=_said(error))
    return Finding("Throttled", "error", said, _UNKNOWN, Message("run it again in a minute", "请一分钟后重新运行"))


def _look_refused(error: ApiError) -> Finding:
    what = Sentence("{product} refused {action}: {said}", "{product} 拒绝了 {action}：{said}")
    return Finding(
        "LookRefused",
        "error",
        what(product=error.product, action=error.action, said=_said(error)),
        _UNKNOWN,
        Message(
            "if the answer does not say what to do, report it with the request id",
            "如果应答中没有说明处理方法，请附上请求 ID 反馈",
        ),
    )


def _said(error: ApiError) -> Message:
    """The service's own words, without what signed requests have in them."""
    known = not error.request_id or error.request_id in error.message
    request_id = "" if known else f" (request {error.request_id})"
    message = error.message.partition(" Server string to sign")[0]
    return Message.of(quotation(message)).map(lambda said: f"{error.code}: {said}{request_id}")


def _right(error: ApiError) -> str:
    """As the answer names it; else by what was asked."""
    if error.product == "VIAPI":
        return "`AliyunVIAPIFullAccess`"  # there is none that is narrower
    named = _RIGHT.search(error.message)
    return f"`{named[0] if named else f'{_IN_RAM.get(error.product, error.product.lower())}:{error.action}'}`"


_MEANINGS: tuple[tuple[Callable[[ApiError], object], Callable[[ApiError], Finding]], ...] = (
    (lambda error: error.product == "credentials", _no_key),
    (lambda error: not error.status or error.status >= 500, _not_reached),
    (lambda error: _INACTIVE.search(error.message), lambda error: not_activated(error.product)),
    (
        lambda error: _UNPAID.fullmatch(error.code) or _IN_DEBT.search(error.message) or is_used_up(error.message),
        lambda error: payment_overdue(error.product),
    ),
    (lambda error: _BAD_KEY.fullmatch(error.code), _key_refused),
    (lambda error: _BAD_CLOCK.fullmatch(error.code), _clock_wrong),
    (lambda error: error.code.startswith("Throttling"), _throttled),
    (lambda error: error.status in (401, 403), _may_not_look),
)
"""The first that applies."""
