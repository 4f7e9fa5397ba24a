"""The actions of OSS's image service, each a step on a picture's way: resize, turn, quality, format.

Limits and ECs are those of OSS's "Resize images", "Rotate" and "Auto-orient" pages and its error pages 0040-….
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from PIL import Image

from tests.cloud.oss_replies import Refused

FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "tiff": "TIFF"}
"""Pillow's names for what OSS reads and writes, by OSS's."""
FORMATS |= {"heic": "HEIF", "avif": "AVIF"}
_RESULT_SIDE, _RESULT_PIXELS = 16_384, 16_777_216
_ROTATED_SIDE = 4_096
_NOT_HERE = {"crop", "circle", "indexcrop", "rounded-corners", "blur", "bright", "sharpen", "contrast"}
_NOT_HERE |= {"interlace", "average-hue", "watermark"}
_Transpose = Image.Transpose
UPRIGHT = {
    2: _Transpose.FLIP_LEFT_RIGHT,
    3: _Transpose.ROTATE_180,
    4: _Transpose.FLIP_TOP_BOTTOM,
    5: _Transpose.TRANSPOSE,
    6: _Transpose.ROTATE_270,
    7: _Transpose.TRANSVERSE,
    8: _Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""


@dataclass(frozen=True)
class Reading:
    """What OSS's documents say of `auto-orient`: they differ, and the real one does one or the other."""

    comes_first: bool
    """Before every other action, wherever it is written, and also when it is not: by default pictures are turned."""
    longest: int
    """Pixels: the sides that the source may have, as it is stored."""
    formats: frozenset[str]
    """Pillow's names of those in which an orientation is looked for."""


AS_WRITTEN = Reading(comes_first=False, longest=4_096, formats=frozenset({"JPEG"}))
"""The "Overview" of 2026, "Auto-orient" of the same time, and the error page 0040-00000006."""
TURNED_FIRST = Reading(comes_first=True, longest=4_095, formats=frozenset({"JPEG", "WEBP", "PNG", "TIFF"}))
"""The older "Auto-orient" (document 44691), whose example `resize,w_100/auto-orient,1` makes 100 × 127. Neither says
in which formats."""
READINGS = {"as written": AS_WRITTEN, "turned first": TURNED_FIRST}


@dataclass(frozen=True)
class Work:
    """A picture on its way."""

    image: Image.Image
    source: tuple[str, tuple[int, int]]
    """As it is stored: Pillow's name of its format, and its sides."""
    format: str
    """Pillow's name of what it will be written as."""
    exif: Image.Exif
    """Kept in the result, but for the orientation when the picture has been turned by that."""
    orientation: int
    """EXIF's; 1 when the picture has been turned by it."""
    reading: Reading = AS_WRITTEN
    quality: int = 0
    """1..100; 0 when nobody asked."""


def act(work: Work, action: str) -> Work:
    """Does one action, as it is written between two slashes; raises `Refused`."""
    name, *arguments = action.split(",")
    if name in _NOT_HERE:
        raise Refused(501, "NotImplemented", f"The box has no {name}.")
    if name not in _ACTIONS:
        bad(f"Operation {name} is not supported.", "0040-00000213")
    return _ACTIONS[name](work, arguments)


def bad(message: str, ec: str = "", code: str = "BadRequest") -> NoReturn:
    """Refuses what the picture is, or can't become."""
    raise Refused(400, code, message, ec)


def _invalid(message: str, ec: str = "") -> NoReturn:
    raise Refused(400, "InvalidArgument", message, ec)


