"""What the pictures are drawn with: shapes with smooth edges, light, grain and rooms out of focus.

Places are in units of the frame's shorter side, from its centre, so that a picture looks the same at every size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.samples import photo

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Point = tuple[float, float]
Scene = tuple[Bytes, Bytes, Bytes]
"""Colours of the subject, also a little beyond its edge; its alpha; the background."""

_FINER = 2
_FINE = 2000
"""Shapes are drawn twice as large, or with that many pixels to the shorter side, and reduced: so an edge has as many
steps as a lens gives it, and a hair is a pixel wide where it is drawn."""
_FRACTION = 6
"""Bits after the point in the coordinates that OpenCV draws with."""
_LIGHT = 384
"""Longest side, in pixels, at which light and colour are computed before they are enlarged: both are smooth."""


class Canvas:
    """A frame of `width` × `height` pixels, and all that is random in what is drawn on it."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self.side = min(width, height)
        self._finer = max(_FINER, math.ceil(_FINE / self.side))
        self.random = np.random.default_rng(seed)

    def empty(self) -> Bytes:
        """A mask to draw on: as large as `fill` and `line` need it."""
        return np.zeros((self.height * self._finer, self.width * self._finer), np.uint8)

    def fill(self, mask: Bytes, points: Sequence[Point] | Floats, value: float = 1) -> None:
        cv2.fillPoly(mask, [self._pixels(points)], round(value * 255), cv2.LINE_AA, _FRACTION)

    def line(self, mask: Bytes, points: Sequence[Point] | Floats, width: float, value: float = 1) -> None:
        """`width` in shorter sides."""
        wide = max(1, round(width * self.side * self._finer))
        cv2.polylines(mask, [self._pixels(points)], False, round(value * 255), wide, cv2.LINE_AA, _FRACTION)

    def reduced(self, mask: Bytes) -> Bytes:
        """The mask in the frame's pixels."""
        return np.asarray(cv2.resize(mask, (self.width, self.height), interpolation=cv2.INTER_AREA), np.uint8)

    def soft(self, mask: Bytes, radius: float) -> Bytes:
        """The mask in the frame's pixels, blurred by `radius` shorter sides; computed small, as it is smooth."""
        small = cv2.resize(mask, self._light_size(), interpolation=cv2.INTER_AREA)
        sigma = max(0.3, radius * min(small.shape))
        return self._enlarged(np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), np.uint8))

    def light(self, shade: Callable[[Floats, Floats], Sequence[NDArray[Any] | float]]) -> Bytes:
        """A smooth picture: `shade` takes x and y and returns red, green and blue in 0..255."""
        width, height = self._light_size()
        x = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
        y = (np.arange(height, dtype=np.float32) + 0.5) / height - 0.5
        xs, ys = np.meshgrid(x * np.float32(self.width / self.side), y * np.float32(self.height / self.side))
        bands = [np.broadcast_to(np.asarray(band, np.float32), xs.shape) for band in shade(xs, ys)]
        return self._enlarged(np.clip(np.dstack(bands), 0, 255).astype(np.uint8))

    def room(self, name: str, blur: float, *, gain: float = 1, lift: float = 0) -> Bytes:
        """A sample photo that fills the frame, out of focus by `blur` shorter sides."""
        sample = photo(name)
        scale = max(self.width / sample.shape[1], self.height / sample.shape[0])
        wide, high = round(self.width / scale), round(self.height / scale)
        left, top = (sample.shape[1] - wide) // 2, (sample.shape[0] - high) // 2
        sample = sample[top : top + high, left : left + wide]
        blurred = cv2.GaussianBlur(sample, (0, 0), max(0.3, blur * min(wide, high)))
        return self._enlarged(np.asarray(cv2.convertScaleAbs(blurred, alpha=gain, beta=lift), np.uint8))

    def texture(self, coarse: float, fine: float, strength: float) -> Floats:
        """Noise with the same strength at every scale from `coarse` to `fine` shorter sides."""
        found = np.zeros((self.height, self.width), np.float32)
        cell = coarse
        while cell >= fine and cell * self.side >= 1:
            grid = (int(self.width / (cell * self.side)) + 2, int(self.height / (cell * self.side)) + 2)
            noise = self.random.standard_normal(grid[::-1], np.float32)
            found += cv2.resize(noise, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
            cell /= 2
        return np.asarray(found * np.float32(strength), np.float32)

    def shadow(self, picture: Bytes, centre: Point, radii: Point, depth: float) -> Bytes:
        """The picture with the soft shadow of what stands there."""
        mask = self.empty()
        self.fill(mask, ellipse(centre, radii), depth)
        return over(np.zeros_like(picture), self.soft(mask, 0.03), picture)

    def grained(self, picture: Bytes, texture: Floats | None = None, *, sensor: float = 2.0) -> Bytes:
        """`picture` itself with a texture, and with the noise of a camera, which is of single pixels."""
        tile = self.random.standard_normal((509, 503), np.float32) * np.float32(sensor)
        repeats = (self.height // 509 + 1, self.width // 503 + 1)
        noise = np.tile(tile, repeats)[: self.height, : self.width]
        if texture is not None:
            noise = noise + texture
        for band in range(3):
            picture[..., band] = np.clip(picture[..., band] + noise + np.float32(0.5), 0, 255)
        return picture

    def _pixels(self, points: Sequence[Point] | Floats) -> NDArray[np.int32]:
        places = np.asarray(points, np.float64) * self.side + np.array([self.width / 2, self.height / 2])
        return np.asarray(np.round((places * self._finer - 0.5) * 2**_FRACTION), np.int32)

    def _light_size(self) -> tuple[int, int]:
        scale = min(1.0, _LIGHT / max(self.width, self.height))
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))

    def _enlarged(self, small: Bytes) -> Bytes:
        return np.asarray(cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_CUBIC), np.uint8)


