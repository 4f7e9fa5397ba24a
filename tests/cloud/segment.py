"""Tells the subject of a photo from its background: OpenCV's GrabCut, small, then sharpened against the photo.

Good enough for a stand-in that says it is one: a person or a thing near the middle comes out well, a busy
scene so-so. The same photo gives the same pixels every time.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.cloud.remembered import remembered

Pixels: TypeAlias = NDArray[np.uint8]
"""A photo: height × width × 3, RGB, 0..255."""
Alpha: TypeAlias = NDArray[np.uint8]
"""How much of each pixel is subject: height × width, 0..255."""
Mask: TypeAlias = NDArray[np.bool_]
"""Yes or no for each pixel: height × width."""
_Array: TypeAlias = NDArray[Any]

_SEARCH = 320
"""Longest side for GrabCut. At 640 px it takes five times as long and finds no better subject."""
_MATTE = 1280
"""Longest side for the guided filter; beyond it alpha is enlarged linearly, which costs milliseconds."""
_MOST_ROUNDS = 5
_GRAIN = 2
"""Standard deviation, of 255, of the noise that GrabCut sees on the flat parts of a picture. Without any, a flat part
is one large tie for its max-flow, and a plain 300 x 200 picture takes minutes. A camera's own noise is no less."""
_FLAT = 0.25
"""Share of a picture that must be flat for that: what a camera took stays as it is."""
_REMEMBERED = 4
"""Photos. A backlog of one photo a thousand times over is then about the quota and not about GrabCut."""

# The box shares a few cores with what it tests: one photo at a time, on one thread.
cv2.setNumThreads(1)
_one_at_a_time = threading.Lock()
_found: dict[tuple[tuple[int, ...], bytes], Alpha] = {}
"""The subjects of the last photos, the newest last."""


def subject(photo: Pixels) -> Alpha:
    """Alpha of what stands out near the middle of `photo`, in its own size; all zeros for a photo of one colour.

    Read it only: who asks for the same photo again gets the same one.
    """
    name = (photo.shape, hashlib.sha256(photo.tobytes()).digest())
    with _one_at_a_time:
        alpha = _found.pop(name, None)
        if alpha is None:
            alpha = _matte(photo, _find(fit(photo, _SEARCH)))
            alpha.flags.writeable = False
        _found[name] = alpha
        for oldest in list(_found)[:-_REMEMBERED]:
            del _found[oldest]
        return alpha


