"""Alphas as a vendor's net gets them wrong: each takes a good one, 8 bit, and returns a bad one of its size."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.pictures.known.canvas import Bytes

_Random = np.random.Generator


def _specks(alpha: Bytes, random: _Random) -> Bytes:
    return _dotted(alpha, random, 255, np.argwhere(alpha < 10), count=40, radius=0.005)


def _holes(alpha: Bytes, random: _Random) -> Bytes:
    """Holes that lie inside, where the subject is wide enough for them; else anywhere on it."""
    radius = 0.02
    inside = _eroded(alpha, round(radius * max(alpha.shape)) + 2)
    wide = inside if inside.any() else alpha
    return _dotted(alpha, random, 0, np.argwhere(wide > 0.9 * wide.max()), count=8, radius=radius)


def _dotted(alpha: Bytes, random: _Random, value: int, places: NDArray[np.intp], *, count: int, radius: float) -> Bytes:
    found: Bytes = alpha.copy()
    for y, x in random.choice(places, count):
        size = max(1, round(max(alpha.shape) * radius * random.uniform(0.6, 1.2)))
        cv2.circle(found, (int(x), int(y)), size, value, -1, cv2.LINE_AA)
    return found


def _half_part(alpha: Bytes, random: _Random) -> Bytes:
    row = _row(alpha, 0.6)
    return np.concatenate([alpha[:row], alpha[row:] // 2])


def _part_missing(alpha: Bytes, random: _Random) -> Bytes:
    row = _row(alpha, 0.3)
    return np.concatenate([np.zeros_like(alpha[:row]), alpha[row:]])


def _row(alpha: Bytes, share: float) -> int:
    """The row with that share of the subject's height above it."""
    rows = np.flatnonzero(alpha.max(1) > 127)
    return int(rows[0] + share * (rows[-1] - rows[0]))


def _shifted(alpha: Bytes, random: _Random) -> Bytes:
    by = round(0.03 * max(alpha.shape))
    found = np.zeros_like(alpha)
    found[by:, by:] = alpha[:-by, :-by]
    return found


def _grown(alpha: Bytes, random: _Random) -> Bytes:
    return np.asarray(cv2.dilate(alpha, _disc(round(0.02 * max(alpha.shape)))), np.uint8)


def _shrunk(alpha: Bytes, random: _Random) -> Bytes:
    return _eroded(alpha, round(0.02 * max(alpha.shape)))


def _blurred(alpha: Bytes, random: _Random) -> Bytes:
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.015 * max(alpha.shape)), np.uint8)


def _eroded(alpha: Bytes, radius: int) -> Bytes:
    return np.asarray(cv2.erode(alpha, _disc(radius)), np.uint8)


def _disc(radius: int) -> Bytes:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


SPOILT: dict[str, Callable[[Bytes, _Random], Bytes]] = {
    "empty": lambda alpha, random: np.zeros_like(alpha),
    "whole": lambda alpha, random: np.full_like(alpha, 255),
    "inverted": lambda alpha, random: 255 - alpha,
    "specks": _specks,
    "holes": _holes,
    "half all": lambda alpha, random: (alpha * 0.55).astype(np.uint8),
    "half part": _half_part,
    "shifted": _shifted,
    "grown": _grown,
    "shrunk": _shrunk,
    "blurred": _blurred,
    "part missing": _part_missing,
}