def ellipse(centre: Point, radii: Point, *, begin: float = 0, end: float = 360, turn: float = 0) -> Floats:
    """Points of an arc, angles in degrees, clockwise from the right."""
    angles = np.radians(np.linspace(begin, end, 120))
    x, y = np.cos(angles) * radii[0], np.sin(angles) * radii[1]
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.asarray(np.stack([centre[0] + x * c - y * s, centre[1] + x * s + y * c], 1), np.float32)


def curve(*control: Point, steps: int = 24) -> Floats:
    """A Bézier curve through the first and the last of four points."""
    t = np.linspace(0, 1, steps)[:, None]
    p = np.asarray(control, np.float64)
    found = (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t**2 * p[2] + t**3 * p[3]
    return np.asarray(found, np.float32)


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> Floats:
    """Points of a rectangle with round corners."""
    x, y = (left + radius, right - radius), (top + radius, bottom - radius)
    insides = (x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])
    arcs = [ellipse(at, (radius, radius), begin=180 + 90 * n, end=270 + 90 * n) for n, at in enumerate(insides)]
    return np.concatenate(arcs)


def grey(light: NDArray[Any], tint: tuple[float, float, float] = (0, 0, 0)) -> list[Floats]:
    """Three bands of one lightness, each with its tint."""
    return [np.asarray(light + each, np.float32) for each in tint]


def round_lit(x: Floats, radius: float, colour: Sequence[Floats | float]) -> list[Floats]:
    """A colour on something round, `radius` wide to each side, in the light of a window at the left."""
    across = np.clip(x / radius, -1, 1)
    shade = 0.45 + 0.6 * np.sqrt(np.clip(1 - (across + 0.25) ** 2 / 1.7, 0, 1))
    shine = 90 * np.exp(-(((across + 0.55) / 0.09) ** 2)) + 30 * np.exp(-(((across - 0.75) / 0.06) ** 2))
    return [np.asarray(shade * band + shine, np.float32) for band in colour]


def toned(tone: Bytes, *bands: tuple[float, float]) -> Bytes:
    """Colours of a mask's values: for each band the darkest, and what a value of 1 adds."""
    lit = tone.astype(np.float32)
    return np.dstack([np.clip(darkest + gain * lit, 0, 255).astype(np.uint8) for darkest, gain in bands])


def over(top: Bytes, mask: Bytes, below: Bytes) -> Bytes:
    """`top` where the mask is 255, `below` where it is 0; a band at a time, for 24 MP in floats are a gigabyte."""
    share = mask.astype(np.float32) / 255
    bands = []
    for band in range(3):
        under = below[..., band].astype(np.float32)
        bands.append((under + share * (top[..., band] - under) + 0.5).astype(np.uint8))
    return np.dstack(bands)
