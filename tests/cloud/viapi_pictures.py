"""How VIAPI gets at a picture: only from Shanghai's OSS, really fetched, and held against today's limits.

The manual calls a picture that breaks a limit `InvalidImage.*`; today's error page has `InvalidFile.*` beside it.
The stand-in sends the former, the only family whose list is complete, and `fault("code:InvalidFile.…")` the latter.
"""

from __future__ import annotations

import io
import re
import struct
import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

import httpx
import numpy as np
from PIL import Image

from tests.cloud.segment import Pixels
from tests.cloud.viapi_replies import Refused

# Pillow's own alarm goes off at 89 megapixels; what the actions take goes up to 100, and is checked here.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Limits:
    """What an action takes, as its page says today (the table of formats, bytes and pixels)."""

    formats: frozenset[str]
    """Pillow's names: JPEG, PNG, BMP, WEBP."""
    max_bytes: int
    under: int
    """Every side must have fewer pixels than this."""
    over: int = 0
    """Every side must have more pixels than this."""
    aspect: tuple[float, float] | None = None
    """Width by height, at least and at most."""
    png_depths_refused: frozenset[int] = frozenset()
    """Bits per pixel: 8 is a palette or grey, 16 grey with alpha or deep grey, 64 deep RGBA."""
    seconds: float = 10.0
    """How long the picture's server may take in all."""


@dataclass(frozen=True)
class Picture:
    """A picture as the service sees it: as stored, whatever EXIF says about turning it."""

    url: str
    pixels: Pixels


def key_of(url: str) -> str:
    """The object key in a path-style link, as it reads in the bucket; empty when there is none."""
    parts = _split(url)
    return unquote(parts.path.lstrip("/").partition("/")[2]) if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # a bracket too few, say
        return None


def check_url(url: str, shanghai: AbstractSet[str]) -> None:
    if not url.isascii() or re.search(r"\s", url):
        raise Refused("InvalidImage.URL", "The URL must not hold Chinese characters or blanks.")
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("IllegalUrlParameter", "The URL is not a link that can be fetched.")
    if parts.netloc not in shanghai:
        raise Refused("InvalidImage.Region", f"{parts.netloc} is not an OSS address in cn-shanghai.")


def fetch(client: httpx.Client, url: str, limits: Limits) -> bytes:
    """The bytes behind `url`, which `check_url` has passed; no redirect is followed."""
    too_late = Refused("InvalidImage.Timeout", f"The picture took longer than {limits.seconds} s.")
    give_up = time.monotonic() + limits.seconds
    try:
        with client.stream("GET", url, timeout=limits.seconds, follow_redirects=False) as response:
            if response.status_code != 200:
                raise Refused("InvalidImage.Download", f"The picture's server answered {response.status_code}.")
            content = bytearray()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > limits.max_bytes:
                    raise Refused("InvalidParameter.TooLarge", f"The picture has more than {limits.max_bytes} bytes.")
                if time.monotonic() > give_up:
                    raise too_late
            return bytes(content)
    except httpx.TimeoutException:
        raise too_late from None
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise Refused("InvalidImage.Download", f"The picture could not be fetched: {failure}") from None


def decode(url: str, content: bytes, limits: Limits) -> Picture:
    try:
        with Image.open(io.BytesIO(content), formats=sorted(limits.formats)) as image:
            for side in image.size:
                if not limits.over < side < limits.under:
                    size = f"{image.width}x{image.height}"
                    allowed = f"more than {limits.over} and less than {limits.under} pixels"
                    raise Refused("InvalidImage.Resolution", f"The picture is {size}; each side must have {allowed}.")
            if limits.aspect and not limits.aspect[0] <= image.width / image.height <= limits.aspect[1]:
                least, most = limits.aspect
                message = f"The picture is {image.width}x{image.height}; width by height must be {least} to {most}."
                raise Refused("InvalidImage.Resolution", message)
            if image.format == "PNG" and (bits := _png_bits(content)) in limits.png_depths_refused:
                raise Refused("InvalidImage.Content", f"PNG with {bits} bits a pixel is not supported.")
            return Picture(url, np.asarray(image.convert("RGB")))
    # Pillow raises these for what is not a whole picture.
    except (OSError, ValueError, SyntaxError) as failure:
        takes = "/".join(sorted(limits.formats))
        raise Refused("InvalidImage.Content", f"Not a picture in {takes}: {failure}") from None


def _png_bits(content: bytes) -> int:
    """Bits per pixel, from the header chunk: a PNG has one at a fixed place."""
    depth, colour = struct.unpack_from("BB", content, 24)
    return int(depth) * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
