"""`x-oss-process`: what OSS's image service makes of a picture, made with Pillow.

`info`, `resize` (lfit, mfit, fixed), `auto-orient`, `rotate`, `quality` and `format`, one after the other as they
are written, but for `auto-orient`, of which the documents can be read in two ways (`Reading`). Actions and formats OSS
has and the box has not are refused with 501, and so is what Pillow cannot do. Of a moving picture only the first frame
is worked on. The source's limits and their ECs are those of OSS's "Overview" and "Resize images" pages and its error
pages 0040-….
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import pi_heif
from PIL import ExifTags, Image, ImageOps

from tests.cloud.oss_image_actions import AS_WRITTEN, FORMATS, UPRIGHT, Reading, Work, act, bad, is_turned, smooth
from tests.cloud.oss_replies import Refused

_SOURCE_BYTES = 20 * 1024 * 1024
_SOURCE_SIDE, _SOURCE_PIXELS = 30_000, 250_000_000
_SOURCE_SIDES = {
    "TIFF": (16_384, "0040-00000018"),
    "AVIF": (10_000, "0040-00000014"),
    "BMP": (_SOURCE_SIDE, "0040-00000017"),
    "JPEG": (_SOURCE_SIDE, "0040-00000019"),
}
"""The longest side, by format, and the EC of a longer one."""
_UNREADABLE = {"webp": "0040-00000010", "heic": "0040-00000020", "avif": "0040-00000021"}
"""The EC of a damaged picture, by what it begins like; of others only that they are not supported is documented."""
_MOVING = {"GIF", "WEBP"}
"""Formats of which OSS counts the pixels of every frame."""
_WEBP_SIDE = 16_383
_SEGMENT = 65_533
"""Bytes that a segment of a JPEG may hold."""
_NAMES = {pillow: name for name, pillow in FORMATS.items() if name != "jpeg"}
_READERS = {"avif": ["AVIF"]}
"""Pillow's, where the format says which: that of HEIC would take some AVIFs for its own."""
_AS_READ = {"MPO": "JPEG"}
"""Pillow's name for a JPEG that has others behind it, as phones write it: to OSS it is one."""

# Pillow's own guard stands below OSS's limit, and warns where OSS says nothing; `_open` keeps OSS's.
Image.MAX_IMAGE_PIXELS = None
pi_heif.register_heif_opener()


@dataclass(frozen=True)
class Made:
    """What came of it: a picture, or for `info` a JSON document."""

    content: bytes
    content_type: str


def process(content: bytes, instructions: str, reading: Reading = AS_WRITTEN) -> Made:
    """Does what `instructions` (`image/resize,w_100/format,png`) say to the picture `content`; raises `Refused`."""
    kind, *actions = instructions.split("/")
    if kind != "image":
        raise Refused(501, "NotImplemented", f"The box processes images only, not {kind}.")
    actions = [action for action in actions if action]
    if not actions:
        bad("No image action is given.", "0040-00000212")
    work = _open(content, resizing=any(action.startswith("resize") for action in actions))
    if actions == ["info"]:
        return Made(_info(work, len(content)), "application/json")
    with _within_pillows_power():
        return _write(_done(replace(work, reading=reading), actions))


def _done(work: Work, actions: list[str]) -> Work:
    if work.reading.comes_first:
        orient = [action for action in actions if action.split(",")[0] == "auto-orient"]
        if not orient and is_turned(work) and max(work.source[1]) <= work.reading.longest:
            orient = ["auto-orient,1"]
        actions = [*orient, *(action for action in actions if action not in orient)]
    for action in actions:
        work = act(work, action)
    return work


