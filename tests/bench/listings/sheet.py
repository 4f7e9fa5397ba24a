"""The contact sheet `docs/images/listings.png`: what one looks at to believe the figures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from shared.listings.make import make
from shared.listings.presets import PRESETS
from shared.listings.subject import Subject
from tests.bench.listings import pillow
from tests.bench.progress import say
from tests.pictures.known.canvas import Bytes
from tests.pictures.known_alpha import KnownAlpha, answer, known_alpha, write

SHEET = Path(__file__).parents[3] / "docs" / "images" / "listings.png"
NAMES = ("hair", "glass", "white_on_white", "dark_on_dark", "product")
_COLUMNS = ("photo", "vendor's, on white", "Pillow, 100 %", "ours, 100 %", "taobao-white", "amazon-main")
_CELL, _GAP, _HEAD = 200, 8, 26


def draw(width: int, height: int, folder: Path, path: Path = SHEET) -> None:
    """A row for each picture; the two at 100 % show the same place, where most of the edge is."""
    step = _CELL + _GAP
    sheet = Image.new("RGB", (step * len(_COLUMNS) + _GAP, step * len(NAMES) + _HEAD + _GAP), "#dddddd")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for column, title in enumerate(_COLUMNS):
        pen.text((_GAP + column * step, 6), title, fill="black", font=font)
    for row, name in enumerate(NAMES):
        say(f"listing: the contact sheet's {name.replace('_', ' ')}")
        picture = known_alpha(name, width, height)
        for column, cell in enumerate(_cells(picture, folder)):
            x, y = _GAP + column * step, _HEAD + _GAP + row * step
            sheet.paste("white", (x, y, x + _CELL, y + _CELL))
            sheet.paste(cell, (x + (_CELL - cell.width) // 2, y + (_CELL - cell.height) // 2))
        known_alpha.cache_clear()
    sheet.save(path, optimize=True)


def _cells(picture: KnownAlpha, folder: Path) -> list[Image.Image]:
    sold = answer(picture)
    photo, cutout = write(picture, sold, folder)
    subject = Subject.open(photo, cutout)
    x, y = _edge(picture.alpha)
    place = (x, y, x + _CELL, y + _CELL)
    made = [make(subject, PRESETS[name], folder) for name in ("taobao-white", "amazon-main")]
    return [
        _small(Image.fromarray(picture.photo)),
        _small(_on_white(Image.fromarray(sold))),
        _on_white(pillow.cut(photo, cutout).crop(place)),
        _on_white(Image.fromarray(subject.cut().numpy()).crop(place)),
        *(_small(Image.open(each.path)) for each in made),
    ]


def _edge(alpha: Bytes) -> tuple[int, int]:
    """The corner of the cell in which most pixels are half clear."""
    small = cv2.resize(((alpha > 5) & (alpha < 250)).astype(np.float32), None, fx=0.1, fy=0.1)
    counts = cv2.boxFilter(small, -1, (_CELL // 10, _CELL // 10), borderType=cv2.BORDER_CONSTANT)
    y, x = np.unravel_index(int(np.argmax(counts)), counts.shape)
    height, width = alpha.shape
    left, top = int(x) * 10 - _CELL // 2, int(y) * 10 - _CELL // 2
    return min(max(left, 0), width - _CELL), min(max(top, 0), height - _CELL)


def _on_white(cutout: Image.Image) -> Image.Image:
    white = Image.new("RGBA", cutout.size, "white")
    white.alpha_composite(cutout)
    return white.convert("RGB")


def _small(picture: Image.Image) -> Image.Image:
    picture = picture.convert("RGB")
    picture.thumbnail((_CELL, _CELL), Image.Resampling.LANCZOS)
    return picture
