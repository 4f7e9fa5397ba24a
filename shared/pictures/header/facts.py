"""The facts that a reader finds in a header."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """The facts in an image's header. Sides are in pixels, as stored, before it is turned by EXIF.

    Those of `heic` and `avif` are the sides that every decoder shows, after the file's own `clap` and `irot`; their
    orientation is 1, since a decoder does not apply EXIF inside HEIF (ISO/IEC 23008-12).
    """

    format: str
    """`jpg`, `png`, `bmp`, `webp`, `gif`, `tiff`, `heic` or `avif`: OSS's names."""
    width: int
    height: int
    bits: int = 24
    """Bits per pixel."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    frames: int = 1
    """Pictures in the file; more than one: an animation, or pages."""
    alpha: bool = False
    """Whether it may have transparency."""
    cmyk: bool = False
    """Whether its colours are CMYK, those of print."""

    buffered: float = 0.0
    """Bytes for each pixel that a decoder keeps of the whole picture, since it is stored in several passes: of a
    progressive JPEG or an interlaced PNG."""

    @property
    def turned(self) -> tuple[int, int]:
        """Width and height as a viewer shows the picture."""
        return self.as_viewed((self.width, self.height))

    def as_viewed(self, sides: tuple[int, int]) -> tuple[int, int]:
        """`sides` as stored, in the order in which a viewer shows them; or the other way round."""
        return (sides[1], sides[0]) if self.orientation >= 5 else sides
