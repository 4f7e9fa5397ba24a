"""Parts of a picture: where they lie when the vendor is shown it turned and resized."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise

from pydantic import TypeAdapter, ValidationError

from shared.documents import Box, Frame
from shared.errors import Rejected
from shared.options import Areas, shortened

_BOXES = TypeAdapter(tuple[Box, ...])


def original_box(box: Box, frame: Frame) -> Box:
    """A part of the picture as shown, in pixels of the upload as stored: turned back, and enlarged outwards."""
    width, height = _before_turning(frame)
    laid = _transposed(box) if frame.orientation >= 5 else box
    return _scaled(_mirrored(laid, frame.orientation, width, height), (width, height), (frame.width, frame.height))


def shown_box(box: Box, frame: Frame) -> Box:
    """The other way round: a part of the upload as stored, in pixels of the picture as shown."""
    width, height = _before_turning(frame)
    scaled = _scaled(box, (frame.width, frame.height), (width, height))
    laid = _mirrored(scaled, frame.orientation, width, height)
    return _transposed(laid) if frame.orientation >= 5 else laid


def admit_areas(text: str, areas: Areas, frame: Frame) -> str:
    """The rectangles in `text` as a vendor is told them, in pixels of the picture as shown.

    Raises `Rejected` when they are none, too many, not in the picture, or cover too much of it.
    """
    try:
        boxes = _BOXES.validate_json(text, strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
        where = " of ".join(f"number {part + 1}" if isinstance(part, int) else part for part in reversed(fault["loc"]))
        raise Rejected(
            "InvalidAreas",
            f"{areas.field} must be {areas.taken}, all whole numbers; {where + ': ' if where else ''}{fault['msg']}",
        ) from None
    if not 1 <= len(boxes) <= areas.most:
        raise Rejected("InvalidAreas", f"there are {len(boxes)} {areas.field}; taken are 1 to {areas.most}")
    for box in boxes:
        inside = box.x + box.width <= frame.width and box.y + box.height <= frame.height
        if min(box.x, box.y) < 0 or min(box.width, box.height) < 1 or not inside:
            where = shortened(json.dumps(asdict(box)))
            raise Rejected(
                "InvalidAreas", f"{where} is not within the picture's {frame.width:,} × {frame.height:,} pixels"
            )
    # Enlarged outwards they may cover more than in the upload, and the picture as shown is what the vendor measures.
    shown = tuple(shown_box(box, frame) for box in boxes)
    covered, pixels = _covered(shown), frame.shown_width * frame.shown_height
    if covered > areas.max_share * pixels:
        raise Rejected(
            "InvalidAreas",
            f"the {areas.field} cover {covered:,} of {pixels:,} pixels, {covered / pixels:.1%}, as the vendor is shown "
            f"the picture; up to {areas.max_share:.0%} pass",
        )
    return json.dumps([asdict(box) for box in shown])


def _before_turning(frame: Frame) -> tuple[int, int]:
    """The sides that the picture as shown had before it was turned."""
    sides = frame.shown_width, frame.shown_height
    return (sides[1], sides[0]) if frame.orientation >= 5 else sides


def _transposed(box: Box) -> Box:
    """Orientations 5 to 8 lie on their side: 5 is mirrored along the diagonal, the others are turned from there."""
    return Box(box.y, box.x, box.height, box.width)


def _mirrored(box: Box, orientation: int, width: int, height: int) -> Box:
    x = width - box.x - box.width if orientation in (2, 3, 7, 8) else box.x
    y = height - box.y - box.height if orientation in (3, 4, 6, 7) else box.y
    return Box(x, y, box.width, box.height)


def _scaled(box: Box, was: tuple[int, int], becomes: tuple[int, int]) -> Box:
    """Enlarged to whole pixels; in whole numbers, as a float's last digit would be one more pixel."""
    left, top = box.x * becomes[0] // was[0], box.y * becomes[1] // was[1]
    right = min(becomes[0], -(-(box.x + box.width) * becomes[0] // was[0]))
    bottom = min(becomes[1], -(-(box.y + box.height) * becomes[1] // was[1]))
    return Box(left, top, right - left, bottom - top)


def _covered(boxes: tuple[Box, ...]) -> int:
    """Pixels that lie in at least one of `boxes`: between two neighbouring edges, the same ones cover every column."""
    edges = sorted({edge for box in boxes for edge in (box.x, box.x + box.width)})
    covered = 0
    for left, right in pairwise(edges):
        end = 0
        for top, bottom in sorted((b.y, b.y + b.height) for b in boxes if b.x <= left and right <= b.x + b.width):
            covered += max(0, bottom - max(top, end)) * (right - left)
            end = max(end, bottom)
    return covered
