"""Work on whole planes of pixels that libvips has no operation for."""

from __future__ import annotations

import pyvips

VISIBLE = 13
"""Of 255: the alpha from which on a pixel belongs to the subject: 5 % shows on white."""
_TILE_WIDTH, _TILE_HEIGHT = 128, 64
"""Pixels. High tiles waste less at their upper and lower ends, and hold more of the photo in memory."""


def mean(image: pyvips.Image, radius: int, precision: str = "float") -> pyvips.Image:
    """The mean over the square that reaches `radius` pixels to each side."""
    size = 2 * radius + 1
    return image.convsep(pyvips.Image.new_from_array([[1] * size], scale=size), precision=precision)


def soft(alpha: pyvips.Image, radius: int) -> pyvips.Image:
    """255 where not all of the pixels within `radius` are clear, and not all are opaque; else 0. Held in memory."""
    shown, seen_through = (mean(each, radius, "integer") > 0 for each in (alpha > 0, alpha < 255))
    return (shown & seen_through).copy_memory()


def where(mask: pyvips.Image, computed: pyvips.Image, otherwise: pyvips.Image | float) -> pyvips.Image:
    """`computed` where `mask` is 255, else `otherwise`. Tiles without such pixels are not computed at all."""
    return shared(mask.ifthenelse(computed, otherwise))


def shared(plane: pyvips.Image) -> pyvips.Image:
    """`plane`, of which each tile is computed once for all that use it, not once for each of them."""
    return plane.tilecache(
        tile_width=_TILE_WIDTH,
        tile_height=_TILE_HEIGHT,
        max_tiles=2 * (plane.width // _TILE_WIDTH + 2),
        access="sequential",
    )