@contextmanager
def _within_pillows_power() -> Iterator[None]:
    """What Pillow cannot do to a picture that it could read, the real OSS perhaps can."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused(501, "NotImplemented", f"The box can't do that to this picture: {error!r}") from error


def _open(content: bytes, *, resizing: bool) -> Work:
    if len(content) > _SOURCE_BYTES:
        raise Refused(400, "ImageTooLarge", f"The source image is larger than {_SOURCE_BYTES} bytes.")
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=_READERS.get(_looks_like(content), [*_NAMES]))
    except Exception:  # noqa: BLE001 - Pillow's readers raise whatever they stumble over
        bad("This image format is not supported.", _UNREADABLE.get(_looks_like(content), "0040-00000005"))
    form = _AS_READ.get(image.format or "", image.format or "")
    try:
        frames = int(getattr(image, "n_frames", 1))
        exif = image.getexif()
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        _check(form, image.size, frames, resizing=resizing)
        image.load()
    except Refused:
        raise
    except Exception:  # noqa: BLE001 - as above
        bad("The source image is damaged.", _UNREADABLE.get(_looks_like(content), ""))
    if form == "AVIF":  # its own turns are a decoder's to do
        image, orientation = ImageOps.exif_transpose(image), 1
    if form == "TIFF" and orientation in UPRIGHT:  # Pillow has turned it
        image = image.transpose({6: UPRIGHT[8], 8: UPRIGHT[6]}.get(orientation, UPRIGHT[orientation]))
    return Work(image, (form, image.size), form, exif, orientation)


def _looks_like(content: bytes) -> str:
    """`webp`, `heic` or `avif`; empty for any other."""
    if content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] != b"ftyp":
        return ""
    return "avif" if b"avif" in content[: int.from_bytes(content[:4], "big")] else "heic"


def _check(form: str, sides: tuple[int, int], frames: int, *, resizing: bool) -> None:
    side, ec = _SOURCE_SIDES.get(form, (_SOURCE_SIDE, "0040-00000009"))
    if max(sides) > side:
        bad(f"The source image is longer than {side} px on a side.", ec)
    if form == "WEBP" and frames > 1:
        bad("Animated WebP is for those on a whitelist, and the box has none.", _UNREADABLE["webp"], "BadWebPImage")
    if sides[0] * sides[1] * (frames if form in _MOVING else 1) > _SOURCE_PIXELS:
        bad(f"The source image has more than {_SOURCE_PIXELS} px.", "0040-00000009" if resizing else "0040-00000012")


def _info(work: Work, size: int) -> bytes:
    form, (width, height) = work.source
    facts: dict[str, Any] = {
        "FileSize": size,
        "Format": _NAMES[form],
        "FrameCount": getattr(work.image, "n_frames", 1),
        "ImageHeight": height,
        "ImageWidth": width,
    }
    if ExifTags.Base.Orientation in work.exif:
        facts["Orientation"] = work.orientation
    return json.dumps({name: {"value": str(value)} for name, value in facts.items()}).encode()


def _exif(work: Work) -> bytes:
    """The source's, as far as a JPEG can hold it, without an orientation that it has no more; of a TIFF it is its own
    layout, which the result must not have."""
    if work.source[0] == "TIFF" or not work.exif:
        return b""
    if work.exif.get(ExifTags.Base.Orientation, 1) != work.orientation:
        del work.exif[ExifTags.Base.Orientation]
    with suppress(Exception):  # damaged EXIF is no reason not to show the picture
        written = work.exif.tobytes()
        return written if len(written) <= _SEGMENT else b""
    return b""


def _write(work: Work) -> Made:
    image, form = work.image, work.format
    if form in ("HEIF", "AVIF"):
        raise Refused(501, "NotImplemented", f"The box can't write {_NAMES[form]}.")
    if form == "JPEG" and work.source[0] == "HEIF" and image.has_transparency_data:  # "Overview"
        bad("A HEIC image with an alpha channel can't be saved as JPG.")
    if form == "WEBP" and max(image.size) > _WEBP_SIDE:
        bad(f"Maximum width and height allowed is {_WEBP_SIDE} pixels for converting webp.")
    options: dict[str, Any] = {}
    if form in ("JPEG", "WEBP"):
        options["quality"] = work.quality or 90
    if form in ("JPEG", "WEBP", "PNG", "TIFF"):
        if exif := _exif(work):
            options["exif"] = exif
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
