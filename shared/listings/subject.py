"""A photo and the vendor's cutout of it, put together: the cutout at any size up to the photo's, with its pixels."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyvips

from shared.errors import Rejected
from shared.listings.colours import Colours
from shared.listings.frame import check_colours, check_mask, check_sides
from shared.listings.matte import RADIUS, Matte
from shared.listings.photo import Picture, fitted
from shared.listings.planes import VISIBLE, soft, where
from shared.messages import listings as messages
from shared.pictures.geometry import Box, Frame, stored_box


class Subject:
    """What a photo shows, by a vendor's cutout of it. Both files must stay until the last image is written.

    It holds the photo and what is computed from it at the vendor's size: some 20 bytes for each pixel of that.
    """

    width: int
    """Of the upright photo, in pixels."""
    height: int
    empty: bool
    """Whether no pixel of the cutout is visible; `box` is then without pixels too."""
    box: Box
    """Of the pixels that are at least 5 % opaque, in pixels of the upright photo."""

    def __init__(self, photo: Picture, low: pyvips.Image, alpha: pyvips.Image) -> None:
        """`low` is the photo at the size of `alpha` (1 band), the vendor's; both in memory. `open` makes them."""
        self._photo, self._low, self._alpha = photo, low[:3], alpha
        self._shown = _with_own(alpha, low)
        self.width, self.height = photo.width, photo.height
        found = Box(*self._shown.find_trim(threshold=VISIBLE - 1, background=[0], line_art=True))
        self.box = stored_box(found, Frame(self.width, self.height, 1, alpha.width, alpha.height))
        self.empty = found.width == 0

    @classmethod
    def open(cls, photo: Path, cutout: Path) -> Subject:
        """Reads both files to the end. What the subject before this one has left in memory is given back first.

        Raises `Rejected` when one of them cannot be decoded or is truncated, and when the cutout is none, or none of
        this photo. A mask, which is a cutout without colours, is compared by its aspect only.
        """
        _give_back()
        with _decoding(_no_photo):
            taken = Picture(photo)
        with _decoding(_no_cutout):
            sold = Picture(cutout)
        check_sides((taken.width, taken.height), (sold.width, sold.height))
        smaller = sold if sold.width < taken.width else taken
        with _decoding(_no_photo):
            low = taken.scaled(smaller.width, smaller.height).copy_memory()
        with _decoding(_no_cutout):
            picture = sold.scaled(smaller.width, smaller.height).copy_memory()
        if picture.bands == 4:
            try:
                check_colours(low, picture)
            except Rejected:  # the vendor may know of no profiles
                with _decoding(_no_photo):
                    check_colours(taken.scaled(smaller.width, smaller.height, as_numbers=True).copy_memory(), picture)
        else:
            check_mask(picture)
        return cls(taken, low, picture[3 if picture.bands == 4 else 0].copy_memory())

    def cut(self, scale: float = 1.0, *, region: Box | None = None) -> pyvips.Image:
        """The cutout of `region`, in pixels of the photo (default: the whole frame), scaled.

        Straight RGBA, 8 bit, sRGB; RGB is 0 where alpha is 0. It streams: the photo is read as it is written.
        """
        sides = _scaled(self.width, scale), _scaled(self.height, scale)
        photo = self._photo.scaled(*sides)
        colours, flat = photo[:3], fitted(self._alpha, *sides, "nearest")
        alpha = self._matte.at(colours)
        near_edge = fitted(self._soft, *sides, "nearest") > 0
        cutout = where(near_edge, _masked(self._colours.at(colours, alpha), alpha), _masked(colours, flat))
        if photo.bands == 4:
            cutout = _masked(cutout[:3], _with_own(cutout[3], photo))
        cutout = cutout.copy(interpretation="srgb")
        return cutout if region is None else _cropped(cutout, region, scale)

    def low(self, longest: int) -> tuple[pyvips.Image, pyvips.Image]:
        """The photo's RGB and the vendor's alpha, 8 bit, with a longest side of at most `longest` pixels."""
        scale = min(1.0, longest / max(self._low.width, self._low.height))
        sides = _scaled(self._low.width, scale), _scaled(self._low.height, scale)
        return fitted(self._low, *sides), fitted(self._shown, *sides)

    @cached_property
    def _soft(self) -> pyvips.Image:
        return soft(self._alpha, 2 * RADIUS + 1)

    @cached_property
    def _matte(self) -> Matte:
        return Matte(self._alpha, self._low, self._soft)

    @cached_property
    def _colours(self) -> Colours:
        return Colours(self._alpha, self._low)


def _give_back() -> None:
    """The C library keeps what libvips has freed, in pieces that no longer fit: up to 100 MB after some photos."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc, Function Compute's, has it
    if trim:
        trim(0)


@contextmanager
def _decoding(refused: Callable[[str], Rejected]) -> Iterator[None]:
    """Raises what `refused` makes of libvips's words when a file cannot be decoded."""
    try:
        yield
    except pyvips.Error as error:
        raise refused(next(iter(str(error.detail).strip().splitlines()), "")) from None


def _no_photo(why: str) -> Rejected:
    return Rejected("PhotoUnreadable", messages.PHOTO_UNREADABLE(why=why))


def _no_cutout(why: str) -> Rejected:
    return Rejected("CutoutUnreadable", messages.CUTOUT_UNREADABLE(why=why))


def _with_own(alpha: pyvips.Image, photo: pyvips.Image) -> pyvips.Image:
    """`alpha` times the transparency that the photo has of its own: what was clear before stays clear."""
    return (alpha * photo[3]).linear(1 / 255, 0.5, uchar=True) if photo.bands == 4 else alpha


def _masked(colours: pyvips.Image, alpha: pyvips.Image) -> pyvips.Image:
    return (colours & (alpha > 0)).bandjoin(alpha)


def _scaled(side: int, scale: float) -> int:
    return max(1, round(side * scale))


def _cropped(image: pyvips.Image, region: Box, scale: float) -> pyvips.Image:
    width, height = min(image.width, _scaled(region.width, scale)), min(image.height, _scaled(region.height, scale))
    x = min(round(region.x * scale), image.width - width)
    y = min(round(region.y * scale), image.height - height)
    return image.crop(x, y, width, height)
