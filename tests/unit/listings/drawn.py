"""Subjects of extreme shapes, drawn: what the tests of composing and encoding put on a canvas.

They stand in for `shared.listings.subject.Subject`, whose own tests are about decoding and matting.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pyvips

from shared.pictures.geometry import Box

_VISIBLE = 13


@dataclass(frozen=True)
class Drawn:
    """A subject at the photo's size: height × width × 4, straight RGBA."""

    pixels: np.ndarray

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def empty(self) -> bool:
        return not self.pixels[..., 3].any()

    @property
    def box(self) -> Box:
        rows, columns = np.nonzero(self.pixels[..., 3] >= _VISIBLE)
        left, top = int(columns.min()), int(rows.min())
        return Box(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)

    def cut(self, scale: float = 1.0, *, region: Box | None = None) -> pyvips.Image:
        box = region or Box(0, 0, self.width, self.height)
        part = self.pixels[box.y : box.y + box.height, box.x : box.x + box.width].astype(np.float32)
        part[..., :3] *= part[..., 3:] / 255
        size = max(1, round(box.width * scale)), max(1, round(box.height * scale))
        if scale != 1:
            by = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            part = np.asarray(cv2.resize(part, size, interpolation=by), np.float32)
        alpha = np.rint(part[..., 3:])
        straight = np.where(alpha > 0, part[..., :3] / np.maximum(part[..., 3:], 0.5) * 255, 0)
        pixels = np.clip(np.rint(np.dstack([straight, alpha])), 0, 255).astype(np.uint8)
        return pyvips.Image.new_from_array(pixels, interpretation="srgb")


def drawn(name: str) -> Drawn:
    """The subject of that name in `SHAPES`, on a photo of 1200 × 900 pixels; texture, so that it has bytes."""
    height, width = 900, 1200
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    colours = np.random.default_rng(1).normal(0, 14, (height, width, 3)) + np.dstack(
        [90 + x / 12, 60 + y / 9, 170 - x / 20]
    )
    alpha = np.clip(SHAPES[name](x / width, y / height) * 255, 0, 255)
    pixels = np.clip(np.dstack([colours, alpha]), 0, 255).astype(np.uint8)
    pixels[pixels[..., 3] == 0] = 0
    return Drawn(pixels)


def _ellipse(x: np.ndarray, y: np.ndarray, across: float, down: float) -> np.ndarray:
    """1 inside, 0 outside, with an edge of a pixel or so."""
    distance = np.sqrt(((x - 0.5) / across) ** 2 + ((y - 0.5) / down) ** 2)
    return np.clip((1 - distance) * 300 * min(across, down) + 0.5, 0, 1)


SHAPES = {
    "round": lambda x, y: _ellipse(x, y, 0.3, 0.4),
    "tall": lambda x, y: _ellipse(x, y, 0.015, 0.45),
    "wide": lambda x, y: _ellipse(x, y, 0.45, 0.02),
    "tiny": lambda x, y: _ellipse(x, y, 0.01, 0.012),
    "touching the frame": lambda x, y: _ellipse(x - 0.35, y - 0.3, 0.3, 0.4),
    "whole frame": lambda x, y: np.ones_like(x),
    "soft": lambda x, y: np.exp(-(((x - 0.5) / 0.15) ** 2) - ((y - 0.5) / 0.2) ** 2),
    "a faint speck far off": lambda x, y: np.maximum(
        _ellipse(x, y, 0.1, 0.15), 0.08 * ((abs(x - 0.95) < 0.001) & (abs(y - 0.9) < 0.001))
    ),
}
