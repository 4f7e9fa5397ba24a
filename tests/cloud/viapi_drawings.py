"""Draws the answers: which of the finders looks at the photo, and how the manual lays out what it finds.

Where the manual is silent, this is what was chosen. Pictures with coordinates (heads, faces, hair) are cut to the
smallest box that holds all that is visible, since "结果图的宽度" is the result's; all others have the photo's size.
Without a face, or a thing that falls into pieces, `Elements` is empty; one picture of nothing is all transparent, or
all black where the examples show a JPEG, which must then be a mask (skin, the sky in HD). A face or garment of
another kind than the finders know is missing. These are a stand-in's choices, not Alibaba's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from tests.cloud import people, segment, skies
from tests.cloud.faces import Face, faces
from tests.cloud.segment import Alpha, Pixels
from tests.cloud.vendor_drawn import Drawn, Order, Tree, cropped, cutout, jpeg, mask, on
from tests.cloud.viapi_options import FORM
from tests.cloud.viapi_replies import Refused

Draw: TypeAlias = Callable[[Order], Tree]

_FACE_AREA = 100 * 100
"""Pixels of a face that ParseFace takes ("人脸部分的面积大小至少在100×100像素"); it also wants a tenth of each side."""


def picture(find: Callable[[Pixels], Alpha], field: str = "ImageURL") -> Draw:
    """One picture of what `find` finds, in the form asked for."""

    def draw(order: Order) -> Tree:
        return {field: _in_form(order, order.photo, find(order.photo))}

    return draw


def boxes(find: Callable[[Pixels, Face], Alpha]) -> Draw:
    """A picture for each face, cut to a box, with the box's place in the photo."""

    def draw(order: Order) -> Tree:
        found = [find(order.photo, face) for face in faces(order.photo)]
        return {"Elements": [_box(order, alpha) for alpha in found if alpha.any()]}

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
    classes = {value for name, value in order.options.items() if name.startswith("ClothClass.")}
    found = people.clothes(order.photo, faces(order.photo))
    asked = {name: alpha for name, alpha in found.items() if not classes or name in classes}
    shown = list((asked if order.options.get("OutMode") == "1" else found).values())
    if not shown:
        return {"Elements": []}
    whole = np.asarray(np.max(shown, axis=0), np.uint8)
    masks: dict[str, Tree] = {name: mask(alpha) for name, alpha in asked.items()}
    return {"Elements": [{"ImageURL": _in_form(order, order.photo, whole), "ClassUrl": masks}]}


def sky_mask(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.sky(order.photo))}


def scene(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.scenes(order.photo))}


def changed_sky(order: Order) -> Tree:
    return {"ImageURL": jpeg(skies.replaced(order.photo, order.pictures[1].pixels))}


def _in_form(order: Order, photo: Pixels, alpha: Alpha) -> Drawn:
    """The manual's ReturnForm: one channel, on white, or cut to the subject; without it, the RGBA picture."""
    match order.options.get(FORM):
        case "mask":
            return mask(alpha)
        case "whiteBK":
            return on((255, 255, 255), photo, alpha)
        case "crop":
            return cutout(*cropped(photo, alpha))
        case _:
            return cutout(photo, alpha)


def _box(order: Order, alpha: Alpha) -> Tree:
    x, y, width, height = (int(side) for side in cv2.boundingRect(alpha))
    inside = np.s_[y : y + height, x : x + width]
    image: Drawn = _in_form(order, order.photo[inside], alpha[inside])
    return {"ImageURL": image, "X": x, "Y": y, "Width": width, "Height": height}
