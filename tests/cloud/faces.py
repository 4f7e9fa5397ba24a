"""Finds the faces in a photo with a real detector: OpenCV's cascade of local binary patterns.

It knows frontal faces only, of people upright, down to a fifteenth of the photo's longer side.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tests.cloud import cascade
from tests.cloud.segment import Mask, Pixels

_SEARCH = 480
"""Longest side for the detector: a face needs a fifteenth of it, and a photo a tenth of a second."""
_SMALLEST = 32


@dataclass(frozen=True)
class Face:
    """Where a face is: a square from the brows' arches to the chin, in the photo's pixels."""

    x: int
    y: int
    size: int

    def spot(self, shape: tuple[int, ...], x: float, y: float, wide: float, high: float) -> Mask:
        """An ellipse in a picture of that shape; its middle and its half axes in sizes of the face."""
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        across = (columns - self.x - x * self.size) / (wide * self.size)
        down = (rows - self.y - y * self.size) / (high * self.size)
        return np.asarray(across**2 + down**2 <= 1)

    @property
    def area(self) -> int:
        """Pixels of the whole face, which begins at the hairline and is higher than wide."""
        return round(0.96 * 1.26 * self.size**2)

    def holds(self, other: Face) -> bool:
        """Whether the middle of `other` lies in this one."""
        x, y = other.x + other.size / 2 - self.x, other.y + other.size / 2 - self.y
        return 0 <= x < self.size and 0 <= y < self.size

    def down(self, sizes: float) -> int:
        """The row that many sizes of the face below its top, 0 at least."""
        return max(0, round(self.y + sizes * self.size))


def faces(photo: Pixels) -> list[Face]:
    """The frontal faces in `photo`, largest first."""
    scale = min(1.0, _SEARCH / max(photo.shape))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if min(small.shape[:2]) < _SMALLEST:
        return []
    found = cascade.find(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), _SMALLEST)
    squares = [Face(round(x / scale), round(y / scale), round(side / scale)) for x, y, side in found]
    lab = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB), np.uint8)
    known: list[Face] = []
    for face in sorted(squares, key=lambda face: -face.size):
        # The detector may see one face at two sizes.
        if _is_skin(lab, face) and not any(other.holds(face) for other in known):
            known.append(face)
    return known


def _is_skin(lab: Pixels, face: Face) -> bool:
    # Folds of cloth pass for faces by their shades of grey. Skin of every tone is reddish and yellowish.
    _, a, b = np.median(lab[_middle(face)].reshape(-1, 3), axis=0)
    return bool(a > 131 and b > 131)


def _middle(face: Face) -> tuple[slice, slice]:
    low, high = round(face.size * 0.3), round(face.size * 0.75)
    return np.s_[face.y + low : face.y + high, face.x + low : face.x + high]


def skinlike(photo: Pixels, face: Face) -> Mask:
    """Where the photo's colour is within the spread of the face's own."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    sample = lab[_middle(face)].reshape(-1, 3)
    middle = np.median(sample, axis=0)
    spread = np.maximum(1.5 * np.median(np.abs(sample - middle), axis=0), (14, 4, 4))
    return np.asarray((((lab - middle) / spread) ** 2).sum(axis=2) < 9)
