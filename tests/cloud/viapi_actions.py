"""What VIAPI can do: an action is a row of data and the function that draws its answer.

Spellings, places and limits are those of the vendor's table as it stands today; where only the 2022 manual
knows an action (SegmentVehicle), the manual's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, Union

import cv2
import numpy as np

from tests.cloud import segment
from tests.cloud.segment import Alpha, Pixels
from tests.cloud.viapi_pictures import Limits, Picture
from tests.cloud.viapi_replies import Json

POLL = "GetAsyncJobResult"


@dataclass(frozen=True)
class Drawn:
    """A picture the service made, encoded."""

    content: bytes
    suffix: Literal["png", "jpg", "jpeg"]

    @property
    def content_type(self) -> str:
        return "image/png" if self.suffix == "png" else "image/jpeg"


Tree: TypeAlias = Union[Drawn, str, int, "list[Tree]", "dict[str, Tree]"]
"""An answer's `Data`, with pictures where the links to them will be."""


@dataclass(frozen=True)
class Order:
    """What a drawing function gets: the pictures, in the order of the row's fields, and the query."""

    pictures: tuple[Picture, ...]
    options: Mapping[str, str]

    @property
    def photo(self) -> Pixels:
        return self.pictures[0].pixels


@dataclass(frozen=True)
class Action:
    """A row: the fields that hold links, where they must stand, what their pictures must be, and who draws."""

    pictures: tuple[str, ...]
    position: Literal["query", "body"]
    limits: Limits
    draw: Callable[[Order], Tree]
    post_only: bool = False
    asynchronous: bool = False
    same_size: bool = False
    """All pictures must have the same width and height."""


def link_up(tree: Tree, link: Callable[[Drawn], str]) -> Json:
    """`tree` with every picture replaced by what `link` says is its address."""
    match tree:
        case Drawn():
            return link(tree)
        case dict():
            return {name: link_up(branch, link) for name, branch in tree.items()}
        case list():
            return [link_up(branch, link) for branch in tree]
        case _:
            return tree


def _common(order: Order) -> Tree:
    return {"ImageURL": _in_form(order.photo, segment.subject(order.photo), order.options.get("ReturnForm", ""))}


def _hd_common(order: Order) -> Tree:
    return {"ImageUrl": _cutout(order.photo, segment.subject(order.photo))}


def _vehicle(order: Order) -> Tree:
    pieces = segment.parts(segment.subject(order.photo))
    origin = order.pictures[0].url
    return {"Elements": [{"ImageURL": _cutout(order.photo, piece), "OriginImageURL": origin} for piece in pieces]}


def _refine_mask(order: Order) -> Tree:
    coarse = np.asarray(cv2.cvtColor(order.pictures[1].pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return {"Elements": [{"ImageURL": Drawn(_encode(segment.refine(order.photo, coarse), ".jpg"), "jpeg")}]}


def _in_form(photo: Pixels, alpha: Alpha, form: str) -> Drawn:
    """The manual's ReturnForm: one channel, on white, or cut to the subject; anything else is the RGBA picture."""
    match form:
        case "mask":
            return Drawn(_encode(alpha, ".png"), "png")
        case "whiteBK":
            share = alpha[..., None] / np.float32(255)
            on_white = photo * share + 255 * (1 - share)
            return Drawn(_encode(on_white.astype(np.uint8)[..., ::-1], ".jpg"), "jpg")
        case "crop":
            x, y, width, height = cv2.boundingRect(alpha)
            inside = np.s_[y : y + height, x : x + width] if width and height else np.s_[:, :]
            return _cutout(photo[inside], alpha[inside])
        case _:
            return _cutout(photo, alpha)


def _cutout(photo: Pixels, alpha: Alpha) -> Drawn:
    # Nothing of the background is left under the transparent pixels, and the file is half the size.
    rgba = np.dstack([np.where(alpha[..., None] > 0, photo, 0), alpha])
    return Drawn(_encode(np.asarray(cv2.cvtColor(rgba.astype(np.uint8), cv2.COLOR_RGBA2BGRA), np.uint8), ".png"), "png")


def _encode(pixels: Pixels | Alpha, suffix: str) -> bytes:
    # Level 1: level 6 takes four times as long for a tenth less.
    done, content = cv2.imencode(suffix, pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1] if suffix == ".png" else [])
    assert done
    return content.tobytes()


_ANY_PNG = frozenset({"JPEG", "PNG", "BMP"})
_NOT_THESE_PNG = frozenset({8, 16, 64})
# Clients found out that 3 MB means 3,000,000 bytes, not 3 × 1024 × 1024.
_3_MB, _40_MB = 3_000_000, 40_000_000

ACTIONS: dict[str, Action] = {
    "SegmentCommonImage": Action(
        ("ImageURL",),
        "query",
        Limits(_ANY_PNG | {"WEBP"}, _3_MB, over=32, under=2000, png_depths_refused=_NOT_THESE_PNG),
        _common,
    ),
    "SegmentHDCommonImage": Action(
        ("ImageUrl",),
        "body",
        Limits(_ANY_PNG, _40_MB, over=32, under=10_000),
        _hd_common,
        asynchronous=True,
    ),
    "SegmentVehicle": Action(
        ("ImageURL",),
        "query",
        Limits(_ANY_PNG, _3_MB, over=32, under=2000),
        _vehicle,
    ),
    "RefineMask": Action(
        ("ImageURL", "MaskImageURL"),
        "body",
        Limits(_ANY_PNG, _3_MB - 1, over=32, under=2000),  # "smaller than 3 MB", where others say "at most"
        _refine_mask,
        post_only=True,
        same_size=True,
    ),
}
