"""Tells the sky of a photo from the land: smooth, bluish or bright, and reaching the upper edge.

A plain wall behind a portrait is a sky to it; one behind bare branches it finds only in part.
"""

from __future__ import annotations

import cv2
import numpy as np

from tests.cloud import segment
from tests.cloud.segment import Alpha, Mask, Pixels, blend

_LEAST = 0.02
"""Share of the photo that a sky has at least."""

_SCENES = {"sky": (70, 130, 180), "plants": (60, 140, 60), "water": (40, 80, 160), "ground": (150, 120, 90)}


def sky(photo: Pixels) -> Alpha:
    """Alpha of the sky, in the photo's size; nothing but zeros when there is none."""
    likely = _from_above(_smooth(photo) & _skylike(photo))
    if likely.mean() < _LEAST:
        return np.zeros(photo.shape[:2], np.uint8)
    reach = np.ones((max(3, max(photo.shape) // 60),) * 2, np.uint8)
    sure = cv2.erode(likely.astype(np.uint8), reach, borderValue=1)
    near = cv2.dilate(likely.astype(np.uint8), reach)
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[sure == 1], labels[near == 0] = cv2.GC_FGD, cv2.GC_BGD
    return segment.grown(photo, labels)


def replaced(photo: Pixels, reference: Pixels) -> Pixels:
    """`photo` under the sky of `reference`, of any size, which is stretched over the whole width and height."""
    above = sky(reference)
    # What of the reference is sky; all of it when it shows nothing else, or no sky that could be told.
    rows = np.flatnonzero(above.mean(axis=1) > 127)
    strip = reference[: rows[-1] + 1] if rows.size else reference
    heaven = cv2.resize(strip, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    return blend(np.asarray(heaven, np.uint8), photo, sky(photo))


def scenes(photo: Pixels) -> Pixels:
    """Each pixel in the colour of what it belongs to, of four kinds where the vendor tells thirteen."""
    lab = cv2.cvtColor(cv2.GaussianBlur(photo, (0, 0), 2), cv2.COLOR_RGB2LAB).astype(int)
    drawn = np.empty_like(photo)
    drawn[:] = _SCENES["ground"]
    drawn[(lab[..., 2] < 122) & (lab[..., 0] < 200)] = _SCENES["water"]
    drawn[(lab[..., 1] < 124) & (lab[..., 2] > 130)] = _SCENES["plants"]
    drawn[sky(photo) > 127] = _SCENES["sky"]
    return drawn


def _smooth(photo: Pixels) -> Mask:
    grey = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), (0, 0), max(photo.shape) / 400)
    steps = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return np.asarray(steps < 24 * 512 / max(512, *photo.shape[:2]) + 4)


def _skylike(photo: Pixels) -> Mask:
    lightness, a, b = (channel.astype(int) for channel in cv2.split(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)))
    blue = (b < 122) & (a - 128 < 128 - b) & (lightness > 20)
    bright = (lightness > 190) & (abs(a - 128) < 10) & (b < 140)
    return np.asarray(blue | bright)


def _from_above(spots: Mask) -> Mask:
    """The pieces of `spots` that reach the upper edge along a good part of it."""
    _, pieces = cv2.connectedComponents(spots.astype(np.uint8), connectivity=4)
    edge = np.bincount(pieces[:3].ravel(), minlength=pieces.max() + 1) / 3
    reaching = edge > 0.1 * spots.shape[1]
    reaching[0] = False
    return np.asarray(reaching[pieces])
