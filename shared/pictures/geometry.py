"""Converts boxes between an upload as stored and the turned and resized picture that the vendor fetched."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Box:
    """A rectangle in a picture, in pixels; `x` and `y` are those of its top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """An upload and its rendering: `width`, `height` and the EXIF orientation as stored, and the sides of the picture
    that the vendor fetched, which is upright."""

    width: int
    height: int
    orientation: int
    rendered_width: int
    rendered_height: int


def stored_box(box: Box, frame: Frame) -> Box:
    """A box of the rendered picture, in pixels of the upload as stored, rounded outwards."""
    width, height = _before_turning(frame)
    laid = _transposed(box) if frame.orientation >= 5 else box
    return _scaled(_mirrored(laid, frame.orientation, width, height), (width, height), (frame.width, frame.height))


def rendered_box(box: Box, frame: Frame) -> Box:
    """A box of the upload as stored, in pixels of the rendered picture, rounded outwards."""
    width, height = _before_turning(frame)
    scaled = _scaled(box, (frame.width, frame.height), (width, height))
    laid = _mirrored(scaled, frame.orientation, width, height)
    return _transposed(laid) if frame.orientation >= 5 else laid


def _before_turning(frame: Frame) -> tuple[int, int]:
    """The sides of the rendered picture before it was turned."""
    sides = frame.rendered_width, frame.rendered_height
    return (sides[1], sides[0]) if frame.orientation >= 5 else sides


def _transposed(box: Box) -> Box:
    """Mirrored along the diagonal: orientations 5 to 8, which lie on their side, begin with this."""
    return Box(box.y, box.x, box.height, box.width)


def _mirrored(box: Box, orientation: int, width: int, height: int) -> Box:
    x = width - box.x - box.width if orientation in (2, 3, 7, 8) else box.x
    y = height - box.y - box.height if orientation in (3, 4, 6, 7) else box.y
    return Box(x, y, box.width, box.height)


def _scaled(box: Box, was: tuple[int, int], becomes: tuple[int, int]) -> Box:
    """Rounded outwards to whole pixels. In integers, since a float's rounding error would be one more pixel."""
    left, top = box.x * becomes[0] // was[0], box.y * becomes[1] // was[1]
    right = min(becomes[0], -(-(box.x + box.width) * becomes[0] // was[0]))
    bottom = min(becomes[1], -(-(box.y + box.height) * becomes[1] // was[1]))
    return Box(left, top, right - left, bottom - top)


def covered(boxes: tuple[Box, ...]) -> int:
    """The number of pixels in at least one of `boxes`.

    Between two neighbouring vertical edges the same boxes cover every column, so each such strip is counted once.
    """
    edges = sorted({edge for box in boxes for edge in (box.x, box.x + box.width)})
    covered = 0
    for left, right in pairwise(edges):
        end = 0
        for top, bottom in sorted((b.y, b.y + b.height) for b in boxes if b.x <= left and right <= b.x + b.width):
            covered += max(0, bottom - max(top, end)) * (right - left)
            end = max(end, bottom)
    return covered
