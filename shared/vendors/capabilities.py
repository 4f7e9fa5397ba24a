"""The table of capabilities, one row each: what a new capability is added to.

Limits are those of the vendor's documentation of 2025-12; where the manual of 2022-05 differs, a comment says so.
Bounds are inclusive here: "smaller than 2000" is 1,999. A megabyte is 1,000,000 bytes, as users found it to be.
Prices are those of the manual of 2022-05 for pay as you go. Where it said that calls are free up to 2 QPS there is
none: that has ended (developer.aliyun.com/article/1600068), and no price has been published since.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from shared.errors import Rejected
from shared.messages import uploads as messages
from shared.messages.message import COMMA, shortened
from shared.pictures.admission import Limits
from shared.vendors.capability import Capability, Companion
from shared.vendors.options import Areas, Colour, OneOf, Option, SomeOf

_MB = 1_000_000
_ANY_PNG = frozenset({1, 2, 4, 8, 16, 24, 32, 48, 64})
_USUAL = frozenset({"jpg", "png", "bmp"})


def _return_form(*values: str) -> dict[str, Option]:
    return {"return-form": OneOf("ReturnForm", values, unlistable=("crop", "whiteBK"))}


_CLOTHES = ("tops", "coat", "skirt", "pants", "bag", "shoes", "hat")

_PICWISH = Limits(_USUAL | {"webp", "tiff"}, 15 * _MB, 1, 4096, _ANY_PNG, max_link=512)
_DAMO = Limits(frozenset({"jpg", "png"}), math.inf, 400, 4096, _ANY_PNG)  # "JPG、JPEG、PNG等"; no bytes stated
_DAMO_TASKS = 10  # "最多支持批量提交10个任务"

_ROWS = (
    # ---------------------------------------------------------------- portrait 人像分割
    Capability(
        "portrait/body",
        "人体分割",
        "viapi",
        "SegmentBody",
        Limits(_USUAL | {"webp"}, 3 * _MB, 1, 1999),  # the manual of 2022: under 1,280
        listable=True,
        options=_return_form("mask", "crop", "whiteBK"),
    ),
    Capability(
        "portrait/hd-body",
        "高清人体分割",
        "viapi",
        "SegmentHDBody",
        Limits(_USUAL, 40 * _MB, 33, 6000, _ANY_PNG),  # the manual of 2022: under 10,000
        listable=True,
        price_yuan=0.007,
    ),
    Capability(
        "portrait/head",
        "头像分割",
        "viapi",
        "SegmentHead",
        Limits(_USUAL, 3 * _MB, 33, 1999, _ANY_PNG),
        options=_return_form("mask"),
        price_yuan=0.006,  # the first of three steps by volume
    ),
    Capability(
        "portrait/face",
        "面部分割",
        "viapi",
        "SegmentFace",
        Limits(_USUAL, 3 * _MB, 33, 1999, _ANY_PNG),
        substitute="portrait/features",  # its `skin` is the face; gone from the SDK since 3.0.0 (2023-12)
    ),
    Capability(
        "portrait/hair",
        "头发分割",
        "viapi",
        "SegmentHair",
        Limits(_USUAL, 3 * _MB, 33, 1999, _ANY_PNG),
        max_qps=2,  # "cannot be raised": document 202489, developer.aliyun.com/article/1600068
    ),
    Capability(
        "portrait/features",
        "五官分割",
        "viapi",
        "ParseFace",
        Limits(frozenset({"jpg", "png"}), 4 * _MB, 101, 2047, _ANY_PNG, max_aspect=2.0),
        labels=frozenset(
            ("skin", "l_brow", "r_brow", "l_eye", "r_eye", "nose", "l_ear", "r_ear", "mouth", "u_lip", "l_lip")
        ),
    ),
    Capability(
        "portrait/skin",
        "皮肤分割",
        "viapi",
        "SegmentSkin",
        Limits(_USUAL, 3 * _MB, 33, 1999),
        listable=True,
        image="URL",
        place="body",
    ),
    # ---------------------------------------------------------------- goods 商品分割
    Capability(
        "goods/commodity",
        "商品分割",
        "viapi",
        "SegmentCommodity",
        Limits(_USUAL, 3 * _MB, 1, 1999),  # the manual of 2022: under 1,280, and WebP too
        listable=True,
        options=_return_form("mask", "whiteBK", "crop"),  # `crop` came after it
    ),
    Capability(
        "goods/furniture",
        "家具分割",
        "viapi",
        "SegmentFurniture",
        Limits(_USUAL, 4 * _MB, 41, 1998, _ANY_PNG),
        substitute="general/common",  # gone from the SDK since 3.0.0 (2023-12)
    ),
    Capability(
        "goods/cloth",
        "服饰分割",
        "viapi",
        "SegmentCloth",
        Limits(_USUAL, 3 * _MB, 51, 2999, _ANY_PNG),
        listable=True,
        # All three came after the manual of 2022.
        options={
            **_return_form("whiteBK", "mask"),
            "cloth-class": SomeOf("ClothClass", _CLOTHES, unlistable=_CLOTHES),
            "out-mode": OneOf("OutMode", ("0", "1")),
        },
        labels=frozenset(_CLOTHES),
    ),
    # ---------------------------------------------------------------- general 通用分割
    Capability(
        "general/common",
        "通用分割",
        "viapi",
        "SegmentCommonImage",
        Limits(_USUAL | {"webp"}, 3 * _MB, 33, 1999),
        listable=True,
        options=_return_form("mask", "whiteBK", "crop"),  # `crop` came after the manual of 2022
    ),
    Capability(
        "general/hd-common",
        "通用高清分割",
        "viapi",
        "SegmentHDCommonImage",
        Limits(_USUAL, 40 * _MB, 33, 9999, _ANY_PNG),
        listable=True,
        image="ImageUrl",
        place="body",
        asynchronous=True,
        price_yuan=0.007,
    ),
    Capability(
        "general/vehicle",
        "车辆分割",
        "viapi",
        "SegmentVehicle",
        Limits(_USUAL, 3 * _MB, 33, 1999, _ANY_PNG),
        substitute="general/common",  # gone from the SDK since 3.0.0 (2023-12)
    ),
    Capability(
        "general/animal",
        "动物分割",
        "viapi",
        "SegmentAnimal",
        Limits(_USUAL, 3 * _MB, 51, 1999, _ANY_PNG),
        listable=True,
        options=_return_form("mask", "whiteBK"),
        substitute="general/common",  # gone from the SDK since 3.0.0 (2023-12)
    ),
    Capability(
        "general/food",
        "食品分割",
        "viapi",
        "SegmentFood",
        Limits(_USUAL, 4 * _MB, 41, 1998, _ANY_PNG),
        listable=True,
        options=_return_form("mask", "whiteBK"),
        price_yuan=0.005,
    ),
    Capability(
        "general/logo",
        "Logo分割",
        "viapi",
        "SegmentLogo",
        Limits(_USUAL, 3 * _MB, 1, 1279),
        listable=True,
        substitute="general/common",  # gone from the SDK since 3.0.0 (2023-12)
    ),
    Capability(
        "general/refine-mask",
        "Mask精细化分割",
        "viapi",
        "RefineMask",
        # "smaller than 3 MB", where the others say "at most"
        Limits(_USUAL, 3 * _MB - 1, 33, 1999, _ANY_PNG),
        listable=True,
        place="body",
        companion=Companion("mask", "MaskImageURL"),
        price_yuan=0.007,
    ),
    # ---------------------------------------------------------------- scenery 天空与场景
    Capability(
        "scenery/sky",
        "天空分割",
        "viapi",
        "SegmentSky",
        Limits(_USUAL, 3 * _MB, 51, 2999, _ANY_PNG),
        listable=True,
    ),
    Capability(
        "scenery/hd-sky",
        "天空高清分割",
        "viapi",
        "SegmentHDSky",
        Limits(frozenset({"jpg", "png"}), 9_500_000, 51, 4999, _ANY_PNG),
        listable=True,
        place="body",
        price_yuan=0.007,
    ),
    Capability(
        "scenery/scene",
        "室外场景分割",
        "viapi",
        "SegmentScene",
        Limits(_USUAL, 3 * _MB, 51, 2999, _ANY_PNG),
        substitute="scenery/sky",  # of a scene, only the sky is left; gone from the SDK since 4.0.0 (2025-08)
    ),
    Capability(
        "scenery/change-sky",
        "天空替换",
        "viapi",
        "ChangeSky",
        Limits(_USUAL, 3 * _MB, 51, 1999, _ANY_PNG),  # the manual of 2022: up to 9 MB, under 3,000
        companion=Companion("sky", "ReplaceImageURL", same_size=False),
    ),
    # ---------------------------------------------------------------- picwish 佐糖
    Capability(
        "picwish/cutout",
        "抠图",
        "picwish",
        "/tasks/visual/segmentation",
        _PICWISH,
        listable=True,
        image="image_url",
        options={
            "type": OneOf("type", ("person", "object", "stamp")),
            "output-type": OneOf("output_type", ("1", "2", "3")),
            "crop": OneOf("crop", ("0", "1"), unlistable=("1",)),
            "format": OneOf("format", ("png", "jpg"), unlistable=("jpg",)),
            "bg-color": Colour("bg_color", only_with=("format", "jpg")),
        },
        labels=frozenset({"image", "mask"}),
    ),
    Capability(
        "picwish/watermark",
        "去水印",
        "picwish",
        "/tasks/visual/watermark",
        _PICWISH,
        image="image_url",
        companion=Companion("mask", "mask_url", instead="rectangles"),
        options={"rectangles": Areas("rectangles", most=50, max_share=0.5)},  # 50: where the manual is cut off
    ),
    # ---------------------------------------------------------------- damo 达摩院
    Capability(
        "damo/matting",
        "智能抠图",
        "damo",
        "inst-mat",
        _DAMO,
        listable=True,
        image="image",
        companion=Companion("mask", "mask"),
        asynchronous=True,
        batch=_DAMO_TASKS,
    ),
    Capability(
        "damo/background",
        "背景去除",
        "damo",
        "bg-remove",
        _DAMO,
        listable=True,
        image="image",
        options={"model-type": OneOf("model_type", ("general", "human"))},
        asynchronous=True,
        batch=_DAMO_TASKS,
    ),
)

CAPABILITIES = {row.name: row for row in _ROWS}

LABELS = frozenset[str]().union(*(row.labels for row in _ROWS))
"""Every label that a result can have, beside numbers."""


def capability(name: str) -> Capability:
    """The row of the capability `<group>/<capability>`. Raises `Rejected` when there is none."""
    row = CAPABILITIES.get(name)
    if row is None:
        group = name.partition("/")[0]
        known = COMMA.join(sorted(row.name for row in of_group(group)) or sorted(CAPABILITIES))
        raise Rejected("UnknownCapability", messages.UNKNOWN_CAPABILITY(name=name, known=known))
    return row


def of_group(group: str) -> Iterator[Capability]:
    """The rows that the function `group` serves."""
    return (row for row in _ROWS if row.name.startswith(f"{group}/"))


def vendor_options(row: Capability, options: dict[str, str]) -> dict[str, str]:
    """`options` as fields of the vendor's API. Raises `Rejected` for what the vendor does not document."""
    vendor_fields: dict[str, str] = {}
    for name, value in options.items():
        option = row.options.get(name)
        if option is None:
            own = (*row.options, *(("listing",) if row.listable else ()))
            known = COMMA.join(own) if own else messages.NONE()
            raise Rejected("UnknownOption", messages.UNKNOWN_OPTION(capability=row.name, name=name, known=known))
        fields = option.vendor_fields(value)
        if fields is None:
            shown = shortened(repr(value))
            said = messages.INVALID_OPTION(name=name, value=shown, capability=row.name, accepted=option.accepted)
            raise Rejected("InvalidOption", said)
        if isinstance(option, Colour) and options.get(option.only_with[0]) != option.only_with[1]:
            raise Rejected("UselessOption", messages.USELESS_OPTION(name=name, other="=".join(option.only_with)))
        vendor_fields |= fields
    return vendor_fields
