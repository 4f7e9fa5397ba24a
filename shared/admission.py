"""Never pay for a call that must fail: the header of a picture, held against a capability's limits.

A picture that fits is shown as it is. One that can be made to fit is shown through OSS image processing, which
reshapes it while the vendor fetches it, so that no pixel passes through the function. One that cannot is refused
with the limit, what the picture has, and what would pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Rejected
from shared.models import Header, Limits

# What OSS can process, and the largest picture it makes: "Resize images", error pages 0040-00000009, -12, -18, -19.
_SOURCE_BYTES = 20_000_000
_SOURCE_SIDE = 30_000
_TIFF_SIDE = 16_384
_SOURCE_PIXELS = 250_000_000
_RESULT_SIDE = 16_384
_RESULT_PIXELS = 16_777_216
_TURNED_SIDE = 4_096
"""Turning is documented for sides up to this ("Rotate", "Auto-orient"), so resizing comes before it."""

_JPEG_QUALITY = 90
_JPEG_BYTES_A_PIXEL = 0.9
"""More than a JPEG of that quality takes: photos have 0.1 to 0.5, uniform noise 0.9 (4:2:0, as most encoders write)."""


@dataclass(frozen=True)
class Shown:
    """How a vendor sees a picture: through `process` (an `x-oss-process` value, empty: as stored), with these sides."""

    process: str
    width: int
    height: int


def admit_picture(header: Header, size: int, limits: Limits) -> Shown:
    """How to show a picture of `size` bytes to a vendor with these `limits`; raises `Rejected` when it cannot be."""
    problems = list(_problems(header, size, limits))
    if not problems:
        return Shown("", header.width, header.height)
    _refuse_small(header, limits)
    if max(header.width, header.height) > limits.max_aspect * min(header.width, header.height):
        raise Rejected(
            "PictureTooNarrow",
            f"it has {header.width:,} × {header.height:,} pixels, and the longer side may be "
            f"{limits.max_aspect:g} times the shorter one at the most",
        )
    _refuse_unprocessable(header, size, problems)
    width, height = _sides(header, limits)
    process = _process(header, width, height, f"format,jpg/quality,Q_{_JPEG_QUALITY}")
    if header.orientation >= 5:
        width, height = height, width
    return Shown(process, width, height)


def admit_mask(header: Header, size: int, limits: Limits, image: Header, shown: Shown) -> Shown:
    """How to show the mask of `image`, which is shown as `shown`: pixel upon pixel.

    Raises `Rejected` when it is not of the image's size, as a viewer shows the image, or cannot be shown.
    """
    if header.turned != image.turned:
        raise Rejected(
            "MaskSize",
            "it is {} × {} pixels and the picture {} × {}: they must be the same".format(*header.turned, *image.turned),
        )
    problems = list(_problems(header, size, limits))
    if not problems and (header.width, header.height) == (shown.width, shown.height):
        return Shown("", header.width, header.height)
    _refuse_unprocessable(header, size, problems or ["the picture itself had to be resized"])
    width, height = (shown.width, shown.height) if header.orientation < 5 else (shown.height, shown.width)
    # PNG: the edge of a mask is what it says, and JPEG smears the edges of every one. Nothing bounds a PNG's bytes, as
    # quality bounds a JPEG's: but only a mask of noise would have too many, and a refusal by the vendor is not billed.
    return Shown(_process(header, width, height, "format,png"), shown.width, shown.height)


def _process(header: Header, width: int, height: int, encoding: str) -> str:
    """The `x-oss-process` value that brings a picture to `width` × `height` as stored, turns it, and encodes it."""
    steps = []
    if (width, height) != (header.width, header.height):
        steps.append(f"resize,m_fixed,w_{width},h_{height}")
    if header.orientation != 1:
        steps.append("auto-orient,1")
    return "/".join(["image", *steps, encoding])


def _problems(header: Header, size: int, limits: Limits) -> Iterator[str]:
    """Why the picture does not pass as it is."""
    if header.format not in limits.formats:
        yield f"it is a {header.format.upper()}, taken are {', '.join(sorted(limits.formats)).upper()}"
    if header.format == "png" and header.bits not in limits.png_bits:
        bits = " or ".join(str(bits) for bits in sorted(limits.png_bits))
        yield f"it is a PNG of {header.bits} bits a pixel, taken are {bits}"
    if size > limits.max_bytes:
        yield f"it has {size:,} bytes, taken are up to {limits.max_bytes:,}"
    if not limits.min_side <= min(header.width, header.height) <= max(header.width, header.height) <= limits.max_side:
        yield (
            f"it has {header.width:,} × {header.height:,} pixels, taken are "
            f"{limits.min_side:,} to {limits.max_side:,} a side"
        )
    if max(header.width, header.height) > limits.max_aspect * min(header.width, header.height):
        yield f"its longer side is more than {limits.max_aspect:g} times the shorter one"
    if header.orientation != 1:
        yield "it lies on its side and says so only in its EXIF, which the vendor does not read"


def _refuse_small(header: Header, limits: Limits) -> None:
    if min(header.width, header.height) < limits.min_side:
        raise Rejected(
            "PictureTooSmall",
            f"it has {header.width:,} × {header.height:,} pixels, and both sides must have at least {limits.min_side}",
        )


def _refuse_unprocessable(header: Header, size: int, problems: list[str]) -> None:
    side = _TIFF_SIDE if header.format == "tiff" else _SOURCE_SIDE
    too_large = (
        size > _SOURCE_BYTES or max(header.width, header.height) > side or header.width * header.height > _SOURCE_PIXELS
    )
    if too_large:
        raise Rejected(
            "PictureTooLarge",
            f"{'; '.join(problems)}; and OSS can reshape only pictures of up to {_SOURCE_BYTES:,} bytes, "
            f"{side:,} pixels a side and {_SOURCE_PIXELS:,} in all: this one has {size:,} bytes and "
            f"{header.width:,} × {header.height:,} pixels",
        )


def _sides(header: Header, limits: Limits) -> tuple[int, int]:
    """The largest sides, as stored, that the vendor takes and OSS makes."""
    side = min(limits.max_side, _RESULT_SIDE, _TURNED_SIDE if header.orientation != 1 else _RESULT_SIDE)
    pixels = min(_RESULT_PIXELS, limits.max_bytes / _JPEG_BYTES_A_PIXEL)
    scale = min(
        1.0,
        side / max(header.width, header.height),
        math.sqrt(pixels / (header.width * header.height)),
    )
    width, height = max(1, int(header.width * scale)), max(1, int(header.height * scale))
    # What was cut off the shorter side can make the longer one too long for it.
    width, height = int(min(width, limits.max_aspect * height)), int(min(height, limits.max_aspect * width))
    if min(width, height) < limits.min_side:
        raise Rejected(
            "PictureTooNarrow",
            f"at {header.width:,} × {header.height:,} pixels it is too long for its width: brought to {side:,} pixels "
            f"it would be {width:,} × {height:,}, and both sides must have at least {limits.min_side}",
        )
    return width, height
