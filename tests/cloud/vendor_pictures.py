"""How a vendor gets at a picture: by a link that it really fetches, without credentials, and holds to limits."""

from __future__ import annotations

import io
import re
import struct
import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import httpx
import numpy as np
from PIL import Image

from tests.cloud.segment import Pixels

# Pillow's own alarm goes off at 89 megapixels; what vendors take goes up to 100, and is checked here.
Image.MAX_IMAGE_PIXELS = None

Kind: TypeAlias = Literal["characters", "url", "region", "timeout", "download", "bytes", "sides", "aspect", "content"]


class Unfit(Exception):
    """A link or a picture that a vendor won't take: which `kind` of thing is wrong, and a sentence.

    characters: not plain ASCII. url: no link to fetch. region: from elsewhere. timeout, download: did not come.
    bytes, sides, aspect: a limit. content: not a whole picture in a format that is taken.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Limits:
    """What a vendor takes; all bounds are inclusive."""

    formats: frozenset[str]
    """Pillow's names: JPEG, PNG, BMP, WEBP, TIFF."""
    max_bytes: float
    most: int
    """Pixels: the longest that a side may be."""
    least: int = 1
    """Pixels: the shortest that a side may be."""
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


def check_url(url: str, hosts: AbstractSet[str] | None = None) -> None:
    """Raises `Unfit` unless `url` is plain, on http or https, and (if given) on one of `hosts` (`host:port`)."""
    if not url.isascii() or re.search(r"\s", url):
        raise Unfit("characters", "The URL must not hold Chinese characters or blanks.")
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unfit("url", "The URL is not a link that can be fetched.")
    if hosts is not None and parts.netloc not in hosts:
        raise Unfit("region", f"Pictures are not fetched from {parts.netloc}.")


def fetch(client: httpx.Client, url: str, limits: Limits) -> bytes:
    """The bytes behind `url`, which `check_url` has passed; no redirect is followed. Raises `Unfit`."""
    too_late = Unfit("timeout", f"The picture took longer than {limits.seconds} s.")
    give_up = time.monotonic() + limits.seconds
    try:
        with client.stream("GET", url, timeout=limits.seconds, follow_redirects=False) as response:
            if response.status_code != 200:
                raise Unfit("download", f"The picture's server answered {response.status_code}.")
            content = bytearray()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > limits.max_bytes:
                    raise Unfit("bytes", f"The picture has more than {limits.max_bytes} bytes.")
                if time.monotonic() > give_up:
                    raise too_late
            return bytes(content)
    except httpx.TimeoutException:
        raise too_late from None
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise Unfit("download", f"The picture could not be fetched: {failure}") from None


def decode(url: str, content: bytes, limits: Limits) -> Picture:
    """Raises `Unfit` unless `content`, which came from `url`, is a picture within `limits`."""
    try:
        with Image.open(io.BytesIO(content), formats=sorted(limits.formats)) as image:
            _hold(image, content, limits)
            return Picture(url, np.asarray(image.convert("RGB")))
    except Unfit:
        raise
    except Exception as failure:  # noqa: BLE001 - Pillow's readers raise whatever they stumble over
        takes = "/".join(sorted(limits.formats))
        raise Unfit("content", f"Not a picture in {takes}: {failure}") from None


def _hold(image: Image.Image, content: bytes, limits: Limits) -> None:
    """Raises `Unfit` for what the header of a picture says that is not taken."""
    size = f"{image.width}x{image.height}"
    if not limits.least <= min(image.size) <= max(image.size) <= limits.most:
        allowed = f"at least {limits.least} and at most {limits.most} pixels"
        raise Unfit("sides", f"The picture is {size}; each side must have {allowed}.")
    if limits.aspect and not limits.aspect[0] <= image.width / image.height <= limits.aspect[1]:
        least, most = limits.aspect
        raise Unfit("aspect", f"The picture is {size}; width by height must be {least} to {most}.")
    if image.format == "PNG" and (bits := _png_bits(content)) in limits.png_depths_refused:
        raise Unfit("content", f"PNG with {bits} bits a pixel is not supported.")


def _png_bits(content: bytes) -> int:
    """Bits per pixel, from the header chunk, which is the first but in Apple's dialect."""
    depth, colour = struct.unpack_from("BB", content, content.index(b"IHDR") + 12)
    return int(depth) * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
