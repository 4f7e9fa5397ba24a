"""Compares a picture's header with a capability's limits, so that no call is paid for that the vendor would refuse.

A picture within the limits is fetched by the vendor as it is. One that can be brought within them is fetched through
OSS image processing, which reshapes it on the way, so that no pixel passes through the function. Any other is rejected,
with the limit, what the picture has, and what to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import Rejected
from shared.messages import pictures as messages
from shared.messages.message import COMMA, OR, Message
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import PNG, Encoding, Rendering, encoding, largest, refuse_unreadable, reshaped, within


@dataclass(frozen=True)
class Limits:
    """The limits of a vendor's action, all inclusive: `max_bytes` in bytes, sides in pixels."""

    formats: frozenset[str]
    """OSS's names, as in `Header.format`."""
    max_bytes: float
    min_side: int
    max_side: int
    png_bits: frozenset[int] = frozenset({24, 32})
    """Bits per pixel that a PNG may have."""
    max_aspect: float = math.inf
    """The longest side over the shortest, at most."""
    max_link: float = math.inf
    """Characters that the link to the picture may have."""


def admit_picture(header: Header, size: int, limits: Limits) -> Rendering:
    """How a vendor with these `limits` is to fetch a picture of `size` bytes. Raises `Rejected` when it cannot."""
    problems = list(_problems(header, size, limits))
    if not problems:
        return Rendering("", header.width, header.height)
    if min(header.width, header.height) < limits.min_side:
        said = messages.TOO_SMALL(width=header.width, height=header.height, least=limits.min_side)
        raise Rejected("PictureTooSmall", said)
    if max(header.width, header.height) > limits.max_aspect * min(header.width, header.height):
        said = messages.TOO_NARROW(width=header.width, height=header.height, most=limits.max_aspect)
        raise Rejected("PictureTooNarrow", said)
    refuse_unreadable(header, size, problems)
    written = encoding(header)
    return reshaped(header, _sides(header, limits, written), written)


def admit_mask(header: Header, size: int, limits: Limits, image: Header, shown: Rendering) -> Rendering:
    """How the vendor is to fetch the mask of `image`, which it fetches as `shown`: with the same sides.

    Raises `Rejected` when the mask does not have the image's sides, as a viewer shows both, or cannot be served.
    """
    if header.turned != image.turned:
        (width, height), (image_width, image_height) = header.turned, image.turned
        said = messages.MASK_SIZE(width=width, height=height, image_width=image_width, image_height=image_height)
        raise Rejected("MaskSize", said)
    problems = list(_problems(header, size, limits))
    if not problems and (header.width, header.height) == (shown.width, shown.height):
        return Rendering("", header.width, header.height)
    refuse_unreadable(header, size, problems or [messages.IMAGE_RESIZED()])
    # PNG, because JPEG blurs edges, which are what a mask is for. A mask of noise would be too large as PNG: the vendor
    # refuses it, and does not bill a refusal.
    return reshaped(header, header.as_viewed((shown.width, shown.height)), PNG)


def _problems(header: Header, size: int, limits: Limits) -> Iterator[Message]:
    """The limits that the picture exceeds as it is stored, as parts of a sentence."""
    if header.format not in limits.formats:
        taken = COMMA.join(each.upper() for each in sorted(limits.formats))
        yield messages.FORMAT(format=header.format.upper(), taken=taken)
    if header.format == "png" and header.bits not in limits.png_bits:
        taken = OR.join(str(bits) for bits in sorted(limits.png_bits))
        yield messages.PNG_BITS(bits=header.bits, taken=taken)
    if size > limits.max_bytes:
        yield messages.BYTES(size=size, most=limits.max_bytes)
    if not limits.min_side <= min(header.width, header.height) <= max(header.width, header.height) <= limits.max_side:
        yield messages.SIDES(width=header.width, height=header.height, least=limits.min_side, most=limits.max_side)
    if max(header.width, header.height) > limits.max_aspect * min(header.width, header.height):
        yield messages.ASPECT(most=limits.max_aspect)
    if header.orientation != 1:
        yield messages.ORIENTATION()


def _sides(header: Header, limits: Limits, written: Encoding) -> tuple[int, int]:
    """The largest sides, as stored, that the vendor takes and OSS makes. Raises `Rejected` when there are none."""
    width, height = within(header, *largest(header, limits.max_side, limits.max_bytes, written))
    # Rounding down the shorter side can make the longer one too long for `max_aspect`.
    width, height = int(min(width, limits.max_aspect * height)), int(min(height, limits.max_aspect * width))
    if min(width, height) < limits.min_side:
        said = messages.TOO_NARROW_SCALED(
            width=header.width,
            height=header.height,
            side=max(width, height),
            scaled_width=width,
            scaled_height=height,
            least=limits.min_side,
        )
        raise Rejected("PictureTooNarrow", said)
    return width, height
