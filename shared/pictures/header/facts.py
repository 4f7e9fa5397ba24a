"""What a header says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """What the header of an image says. Sides are in pixels, as stored, before any turning by EXIF.

    Those of `heic` and `avif` are the sides that every decoder shows, after the file's own `clap` and `irot`; their
    orientation is 1, since a decoder does not apply EXIF inside HEIF (ISO/IEC 23008-12).
    """

    format: str
    """`jpg`, `png`, `bmp`, `webp`, `gif`, `tiff`, `heic` or `avif`: OSS's names."""
    width: int
    height: int
    bits: int = 24
    """Bits a pixel."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    frames: int = 1
    """Pictures in the file; more than one is an animation, or pages."""
    alpha: bool = False
    """Whether it can be transparent."""
    cmyk: bool = False
    """Whether its colours are those of print."""

    @property
    def turned(self) -> tuple[int, int]:
        """Width and height as a viewer shows them."""
        return self.as_viewed((self.width, self.height))

    def as_viewed(self, sides: tuple[int, int]) -> tuple[int, int]:
        """`sides` of the picture as stored, brought to its viewer's order, or back again."""
        return (sides[1], sides[0]) if self.orientation >= 5 else sides
