"""Pictures whose corners tell how they lie, and cameras that store them turned."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import ExifTags, Image

CASES = Path(__file__).parents[1] / "cases" / "pictures"
NAMES = sorted(path.name for path in CASES.iterdir() if path.suffix != ".md")
COLOURS = ("red", "lime", "blue", "white")
"""Of the corners of what is upright: from the top left, line by line."""

_T = Image.Transpose
_STORE = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_90,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_270,
}
"""How a camera stores what is upright, by the orientation that it writes beside it (Exif 2.32, 4.6.4)."""


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def upright(width: int, height: int) -> Image.Image:
    """Four quarters, each of its colour."""
    picture = Image.new("RGB", (2, 2))
    for number, colour in enumerate(COLOURS):
        picture.paste(colour, (number % 2, number // 2, number % 2 + 1, number // 2 + 1))
    return picture.resize((width, height), Image.Resampling.NEAREST)


def stored(sides: tuple[int, int], orientation: int, form: str = "JPEG", **save: object) -> bytes:
    """A file of the stored `sides`, to be seen upright by whoever heeds its orientation."""
    width, height = sides if orientation < 5 else sides[::-1]
    picture, exif = upright(width, height), Image.Exif()
    if orientation != 1:
        picture = picture.transpose(_STORE[orientation])
        exif[ExifTags.Base.Orientation] = orientation
    picture.save(out := io.BytesIO(), form, exif=exif, **save)
    return out.getvalue()


def moving(width: int, height: int, frames: int) -> bytes:
    """A GIF of so many frames, each of which changes one pixel: small, whatever it claims."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame * frames + b";"


def corners(picture: Image.Image) -> tuple[str, ...]:
    """The colours at the corners of the pixels as they are, whatever EXIF says, in the order of `COLOURS`."""
    shades = picture.convert("RGB")
    across, down = (max(1, side // 8) for side in shades.size)
    places = [(x, y) for y in (down, shades.height - 1 - down) for x in (across, shades.width - 1 - across)]
    return tuple(_nearest(shades.getpixel(place)) for place in places)  # type: ignore[arg-type]


def _nearest(pixel: tuple[int, ...]) -> str:
    named = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    return min(named, key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, named[name], strict=True)))
