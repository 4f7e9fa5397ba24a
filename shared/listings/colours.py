"""The subject's own colours at its soft edge, where the photo shows it mixed with the old background.

Blur fusion (Forte 2021): means of the subject's and of the background's colours nearby, at low resolution, corrected at
each pixel so that the mixture gives the photo again.
"""

from __future__ import annotations

import pyvips

from shared.listings.photo import fitted
from shared.listings.planes import mean, shared, where

_COARSE = 8
"""The first means are taken at this part of the low size."""
_RADIUS, _RADIUS_AGAIN = 4, 2
_LITTLE = 1e-3
"""Added to weights that are divided by."""
_TOO_LITTLE = 0.01
"""With less of the subject nearby, the second mean says nothing: the first is taken."""


class Colours:
    """Means of the colours around each pixel of `photo`, for `alpha` of the same size; both in memory, 8 bit.

    `soft` tells where `alpha` is anything but 0 or 255.
    """

    def __init__(self, alpha: pyvips.Image, photo: pyvips.Image, soft: pyvips.Image) -> None:
        sides, p = (photo.width, photo.height), alpha / 255
        coarse = (photo * alpha).bandjoin([photo, alpha]).shrink(_COARSE, _COARSE)
        means = mean((coarse[0:3] / 255).bandjoin([coarse[3:6], coarse[6] / 255]), _RADIUS)
        mixed, whole, weight = means[0:3], means[3:6], means[6]
        near = _stored(mixed / (weight + _LITTLE)).copy_memory()
        self._behind = _stored((whole - mixed) / (1 - weight + _LITTLE)).copy_memory()
        near, behind = (shared(fitted(each, *sides, "bilinear")) for each in (near, self._behind))
        once = _stored(near + p * (photo - behind - p * (near - behind)))
        again = mean((once * p).bandjoin(p), _RADIUS_AGAIN)
        subject = (again[3] < _TOO_LITTLE).ifthenelse(near, _stored(again[0:3] / again[3]))
        self._subject = where(soft, subject, photo).copy_memory()

    def at(self, photo: pyvips.Image, alpha: pyvips.Image) -> pyvips.Image:
        """The subject's colours at the size of `photo`, 8 bit; `photo` itself where `alpha` is 255."""
        sides, p = (photo.width, photo.height), alpha / 255
        subject, behind = (shared(fitted(each, *sides, "bilinear")) for each in (self._subject, self._behind))
        return _stored(photo + (1 - p) * (subject - photo + p * (subject - behind)))


def _stored(colours: pyvips.Image) -> pyvips.Image:
    return colours.linear(1, 0.5, uchar=True)
