"""The vendor's alpha at the photo's size: its own at low resolution, with the photo's detail in it.

A guided filter's local linear model, α = a·G + b with the photo's grey G, except that b is not smoothed: so α returns
the vendor's alpha when it is reduced again, and fine structures are not blurred once more.
"""

from __future__ import annotations

import pyvips

from shared.listings.photo import fitted
from shared.listings.planes import mean, where

RADIUS = 3
"""Pixels of the vendor's picture on each side over which the linear model is fitted, and then averaged."""
_SMOOTHNESS = 650.0
"""ε: the variance of grey, in squares of 0..255, below which the photo's detail counts for little; 0.01 in 0..1."""
_CLEAR, _SPAN = 5.1, 0.96
"""What is less than 2 % or more than 98 % opaque becomes clear or opaque: otherwise a picture on white has a haze."""


class Matte:
    """Alpha of `alpha` (1 band, 8 bit), guided by `photo`, which is the photo at the same size.

    `soft` tells where it is anything but 0 or 255.
    """

    def __init__(self, alpha: pyvips.Image, photo: pyvips.Image, soft: pyvips.Image) -> None:
        grey = _grey(photo)
        means = mean(grey.bandjoin([alpha, grey * alpha, grey * grey]), RADIUS)
        g, a, ga, gg = (means[band] for band in range(4))
        slope = mean((ga - g * a) / (gg - g * g + _SMOOTHNESS), RADIUS)
        self._slope = where(soft, slope / _SPAN, 0.0).copy_memory()
        self._offset = (alpha / _SPAN - self._slope * grey - _CLEAR / _SPAN).copy_memory()

    def at(self, photo: pyvips.Image) -> pyvips.Image:
        """Alpha at the size of `photo`: 1 band, 8 bit."""
        sides = photo.width, photo.height
        slope, offset = fitted(self._slope, *sides, "bilinear"), fitted(self._offset, *sides, "bicubic")
        return (slope * _grey(photo) + offset).linear(1, 0.5, uchar=True)


def levelled(alpha: pyvips.Image) -> pyvips.Image:
    """With almost clear and almost opaque pixels wholly so; 8 bit."""
    return alpha.linear(1 / _SPAN, 0.5 - _CLEAR / _SPAN, uchar=True)


def _grey(photo: pyvips.Image) -> pyvips.Image:
    return photo[:3].recomb([[0.299, 0.587, 0.114]])
