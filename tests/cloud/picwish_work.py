"""What PicWish can be asked for, read to the letter and drawn: what its manuals don't document is a wrong parameter.

Where they are silent, this is what was chosen: `crop` cuts the mask as it cuts the picture; `format` and `bg_color`
are about the picture, the mask is a PNG; a photo in which nothing stands out gives an empty picture. An option
without a value counts as not given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from tests.cloud.faces import faces
from tests.cloud.picwish_replies import Failed, Refused
from tests.cloud.repair import repaired
from tests.cloud.segment import Alpha, Mask, Pixels, subject
from tests.cloud.vendor_drawn import Tree, cropped, cutout, jpeg, mask, on
from tests.cloud.vendor_pictures import Limits

LIMITS = Limits(frozenset({"JPEG", "PNG", "BMP", "WEBP", "TIFF"}), 15_000_000, most=4096)
LONGEST_URL = 512
"""Characters."""
MOST_RECTANGLES = 50
LARGEST_SHARE = 0.5
"""Of the picture, that may be repaired ("修复区域不要大于图片区域50%")."""
_SIDES = ("x", "y", "width", "height")
_INK_SATURATION, _INK_HUE = 70, 12

Form: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Work:
    """The pictures to fetch, the photo first, and what makes the answer's own fields of them."""

    urls: tuple[str, ...]
    draw: Callable[[tuple[Pixels, ...]], dict[str, Tree]]
    """Raises `Failed`."""


@dataclass(frozen=True)
class Action:
    """`read` makes work of a form's fields, or raises `Refused`; `stamps` are the times that the answer has."""

    pictures: tuple[str, ...]
    """The fields that hold links; the first is the photo, and another picture has its width and height."""
    options: Mapping[str, tuple[str, ...]]
    """The other fields, none of them required, and their values; no values where there are too many to list."""
    read: Callable[[Form], Work]
    stamps: tuple[str, ...]

    def taken(self, form: Form) -> Work:
        """What `form` asks for; raises `Refused`."""
        if unknown := sorted(form.keys() - {*self.pictures, *self.options}):
            raise Refused(400, f"There is no parameter {', '.join(unknown)}.")
        given = {name: value for name, value in form.items() if value}
        for name, values in self.options.items():
            if values and given.get(name, values[0]) not in values:
                raise Refused(400, f"{name} does not take {given[name]}.")
        return self.read(given)


def _cut(given: Form) -> Work:
    kind, output = given.get("type", ""), given.get("output_type", "2")
    to_edge, jpg = given.get("crop") == "1", given.get("format") == "jpg"
    colour = given.get("bg_color", "ffffff")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", colour):
        raise Refused(400, "bg_color takes six hexadecimal digits.")
    if "bg_color" in given and not jpg:
        raise Refused(400, "bg_color needs format=jpg.")
    red, green, blue = bytes.fromhex(colour)

    def draw(pictures: tuple[Pixels, ...]) -> dict[str, Tree]:
        (photo,) = pictures
        alpha = _stamp(photo) if kind == "stamp" else subject(photo)
        result: dict[str, Tree] = {
            "output_type": int(output),
            "result_type": kind or ("person" if faces(photo) else "object"),
        }
        if to_edge:
            photo, alpha = cropped(photo, alpha)
        if output != "3":
            result["image"] = on((red, green, blue), photo, alpha) if jpg else cutout(photo, alpha)
        if output != "2":
            result["mask"] = mask(alpha)
        return result

    return Work((_url(given, "image_url"),), draw)


def _repair(given: Form) -> Work:
    rectangles = _rectangles(given["rectangles"]) if "rectangles" in given else []
    urls = tuple(_url(given, name) for name in ("image_url", "mask_url") if name != "mask_url" or name in given)
    if len(urls) == 1 and not rectangles:
        raise Refused(400, "Either mask_url or rectangles must say what to repair.")

    def draw(pictures: tuple[Pixels, ...]) -> dict[str, Tree]:
        photo, *masks = pictures
        # The mask wins over rectangles.
        marked = _marked(photo, masks[0]) if masks else _inside(photo, rectangles)
        if marked.mean() > LARGEST_SHARE:
            raise Failed(-1, "The area to repair must not be larger than half of the picture.")
        return {"image": jpeg(repaired(photo, marked))}

    return Work(urls, draw)


ACTIONS = {
    "segmentation": Action(
        ("image_url",),
        {
            "type": ("person", "object", "stamp"),
            "output_type": ("1", "2", "3"),
            "crop": ("0", "1"),
            "format": ("png", "jpg"),
            "bg_color": (),
        },
        _cut,
        ("created_at", "processed_at", "completed_at"),
    ),
    "watermark": Action(("image_url", "mask_url"), {"rectangles": ()}, _repair, ("created_at", "completed_at")),
}
"""By the last part of their paths."""


def _url(given: Form, name: str) -> str:
    url = given.get(name, "")
    if not 1 <= len(url) <= LONGEST_URL:
        raise Refused(400, f"{name} must have 1 to {LONGEST_URL} characters; it has {len(url)}.")
    return url


def _rectangles(text: str) -> list[dict[str, int]]:
    wrong = Refused(400, f"rectangles takes 1 to {MOST_RECTANGLES} objects of integers, {_SIDES}, in JSON.")
    try:
        rectangles = json.loads(text)
    except ValueError:
        raise wrong from None
    if not isinstance(rectangles, list) or not 1 <= len(rectangles) <= MOST_RECTANGLES:
        raise wrong
    for rectangle in rectangles:
        if not isinstance(rectangle, dict) or set(rectangle) != set(_SIDES):
            raise wrong
        # In Python true is an integer too.
        if any(type(side) is not int or side < 0 for side in rectangle.values()):
            raise wrong
    return rectangles


def _inside(photo: Pixels, rectangles: list[dict[str, int]]) -> Mask:
    marked = np.zeros(photo.shape[:2], np.bool_)
    for rectangle in rectangles:
        x, y, width, height = (rectangle[side] for side in _SIDES)
        marked[y : y + height, x : x + width] = True
    return marked


def _marked(photo: Pixels, white: Pixels) -> Mask:
    if white.shape != photo.shape:
        raise Failed(-7, "The mask must have the width and height of the picture.")
    return np.asarray(white.mean(axis=2) > 127, np.bool_)


def _stamp(photo: Pixels) -> Alpha:
    """A seal's ink: what is red, with soft edges."""
    hue, saturation, _ = cv2.split(cv2.cvtColor(photo, cv2.COLOR_RGB2HSV))
    # OpenCV's hue goes from 0 to 179, and red is at both ends.
    red = (saturation > _INK_SATURATION) & ((hue < _INK_HUE) | (hue > 180 - _INK_HUE))
    return np.asarray(cv2.GaussianBlur((red * 255).astype(np.uint8), (3, 3), 0), np.uint8)
