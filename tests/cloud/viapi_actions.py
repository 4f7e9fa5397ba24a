"""What VIAPI can do: an action is a row of data and the function that draws its answer.

Spellings, places and limits are those of the vendor's table as it stands today; where only the 2022 manual knows an
action (face, furniture, vehicle, animal, logo, scene), the manual's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.cloud import people
from tests.cloud.segment import subject
from tests.cloud.skies import sky
from tests.cloud.vendor_pictures import Limits
from tests.cloud.viapi_drawings import (
    Draw,
    boxes,
    changed_sky,
    clothes,
    parsed_face,
    picture,
    pieces,
    refined,
    scene,
    skin,
    sky_mask,
)
from tests.cloud.viapi_options import FORM, Options

POLL = "GetAsyncJobResult"


@dataclass(frozen=True)
class Action:
    """A row: the fields that hold links, where they may stand, what their pictures must be, and who draws."""

    pictures: tuple[str, ...]
    position: Literal["anywhere", "body"]
    """Of those fields. Anywhere is the query or the body: the official client 1.0 sends all in the body, later ones
    in the query."""
    limits: Limits
    draw: Draw
    options: Options = field(default_factory=dict)
    """Every value that is documented, the default included where it has a name."""
    post_only: bool = False
    asynchronous: bool = False
    same_size: bool = False
    """All pictures must have the same width and height."""


_IMAGE = ("ImageURL",)
_JPEG_PNG = frozenset({"JPEG", "PNG"})
_AND_BMP = _JPEG_PNG | {"BMP"}
_AND_WEBP = _AND_BMP | {"WEBP"}
_NOT_THESE_PNG = frozenset({8, 16, 64})
# Clients found out that 3 MB means 3,000,000 bytes, not 3 × 1024 × 1024.
_3_MB, _4_MB, _9_5_MB, _40_MB = 3_000_000, 4_000_000, 9_500_000, 40_000_000

_HEADS = Limits(_AND_BMP, _3_MB, least=33, most=1999)
_WIDE = Limits(_AND_BMP, _3_MB, least=51, most=2999)
_DISHES = Limits(_AND_BMP, _4_MB, least=41, most=1998)

ACTIONS: dict[str, Action] = {
    "SegmentBody": Action(
        _IMAGE,
        "anywhere",
        Limits(_AND_WEBP, _3_MB, most=1999, png_depths_refused=_NOT_THESE_PNG),  # the manual: under 1280
        picture(subject),
        {FORM: ("mask", "crop", "whiteBK")},
    ),
    "SegmentHDBody": Action(
        _IMAGE,
        "anywhere",
        Limits(_AND_BMP, _40_MB, least=33, most=6000),  # "at most 6000"; the manual: under 10,000
        picture(subject),
    ),
    "SegmentHead": Action(_IMAGE, "anywhere", _HEADS, boxes(people.head), {FORM: ("mask",)}),
    "SegmentFace": Action(_IMAGE, "anywhere", _HEADS, boxes(people.visage)),
    "SegmentHair": Action(_IMAGE, "anywhere", _HEADS, boxes(people.hair)),
    "ParseFace": Action(
        _IMAGE,
        "anywhere",
        Limits(_JPEG_PNG, _4_MB, least=101, most=2047, aspect=(0.5, 2)),
        parsed_face,
    ),
    "SegmentSkin": Action(
        ("URL",),
        "body",
        Limits(_AND_BMP, _3_MB, least=33, most=1999, png_depths_refused=_NOT_THESE_PNG),
        skin,
    ),
    "SegmentCommodity": Action(
        _IMAGE,
        "anywhere",
        # The manual: WEBP too, but under 1280.
        Limits(_AND_BMP, _3_MB, most=1999, png_depths_refused=_NOT_THESE_PNG),
        picture(subject),
        {FORM: ("mask", "crop", "whiteBK")},
    ),
    "SegmentFurniture": Action(_IMAGE, "anywhere", _DISHES, pieces()),
    "SegmentCloth": Action(
        _IMAGE,
        "anywhere",
        _WIDE,
        clothes,
        # All three came after the manual.
        {
            FORM: ("whiteBK", "mask"),
            "ClothClass.N": ("tops", "coat", "skirt", "pants", "bag", "shoes", "hat"),
            "OutMode": ("0", "1"),
        },
    ),
    "SegmentCommonImage": Action(
        _IMAGE,
        "anywhere",
        Limits(_AND_WEBP, _3_MB, least=33, most=1999, png_depths_refused=_NOT_THESE_PNG),
        picture(subject),
        {FORM: ("mask", "crop", "whiteBK")},
    ),
    "SegmentHDCommonImage": Action(
        ("ImageUrl",),
        "body",
        Limits(_AND_BMP, _40_MB, least=33, most=9999),
        picture(subject, "ImageUrl"),
        asynchronous=True,
    ),
    "SegmentVehicle": Action(_IMAGE, "anywhere", _HEADS, pieces(with_origin=True)),
    "SegmentAnimal": Action(
        _IMAGE,
        "anywhere",
        Limits(_AND_BMP, _3_MB, least=51, most=1999, seconds=2),
        picture(subject),
        {FORM: ("mask", "whiteBK")},
    ),
    "SegmentFood": Action(_IMAGE, "anywhere", _DISHES, picture(subject), {FORM: ("mask", "whiteBK")}),
    "SegmentLogo": Action(
        _IMAGE,
        "anywhere",
        Limits(_AND_BMP, _3_MB, most=1279, png_depths_refused=_NOT_THESE_PNG),
        picture(subject),
    ),
    "RefineMask": Action(
        ("ImageURL", "MaskImageURL"),
        "body",
        Limits(_AND_BMP, _3_MB - 1, least=33, most=1999),  # "smaller than 3 MB", where others say "at most"
        refined,
        post_only=True,
        same_size=True,
    ),
    "SegmentSky": Action(_IMAGE, "anywhere", _WIDE, picture(sky)),
    "SegmentHDSky": Action(_IMAGE, "body", Limits(_JPEG_PNG, _9_5_MB, least=51, most=4999), sky_mask),
    "SegmentScene": Action(_IMAGE, "anywhere", _WIDE, scene),
    "ChangeSky": Action(
        ("ImageURL", "ReplaceImageURL"),
        "anywhere",
        Limits(_AND_BMP, _3_MB, least=51, most=1999),  # the manual: 9 MB, under 3000
        changed_sky,
    ),
}
