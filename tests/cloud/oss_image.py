"""`x-oss-process`: what OSS's image service makes of a picture, made with Pillow.

`info`, `resize` (lfit, mfit, fixed), `auto-orient`, `rotate`, `quality` and `format`, one after the other as they
are written. Actions and formats OSS has and the box has not are refused with 501. Of a moving picture only the
first frame is worked on. The source's limits and their ECs are those of OSS's "Resize images" page and its error
pages 0040-….
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from tests.cloud.oss_image_actions import FORMATS, Work, act, bad, smooth
from tests.cloud.oss_replies import Refused

_SOURCE_BYTES = 20 * 1024 * 1024
_SOURCE_SIDE, _SOURCE_TIFF_SIDE, _SOURCE_PIXELS = 30_000, 16_384, 250_000_000
_WEBP_SIDE = 16_383
_NAMES = {pillow: name for name, pillow in FORMATS.items() if name != "jpeg"}

# Pillow's own guard stands below OSS's limit, and warns where OSS says nothing; `_open` keeps OSS's.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Made:
    """What came of it: a picture, or for `info` a JSON document."""

    content: bytes
    content_type: str


def process(content: bytes, instructions: str) -> Made:
    """Does what `instructions` (`image/resize,w_100/format,png`) say to the picture `content`; raises `Refused`."""
    kind, *actions = instructions.split("/")
    if kind != "image":
        raise Refused(501, "NotImplemented", f"The box processes images only, not {kind}.")
    actions = [action for action in actions if action]
    if not actions:
        bad("No image action is given.", "0040-00000212")
    image = _open(content, resizing=any(action.startswith("resize") for action in actions))
    if actions == ["info"]:
        return Made(_info(image, len(content)), "application/json")
    # A TIFF's are no more than its own layout, which the result must not have.
    exif = Image.Exif() if image.format == "TIFF" else image.getexif()
    work = Work(image, image.format or "", exif)
    for action in actions:
        work = act(work, action)
    return _write(work)


def _open(content: bytes, *, resizing: bool) -> Image.Image:
    if len(content) > _SOURCE_BYTES:
        raise Refused(400, "ImageTooLarge", f"The source image is larger than {_SOURCE_BYTES} bytes.")
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=list(_NAMES))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        bad("This image format is not supported.")
    width, height = image.size
    side = _SOURCE_TIFF_SIDE if image.format == "TIFF" else _SOURCE_SIDE
    if max(width, height) > side:
        ec = {"TIFF": "0040-00000018", "JPEG": "0040-00000019"}.get(image.format or "", "0040-00000009")
        bad(f"The source image is longer than {side} px on a side.", ec)
    if width * height * getattr(image, "n_frames", 1) > _SOURCE_PIXELS:
        bad(f"The source image has more than {_SOURCE_PIXELS} px.", "0040-00000009" if resizing else "0040-00000012")
    try:
        image.load()
    except (OSError, ValueError, SyntaxError):
        bad("The source image is damaged.")
    return image


def _info(image: Image.Image, size: int) -> bytes:
    facts: dict[str, Any] = {
        "FileSize": size,
        "Format": _NAMES[image.format or ""],
        "FrameCount": getattr(image, "n_frames", 1),
        "ImageHeight": image.height,
        "ImageWidth": image.width,
    }
    orientation = image.getexif().get(ExifTags.Base.Orientation)
    if orientation is not None:
        facts["Orientation"] = orientation
    return json.dumps({name: {"value": str(value)} for name, value in facts.items()}).encode()


def _write(work: Work) -> Made:
    image, form = work.image, work.format
    if form == "WEBP" and max(image.size) > _WEBP_SIDE:
        bad(f"Maximum width and height allowed is {_WEBP_SIDE} pixels for converting webp.")
    options: dict[str, Any] = {}
    if form in ("JPEG", "WEBP"):
        options["quality"] = work.quality or 90
    if form in ("JPEG", "WEBP", "PNG", "TIFF"):
        if work.exif:
            options["exif"] = work.exif
        if "icc_profile" in image.info and image.mode != "CMYK":
            options["icc_profile"] = image.info["icc_profile"]
    if form == "PNG":
        options["compress_level"] = 1  # time is worth more here than bytes
    target = io.BytesIO()
    _in_mode_for(form, image).save(target, form, **options)
    return Made(target.getvalue(), f"image/{'jpeg' if form == 'JPEG' else form.lower()}")


def _in_mode_for(form: str, image: Image.Image) -> Image.Image:
    """`image` in a mode that `form` can hold; what was see-through lies on white where it can't be."""
    if form == "GIF" and image.mode == "P":
        return image
    image = smooth(image)
    if form in ("JPEG", "BMP") and image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    if image.mode == "CMYK" and form not in ("JPEG", "TIFF"):
        return image.convert("RGB")
    return image.convert("RGBA") if image.mode == "LA" and form in ("WEBP", "GIF") else image
