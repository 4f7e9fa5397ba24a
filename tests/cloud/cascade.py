"""A cascade of local binary patterns, as OpenCV trains them: finds what `faces.xml` was trained on, frontal faces.

OpenCV 5 reads such files no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.cloud.remembered import remembered

_Array: TypeAlias = NDArray[Any]
_Square: TypeAlias = tuple[float, float, float]
"""x, y and side, in pixels."""

_WINDOW = 24
"""The side, in pixels, of what the cascade was trained on."""
_STEP = 1.2
"""How much larger one size of face is than the one that was looked for before."""
_NEIGHBOURS = 4
"""A face is found at several places and sizes; what fewer than these say is chance."""
# The blocks around the middle one of nine, clockwise from the top left: the pattern's bits, the highest first.
_AROUND = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


@dataclass(frozen=True)
class _Weak:
    """One question: `leaves[pattern]`, 256 of them, is what it says for a pattern of brighter and darker blocks."""

    x: int
    y: int
    width: int
    height: int
    """Of one of the nine blocks; `x` and `y` are the first one's."""
    leaves: _Array

    def ask(self, sums: _Array, rows: _Array, columns: _Array) -> _Array:
        corners = [
            [sums[rows + self.y + i * self.height, columns + self.x + j * self.width] for j in range(4)]
            for i in range(4)
        ]
        block = [
            [corners[i][j] + corners[i + 1][j + 1] - corners[i][j + 1] - corners[i + 1][j] for j in range(3)]
            for i in range(3)
        ]
        pattern = np.zeros(rows.shape, np.uint8)
        for i, j in _AROUND:
            pattern = pattern << 1 | (block[i][j] >= block[1][1])
        return np.asarray(self.leaves[pattern])


@remembered(16)
def find(grey: NDArray[np.uint8], smallest: int) -> list[tuple[int, int, int]]:
    """Faces of at least `smallest` pixels a side in `grey` (height × width): x, y and side of a square around each."""
    found: list[_Square] = []
    scale = smallest / _WINDOW
    while min(grey.shape) >= _WINDOW * scale:
        size = (round(grey.shape[1] / scale), round(grey.shape[0] / scale))
        rows, columns = _passed(cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8))
        found += [(column * scale, row * scale, _WINDOW * scale) for row, column in zip(rows, columns, strict=True)]
        scale *= _STEP
    return [
        (round(x), round(y), round(side))
        for x, y, side in (np.mean(group, axis=0) for group in _groups(found) if len(group) >= _NEIGHBOURS)
    ]


def _passed(grey: NDArray[np.uint8]) -> tuple[_Array, _Array]:
    """Where a window of the trained size passes every stage: the rows and columns of its corner."""
    height, width = grey.shape
    sums = cv2.integral(grey)
    rows, columns = (each.ravel() for each in np.mgrid[: height - _WINDOW + 1, : width - _WINDOW + 1])
    for threshold, questions in _stages():
        passes = sum(weak.ask(sums, rows, columns) for weak in questions) >= threshold
        rows, columns = rows[passes], columns[passes]
    return rows, columns


def _groups(squares: list[_Square]) -> list[list[_Square]]:
    """Those that overlap the first of their group by half."""
    groups: list[list[_Square]] = []
    for square in squares:
        group = next((group for group in groups if _overlap(group[0], square) > 0.5), None)
        if group is None:
            groups.append([square])
        else:
            group.append(square)
    return groups


def _overlap(one: _Square, other: _Square) -> float:
    """Shared area, of the smaller one's."""
    wide, high = (min(one[i] + one[2], other[i] + other[2]) - max(one[i], other[i]) for i in (0, 1))
    return max(0.0, wide) * max(0.0, high) / min(one[2], other[2]) ** 2


@cache
def _stages() -> list[tuple[float, list[_Weak]]]:
    cascade = ElementTree.parse(Path(__file__).with_name("faces.xml")).getroot()[0]
    boxes = [[int(number) for number in (box.findtext("rect") or "").split()] for box in cascade.findall("features/_")]
    return [
        (
            float(stage.findtext("stageThreshold") or 0),
            [_weak(weak, boxes) for weak in stage.findall("weakClassifiers/_")],
        )
        for stage in cascade.findall("stages/_")
    ]


def _weak(weak: ElementTree.Element, boxes: list[list[int]]) -> _Weak:
    _, _, feature, *subset = (int(number) for number in (weak.findtext("internalNodes") or "").split())
    within, without = (float(number) for number in (weak.findtext("leafValues") or "").split())
    is_in = [subset[pattern >> 5] >> (pattern & 31) & 1 for pattern in range(256)]
    x, y, width, height = boxes[feature]
    return _Weak(x, y, width, height, np.where(is_in, within, without))
