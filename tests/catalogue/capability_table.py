"""The table of capabilities as `docs/capabilities.md` and its Chinese sister have it, made from the code."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.options import Option


class Words(NamedTuple):
    """What one language says in the table. The sentences with braces are formats."""

    head: str
    comma: str
    semicolon: str
    size: str
    any_size: str
    odd_size: str
    sides: str
    aspect: str
    companions: str
    """Joins the kinds of second picture of which one is needed."""
    answers: tuple[str, str]
    """Of a synchronous and of an asynchronous capability."""
    accepted: Callable[[Option], str]
    """What an option takes."""


ENGLISH = Words(
    head="| capability | | vendor's action | takes as it is | options | beside it | answers | yuan a call, 2022-05 "
    "| retired: use |",
    comma=", ",
    semicolon="; ",
    size="≤ {:g} MB",
    any_size="of any size",
    odd_size="≤ {:,} bytes",
    sides="{} to {:,} px a side",
    aspect=", at most {:g}:1",
    companions=", or ",
    answers=("synchronous", "asynchronous"),
    accepted=lambda option: option.accepted.en,
)
CHINESE = Words(
    head="| 能力 | 名称 | 服务商接口 | 可直接提交的图片 | 选项 | 另需 | 调用方式 | 单价（元/次，2022-05） "
    "| 已下线，请改用 |",
    comma="、",
    semicolon="；",
    size="≤ {:g} MB",
    any_size="大小不限",
    odd_size="≤ {:,} 字节",
    sides="边长 {}～{:,} px",
    aspect="，长宽比不超过 {:g}:1",
    companions=" 或 ",
    answers=("同步", "异步"),
    accepted=lambda option: option.accepted.zh,
)


def capability_table(words: Words) -> str:
    rows = "\n".join(_row(capability, words) for capability in CAPABILITIES.values())
    return f"{words.head}\n|{'---|' * 9}\n{rows}"


def _row(capability: Capability, words: Words) -> str:
    options = (f"`{name}` = {words.accepted(option)}" for name, option in capability.options.items())
    cells = (
        f"`{capability.name}`",
        capability.title,
        capability.action,
        _taken(capability, words),
        words.semicolon.join(options),
        words.companions.join(capability.companion_roles),
        words.answers[capability.asynchronous],
        "" if capability.price_yuan is None else f"{capability.price_yuan:g}",
        f"`{capability.substitute}`" if capability.substitute else "",
    )
    return f"| {' | '.join(cells)} |"


def _taken(capability: Capability, words: Words) -> str:
    limits = capability.limits
    if limits.max_bytes == math.inf:
        size = words.any_size
    elif limits.max_bytes % 100_000 == 0:
        size = words.size.format(limits.max_bytes / 1_000_000)
    else:
        size = words.odd_size.format(limits.max_bytes)
    sides = words.sides.format(limits.min_side, limits.max_side)
    aspect = words.aspect.format(limits.max_aspect) if limits.max_aspect < 100 else ""
    return words.semicolon.join((words.comma.join(sorted(limits.formats)), size, sides + aspect))
