"""Takes a mark off a photo: what lies under it is made up from what lies around it."""

from __future__ import annotations

import cv2
import numpy as np

from tests.cloud.segment import Alpha, Mask, Pixels, blend, fit

_MEND = 1280
"""Longest side for the mending itself, which takes seconds beyond it."""
_REACH = 5
"""Pixels around a hole that are looked at."""


def repaired(photo: Pixels, marked: Mask) -> Pixels:
    """`photo` with everything that is `marked` (one for each pixel) painted over; all else is as it was."""
    hole = np.asarray(marked * 255, np.uint8)
    small = fit(photo, _MEND)
    # A pixel that is marked in part is part of the mark.
    small_hole = (cv2.resize(hole, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    mended = cv2.inpaint(small, small_hole, _REACH, cv2.INPAINT_TELEA)
    full: Pixels = np.asarray(cv2.resize(mended, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    alpha: Alpha = hole
    return blend(full, photo, alpha)
