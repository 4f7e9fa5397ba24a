"""The kinds of listing pictures, a row each: what a marketplace asks of a picture, and where it says so.

Pure data: the functions of uploads read this table to check names, and must not load the picture library for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from shared.errors import Rejected
from shared.messages import listings as messages
from shared.messages.message import COMMA, Message, shortened

Canvas = tuple[int, int] | Literal["photo", "subject"]
"""Width and height in pixels; or those of the upright photo, or of the subject's box in it."""
Strength = Literal["official", "secondary", "unconfirmed", "own"]
"""Said by the marketplace; said by others about it; from memory, to be checked; no marketplace's."""

_KB, _MB = 1000, 1_000_000
_KIB = 1024
"""No guide says which kilobyte it means: a least size is counted in the larger one, and a most size in the smaller."""
_READ = "2026-11-26"


@dataclass(frozen=True)
class Preset:
    """One row of the table."""

    name: str
    """As the option `listing` spells it."""
    title: Message
    canvas: Canvas
    source: Message
    """Where the marketplace's rule was found."""
    strength: Strength
    date: str = _READ
    """When the source was read."""
    form: Literal["jpeg", "png"] = "jpeg"
    background: Literal["white", "transparent"] = "white"
    fill: float = 0.85
    """The share of the canvas that the subject's box is to have, 0 to 1; it counts only where the canvas is fixed."""
    measured: Literal["side", "area"] = "side"
    """How `fill` is meant: of the side that the box fills more, or of the canvas's area."""
    margin: float = 0.03
    """The least share of each side of the canvas that stays clear at either end, whatever `fill` asks."""
    least_bytes: int = 0
    most_bytes: float = math.inf
    profile: Literal["srgb", ""] = "srgb"
    """The ICC profile in the file."""

    @property
    def extension(self) -> str:
        return {"jpeg": "jpg", "png": "png"}[self.form]

    @property
    def content_type(self) -> str:
        return f"image/{self.form}"


_OWN = Message("no marketplace's rule", "非平台规定")
_PUBLISH_PAGE = Message("the text of the publishing page", "商品发布页的说明文字")
_NOTES = Message("notes that name no source", "未注明出处的整理资料")
_MEMORY = Message("from memory, not looked up", "凭经验，未查证")

