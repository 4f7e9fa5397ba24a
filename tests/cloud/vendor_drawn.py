"""What a drawing function is given and gives: an order, and a tree of pictures on their way to links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, Union

import cv2
import numpy as np

from tests.cloud.segment import Alpha, Pixels, blend
from tests.cloud.vendor_pictures import Picture


@dataclass(frozen=True)
class Drawn:
    """A picture the service made, encoded."""

    content: bytes
    suffix: Literal["png", "jpg", "jpeg"]

    @property
    def content_type(self) -> str:
        return "image/png" if self.suffix == "png" else "image/jpeg"


Json: TypeAlias = Union[str, int, float, "list[Json]", "dict[str, Json]", None]
Tree: TypeAlias = Union[Drawn, str, int, "list[Tree]", "dict[str, Tree]"]
"""An answer's data, with pictures where the links to them will be."""


@dataclass(frozen=True)
class Order:
    """What a drawing function gets: the pictures, in the order of the row's fields, and the options."""

    pictures: tuple[Picture, ...]
    options: Mapping[str, str]

    @property
    def photo(self) -> Pixels:
        return self.pictures[0].pixels


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


def cropped(photo: Pixels, alpha: Alpha) -> tuple[Pixels, Alpha]:
    """Both cut to the smallest box that holds all that `alpha` shows; as they are when it shows nothing."""
    x, y, width, height = cv2.boundingRect(alpha)
    inside = np.s_[y : y + height, x : x + width] if width and height else np.s_[:, :]
    return photo[inside], alpha[inside]


def on(colour: tuple[int, int, int], photo: Pixels, alpha: Alpha) -> Drawn:
    """A JPEG of what `alpha` shows of `photo`, on one colour (RGB)."""
    return jpeg(blend(photo, np.full_like(photo, colour), alpha))


def cutout(photo: Pixels, alpha: Alpha) -> Drawn:
    # Nothing of the background is left under the transparent pixels, and the file is half the size.
    rgba = np.dstack([np.where(alpha[..., None] > 0, photo, 0), alpha])
    return Drawn(_encode(np.asarray(cv2.cvtColor(rgba.astype(np.uint8), cv2.COLOR_RGBA2BGRA), np.uint8), ".png"), "png")


def mask(alpha: Alpha) -> Drawn:
    return Drawn(_encode(alpha, ".png"), "png")


def jpeg(pixels: Pixels | Alpha, suffix: Literal["jpg", "jpeg"] = "jpg") -> Drawn:
    return Drawn(_encode(pixels[..., ::-1] if pixels.ndim == 3 else pixels, ".jpg"), suffix)


def _encode(pixels: Pixels | Alpha, suffix: str) -> bytes:
    # Level 1: level 6 takes four times as long for a tenth less.
    done, content = cv2.imencode(suffix, pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1] if suffix == ".png" else [])
    assert done
    return content.tobytes()
