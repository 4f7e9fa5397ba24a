"""The table of presets as `docs/listings.md` and its Chinese sister have it, made from the code."""

from __future__ import annotations

import math
from typing import Literal

from shared.listings.presets import PRESETS, Preset
from shared.messages.message import Message, Sentence

_HEAD = Message(
    "| preset | what it is | canvas, px | the subject | file | background | the rule was found in | read on |",
    "| 规格 | 用途 | 画布（px） | 主体 | 文件 | 背景 | 规则来源 | 查阅日期 |",
)
_CANVAS = {
    "photo": Message("the photo's", "与原图相同"),
    "subject": Message("the subject's box", "主体外框"),
}
_AS_IT_IS = Message("as it is", "不缩放")
_FILL = {
    "side": Sentence("{fill:.0%} of the side", "占边长的 {fill:.0%}"),
    "area": Sentence(
        "{fill:.0%} of the area, but no more than {most:.0%} of a side",
        "占面积的 {fill:.0%}，但不超过边长的 {most:.0%}",
    ),
}
_BYTES = Sentence("{form}, {least:,} to {most:,} bytes", "{form}，{least:,}～{most:,} 字节")
_MOST_BYTES = Sentence("{form}, ≤ {most:g} MB", "{form}，≤ {most:g} MB")
_BACKGROUND = {"white": Message("white", "纯白"), "transparent": Message("transparent", "透明")}
_STRENGTH = {
    "official": Message("official", "官方"),
    "secondary": Message("secondary", "二手资料"),
    "unconfirmed": Message("unconfirmed", "未证实"),
    "own": Message("", ""),
}
_SOURCE = Sentence("{source} ({strength})", "{source}（{strength}）")


def preset_table(language: Literal["en", "zh"]) -> str:
    lines = (f"| {' | '.join(getattr(cell, language) for cell in _cells(preset))} |" for preset in PRESETS.values())
    return "\n".join([getattr(_HEAD, language), f"|{'---|' * 8}", *lines])


def _cells(preset: Preset) -> tuple[Message, ...]:
    strength = _STRENGTH[preset.strength]
    if isinstance(preset.canvas, str):
        canvas, fill = _CANVAS[preset.canvas], _AS_IT_IS
    else:
        canvas = Message.of("{} × {}".format(*preset.canvas))
        fill = _FILL[preset.measured](fill=preset.fill, most=1 - 2 * preset.margin)
    return (
        Message.of(f"`{preset.name}`"),
        preset.title,
        canvas,
        fill,
        _file(preset),
        _BACKGROUND[preset.background],
        _SOURCE(source=preset.source, strength=strength) if strength.en else preset.source,
        Message.of(preset.date),
    )


def _file(preset: Preset) -> Message:
    form = preset.form.upper()
    if preset.least_bytes:
        return _BYTES(form=form, least=preset.least_bytes, most=preset.most_bytes)
    return Message.of(form) if math.isinf(preset.most_bytes) else _MOST_BYTES(form=form, most=preset.most_bytes / 1e6)
