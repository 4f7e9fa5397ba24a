"""DAMO's two APIs: what a task of each consists of, what its pictures must be, and who draws its answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from tests.cloud import people, segment
from tests.cloud.faces import faces
from tests.cloud.segment import Alpha
from tests.cloud.vendor_drawn import Order
from tests.cloud.vendor_pictures import Limits

LIMITS = Limits(
    # "JPG、JPEG、PNG等常用格式": which other usual formats are meant, nobody can rely on.
    frozenset({"JPEG", "PNG"}),
    math.inf,  # of bytes the manuals say nothing
    least=400,
    most=4096,
)

Draw: TypeAlias = Callable[[Order], Alpha]


@dataclass(frozen=True)
class Api:
    """A row. All pictures of a task must have the same width and height."""

    pictures: tuple[str, ...]
    """The fields that hold links, all required; the first is the photo."""
    options: Mapping[str, tuple[str, ...]]
    """The other fields, which may be left out, and their values; the first is taken for one that is."""
    draw: Draw


def _matted(order: Order) -> Alpha:
    """Of a mask that is neither 0 nor 255 everywhere, as the manual wants it, each pixel counts as the nearer one."""
    coarse = np.asarray(cv2.cvtColor(order.pictures[1].pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    return segment.refine(order.photo, coarse)


def _foreground(order: Order) -> Alpha:
    if order.options.get("model_type") == "human":
        return people.body(order.photo, faces(order.photo))
    return segment.subject(order.photo)


APIS: dict[str, Api] = {
    "inst-mat": Api(("image", "mask"), {}, _matted),
    # Which model is meant when none is named, the manual does not say.
    "bg-remove": Api(("image",), {"model_type": ("general", "human")}, _foreground),
}
