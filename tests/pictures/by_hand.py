"""Cutouts of two real photos: an outline drawn by hand, which GrabCut then moves to the edges nearby."""

from __future__ import annotations

import cv2
import numpy as np

from tests.pictures.known_alpha import KnownAlpha
from tests.samples import photo

_BAND = 25
"""Pixels: how far from the outline, in all, the edge may lie."""

OUTLINES = {
    "astronaut": (
        *((0.04, 1), (0.10, 0.62), (0.13, 0.50), (0.24, 0.43), (0.22, 0.36), (0.27, 0.29), (0.36, 0.28)),
        *((0.35, 0.24), (0.30, 0.16), (0.31, 0.06), (0.38, 0.02), (0.52, 0.03), (0.59, 0.10), (0.58, 0.19)),
        *((0.53, 0.25), (0.52, 0.28), (0.59, 0.35), (0.59, 0.41), (0.66, 0.47), (0.71, 0.66), (0.83, 0.67)),
        *((0.95, 0.77), (1, 0.9), (1, 1)),
    ),
    "coffee": (
        *((0.135, 0.5), (0.17, 0.35), (0.25, 0.24), (0.30, 0.10), (0.40, 0.04), (0.52, 0.04), (0.62, 0.12)),
        *((0.70, 0.18), (0.70, 0.27), (0.77, 0.42), (0.80, 0.6), (0.77, 0.78), (0.68, 0.93), (0.52, 0.98)),
        *((0.38, 0.96), (0.24, 0.84), (0.16, 0.68)),
    ),
}
"""By the sample's name: corners, in shares of its width and height."""


def by_hand(name: str) -> KnownAlpha:
    """The sample of that name with a good alpha; its colours are the photo's own."""
    pixels = photo(name)
    height, width = pixels.shape[:2]
    drawn = np.zeros((height, width), np.uint8)
    corners = np.array([(x * width, y * height) for x, y in OUTLINES[name]], np.int32)
    cv2.fillPoly(drawn, [corners], (255,))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BAND, _BAND))
    guess = np.full((height, width), cv2.GC_BGD, np.uint8)
    guess[cv2.dilate(drawn, brush) > 0] = cv2.GC_PR_BGD
    guess[drawn > 0] = cv2.GC_PR_FGD
    guess[cv2.erode(drawn, brush, borderValue=(255,)) > 0] = cv2.GC_FGD
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels, guess, (0, 0, width, height), background, foreground, 5, cv2.GC_INIT_WITH_MASK)
    mask = np.where((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    alpha = np.asarray(cv2.GaussianBlur(cv2.medianBlur(mask, 5), (0, 0), 0.8), np.uint8)
    return KnownAlpha(name, pixels, pixels, alpha)