def refine(photo: Pixels, coarse: Alpha) -> Alpha:
    """`coarse`, a rough mask of the same height and width, drawn to the edges that `photo` has."""
    with _one_at_a_time:
        small = fit(photo, _SEARCH)
        mask = cv2.resize(coarse, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        # A rough mask is trusted only away from its outline.
        reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(small.shape) // 16 | 1,) * 2)
        inside = (mask > 127).astype(np.uint8)
        labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        labels[cv2.erode(inside, reach, borderValue=1) == 1] = cv2.GC_FGD
        labels[cv2.dilate(inside, reach) == 0] = cv2.GC_BGD
        return _matte(photo, _cut(small, labels))


def grown(photo: Pixels, labels: Alpha) -> Alpha:
    """Alpha of what GrabCut makes of `labels` (cv2.GC_*, one for each pixel of `photo`)."""
    with _one_at_a_time:
        small = fit(photo, _SEARCH)
        coarse = cv2.resize(labels, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return _matte(photo, _cut(small, np.asarray(coarse, np.uint8)))


def parts(alpha: Alpha, most: int = 3) -> list[Alpha]:
    """The separate pieces of `alpha`, largest first, each as an alpha of the same size.

    At most `most`; specks under a twentieth of the largest are left out. Empty when `alpha` shows nothing.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 127).astype(np.uint8))
    if count == 1:
        return []
    areas = stats[:, cv2.CC_STAT_AREA]
    top = areas[1:].max()
    largest_first = 1 + np.argsort(-areas[1:], kind="stable")[:most]
    # A piece owns the soft edge around it too, a few pixels wide.
    reach = np.ones((9, 9), np.uint8)
    owns = [cv2.dilate((labels == n).astype(np.uint8), reach) == 1 for n in largest_first if areas[n] * 20 >= top]
    return [np.where(own, alpha, 0).astype(np.uint8) for own in owns]


def blend(above: Pixels, below: Pixels, alpha: Alpha) -> Pixels:
    """`above` over `below`, where `alpha` lets it be seen."""
    share = alpha[..., None] / np.float32(255)
    return np.asarray(above * share + below * (1 - share), np.uint8)


def fit(photo: Pixels, longest: int) -> Pixels:
    """`photo` with sides of at most `longest` pixels, and of at least 8."""
    height, width = photo.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _find(small: Pixels) -> _Array:
    """The subject of `small`, 1.0 where it is: what fills the middle, or else what is unlike the rest."""
    if small.std() < 1:
        return np.zeros(small.shape[:2], np.float32)
    found = _cut(small, _central(small))
    # A bright thing in a wide sky: grown from the middle, the sky comes with it, and its outline lies on nothing.
    return found if _on_edges(small, found) > 0.9 else _cut(small, _unlike(small))


def framed(labels: _Array) -> Alpha:
    """`labels` (cv2.GC_*) with a frame that counts as background; the lower edge is open: people are cut off there."""
    rim = _rim(labels)
    labels[:rim] = labels[:, :rim] = labels[:, -rim:] = cv2.GC_BGD
    return labels.astype(np.uint8)


def _rim(small: _Array) -> int:
    """How wide the frame is, in pixels."""
    return max(2, int(min(small.shape[:2])) // 40)


def _away(small: Pixels) -> _Array:
    """How far each pixel is from the middle (1: a side)."""
    height, width = small.shape[:2]
    return np.hypot(np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None])


def _central(small: Pixels) -> _Array:
    away = _away(small)
    labels = np.where(away < 0.7, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels[away < 0.2] = cv2.GC_FGD
    return framed(labels)


def _unlike(small: Pixels) -> _Array:
    rim, away = _rim(small), _away(small)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    edge = np.concatenate([part.reshape(-1, 3) for part in (lab[:rim], lab[:, :rim], lab[:, -rim:])])
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    _, _, shades = cv2.kmeans(edge, 5, np.zeros((len(edge), 1), np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    distance = np.min([np.linalg.norm(lab - shade, axis=2) for shade in shades], axis=0)
    score = cv2.GaussianBlur(distance, (0, 0), min(small.shape[:2]) / 50) * np.exp(-1.5 * away**2)
    threshold, _ = cv2.threshold(np.clip(score, 0, 255).astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
    labels = np.where((score > threshold) | (away < 0.25), cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    return framed(labels)


@remembered(64)
def _cut(small: Pixels, labels: _Array) -> _Array:
    """GrabCut from `labels`: 1.0 where the subject is, without specks and pinholes."""
    labels = labels.copy()
    likely = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if likely.all() or not likely.any() or small.std() < 1:  # GrabCut needs some of both, and mulls over flat pictures
        return likely.astype(np.float32)
    cv2.setRNGSeed(1)
    likes, dislikes = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = _grained(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    mode = cv2.GC_INIT_WITH_MASK
    for _ in range(_MOST_ROUNDS):
        before = labels.copy()
        cv2.grabCut(bgr, labels, (0, 0, 0, 0), dislikes, likes, 1, mode)
        if np.array_equal(before, labels):  # as further rounds would leave it
            break
        mode = cv2.GC_EVAL
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8)
    found = _without_small(found, 0.1)
    return (1 - _without_small((1 - found).astype(np.uint8), 0.03)).astype(np.float32)


def _grained(small: Any) -> Pixels:
    """`small` with noise, the same every time, on its flat parts if there is much of them."""
    around = np.ones((3, 3), np.uint8)
    is_flat = (cv2.dilate(small, around) == cv2.erode(small, around)).all(axis=2, keepdims=True)
    if is_flat.mean() < _FLAT:
        return np.asarray(small, np.uint8)
    noise = np.random.default_rng(1).normal(0, _GRAIN, small.shape)
    return np.asarray(np.clip(small + noise * is_flat, 0, 255), np.uint8)


def _without_small(spots: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """`spots` less those under `share` of the largest one's area."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(spots)
    areas = stats[:, cv2.CC_STAT_AREA]
    large = areas >= share * areas[1:].max(initial=0)
    large[0] = False
    return np.asarray(large[pieces], np.uint8)


def _on_edges(small: Pixels, found: _Array) -> float:
    """Which share of the outline of `found` lies where the photo has an edge; 1 when there is no outline."""
    rim = _rim(small)
    inside = found.astype(np.uint8)
    outline = inside - cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=1)
    photo = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    steps = np.hypot(cv2.Sobel(photo, cv2.CV_32F, 1, 0), cv2.Sobel(photo, cv2.CV_32F, 0, 1)).max(axis=2)
    inner = np.s_[rim + 2 : -rim - 2, rim + 2 : -rim - 2]
    on_outline = cv2.dilate(steps, np.ones((3, 3)))[inner][outline[inner] == 1]
    return float((on_outline > 60).mean()) if on_outline.size else 1.0


def _matte(photo: Pixels, found: _Array) -> Alpha:
    """`found`, enlarged to the size of `photo` with soft edges where the photo has them: a guided filter."""
    middle = fit(photo, _MATTE)
    guide = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    rough = cv2.resize(found, guide.shape[::-1], interpolation=cv2.INTER_LINEAR)
    size = (max(guide.shape) // 80 | 1,) * 2

    def mean(values: _Array) -> _Array:
        return np.asarray(cv2.blur(values, size))

    slope = (mean(guide * rough) - mean(guide) * mean(rough)) / (mean(guide * guide) - mean(guide) ** 2 + 1e-4)
    offset = mean(rough) - slope * mean(guide)
    soft = mean(slope) * guide + mean(offset)
    # The filter leaves a veil over the far side of every edge: cut its feet and its shoulders off.
    alpha = np.clip((soft - 0.15) / 0.7, 0, 1) * 255
    return np.asarray(cv2.resize(alpha.astype(np.uint8), photo.shape[1::-1], interpolation=cv2.INTER_LINEAR))
