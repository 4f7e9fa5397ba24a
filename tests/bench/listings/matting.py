"""The same with pymatting's colours, the best there are (multi-level foreground estimation, Germer 2020)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from pymatting import estimate_foreground_ml

from tests.bench.listings import pillow
from tests.pictures.known.canvas import Bytes

estimate_foreground_ml(np.zeros((8, 8, 3)), np.zeros((8, 8)))  # compiled now, and not while it is measured


def colours(photo: Bytes, alpha: Bytes) -> Bytes:
    """The subject's colours wherever `alpha` is above 0."""
    found = estimate_foreground_ml(photo / 255, alpha / 255)
    return np.asarray(np.clip(found * 255 + 0.5, 0, 255), np.uint8)


def original(photo: Path, cutout: Path, folder: Path) -> None:
    found = np.asarray(pillow.cut(photo, cutout))
    finished = np.dstack([colours(found[..., :3], found[..., 3]), found[..., 3]])
    Image.fromarray(finished).save(folder / "original.png")
