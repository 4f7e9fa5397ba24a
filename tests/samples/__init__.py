"""Photos that anyone may use, for the demo and the tests; `LICENCES.md` beside them says whose they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def photo(name: str) -> NDArray[np.uint8]:
    """The photo of that name: height × width × 3, RGB, 0..255; the caller's own to draw on. Raises `OSError`."""
    return np.array(_decoded(name), np.uint8)


@cache
def _decoded(name: str) -> NDArray[np.uint8]:
    with Image.open(Path(__file__).parent / f"{name}.jpg") as image:
        return np.asarray(image.convert("RGB"))
