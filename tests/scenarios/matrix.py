"""What the tests of limits share: which rows to try, pictures to try them with, and what served and refused mean.

What is expected is what the vendor's stand-in takes (`tests.cloud.tables`) and what OSS processes, never what
the row under test says: a new row is tested by being there.

Which rows `make test` tries: a test of limits sends real pictures through the whole pipeline, and rows whose limits
are equal go the same way through it. So each test names the limits that it is about (`rows`, `by`), and `make test`
runs it for the first row of each set of these limits; `make reliability` runs it for every row (they are marked
`slow`). That the limits of every row are its vendor's is tested without pictures in `tests/catalogue/test_rows.py`,
and that every row is served by its vendor in `test_limits_options.py`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from tests import pictures
from tests.cloud.oss_image_actions import AS_WRITTEN, READINGS, Reading
from tests.cloud.stand_ins import taken
from tests.cloud.tables import Takes
from tests.scenarios.counter import Counter, Outcome, counter

OSS_BYTES, OSS_SIDE, OSS_MADE_PIXELS, OSS_TURNED_SIDE = 20_000_000, 30_000, 16_777_216, 4096
"""What OSS can process, and the most it makes and turns."""

ROWS = sorted(CAPABILITIES.values(), key=lambda row: row.name)
WATERMARK = CAPABILITIES["picwish/watermark"]


def rows(chosen: Callable[[Takes], bool], *, by: Callable[[Takes], object] | None = None) -> pytest.MarkDecorator:
    """A test for each row of whose vendor `chosen` is true; `slow` for a row with the same limits `by` as one before,
    if that is given."""
    seen, found = set[object](), []
    for row in (row for row in ROWS if chosen(taken(row))):
        limits = by(taken(row)) if by else row.name
        found.append(pytest.param(row, id=row.name, marks=[pytest.mark.slow] if limits in seen else []))
        seen.add(limits)
    return pytest.mark.parametrize("row", found)


every_row = rows(lambda takes: True)


@pytest.fixture(scope="module", name="desk")
def a_desk() -> Iterator[Counter]:
    with counter() as desk:
        yield desk
        assert desk.is_clear(), "a job, a lease or a copy was left behind"


@pytest.fixture(name="reading", params=READINGS.values(), ids=list(READINGS))
def a_reading(desk: Counter, request: pytest.FixtureRequest) -> Iterator[Reading]:
    """A test that asks for it, as every one with turned pictures does, runs under each reading of OSS's documents."""
    desk.let_oss_turn(request.param)
    yield request.param
    desk.let_oss_turn(AS_WRITTEN)


@lru_cache(maxsize=64)
def jpeg(width: int, height: int, orientation: int = 1) -> bytes:
    return pictures.picture(width, height, mode="L", orientation=orientation)


@lru_cache(maxsize=64)
def png(width: int, height: int) -> bytes:
    """Black, 24 bits a pixel: what every vendor takes."""
    return pictures.png(width, height, 8, 2)


@lru_cache(maxsize=64)
def grey(width: int, height: int) -> bytes:
    """The cheapest picture of many pixels."""
    return pictures.png(width, height, 1, 0)


def long(picture: bytes, size: float) -> bytes:
    """`picture` as a file of `size` bytes: what follows its end is nobody's concern."""
    return picture + bytes(int(size) - len(picture))


@lru_cache
def noise(side: int) -> bytes:
    """What no encoder makes small."""
    out = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


def good(takes: Takes) -> int:
    """A side well within the limits."""
    return min(takes.least + 100, takes.most)


def across(takes: Takes, longer: int, shown: int) -> int:
    """The other side of a strip of `longer` pixels that passes still when it is shrunk to `shown`."""
    return max(math.ceil(takes.least * longer / shown) + 1, math.ceil(longer / takes.aspect))


def hand_in(desk: Counter, row: Capability, body: bytes, sides: tuple[int, int], folder: str = "") -> Outcome:
    """`body`, which a viewer shows with these sides, and where there must be a second picture, one that fits it."""
    return desk.hand_in(row, body, second_for(row, sides), folder=folder)


