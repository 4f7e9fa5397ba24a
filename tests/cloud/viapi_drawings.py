"""Draws the answers: which of the finders looks at the photo, and how the manual lays out what it finds.

Where the manual is silent, this is what was chosen. Pictures with coordinates (heads, faces, hair) are cut to the
smallest box that holds all that is visible, since "结果图的宽度" is the result's; all others have the photo's size.
Without a face, or a thing that falls into pieces, `Elements` is empty; one picture of nothing is all transparent, or
all black where the examples show a JPEG, which must then be a mask (skin, the sky in HD). A face or garment of
another kind than the finders know is missing. These are a stand-in's choices, not Alibaba's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import cv2
import numpy as np

from tests.cloud import people, segment, skies
from tests.cloud.faces import Face, faces
from tests.cloud.segment import Alpha, Pixels
from tests.cloud.vendor_drawn import Drawn, Order, Tree, cropped, cutout, jpeg, mask, on
from tests.cloud.viapi_replies import Refused

Draw: TypeAlias = Callable[[Order], Tree]

_FACE_AREA = 100 * 100
"""Pixels of a face that ParseFace takes ("人脸部分的面积大小至少在100×100像素"); it also wants a tenth of each side."""
_CLASSES = ("tops", "coat", "skirt", "pants", "bag", "shoes", "hat")
_MOST_CLASSES = 15


def picture(find: Callable[[Pixels], Alpha], *forms: str, field: str = "ImageURL") -> Draw:
    """One picture of what `find` finds, in one of the forms the action documents; any other word means RGBA."""

    def draw(order: Order) -> Tree:
        return {field: _in_form(order.photo, find(order.photo), _form(order, forms))}

    return draw


def boxes(find: Callable[[Pixels, Face], Alpha], *forms: str) -> Draw:
    """A picture for each face, cut to a box, with the box's place in the photo."""

    def draw(order: Order) -> Tree:
        found = [find(order.photo, face) for face in faces(order.photo)]
        return {"Elements": [_box(order.photo, alpha, _form(order, forms)) for alpha in found if alpha.any()]}

    return draw


def pieces(*, with_origin: bool = False) -> Draw:
    """A picture for each separate part of the subject."""

    def draw(order: Order) -> Tree:
        origin: dict[str, Tree] = {"OriginImageURL": order.pictures[0].url} if with_origin else {}
        found = segment.parts(segment.subject(order.photo))
        return {"Elements": [{"ImageURL": cutout(order.photo, piece), **origin} for piece in found]}

    return draw


def refined(order: Order) -> Tree:
    coarse = np.asarray(cv2.cvtColor(order.pictures[1].pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return {"Elements": [{"ImageURL": jpeg(segment.refine(order.photo, coarse), "jpeg")}]}


def parsed_face(order: Order) -> Tree:
    """Raises `InvalidImage.Content` unless there is one face and it is large enough; the manual names no code."""
    photo, found = order.photo, faces(order.photo)
    if len(found) != 1:
        raise Refused("InvalidImage.Content", f"The picture shows {len(found)} frontal faces; it must show one.")
    face = found[0]
    if face.area < _FACE_AREA or face.size * 10 < max(photo.shape):
        raise Refused("InvalidImage.Content", "The face must have 100x100 pixels and a tenth of the picture's sides.")
    features = people.features(photo, face).items()
    return {
        "OriginImageURL": order.pictures[0].url,
        "Elements": [{"Name": name, "ImageURL": cutout(photo, alpha)} for name, alpha in features if alpha.any()],
    }


def skin(order: Order) -> Tree:
    return {"URL": jpeg(people.skin(order.photo, faces(order.photo)))}


def clothes(order: Order) -> Tree:
    """The whole outfit, or with OutMode=1 the classes asked for; ClassUrl has a mask of each class that is there."""
    classes, combined = _classes(order.options), _out_mode(order.options) == 1
    found = people.clothes(order.photo, faces(order.photo))
    asked = {name: alpha for name, alpha in found.items() if name in classes}
    shown = list((asked if combined else found).values())
    if not shown:
        return {"Elements": []}
    whole = np.asarray(np.max(shown, axis=0), np.uint8)
    masks: dict[str, Tree] = {name: mask(alpha) for name, alpha in asked.items()}
    return {
        "Elements": [{"ImageURL": _in_form(order.photo, whole, _form(order, ("mask", "whiteBK"))), "ClassUrl": masks}]
    }


def sky_mask(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.sky(order.photo))}


def scene(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.scenes(order.photo))}


def changed_sky(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.replaced(order.photo, order.pictures[1].pixels))}


def _in_form(photo: Pixels, alpha: Alpha, form: str) -> Drawn:
    """The manual's ReturnForm: one channel, on white, or cut to the subject; anything else is the RGBA picture."""
    match form:
        case "mask":
            return mask(alpha)
        case "whiteBK":
            return on((255, 255, 255), photo, alpha)
        case "crop":
            return cutout(*cropped(photo, alpha))
        case _:
            return cutout(photo, alpha)


def _form(order: Order, forms: tuple[str, ...]) -> str:
    form = order.options.get("ReturnForm", "")
    return form if form in forms else ""


def _box(photo: Pixels, alpha: Alpha, form: str) -> Tree:
    x, y, width, height = (int(side) for side in cv2.boundingRect(alpha))
    inside = np.s_[y : y + height, x : x + width]
    image: Drawn = _in_form(photo[inside], alpha[inside], form)
    return {"ImageURL": image, "X": x, "Y": y, "Width": width, "Height": height}


def _classes(options: Mapping[str, str]) -> tuple[str, ...]:
    """`ClothClass.1`, `ClothClass.2` …, counted without a gap; all classes when none is given."""
    given = {name: value for name, value in options.items() if name.partition(".")[0] == "ClothClass"}
    if set(given) != {f"ClothClass.{n}" for n in range(1, len(given) + 1)}:
        raise Refused("InvalidParameter", "ClothClass is a list: ClothClass.1, ClothClass.2 and so on, without a gap.")
    if len(given) > _MOST_CLASSES:
        raise Refused("InvalidParameter", f"ClothClass takes at most {_MOST_CLASSES} values.")
    if unknown := set(given.values()) - set(_CLASSES):
        raise Refused("InvalidParameter", f"ClothClass does not know {', '.join(sorted(unknown))}.")
    return tuple(given.values()) or _CLASSES


def _out_mode(options: Mapping[str, str]) -> int:
    mode = options.get("OutMode", "0")
    if mode not in ("0", "1"):
        raise Refused("InvalidParameter", f"OutMode is 0 or 1, not {mode}.")
    return int(mode)
