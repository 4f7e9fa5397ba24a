"""What a user would write with Pillow: the alpha is enlarged, the colours are the photo's."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

Image.MAX_IMAGE_PIXELS = None  # else 100 MP are a warning


def cut(photo: Path, cutout: Path) -> Image.Image:
    with Image.open(photo) as picture, Image.open(cutout) as sold:
        found: Image.Image = picture.convert("RGB")
        found.putalpha(sold.getchannel("A").resize(picture.size, Image.Resampling.BICUBIC))
    return found


def original(photo: Path, cutout: Path, folder: Path) -> None:
    cut(photo, cutout).save(folder / "original.png")


def listing(photo: Path, cutout: Path, folder: Path) -> None:
    found = cut(photo, cutout)
    found = found.crop(found.getchannel("A").getbbox())
    found.thumbnail((680, 680))
    white = Image.new("RGB", (800, 800), "white")
    white.paste(found, ((800 - found.width) // 2, (800 - found.height) // 2), found)
    white.save(folder / "listing.jpg", quality=92)
