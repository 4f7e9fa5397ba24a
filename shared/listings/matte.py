"""The vendor's alpha at the photo's size: its own at low resolution, with the photo's detail in it.

A guided filter's local linear model, α = a·G + b with the photo's grey G, except that b is not smoothed: so α returns
the vendor's alpha when it is reduced again, and fine structures are not blurred once more.
"""

from __future__ import annotations

import pyvips

from shared.listings.photo import fitted
from shared.listings.planes import mean, shared, where

RADIUS = 3
"""Pixels of the vendor's picture on each side over which the linear model is fitted, and then averaged."""
_SMOOTHNESS = 450.0
"""ε: the variance of grey, in squares of 0..255, below which the photo's detail counts for little; 0.007 in 0..1."""
_HAZE = 5.1
"""Of 255: alpha that is taken off where a hard edge is near, and as much from its other end: 2 %, which there is only
the photo's texture shining through. On white it would be a haze."""
_HARD = 1000.0
"""The variance of the vendor's alpha nearby, in squares of 0..255, at which half of that is taken off. A smooth shadow
or glass has less, and keeps its alpha."""
_BLURRED = (-5, 36, 322, 36, -5)
"""In 384ths: what becomes of a pixel and its neighbours when a picture is much enlarged bicubically, and then reduced
again by taking means: integrals of the Catmull-Rom kernel."""


class Matte:
    """Alpha of `alpha` (1 band, 8 bit), guided by `photo`, which is the photo at the same size.

    `soft` tells where it is anything but 0 or 255.
    """

    def __init__(self, alpha: pyvips.Image, photo: pyvips.Image, soft: pyvips.Image) -> None:
        grey, p = _grey(photo), alpha.cast("float")
        means = mean(grey.bandjoin([p, grey * p, grey * grey]), RADIUS)
        g, a, ga, gg = (means[band] for band in range(4))
        slope = mean((ga - g * a) / (gg - g * g + _SMOOTHNESS), RADIUS)
        haze = _haze(p)
        kept = 1 - haze * (2 / 255)
        self._slope = where(soft, slope / kept, 0.0).copy_memory()
        self._offset = (where(soft, (p - haze) / kept, p) - self._slope * grey).copy_memory()

    def at(self, photo: pyvips.Image) -> pyvips.Image:
        """Alpha at the size of `photo`: 1 band, 8 bit."""
        sides = photo.width, photo.height
        offset = _sharpened(self._offset, photo.width / self._offset.width)
        slope, offset = fitted(self._slope, *sides, "bilinear"), fitted(offset, *sides, "bicubic")
        return shared((slope * _grey(photo) + offset).linear(1, 0.5, uchar=True))


def _haze(alpha: pyvips.Image) -> pyvips.Image:
    means = mean(alpha.bandjoin(alpha * alpha), 2 * RADIUS)
    variance = means[1] - means[0] * means[0]
    whole = (alpha == 0) | (alpha == 255)
    return whole.ifthenelse(_HAZE, variance / (variance + _HARD) * _HAZE)


def _sharpened(plane: pyvips.Image, enlargement: float) -> pyvips.Image:
    """So that the plane, bicubically enlarged by as much and reduced again, comes out as it was."""
    if enlargement <= 1:
        return plane
    blurred = plane.convsep(pyvips.Image.new_from_array([list(_BLURRED)], scale=sum(_BLURRED)), precision="float")
    return plane + (plane - blurred) * (1 - enlargement**-2)


def _grey(photo: pyvips.Image) -> pyvips.Image:
    return photo.recomb([[0.299, 0.587, 0.114]])
