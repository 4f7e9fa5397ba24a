"""The subject's own colours where the photo shows them mixed with the old background.

Blur fusion (Forte 2021), from coarse to fine: means of the subject's and of the background's colours nearby, each of
which is corrected so that their mixture gives the photo again. So a wide half-transparent part has its colours from the
coarse levels, and an edge from the fine ones.
"""

from __future__ import annotations

import pyvips

from shared.listings.photo import fitted
from shared.listings.planes import mean, shared

_LEVELS = (64, 32, 16, 8)
"""What the sides are divided by."""
_PASSES = 2
"""At each level."""
_RADIUS = 2
"""Pixels of the level on each side over which colours are averaged."""
_LITTLE = 1e-3
"""The weight of a colour from the level before, which counts where no pixel nearby has that colour."""


class Colours:
    """Colours of the subject and of the background around each pixel of `photo`, of which `alpha` is the subject.

    Both are in memory, of the same size and of 8 bits, with three bands and one.
    """

    def __init__(self, alpha: pyvips.Image, photo: pyvips.Image) -> None:
        self._subject = self._behind = photo
        for part in _LEVELS:
            sides = max(1, round(photo.width / part)), max(1, round(photo.height / part))
            seen, p = fitted(photo, *sides), fitted(alpha, *sides) / 255
            self._subject, self._behind = self._at_size(*sides)
            for _ in range(_PASSES):
                self._subject, self._behind = _fused(seen, p, self._subject, self._behind)

    def at(self, photo: pyvips.Image, alpha: pyvips.Image) -> pyvips.Image:
        """The subject's colours at the size of `photo`, 8 bit; `photo` itself where `alpha` is 255."""
        subject, behind = self._at_size(photo.width, photo.height)
        p = alpha / 255
        return _stored(photo + (1 - p) * (subject - photo + p * (subject - behind)))

    def _at_size(self, width: int, height: int) -> tuple[pyvips.Image, pyvips.Image]:
        subject, behind = (fitted(each, width, height, "bilinear") for each in (self._subject, self._behind))
        return shared(subject), shared(behind)


def _fused(
    photo: pyvips.Image, p: pyvips.Image, subject: pyvips.Image, behind: pyvips.Image
) -> tuple[pyvips.Image, pyvips.Image]:
    """Better colours than `subject` and `behind`, in memory."""
    q = 1 - p
    means = shared(mean((subject * p).bandjoin([behind * q, p]), _RADIUS))
    subject = (means[0:3] + subject * _LITTLE) / (means[6] + _LITTLE)
    behind = (means[3:6] + behind * _LITTLE) / (1 - means[6] + _LITTLE)
    missing = (photo - subject * p - behind * q) / (p * p + q * q)
    both = _stored((subject + missing * p).bandjoin(behind + missing * q)).copy_memory()
    return both[0:3], both[3:6]


def _stored(colours: pyvips.Image) -> pyvips.Image:
    return colours.linear(1, 0.5, uchar=True)