def second_for(row: Capability, sides: tuple[int, int]) -> bytes:
    takes = taken(row)
    if not takes.seconds:
        return b""
    return png(*sides) if takes.same_size else png(good(takes), good(takes))


def served(outcome: Outcome, takes: Takes, *, as_it_is: bool | None) -> tuple[tuple[int, int], ...]:
    """Asserts that it was paid for once and in vain never; the sides of what the vendor saw.

    `as_it_is`: whether the vendor saw what was uploaded; None: either way is right.
    """
    receipt = outcome.receipt
    assert (receipt.status, receipt.code, receipt.message) == ("done", "", "")
    assert set(outcome.codes) == {""}, "a call failed"
    assert (outcome.billed, receipt.attempts) == (1, 1)
    assert receipt.outputs
    if as_it_is is not None:
        assert (receipt.reshaped == "") is as_it_is, receipt.reshaped
    assert outcome.seen
    for width, height in outcome.seen:
        assert takes.least <= min(width, height) <= max(width, height) <= takes.most
        assert max(width, height) <= takes.aspect * min(width, height)
    if takes.same_size:
        assert len(set(outcome.seen)) == 1, "one must lie upon the other"
    return outcome.seen


def refused(outcome: Outcome, *says: str) -> None:
    """Asserts that nobody was called, and that the sentence holds all of `says`."""
    receipt = outcome.receipt
    assert receipt.status == "rejected"
    for words in says:
        assert words in receipt.message
    assert outcome.codes == ()
    assert (outcome.billed, receipt.attempts, receipt.price_yuan, receipt.outputs) == (0, 0, 0, ())


@dataclass(frozen=True)
class Form:
    """A kind of picture: OSS's name of its format, bits a pixel, and how one of a side is made."""

    name: str
    format: str
    bits: int
    make: Callable[[int], bytes]

    def passes(self, takes: Takes) -> bool | None:
        """Whether the vendor takes it as it is; None for a depth of which a vendor that minds says nothing."""
        if self.format not in takes.formats or (self.format == "png" and self.bits in takes.depths_refused):
            return False
        spoken_of = self.format != "png" or self.bits in (24, 32)
        return True if spoken_of or not takes.depths_refused else None


def saved(form: str, mode: str = "RGB") -> Callable[[int], bytes]:
    return lru_cache(lambda side: pictures.picture(side, side, form, mode=mode))


def deep(depth: int, colour: int) -> Callable[[int], bytes]:
    return lru_cache(lambda side: pictures.png(side, side, depth, colour))


FORMS = [
    Form("a JPEG", "jpg", 24, saved("JPEG")),
    Form("a PNG of 24 bits", "png", 24, deep(8, 2)),
    Form("a PNG of 32 bits", "png", 32, deep(8, 6)),
    Form("a palette PNG", "png", 8, deep(8, 3)),
    Form("a grey PNG", "png", 8, deep(8, 0)),
    Form("a grey PNG of 16 bits", "png", 16, deep(16, 0)),
    Form("a grey PNG with alpha", "png", 16, deep(8, 4)),
    Form("a PNG of 48 bits", "png", 48, deep(16, 2)),
    Form("a PNG of 64 bits", "png", 64, deep(16, 6)),
    Form("a PNG of 1 bit", "png", 1, deep(1, 0)),
    Form("a BMP", "bmp", 24, saved("BMP")),
    Form("a WebP", "webp", 24, saved("WEBP")),
    Form("a GIF", "gif", 8, saved("GIF", "P")),
    Form("a TIFF", "tiff", 24, saved("TIFF")),
    Form("a HEIC", "heic", 24, saved("HEIF")),
    Form("a HEIC with transparency", "heic", 32, saved("HEIF", "RGBA")),
    Form("an AVIF", "avif", 24, saved("AVIF")),
    Form("an AVIF with transparency", "avif", 32, saved("AVIF", "RGBA")),
]

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
