"""Pictures of every kind, made with Pillow."""

from __future__ import annotations

import io

from PIL import Image

_EXIF_ORIENTATION = 0x0112


def picture(
    width: int = 640, height: int = 480, form: str = "JPEG", *, mode: str = "RGB", orientation: int = 1, **save: object
) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    if orientation != 1:
        exif = Image.Exif()
        exif[_EXIF_ORIENTATION] = orientation
        save["exif"] = exif
    out = io.BytesIO()
    image.save(out, form, **save)
    return out.getvalue()
