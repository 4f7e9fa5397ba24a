"""Decodes picture files with libvips: upright, in sRGB, 8 bits a band, at the size that is asked for."""

from __future__ import annotations

from pathlib import Path

import pyvips

pyvips.cache_set_max(0)  # a warm instance would keep the last picture's pixels
pyvips.block_untrusted_set(True)  # leaves the loaders that libvips's authors hold to be safe for strangers' files

_SHRINKS = (8, 4, 2)
"""What libjpeg can divide the sides by while it decodes, in a part of the time."""


class Picture:
    """A picture in a file. The file is opened anew for each image taken from it, since libvips streams it only once.

    `width` and `height` are those of the upright picture. Raises `pyvips.Error` when the header cannot be read; so does
    computing pixels that the file lacks.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        image = self._opened()
        self._jpeg = image.get("vips-loader").startswith("jpegload")
        self._stored = image.width, image.height
        self._on_its_side = _orientation(image) >= 5
        self.width, self.height = self._as_viewed(self._stored)

    def scaled(self, width: int, height: int, *, as_numbers: bool = False) -> pyvips.Image:
        """The whole picture with these sides: 3 bands, and a fourth where the file has transparency.

        With `as_numbers`, as a program shows it that knows of no profiles.

        It streams from the file, from the top down, unless EXIF says that it is turned: then it is held in memory.
        """
        sides = self._as_viewed((width, height))
        shrink = next((each for each in _SHRINKS if self._jpeg and self._shrinks(each, sides)), 1)
        image = self._opened(shrink=shrink) if shrink > 1 else self._opened()
        image = fitted(_unmanaged(image) if as_numbers else _srgb(image), *sides)
        return image if _orientation(image) == 1 else image.copy_memory().autorot()

    def _as_viewed(self, sides: tuple[int, int]) -> tuple[int, int]:
        """Sides as stored, in the order in which a viewer shows them; or the other way round."""
        return (sides[1], sides[0]) if self._on_its_side else sides

    def _shrinks(self, by: int, wanted: tuple[int, int]) -> bool:
        """Whether both sides can be divided without a remainder, which libvips would cut off, and are enough then."""
        return all(side % by == 0 and side // by >= least for side, least in zip(self._stored, wanted, strict=True))

    def _opened(self, **options: int) -> pyvips.Image:
        return pyvips.Image.new_from_file(self._path, access="sequential", fail_on="truncated", **options)


def fitted(image: pyvips.Image, width: int, height: int, interpolate: str = "bicubic") -> pyvips.Image:
    """`image` with these sides, in its own format: reduced with a triangle filter, or enlarged with `interpolate`.

    Enlarged edge on edge, which libvips's `resize` does half a pixel off (its issue 504).
    """
    across, down = width / image.width, height / image.height
    if across == down == 1:
        return image
    if across <= 1 and down <= 1:
        return image.resize(across, vscale=down, kernel="linear")
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new(interpolate),
        oarea=[0, 0, width, height],
        idx=0.5,
        idy=0.5,
        odx=-0.5,
        ody=-0.5,
        extend="copy",
    )


def _orientation(image: pyvips.Image) -> int:
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def _srgb(image: pyvips.Image) -> pyvips.Image:
    """In sRGB and 8 bits, by the file's ICC profile if it has a sound one; grey becomes three bands."""
    cmyk = image.interpretation == "cmyk"
    if cmyk or image.get_typeof("icc-profile-data"):
        try:
            image = image.icc_transform("srgb", embedded=True, input_profile="cmyk" if cmyk else "srgb", depth=8)
        except pyvips.Error:  # neither profile is for bands such as the picture's: as if there were none
            image = image.copy()
            image.remove("icc-profile-data")
    return image.colourspace("srgb").cast("uchar")[:4]


def _unmanaged(image: pyvips.Image) -> pyvips.Image:
    """In 8 bits, whatever profile the file has; CMYK by the simplest formula."""
    if image.interpretation == "cmyk":
        return ((255 - image[:3]) * (255 - image[3]) / 255).cast("uchar").copy(interpretation="srgb")
    return image.colourspace("srgb").cast("uchar")[:4]
