"""Is a vendor's picture a cutout at all, and of this photo, in the same frame?"""

from __future__ import annotations

import pyvips

from shared.errors import Rejected
from shared.listings.photo import fitted
from shared.messages import listings as messages

_COMPARED = 256
"""Longest side, in pixels, at which the colours are compared."""
_OPAQUE = 250
"""Only where the cutout is more opaque than this its colours are the photo's."""
_FEWEST = 32
"""Pixels that have to be compared for a mean to say anything."""
_MOST_DIFFERENCE = 10.0
"""Mean absolute difference of the colours, in 0..255. Of real cutouts of the photo 95 % have up to 3.7, and up to 9.5
when the vendor was sent it as JPEG of quality 60; of those shifted by 0.8 % of the side, all have at least 11."""
_MOST_COLOUR = 16
"""Most that two channels of a mask's pixel may differ, in 0..255: a mask that was saved as RGB has none."""


def check_mask(cutout: pyvips.Image) -> None:
    """Raises `Rejected` when a picture without transparency (3 bands) has colours: then it is no mask."""
    red, green, blue = (cutout[band].cast("short") for band in range(3))
    if max((red - green).abs().max(), (green - blue).abs().max()) > _MOST_COLOUR:
        raise Rejected("NoTransparency", messages.NO_TRANSPARENCY())


def check_sides(photo: tuple[int, int], cutout: tuple[int, int]) -> None:
    """Raises `Rejected` when the aspect differs: by more than rounding to whole pixels at the cutout's size does."""
    (width, height), (cutout_width, cutout_height) = photo, cutout
    off_across = abs(cutout_width - width * cutout_height / height)
    off_down = abs(cutout_height - height * cutout_width / width)
    if min(off_across, off_down) > 1:
        said = messages.ANOTHER_ASPECT(
            width=width, height=height, cutout_width=cutout_width, cutout_height=cutout_height
        )
        raise Rejected("AnotherFrame", said)


def check_colours(photo: pyvips.Image, cutout: pyvips.Image) -> None:
    """Raises `Rejected` when the opaque pixels of `cutout` (4 bands) do not show what `photo` (same size) shows there.

    A shift of less than about half a per cent of the side, or one of a subject without any texture, passes.
    """
    scale = min(1.0, _COMPARED / max(photo.width, photo.height))
    sides = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    photo, cutout = fitted(photo, *sides), fitted(cutout, *sides)
    opaque = cutout[3] > _OPAQUE
    share = opaque.avg() / 255
    if share * sides[0] * sides[1] < _FEWEST:
        return
    off = (photo[:3] - cutout[:3]).abs().bandmean()
    if opaque.ifthenelse(off, 0).avg() / share > _MOST_DIFFERENCE:
        raise Rejected("AnotherFrame", messages.ANOTHER_FRAME())
