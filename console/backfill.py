"""`cutout backfill`: has photos served that were not, and shows what the function answers."""

from __future__ import annotations

import io
import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from console.account import Account, ApiError
from console.finding import Finding, Hindered
from console.roles.rights import PREFIX
from console.screen import Screen
from shared.messages.message import SEMICOLON, Message, Sentence
from shared.pipeline.backfill_order import Order

ORDERED, FAILED = 0, 1
"""Exit codes."""
_FUNCTION = f"{PREFIX}backfill"
_LONGEST = 3_700_000
"""Milliseconds that an answer is waited for: the function may take an hour (s.yaml)."""
_WAITING = Message(
    "waiting for the answer, a quarter of an hour for 100,000 photos", "等待应答，10 万张照片约需 15 分钟"
)
_FAILS = Sentence("`{function}` ended with an error: {said}", "`{function}` 执行失败：{said}")
_NO_FUNCTION = Sentence("there is no function `{function}`", "没有函数 `{function}`")
_NOTHING_SET_GOING = Message("no photo was set going", "没有处理任何照片")
_DEPLOY = Message("`cutout deploy` makes it", "运行 `cutout deploy` 进行部署")
_NOT_ALL = Message("it may have set some photos going, and others not", "部分照片可能已开始处理，其余没有")
_SEE_LOG = Message(
    "look at its log, and order it again: it goes on where it stopped",
    "请查看该函数的日志，然后重新执行，会从中断处继续",
)

_NO_JSON = Sentence("it is no JSON: {said}", "不是有效的 JSON：{said}")
_NO_FIELD = Sentence("there is no field {name}; there are {there}", "没有字段 {name}；可用字段：{there}")
_PREFIX = Message("prefix begins with uploads/", "prefix 必须以 uploads/ 开头")

_COUNTS = {
    "found": Message("found", "找到"),
    "price_yuan": Message("price, yuan", "价格（元）"),
    "set_going": Message("set going", "已开始处理"),
    "queued": Message("queued", "已排队"),
    "not_set_going": Message("not set going", "未能开始处理"),
    "left": Message("left for the next backfill", "留待下次补跑"),
}
"""Of the answer, what is shown in a table; its sentence says the rest."""


def checked(order: str) -> Order:
    """Raises `ValueError` with a `Message` that says what is wrong with it."""
    try:
        return Order.model_validate_json(order)
    except ValidationError as error:
        raise ValueError(SEMICOLON.join(map(_fault, error.errors()))) from None


def _fault(error: ErrorDetails) -> Message:
    name = ".".join(map(str, error["loc"]))
    match error["type"]:
        case "json_invalid":
            return _NO_JSON(said=error["msg"])
        case "extra_forbidden":
            return _NO_FIELD(name=name, there=", ".join(Order.model_fields))
        case "string_pattern_mismatch":
            return _PREFIX
    return Message.of(f"{name}: {error['msg']}")


def run(screen: Screen, account: Account, order: Order) -> int:
    """The command; what it returns is the exit code. Raises `ApiError`, `Hindered`."""
    from alibabacloud_fc20230330.models import InvokeFunctionHeaders, InvokeFunctionRequest  # noqa: PLC0415
    from darabonba.runtime import RuntimeOptions  # noqa: PLC0415

    request = InvokeFunctionRequest(body=io.BytesIO(order.model_dump_json(exclude_defaults=True).encode()))
    invoke = account.fc.invoke_function_with_options
    options = RuntimeOptions(read_timeout=_LONGEST)
    with screen.waiting(_WAITING):
        try:
            answer = account.call("FC", "InvokeFunction", invoke, _FUNCTION, request, InvokeFunctionHeaders(), options)
        except ApiError as error:
            if error.code != "FunctionNotFound":
                raise
            what = _NO_FUNCTION(function=_FUNCTION)
            raise Hindered(Finding("FunctionMissing", "error", what, _NOTHING_SET_GOING, _DEPLOY)) from None
        said = answer.body.read().decode()
    if any(name.lower() == "x-fc-error-type" for name in answer.headers):
        what = _FAILS(function=_FUNCTION, said=said)
        raise Hindered(Finding("BackfillFailed", "error", what, _NOT_ALL, _SEE_LOG))
    report = json.loads(said)
    if screen.machine:
        screen.json(report)
    else:
        screen.table(
            (Message("what", "项目"), Message("count", "数量")),
            [(said, str(report[name])) for name, said in _COUNTS.items() if report.get(name) is not None],
        )
        screen.say(Message(report["message"], report["message_zh"]))
    return ORDERED if "found" in report else FAILED
