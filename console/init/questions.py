"""What `cutout init` asks for: each setting with a sentence that explains it, and what its value must be like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.entry.settings import read_settings
from shared.errors import Misconfigured
from shared.messages.message import Message, Sentence

Vendor = Literal["PicWish", "DAMO"]


@dataclass(frozen=True)
class Question:
    """One setting, by its name in `s.yaml`."""

    name: str
    explains: Message
    vendor: Vendor | None = None
    """Only asked when this vendor is wanted."""
    needed: bool = False
    """Nothing can be deployed without it; an answer that is not needed may be empty."""


_MARKET = Message("the market's console shows it (已购买的服务)", "见云市场控制台“已购买的服务”")

QUESTIONS = (
    Question(
        "OSS_BUCKET",
        Message(
            "The bucket that takes the photos and keeps the cutouts. It is in cn-shanghai, without versioning.",
            "存放照片和抠图结果的 Bucket，位于上海地域（cn-shanghai），且未开启版本控制。",
        ),
        needed=True,
    ),
    Question(
        "LOG_PROJECT",
        Message(
            "The project of Log Service (SLS) in cn-shanghai that gets the functions' log.",
            "保存函数日志的日志服务（SLS）Project，位于上海地域（cn-shanghai）。",
        ),
    ),
    Question("LOG_STORE", Message("The logstore in that project.", "该 Project 中的 Logstore。")),
    Question(
        "VIAPI_QPS",
        Message(
            "Calls a second that you bought of VIAPI (分割抠图), for each capability.",
            "已购买的视觉智能开放平台（VIAPI）分割抠图 QPS，按每个能力计。",
        ),
    ),
    Question(
        "PICWISH_APPCODE",
        Sentence("PicWish's AppCode; {market}.", "佐糖的 AppCode，{market}。")(market=_MARKET),
        "PicWish",
        needed=True,
    ),
    Question(
        "PICWISH_WATERMARK_ENDPOINT",
        Sentence(
            "The address of watermark removal, https://…; {market}. Empty: uploads/picwish/watermark/ waits.",
            "去水印的调用地址（https://…），{market}。留空则 uploads/picwish/watermark/ 下的照片一直等待。",
        )(market=_MARKET),
        "PicWish",
    ),
    Question(
        "PICWISH_QPS",
        Message("Calls a second that you bought of PicWish.", "已购买的佐糖 QPS。"),
        "PicWish",
    ),
    Question(
        "DAMO_APPCODE",
        Sentence("DAMO's AppCode; {market}.", "达摩院的 AppCode，{market}。")(market=_MARKET),
        "DAMO",
        needed=True,
    ),
    Question(
        "DAMO_ENDPOINT",
        Sentence("DAMO's address, https://…; {market}.", "达摩院的调用地址（https://…），{market}。")(market=_MARKET),
        "DAMO",
        needed=True,
    ),
    Question("DAMO_QPS", Message("Calls a second that you bought of DAMO.", "已购买的达摩院 QPS。"), "DAMO"),
    Question(
        "DAILY_CALL_LIMIT",
        Message(
            "The most calls a day, of all vendors together; what comes on top waits until midnight. Empty: no limit.",
            "所有服务商合计每天的调用次数上限，超出的照片等到零点再处理。留空：不限。",
        ),
    ),
)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_NAME_SAID = Message(
    "it has 3 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen",
    "长度为 3～63 个字符，只能包含小写字母、数字和短划线（-），且不能以短划线开头或结尾",
)
_LOGSTORE = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")
_LOGSTORE_SAID = Message(
    "it has 3 to 63 lower-case letters, digits, hyphens and underscores, and begins and ends with a letter or a digit",
    "长度为 3～63 个字符，只能包含小写字母、数字、短划线（-）和下划线（_），且以小写字母或数字开头和结尾",
)
_ADDRESS = re.compile(r"https?://[^\s/?#\[\]]+[^\s?#]*")
_ADDRESS_SAID = Message("it begins with https://, and has no blank in it", "以 https:// 开头，且不含空格")
_RATE = re.compile(r"(?=.*[1-9])\d*\.?\d+")
_RATE_SAID = Message("it is a number above 0, such as 2 or 0.5", "必须为大于 0 的数字，例如 2 或 0.5")
_COUNT = re.compile(r"\d+")
_COUNT_SAID = Message("it is a whole number, 0 or more", "必须为大于或等于 0 的整数")
_LINE = re.compile(r"[^\x00-\x1f\x7f'\"]*")
_LINE_SAID = Message("it is one line without quotation marks", "必须为一行，且不含引号")

_RULES: Mapping[str, tuple[re.Pattern[str], Message]] = {
    # "Bucket naming conventions" (OSS); "CreateProject" and "CreateLogStore" (SLS; one page of it says 2 to 63).
    "OSS_BUCKET": (_NAME, _NAME_SAID),
    "JOBS_BUCKET": (_NAME, _NAME_SAID),
    "LOG_PROJECT": (_NAME, _NAME_SAID),
    "LOG_STORE": (_LOGSTORE, _LOGSTORE_SAID),
    "VIAPI_QPS": (_RATE, _RATE_SAID),
    "PICWISH_QPS": (_RATE, _RATE_SAID),
    "DAMO_QPS": (_RATE, _RATE_SAID),
    "DAILY_CALL_LIMIT": (_COUNT, _COUNT_SAID),
    "PICWISH_WATERMARK_ENDPOINT": (_ADDRESS, _ADDRESS_SAID),
    "DAMO_ENDPOINT": (_ADDRESS, _ADDRESS_SAID),
}


def fault(name: str, value: str) -> Message | None:
    """What is wrong with a value that a setting is to have, without the value: it may be a secret."""
    for pattern, said in ((_LINE, _LINE_SAID), _RULES.get(name, (_LINE, _LINE_SAID))):
        if not pattern.fullmatch(value):
            return said
    try:
        read_settings({name: value})  # as the functions read it
    except Misconfigured as error:
        return error.text
    return None
