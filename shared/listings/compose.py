"""Places the subject on a preset's canvas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import pyvips

from shared.listings.planes import VISIBLE
from shared.listings.presets import Preset
from shared.pictures.geometry import Box

_WHITE = [255, 255, 255]
_FADED = 0.01
"""Of a side of the canvas: by how much the visible part may be smaller than the subject's box."""


class Cuttable(Protocol):
    """What is placed on a canvas; `shared.listings.subject.Subject` says what `box` and `cut` are."""

    @property
    def box(self) -> Box: ...

    def cut(self, scale: float = ..., *, region: Box | None = ...) -> pyvips.Image: ...


@dataclass(frozen=True)
class Composed:
    """A picture that is ready to be encoded."""

    picture: pyvips.Image
    """Straight RGBA of 8 bits, RGB 0 where it is clear. Read it once unless `canvas` is fixed: it may be a stream."""
    box: Box
    """The subject's in `picture`."""
    scale: float
    """Pixels of `picture` for one of the photo; over 1, the photo was enlarged."""

    def on(self, background: Literal["white", "transparent"]) -> pyvips.Image:
        """`picture` as it is to be encoded: flattened to RGB for `white`, and RGBA as it is for `transparent`."""
        return self.picture.flatten(background=_WHITE) if background == "white" else self.picture


def compose(subject: Cuttable, preset: Preset) -> Composed:
    """The subject as `preset` wants it. Nothing that lies outside the subject's box gets onto a canvas."""
    if preset.canvas == "photo":
        return Composed(subject.cut(), subject.box, 1.0)
    if preset.canvas == "subject":
        return Composed(subject.cut(region=subject.box), Box(0, 0, subject.box.width, subject.box.height), 1.0)
    scale, placed = _fitted(subject, preset, preset.canvas)
    width, height = preset.canvas
    x, y = (width - placed.width) // 2, (height - placed.height) // 2
    # It is read several times: the encoder looks for the quality, and the checks compare.
    picture = placed.embed(x, y, width, height).copy_memory()
    return Composed(picture, Box(x, y, placed.width, placed.height), scale)


def _fitted(subject: Cuttable, preset: Preset, canvas: tuple[int, int]) -> tuple[float, pyvips.Image]:
    """The scale at which `subject` fills `canvas` as `preset` asks, and the subject at it.

    A speck or the end of a hair may fade as it is reduced: then what is left is fitted once more, by its own box.
    """
    box = subject.box
    scale = fitting_scale(box, preset, canvas)
    cut = subject.cut(scale, region=box).copy_memory()
    shown = visible_box(cut)
    faded = cut.width - shown.width > _FADED * canvas[0] or cut.height - shown.height > _FADED * canvas[1]
    if faded and shown.width:  # else nothing is left of it, which the checks refuse
        left, top = int(shown.x / scale), int(shown.y / scale)
        right = min(box.width, math.ceil((shown.x + shown.width) / scale))
        bottom = min(box.height, math.ceil((shown.y + shown.height) / scale))
        box = Box(box.x + left, box.y + top, right - left, bottom - top)
        scale = fitting_scale(box, preset, canvas)
        cut = subject.cut(scale, region=box)
    return scale, cut


def fitting_scale(box: Box, preset: Preset, canvas: tuple[int, int]) -> float:
    """The scale at which `box` has the share of the canvas that `preset` asks, or reaches its margins."""
    width, height = canvas[0] / box.width, canvas[1] / box.height
    wanted = preset.fill * min(width, height) if preset.measured == "side" else math.sqrt(preset.fill * width * height)
    return min(wanted, (1 - 2 * preset.margin) * min(width, height))


def share(box: Box, preset: Preset, width: int, height: int) -> float:
    """What `box` fills of a picture of these sides, as `preset` measures it: 0 to 1."""
    across, down = box.width / width, box.height / height
    return max(across, down) if preset.measured == "side" else across * down


def visible_box(picture: pyvips.Image) -> Box:
    """The box of the pixels whose alpha, the last band, is at least `VISIBLE`; without sides when there are none."""
    columns, rows = (picture[picture.bands - 1] >= VISIBLE).project()
    return box_of_sums(columns, rows)


def box_of_sums(columns: pyvips.Image, rows: pyvips.Image) -> Box:
    """The box around all columns and rows whose sum, of one band, is above 0."""
    (across,) = columns.tolist()
    down = [value for (value,) in rows.tolist()]
    (x, width), (y, height) = _extent(across), _extent(down)
    return Box(x, y, width, height)


def _extent(sums: list[float]) -> tuple[int, int]:
    """Where the first value above 0 stands, and how many there are up to the last one."""
    found = [index for index, value in enumerate(sums) if value > 0]
    return (found[0], found[-1] - found[0] + 1) if found else (0, 0)
