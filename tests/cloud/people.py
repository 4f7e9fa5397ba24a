"""Outlines people, and what is around and in a face: head, hair, skin, features, clothes.

GrabCut and the colours of the face at hand draw the outlines. Eyes, brows and lips are looked for where a face has
them, so a tilted head gets poor ones; clothes are told from each other by height alone.
"""

from __future__ import annotations

import cv2
import numpy as np

from tests.cloud import segment
from tests.cloud.faces import Face, skinlike
from tests.cloud.segment import Alpha, Mask, Pixels


def body(photo: Pixels, people: list[Face]) -> Alpha:
    """The people whose faces were found, with what they wear and hold; nothing where there is no face."""
    if not people:
        return np.zeros(photo.shape[:2], np.uint8)
    labels = np.full(photo.shape[:2], cv2.GC_PR_BGD, np.uint8)
    for face in people:
        labels[face.spot(photo.shape, 0.5, 0.3, 0.75, 0.9)] = cv2.GC_PR_FGD
        labels[face.spot(photo.shape, 0.5, 4.5, 2, 3.7)] = cv2.GC_PR_FGD
    for face in people:
        labels[face.spot(photo.shape, 0.5, 0.45, 0.4, 0.55)] = cv2.GC_FGD
        labels[face.spot(photo.shape, 0.5, 2.6, 0.5, 0.9)] = cv2.GC_FGD
    return segment.grown(photo, segment.framed(labels))


def head(photo: Pixels, face: Face) -> Alpha:
    """Face, hair and ears, without the neck."""
    labels = np.full(photo.shape[:2], cv2.GC_BGD, np.uint8)
    labels[face.spot(photo.shape, 0.5, 0.3, 0.95, 1.1)] = cv2.GC_PR_BGD
    labels[face.spot(photo.shape, 0.5, 0.3, 0.75, 0.9)] = cv2.GC_PR_FGD
    labels[face.spot(photo.shape, 0.5, 0.45, 0.4, 0.55)] = cv2.GC_FGD
    below = np.zeros(photo.shape[:2], bool)
    below[face.down(0.75) :] = True
    # The neck has the face's colour: only the chin's roundness ends it.
    labels[below & ~face.spot(photo.shape, 0.5, 0.45, 0.55, 0.63)] = cv2.GC_BGD
    return _around(photo, face, labels)


def visage(photo: Pixels, face: Face) -> Alpha:
    """The face from the hairline to the chin: no hair, no ears, no neck."""
    likely = face.spot(photo.shape, 0.5, 0.45, 0.48, 0.63) & skinlike(photo, face)
    reach = np.ones((max(3, face.size // 6),) * 2, np.uint8)
    whole = cv2.morphologyEx(likely.astype(np.uint8), cv2.MORPH_CLOSE, reach) == 1
    return _soft(whole | face.spot(photo.shape, 0.5, 0.5, 0.3, 0.42))


def hair(photo: Pixels, face: Face) -> Alpha:
    """What of the head is not face, above the mouth."""
    strands = ((head(photo, face) > 127) & (visage(photo, face) < 128)).astype(np.uint8)
    strands[face.down(0.8) :] = 0
    whole = cv2.morphologyEx(strands, cv2.MORPH_OPEN, np.ones((max(2, face.size // 30),) * 2, np.uint8))
    return _soft(whole == 1)


def skin(photo: Pixels, people: list[Face]) -> Alpha:
    """What has the colour of a face and is near enough to be the same person's; nothing where there is no face."""
    bare = np.zeros(photo.shape[:2], bool)
    for face in people:
        bare |= skinlike(photo, face) & face.spot(photo.shape, 0.5, 3.5, 3, 4.5)
    clean = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return _soft(clean == 1)


def features(photo: Pixels, face: Face) -> dict[str, Alpha]:
    """By the manual's names, left and right as one looks at the picture; `mouth` only when it is open, ears never."""
    lab = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB), np.uint8)
    dark, red = 255 - lab[..., 0], lab[..., 1]
    found: dict[str, Mask] = {}
    for side, x in (("l", 0.3), ("r", 0.7)):
        found[f"{side}_brow"] = _most(dark, face.spot(photo.shape, x, 0.2, 0.17, 0.08))
        found[f"{side}_eye"] = _most(dark, face.spot(photo.shape, x, 0.37, 0.13, 0.075))
    found["nose"] = face.spot(photo.shape, 0.5, 0.56, 0.13, 0.15)
    found |= _mouth(red, face.spot(photo.shape, 0.5, 0.82, 0.24, 0.11))
    taken = np.any(list(found.values()), axis=0)
    found = {"skin": (visage(photo, face) > 127) & ~taken, **found}
    return {name: _soft(spot) for name, spot in found.items()}


def _mouth(red: Alpha, window: Mask) -> dict[str, Mask]:
    lips = _most(red, window)
    rows = np.arange(len(red))[:, None]
    top = np.where(lips.any(axis=0), lips.argmax(axis=0), 0)
    bottom = np.where(lips.any(axis=0), len(red) - 1 - lips[::-1].argmax(axis=0), -1)
    between = (rows > top) & (rows < bottom)
    gap = between & ~lips
    upper = rows <= (top + bottom) / 2
    parted = {"mouth": gap} if gap.sum() > 0.2 * lips.sum() else {}
    return parted | {"u_lip": lips & upper, "l_lip": lips & ~upper}


def _most(values: Alpha, window: Mask) -> Mask:
    """The part of `window` where `values` are high, for a threshold that parts them best."""
    threshold, _ = cv2.threshold(values[window].reshape(-1, 1), 0, 1, cv2.THRESH_OTSU)
    return np.asarray(window & (values > threshold))


def clothes(photo: Pixels, people: list[Face]) -> dict[str, Alpha]:
    """By the manual's class; what nobody wears here is missing. A photo without a face shows one garment: tops."""
    worn = segment.subject(photo)
    if not people:
        return {"tops": worn} if worn.any() else {}
    face = people[0]
    bare = np.maximum(skin(photo, people), head(photo, face))
    worn = np.minimum(worn, 255 - bare)
    found = {}
    for kind, top, bottom in (("tops", 1.0, 4.0), ("pants", 4.0, 7.5), ("shoes", 7.5, 9.0)):
        part = np.zeros_like(worn)
        part[face.down(top) : face.down(bottom)] = worn[face.down(top) : face.down(bottom)]
        if (part > 127).sum() > face.size**2 / 10:
            found[kind] = part
    return found


def _around(photo: Pixels, face: Face, labels: Alpha) -> Alpha:
    """GrabCut of the face's surroundings only: in the whole photo's working size a face may be a few pixels."""
    left, right = max(0, round(face.x - face.size)), face.x + 2 * face.size
    here = np.s_[face.down(-1) : face.down(2), left:right]
    alpha = np.zeros(photo.shape[:2], np.uint8)
    alpha[here] = segment.grown(photo[here], labels[here])
    return alpha


def _soft(spot: Mask) -> Alpha:
    return np.asarray(cv2.GaussianBlur(spot.astype(np.uint8) * 255, (3, 3), 0), np.uint8)