def _resize(work: Work, arguments: list[str]) -> Work:
    given = dict(argument.partition("_")[::2] for argument in arguments)
    mode, limited = given.pop("m", "lfit"), given.pop("limit", "1")
    if mode in ("fill", "pad"):
        raise Refused(501, "NotImplemented", f"The box has no m_{mode}.")
    if not given or not set(given) <= {"w", "h", "l", "s", "p"} or mode not in ("lfit", "mfit", "fixed"):
        _invalid(f"resize,{','.join(arguments)} is not valid.")
    if limited not in ("0", "1"):
        _invalid("limit must be 0 or 1.")
    if "p" in given and len(given) > 1:
        del given["p"]  # a percentage gives way to sides
    wanted = {
        name: _whole(value, 1, 1000 if name == "p" else _RESULT_SIDE, "0040-00000321") for name, value in given.items()
    }
    width, height = work.image.size
    target = _target(width, height, mode, wanted)
    if limited == "1" and (target[0] > width or target[1] > height):
        return work
    if max(target) > _RESULT_SIDE or target[0] * target[1] > _RESULT_PIXELS:
        bad(f"The resized image would be larger than {_RESULT_SIDE} px a side or {_RESULT_PIXELS} px.", "0040-00000007")
    if work.format == "GIF" and target[0] * target[1] > width * height:
        bad("A GIF can't be enlarged.")
    return replace(work, image=smooth(work.image).resize(target, Image.Resampling.LANCZOS))


def _target(width: int, height: int, mode: str, wanted: dict[str, int]) -> tuple[int, int]:
    if "p" in wanted:
        scale = wanted["p"] / 100
    elif "w" not in wanted and "h" not in wanted:
        longest, shortest = max(width, height), min(width, height)
        scales = [wanted[name] / side for name, side in (("l", longest), ("s", shortest)) if name in wanted]
        scale = max(scales) if mode == "mfit" else min(scales)
    elif mode == "fixed":
        # One side alone stands for both.
        return wanted.get("w", wanted.get("h", 0)), wanted.get("h", wanted.get("w", 0))
    else:
        scales = [wanted[name] / side for name, side in (("w", width), ("h", height)) if name in wanted]
        scale = max(scales) if mode == "mfit" else min(scales)
    return max(1, math.floor(width * scale + 0.5)), max(1, math.floor(height * scale + 0.5))


def _auto_orient(work: Work, arguments: list[str]) -> Work:
    if not _whole(_only(arguments), 0, 1, "0040-00000215") or not is_turned(work):
        return work
    _check_turnable(work.source[1], work.reading.longest)
    return replace(work, image=work.image.transpose(UPRIGHT[work.orientation]), orientation=1)


def _rotate(work: Work, arguments: list[str]) -> Work:
    degrees = _whole(_only(arguments), 0, 360, "0040-00000217")
    _check_turnable(work.image.size, _ROTATED_SIDE)
    image = smooth(work.image)
    white = (255,) * len(image.getbands())
    # Pillow turns the other way.
    return replace(work, image=image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=white))


def _quality(work: Work, arguments: list[str]) -> Work:
    # OSS takes `q_` as a share of the source's own quality, which can't be known here: both are absolute.
    kind, _, value = _only(arguments).partition("_")
    if kind not in ("q", "Q"):
        _invalid("quality takes q_ or Q_.")
    return replace(work, quality=_whole(value, 1, 100))


def _format(work: Work, arguments: list[str]) -> Work:
    name = _only(arguments)
    if name not in FORMATS:
        _invalid(f"format {name} is not valid.")
    return replace(work, format=FORMATS[name])


def smooth(image: Image.Image) -> Image.Image:
    """`image` in a mode with as many shades as its pixels need once they are mixed: L, LA, RGB, RGBA or CMYK."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    if image.mode.startswith("I;16"):
        # Converting would cut off at 255 instead of scaling.
        return image.convert("I").point(lambda shade: shade / 257).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "I", "F") else "RGB")


def is_turned(work: Work) -> bool:
    """Whether OSS would find that the picture is to be turned."""
    return work.orientation in UPRIGHT and work.source[0] in work.reading.formats


def _check_turnable(sides: tuple[int, int], longest: int) -> None:
    if max(sides) > longest:
        bad("Picture exceed the maximum allowable rotation range.", "0040-00000006")


def _only(arguments: list[str]) -> str:
    if len(arguments) != 1:
        _invalid("This action takes one argument.", "0040-00000203")
    return arguments[0]


def _whole(text: str, least: int, most: int, ec: str = "") -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        _invalid(f"{text!r} is not a number between {least} and {most}.", ec)
    return int(text)


_ACTIONS: dict[str, Callable[[Work, list[str]], Work]] = {
    "resize": _resize,
    "auto-orient": _auto_orient,
    "rotate": _rotate,
    "quality": _quality,
    "format": _format,
}
