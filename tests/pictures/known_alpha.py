"""Photos of which the alpha is known, since they are drawn: and what a vendor might answer for them.

Everything is made from a seed: the same name, size and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from tests.pictures.known import hard, soft
from tests.pictures.known.canvas import Bytes, Canvas, Scene, over
from tests.pictures.known.spoilt import SPOILT

Answer = Literal["exact", "coarse", "blurred"]

_DRAWINGS: tuple[Callable[[Canvas], Scene], ...] = (
    *(soft.hair, soft.glass, hard.white_on_white, hard.dark_on_dark, hard.chair, hard.product),
    *(soft.fur, hard.rice, soft.shadow, hard.plant),
)
_BY_NAME = {drawing.__name__: drawing for drawing in _DRAWINGS}
NAMES = tuple(_BY_NAME)
SPOILT_KINDS = (*SPOILT, "cut by frame")
_LONGEST = 2000
"""Longest side, in pixels, of what vendors answer with."""
_NET = 1024
"""Longest side, in pixels, at which a vendor's net sees a photo."""
_LENS = 0.6
"""σ, in pixels, of the blur of a good lens that is in focus."""


@dataclass(frozen=True)
class KnownAlpha:
    name: str
    photo: Bytes
    """Height × width × 3, sRGB: `colours` over a background."""
    colours: Bytes
    """Height × width × 3: of the subject alone, wherever `alpha` is above 0."""
    alpha: Bytes
    """Height × width; 255 is the subject."""

    def on_white(self) -> Bytes:
        """What a listing should show."""
        return over(self.colours, self.alpha, np.full_like(self.colours, 255))

    def cut(self, rows: slice, columns: slice) -> KnownAlpha:
        """A part of the frame."""
        parts = (np.ascontiguousarray(each[rows, columns]) for each in (self.photo, self.colours, self.alpha))
        return KnownAlpha(self.name, *parts)


@lru_cache(maxsize=12)
def known_alpha(name: str, width: int = 1200, height: int = 900, *, seed: int = 1) -> KnownAlpha:
    """The picture of that name, up to some 25 MP; the last ones are kept, and nobody may draw on them.

    24 MP take some 10 s and 1.5 GB. Raises `KeyError` for a name that is not in `NAMES`.
    """
    colours, alpha, behind = _BY_NAME[name](Canvas(width, height, seed))
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), _LENS), np.uint8)
    picture = KnownAlpha(name, over(colours, alpha, behind), colours, alpha)
    for part in (picture.photo, picture.colours, picture.alpha):
        part.setflags(write=False)
    return picture


def mirrored(picture: KnownAlpha) -> KnownAlpha:
    """The picture four times, each a mirror of its neighbours: a cheap way from 25 MP to 100."""

    def four(part: Bytes) -> Bytes:
        wide = np.concatenate([part, part[:, ::-1]], 1)
        return np.concatenate([wide, wide[::-1]], 0)

    return KnownAlpha(picture.name, four(picture.photo), four(picture.colours), four(picture.alpha))


def answer(picture: KnownAlpha, kind: Answer = "exact", *, longest: int = _LONGEST) -> Bytes:
    """What a vendor would send back: height × width × 4, straight RGBA, at most `longest` pixels a side.

    "exact" is the true alpha, reduced. "coarse" is of a net that sees the photo at 1,024 px or at a sixth, whichever
    is less, and enlarges what it finds. "blurred" is the exact one, half a pixel off and blurred by 1.2 px.
    """
    alpha = _reduced(picture.alpha, longest)
    height, width = alpha.shape
    if kind == "coarse":
        net = _reduced(picture.alpha, min(_NET, max(picture.alpha.shape) // 6))
        alpha = np.asarray(cv2.resize(net, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    if kind == "blurred":
        beside = np.array([[1, 0, 0.5], [0, 1, 0.5]], np.float32)
        moved = cv2.warpAffine(alpha, beside, (width, height), borderMode=cv2.BORDER_REPLICATE)
        alpha = np.asarray(cv2.GaussianBlur(moved, (0, 0), 1.2), np.uint8)
    return _cutout(_reduced(picture.photo, longest), alpha)


def spoilt(picture: KnownAlpha, kind: str, *, seed: int = 1) -> tuple[KnownAlpha, Bytes]:
    """A photo and a vendor's answer for it that is bad in the way of that name, one of `SPOILT_KINDS`.

    The photo is the picture's, but for "cut by frame": there the frame ends within the subject, and the answer is
    right.
    """
    if kind == "cut by frame":
        columns = np.flatnonzero(picture.alpha.max(0) > 127)
        picture = picture.cut(slice(None), slice(0, int(columns[0] + 0.7 * (columns[-1] - columns[0]))))
        return picture, answer(picture)
    photo, alpha = _reduced(picture.photo, _LONGEST), _reduced(picture.alpha, _LONGEST)
    return picture, _cutout(photo, SPOILT[kind](alpha, np.random.default_rng(seed)))


def write(picture: KnownAlpha, cutout: Bytes, folder: Path) -> tuple[Path, Path]:
    """Files of the photo, a JPEG as cameras write it (4:2:0, quality 92), and of the vendor's answer, a PNG."""
    photo, found = folder / f"{picture.name}.jpg", folder / f"{picture.name}.cutout.png"
    Image.fromarray(picture.photo).save(photo, quality=92, subsampling="4:2:0")
    Image.fromarray(cutout).save(found, compress_level=1)
    return photo, found


def _cutout(colours: Bytes, alpha: Bytes) -> Bytes:
    return np.dstack([np.where(alpha[..., None] > 0, colours, np.uint8(0)), alpha])


def _reduced(part: Bytes, longest: int) -> Bytes:
    """At most `longest` pixels a side."""
    height, width = part.shape[:2]
    scale = min(1.0, longest / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
