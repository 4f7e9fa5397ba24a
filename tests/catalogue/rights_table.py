"""The table of rights as `docs/settings.md` and its Chinese sister have it, made from the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from console.roles.rights import BEGINNERS, CALLERS, FUNCTIONS, GRANTS, SYSTEM_POLICIES, Where
from shared.messages.message import Message

_IN: Mapping[Where, str] = {
    "photos": "OSS_BUCKET",
    "jobs": "JOBS_BUCKET",
    "functions": "functions",
    "logstore": "LOG_STORE",
    "kms": "KMS",
}
_HEAD = Message("| functions | may | where | on | why |", "| 函数 | 权限 | 位置 | 对象 | 用途 |")
_ALL = Message("all", "全部")
_ALL_BUT_LISTING = Message("all but `listing`", "除 `listing` 外全部")
_ALL_BUT_BOTH = Message("all but `backfill` and `listing`", "除 `backfill` 和 `listing` 外全部")
_TO_CALL_VIAPI = Message("to call VIAPI", "调用 VIAPI")


def rights_table(language: Literal["en", "zh"]) -> str:
    def named(functions: tuple[str, ...]) -> str:
        words = {FUNCTIONS: _ALL, BEGINNERS: _ALL_BUT_LISTING, CALLERS: _ALL_BUT_BOTH}.get(functions)
        return getattr(words, language) if words else _coded(*functions)

    rows = [(each.functions, each.actions, _IN[each.where], each.pattern, each.why) for each in GRANTS]
    rows += [(functions, (name,), "", "", _TO_CALL_VIAPI) for name, functions in SYSTEM_POLICIES.items()]
    lines = (
        f"| {named(functions)} | {_coded(*actions)} | {_coded(where)} | {_coded(pattern)} | {getattr(why, language)} |"
        for functions, actions, where, pattern, why in rows
    )
    return "\n".join([getattr(_HEAD, language), "|---|---|---|---|---|", *lines])


def _coded(*words: str) -> str:
    return ", ".join(f"`{word}`" for word in words if word)