_ROWS = (
    # ---------------------------------------------------------------- no marketplace's
    Preset(
        "original",
        Message("the cutout at the photo's full size", "原图尺寸的透明图"),
        "photo",
        _OWN,
        "own",
        form="png",
        background="transparent",
    ),
    Preset(
        "trimmed",
        Message("the same, trimmed to the subject", "裁剪到主体的透明图"),
        "subject",
        _OWN,
        "own",
        form="png",
        background="transparent",
    ),
    Preset(
        "white",
        Message("on white, as most marketplaces take it", "多数平台通用的白底图"),
        (1600, 1600),
        Message("what most rows below have in common", "下列多数平台的共同要求"),
        "own",
        fill=0.82,
        most_bytes=_MB,
    ),
    # ---------------------------------------------------------------- in China
    Preset(
        "taobao-white",
        Message("Taobao, white background (白底图)", "淘宝白底图"),
        (800, 800),
        Message("a guide for sellers of 2017", "2017 年的卖家指南"),
        "secondary",
        least_bytes=38 * _KIB,
        most_bytes=300 * _KB,
    ),
    Preset(
        "tmall-transparent",
        Message(
            "Tmall, transparent (透明素材图); Tmall's field `white_bg_image`",
            "天猫透明素材图；天猫字段 `white_bg_image`",
        ),
        (800, 800),
        Message("the label in the publishing form", "商品发布表单的标签"),
        "secondary",
        form="png",
        background="transparent",
    ),
    Preset(
        "taobao-main",
        Message("Taobao, main picture", "淘宝主图"),
        (800, 800),
        _PUBLISH_PAGE,
        "official",
        most_bytes=3 * _MB,
    ),
    Preset(
        "taobao-main-3x4",
        Message("Taobao, main picture, 3:4", "淘宝 3:4 主图"),
        (750, 1000),
        _PUBLISH_PAGE,
        "official",
        most_bytes=3 * _MB,
    ),
    Preset(
        "tmall-main",
        Message("Tmall, main picture", "天猫主图"),
        (800, 800),
        _PUBLISH_PAGE,
        "official",
        most_bytes=3 * _MB,
    ),
    Preset(
        "tmall-main-3x4",
        Message("Tmall, main picture, 3:4", "天猫 3:4 主图"),
        (750, 1000),
        _PUBLISH_PAGE,
        "official",
        most_bytes=3 * _MB,
    ),
    Preset("jd-main", Message("JD, main picture", "京东主图"), (800, 800), _NOTES, "secondary", most_bytes=_MB),
    Preset(
        "pdd-main",
        Message("Pinduoduo, main picture", "拼多多主图"),
        (750, 750),
        Message("notes that name no source; others disagree", "未注明出处的整理资料，说法不一"),
        "secondary",
        most_bytes=_MB,
    ),
    Preset(
        "douyin-white",
        Message("Douyin, white background", "抖音白底图"),
        (800, 800),
        _NOTES,
        "secondary",
        most_bytes=5 * _MB,
    ),
    Preset("xiaohongshu", Message("Xiaohongshu, 3:4", "小红书 3:4 图"), (1080, 1440), _NOTES, "secondary"),
    Preset("1688", Message("1688, main picture", "1688 主图"), (800, 800), _MEMORY, "unconfirmed", most_bytes=5 * _MB),
    # ---------------------------------------------------------------- elsewhere
    Preset(
        "amazon-main",
        Message("Amazon, main picture", "亚马逊主图"),
        (2000, 2000),
        Message(
            "notes that call a part of it Amazon's own; not found there", "整理资料称部分出自亚马逊官方，未找到原文"
        ),
        "secondary",
        measured="area",
        most_bytes=10 * _MB,
    ),
    Preset(
        "google-merchant",
        Message("Google Merchant Center", "谷歌商家中心"),
        (1600, 1600),
        Message(
            "[Google's help](https://support.google.com/merchants/answer/6324350); the fill is from memory",
            "[谷歌帮助中心](https://support.google.com/merchants/answer/6324350)；占比凭经验",
        ),
        "official",
        fill=0.82,
        most_bytes=16 * _MB,
    ),
    Preset("shopify", Message("Shopify", "Shopify 独立站"), (2048, 2048), _NOTES, "secondary", most_bytes=20 * _MB),
    Preset("ebay", Message("eBay", "eBay 平台"), (1600, 1600), _NOTES, "secondary", most_bytes=12 * _MB),
    Preset(
        "temu",
        Message("Temu, 3:4", "Temu 3:4 图"),
        (1350, 1800),
        _NOTES,
        "secondary",
        fill=0.8,
        most_bytes=3 * _MB,
    ),
    Preset(
        "temu-square",
        Message("Temu, square", "Temu 方图"),
        (1600, 1600),
        _NOTES,
        "secondary",
        fill=0.8,
        most_bytes=3 * _MB,
    ),
    Preset("lazada", Message("Lazada", "Lazada 平台"), (1600, 1600), _NOTES, "secondary", most_bytes=2 * _MB),
    Preset("tiktok-shop", Message("TikTok Shop", "TikTok 小店"), (1600, 1600), _NOTES, "secondary", most_bytes=5 * _MB),
    Preset("shopee", Message("Shopee", "Shopee 平台"), (1024, 1024), _MEMORY, "unconfirmed", most_bytes=2 * _MB),
)

PRESETS = {row.name: row for row in _ROWS}


def read_presets(text: str) -> tuple[Preset, ...]:
    """The rows that `text` names, joined by `+`, in its order.

    Raises `Rejected` when there is no such row, or one is named twice.
    """
    names = text.split("+")
    if len(set(names)) < len(names) or not set(names) <= PRESETS.keys():
        said = messages.UNKNOWN_PRESET(value=shortened(repr(text)), known=COMMA.join(PRESETS))
        raise Rejected("InvalidOption", said)
    return tuple(PRESETS[name] for name in names)
