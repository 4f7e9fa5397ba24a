"""Every capability at each of its vendor's limits and one past it, with every option: served, or refused for nothing.

Past a limit a picture is reshaped by OSS or refused with a sentence; no call is made that fails. What is expected is
what the vendor's stand-in takes (`tests.counter.taken`) and what OSS processes, never what the row under test says: a
new row is tested by being there.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from shared.capabilities import CAPABILITIES
from shared.models import Capability
from shared.options import OneOf, SomeOf
from tests import pictures
from tests.cloud import picwish_work
from tests.counter import DRAWN, Counter, Outcome, Takes, counter, taken

OSS_BYTES, OSS_SIDE, OSS_MADE_PIXELS, OSS_TURNED_SIDE = 20_000_000, 30_000, 16_777_216, 4096
"""What OSS can process, and the most it makes and turns."""

ROWS = sorted(CAPABILITIES.values(), key=lambda row: row.name)
WATERMARK = CAPABILITIES["picwish/watermark"]


def rows(chosen: Callable[[Takes], bool], *, one_for: Callable[[Takes], object] | None = None) -> pytest.MarkDecorator:
    """A test for each row of whose vendor `chosen` is true; for one of those with the same `one_for`, if given."""
    found = {(one_for(taken(row)) if one_for else row.name): row for row in reversed(ROWS) if chosen(taken(row))}
    return pytest.mark.parametrize("row", [*reversed(found.values())], ids=lambda row: row.name)


every_row = rows(lambda takes: True)


@pytest.fixture(scope="module")
def desk() -> Iterator[Counter]:
    with counter() as desk:
        yield desk
        assert desk.is_clear(), "a job, a lease or a copy was left behind"


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


# ---------------------------------------------------------------- formats


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
    Form("a HEIC", "heic", 24, lru_cache(lambda side: pictures.heic(side, side, tile=1))),
]

every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


@every_form
@every_row
def test_every_format_is_served_as_it_is_or_as_one_that_the_vendor_takes(
    desk: Counter, row: Capability, form: Form
) -> None:
    takes = taken(row)
    side = good(takes)
    seen = served(hand_in(desk, row, form.make(side), (side, side)), takes, as_it_is=form.passes(takes))
    assert seen[0] == (side, side)


# ---------------------------------------------------------------- sides


@every_row
def test_the_smallest_picture_that_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    sides = (takes.least, takes.least)
    assert served(hand_in(desk, row, jpeg(*sides), sides), takes, as_it_is=True)[0] == sides


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@every_row
def test_the_longest_strip_that_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability, lying: bool) -> None:
    takes = taken(row)
    short = max(takes.least, math.ceil(takes.most / takes.aspect))
    sides = (takes.most, short) if lying else (short, takes.most)
    assert served(hand_in(desk, row, jpeg(*sides), sides), takes, as_it_is=True)[0] == sides


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@rows(lambda takes: takes.least > 1)
def test_a_side_one_pixel_too_short_is_refused_with_the_length_that_would_pass(
    desk: Counter, row: Capability, lying: bool
) -> None:
    takes = taken(row)
    short, other = takes.least - 1, takes.least
    sides = (other, short) if lying else (short, other)
    outcome = hand_in(desk, row, jpeg(*sides), sides)
    refused(outcome, f"{sides[0]:,} × {sides[1]:,} pixels", f"at least {takes.least}")


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@every_row
def test_a_side_one_pixel_too_long_is_shrunk_to_the_longest_that_passes(
    desk: Counter, row: Capability, lying: bool
) -> None:
    takes = taken(row)
    longer = takes.most + 1
    short = across(takes, longer, takes.most)
    sides = (longer, short) if lying else (short, longer)
    seen = served(hand_in(desk, row, jpeg(*sides), sides), takes, as_it_is=False)
    # Where a strip may only be so long for its width, that is rounded off, too.
    assert max(seen[0]) == min(takes.most, takes.aspect * min(seen[0])) > 0.99 * takes.most


@rows(lambda takes: takes.least > 1 and takes.aspect == math.inf)
def test_a_strip_that_would_be_too_thin_when_shrunk_is_refused_with_what_would_become_of_it(
    desk: Counter, row: Capability
) -> None:
    takes = taken(row)
    sides = (2 * takes.most, takes.least)
    refused(
        hand_in(desk, row, jpeg(*sides), sides),
        f"{sides[0]:,} × {sides[1]:,} pixels",
        f"{takes.most:,} × {takes.least // 2:,}",
        f"at least {takes.least}",
    )


@rows(lambda takes: takes.most**2 > OSS_MADE_PIXELS)
def test_a_picture_of_more_pixels_than_oss_makes_is_shrunk_below_that(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    sides = (takes.most + 1, OSS_MADE_PIXELS // takes.most + 1)
    ((width, height), *_) = served(hand_in(desk, row, grey(*sides), sides), takes, as_it_is=False)
    # A JPEG has less than a byte a pixel: to show fewer than bytes are taken would be a waste.
    assert 0.99 * min(OSS_MADE_PIXELS, takes.max_bytes) < width * height <= OSS_MADE_PIXELS


@rows(lambda takes: takes.aspect == math.inf, one_for=lambda takes: (takes.least, takes.most))
def test_the_longest_picture_that_oss_reads_is_served(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    sides = (OSS_SIDE, across(takes, OSS_SIDE, takes.most))
    served(hand_in(desk, row, grey(*sides), sides), takes, as_it_is=False)


@every_row
def test_a_picture_longer_than_oss_reads_is_refused_with_the_length_that_would_pass(
    desk: Counter, row: Capability
) -> None:
    takes = taken(row)
    sides = (OSS_SIDE + 1, across(takes, OSS_SIDE + 1, takes.most))
    refused(
        # The second picture of a first one that is refused is never looked at.
        desk.hand_in(row, grey(*sides), second_for(row, (1, 1))),
        f"{sides[0]:,} × {sides[1]:,} pixels",
        f"{takes.least:,} to {takes.most:,} a side",
        f"{OSS_SIDE:,} pixels a side",
    )


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@rows(lambda takes: takes.aspect < math.inf)
def test_a_picture_may_be_as_long_for_its_width_as_the_vendor_says_and_no_longer(
    desk: Counter, row: Capability, lying: bool
) -> None:
    takes = taken(row)
    short = takes.least
    longer = math.floor(short * takes.aspect)
    fits, not_quite = (((side, short) if lying else (short, side)) for side in (longer, longer + 1))
    assert served(hand_in(desk, row, jpeg(*fits), fits), takes, as_it_is=True)[0] == fits
    outcome = hand_in(desk, row, jpeg(*not_quite), not_quite)
    refused(outcome, f"{not_quite[0]:,} × {not_quite[1]:,} pixels", f"{takes.aspect:g} times the shorter one")


@pytest.mark.parametrize("orientation", [3, 6])
@every_row
def test_a_picture_turned_by_its_exif_is_turned_for_the_vendor(
    desk: Counter, row: Capability, orientation: int
) -> None:
    takes = taken(row)
    longest = min(takes.most, OSS_TURNED_SIDE)
    stored = (takes.most, across(takes, takes.most, longest))
    turned = stored[::-1] if orientation >= 5 else stored
    seen = served(hand_in(desk, row, jpeg(*stored, orientation), turned), takes, as_it_is=False)
    assert max(seen[0]) == longest
    assert (seen[0][0] < seen[0][1]) is (orientation >= 5)


# ---------------------------------------------------------------- bytes


@every_row
def test_a_file_as_large_as_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side = good(takes)
    size = OSS_BYTES + 1 if math.isinf(takes.max_bytes) else takes.max_bytes
    served(hand_in(desk, row, long(jpeg(side, side), size), (side, side)), takes, as_it_is=True)


@rows(lambda takes: takes.max_bytes < math.inf)
def test_a_file_one_byte_too_large_is_made_smaller_or_refused_with_the_bytes_that_would_pass(
    desk: Counter, row: Capability
) -> None:
    takes = taken(row)
    size, side = takes.max_bytes + 1, good(takes)
    outcome = hand_in(desk, row, long(jpeg(side, side), size), (side, side))
    if size <= OSS_BYTES:
        assert served(outcome, takes, as_it_is=False)[0] == (side, side)
    else:
        refused(outcome, f"{size:,} bytes", f"up to {takes.max_bytes:,}", f"{OSS_BYTES:,} bytes")


@rows(lambda takes: takes.max_bytes < OSS_BYTES, one_for=lambda takes: takes.max_bytes)
def test_a_file_may_be_as_large_as_oss_reads_and_no_larger(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side = good(takes)
    served(hand_in(desk, row, long(jpeg(side, side), OSS_BYTES), (side, side)), takes, as_it_is=False)
    refused(
        hand_in(desk, row, long(jpeg(side, side), OSS_BYTES + 1), (side, side)),
        f"{OSS_BYTES + 1:,} bytes",
        f"up to {takes.max_bytes:,}",
        f"{OSS_BYTES:,} bytes",
    )


@rows(
    lambda takes: takes.max_bytes < min(takes.most**2, OSS_BYTES), one_for=lambda takes: (takes.max_bytes, takes.most)
)
def test_a_picture_that_no_encoder_makes_small_has_few_enough_bytes_when_it_is_shown(
    desk: Counter, row: Capability
) -> None:
    takes = taken(row)
    side = min(takes.most, 3000)
    body = noise(side)
    body = long(body, max(len(body), takes.max_bytes + 1))
    assert len(body) <= OSS_BYTES
    served(hand_in(desk, row, body, (side, side)), takes, as_it_is=False)


# ---------------------------------------------------------------- options


def ours(field: str) -> str:
    """Our name of an option, by the vendor's: `ReturnForm`, `output_type` and `ClothClass.N` in kebab-case."""
    return re.sub("(?<=[a-z])(?=[A-Z])|_", "-", field.removesuffix(".N")).lower()


def documented() -> Iterator[tuple[Capability, str, tuple[str, ...]]]:
    """Every value of every option by itself, and where an option takes several, several."""
    for row in ROWS:
        for field, values in taken(row).options.items():
            yield from ((row, field, (value,)) for value in values)
            if field.endswith(".N"):
                yield from ((row, field, several) for several in (values[:2], values))


DOCUMENTED = list(documented())
CHOICES = [(row, field) for row in ROWS for field, values in taken(row).options.items() if values]


@pytest.mark.parametrize(
    ("row", "field", "values"),
    DOCUMENTED,
    ids=[f"{row.name}-{ours(field)}={'+'.join(v)}" for row, field, v in DOCUMENTED],
)
def test_every_documented_value_reaches_the_vendor_under_its_own_name(
    desk: Counter, row: Capability, field: str, values: tuple[str, ...]
) -> None:
    takes = taken(row)
    side, name, value = good(takes), ours(field), "+".join(values)
    outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder=f"{name}={value}")
    served(outcome, takes, as_it_is=True)
    assert outcome.receipt.options == {name: value}
    stem, dot, _ = field.partition(".")
    assert outcome.told == ({f"{stem}.{n}": each for n, each in enumerate(values, 1)} if dot else {field: value})


@every_row
def test_a_row_offers_what_the_vendor_documents_and_nothing_else(row: Capability) -> None:
    offered = {
        name: option.values if isinstance(option, OneOf | SomeOf) else () for name, option in row.options.items()
    }
    takes = taken(row)
    assert {name: {*values} for name, values in offered.items()} == {
        ours(field): {*values} for field, values in takes.options.items()
    }


@every_row
def test_without_a_word_about_options_the_vendor_is_told_none(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    outcome = hand_in(desk, row, jpeg(side, side), (side, side))
    assert (outcome.codes[:1], outcome.told) == (("",), {})


@pytest.mark.parametrize(("row", "field"), CHOICES, ids=[f"{row.name}-{ours(field)}" for row, field in CHOICES])
def test_a_value_that_is_not_documented_is_refused_with_those_that_are(
    desk: Counter, row: Capability, field: str
) -> None:
    takes = taken(row)
    side, values = good(takes), takes.options[field]
    wrong = ["undocumented", values[0].swapcase() + "~", ""]
    if field.endswith(".N"):
        wrong += [f"{values[0]}+undocumented", f"{values[0]}+{values[0]}"]
    for value in wrong:
        outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder=f"{ours(field)}={value}")
        refused(outcome, ours(field), repr(value), *values)


@every_row
def test_an_option_that_is_not_documented_is_refused_with_those_that_are(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side = good(takes)
    outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder="undocumented=1")
    refused(outcome, "undocumented", *map(ours, takes.options))


@pytest.mark.parametrize("colour", ["ffffff", "ff0000", "0000ff", "0000FF"])
def test_a_background_has_the_colour_that_was_asked_for(desk: Counter, colour: str) -> None:
    row = CAPABILITIES["picwish/cutout"]
    takes = taken(row)
    side = good(takes)
    outcome = desk.hand_in(row, jpeg(side, side), folder=f"format=jpg,bg-color={colour}")
    served(outcome, takes, as_it_is=True)
    assert outcome.told == {"format": "jpg", "bg_color": colour}


@pytest.mark.parametrize("options", ["bg-color=ff0000", "format=png,bg-color=ff0000"])
def test_a_colour_is_refused_where_there_is_no_background(desk: Counter, options: str) -> None:
    row = CAPABILITIES["picwish/cutout"]
    side = good(taken(row))
    refused(desk.hand_in(row, jpeg(side, side), folder=options), "bg-color", "format=jpg")


@pytest.mark.parametrize("colour", ["fffff", "fffffff", "gggggg", "red", "", "#ff0000"])
def test_what_is_no_colour_is_refused_with_what_one_is(desk: Counter, colour: str) -> None:
    row = CAPABILITIES["picwish/cutout"]
    side = good(taken(row))
    outcome = desk.hand_in(row, jpeg(side, side), folder=f"format=jpg,bg-color={colour}")
    refused(outcome, "bg-color", repr(colour), "RRGGBB")


# ---------------------------------------------------------------- rectangles


def area(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


HALF = area(0, 0, DRAWN // 2, DRAWN)
PIXEL = area(DRAWN - 1, DRAWN - 1, 1, 1)
assert HALF["width"] * DRAWN == picwish_work.LARGEST_SHARE * DRAWN**2


def with_areas(desk: Counter, areas: list[dict[str, int]]) -> Outcome:
    return desk.hand_in(WATERMARK, jpeg(DRAWN, DRAWN), rectangles=json.dumps(areas))


@pytest.mark.parametrize(
    "areas",
    [
        [area(n, n, 2, 2) for n in range(picwish_work.MOST_RECTANGLES)],
        [HALF],
        [HALF, HALF],
        [area(0, 0, 1, DRAWN), PIXEL],
    ],
    ids=["as many as may be", "half of the picture", "the same half twice", "at the rims"],
)
def test_rectangles_may_go_to_their_limits(desk: Counter, areas: list[dict[str, int]]) -> None:
    outcome = with_areas(desk, areas)
    served(outcome, taken(WATERMARK), as_it_is=True)
    assert {name: json.loads(str(value)) for name, value in outcome.told.items()} == {"rectangles": areas}


@pytest.mark.parametrize(
    ("areas", "says"),
    [
        ([area(n, n, 2, 2) for n in range(picwish_work.MOST_RECTANGLES + 1)], f"1 to {picwish_work.MOST_RECTANGLES}"),
        ([], "there are 0"),
        ([HALF, PIXEL], "cover"),
        ([area(DRAWN - 1, 0, 2, 1)], "not within"),
        ([area(0, DRAWN, 1, 1)], "not within"),
        ([area(-1, 0, 2, 2)], "not within"),
        ([area(0, 0, 0, 5)], "not within"),
    ],
    ids=["one too many", "none", "a pixel over half", "over the rim", "outside", "before the rim", "of no width"],
)
def test_rectangles_past_their_limits_are_refused(desk: Counter, areas: list[dict[str, int]], says: str) -> None:
    refused(with_areas(desk, areas), says)


# ---------------------------------------------------------------- second pictures


with_second = rows(lambda takes: bool(takes.seconds))
with_another = rows(lambda takes: bool(takes.seconds) and not takes.same_size)
with_mask = rows(lambda takes: bool(takes.seconds) and takes.same_size)


@with_second
def test_a_row_asks_for_a_second_picture_where_its_vendor_does(row: Capability) -> None:
    assert row.second is not None
    assert (row.second.field,) == taken(row).seconds
    assert row.second.same_size is taken(row).same_size


@rows(lambda takes: not takes.seconds)
def test_a_row_asks_for_no_second_picture_where_its_vendor_does_not(row: Capability) -> None:
    assert row.second is None


@every_form
@with_second
def test_a_second_picture_of_every_format_is_served_as_it_is_or_as_one_that_the_vendor_takes(
    desk: Counter, row: Capability, form: Form
) -> None:
    takes = taken(row)
    side = good(takes)
    seen = served(desk.hand_in(row, jpeg(side, side), form.make(side)), takes, as_it_is=form.passes(takes))
    assert seen == ((side, side), (side, side))


@rows(lambda takes: bool(takes.seconds) and takes.max_bytes < OSS_BYTES)
def test_a_second_picture_may_reach_the_limit_of_bytes_and_is_made_smaller_past_it(
    desk: Counter, row: Capability
) -> None:
    takes = taken(row)
    side = good(takes)
    for size in (takes.max_bytes, takes.max_bytes + 1, OSS_BYTES):
        second = long(jpeg(side, side), size)
        served(desk.hand_in(row, jpeg(side, side), second), takes, as_it_is=size <= takes.max_bytes)
    outcome = desk.hand_in(row, jpeg(side, side), long(jpeg(side, side), OSS_BYTES + 1))
    refused(outcome, f"the {row.companions[0]}: ", f"{OSS_BYTES + 1:,} bytes", f"up to {takes.max_bytes:,}")


@with_another
def test_another_picture_has_sides_of_its_own_and_the_same_limits(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side, longer = good(takes), takes.most + 1
    own = (takes.most, takes.least)
    assert served(desk.hand_in(row, jpeg(side, side), jpeg(*own)), takes, as_it_is=True) == ((side, side), own)
    seen = served(desk.hand_in(row, jpeg(side, side), jpeg(longer, 2 * takes.least)), takes, as_it_is=False)
    assert (seen[0], max(seen[1])) == ((side, side), takes.most)
    if takes.least > 1:
        outcome = desk.hand_in(row, jpeg(side, side), jpeg(side, takes.least - 1))
        refused(
            outcome, f"the {row.companions[0]}: ", f"{side:,} × {takes.least - 1:,} pixels", f"at least {takes.least}"
        )
    outcome = desk.hand_in(row, jpeg(side, side), grey(OSS_SIDE + 1, side))
    refused(outcome, f"the {row.companions[0]}: ", f"{OSS_SIDE + 1:,} × {side:,} pixels", f"{OSS_SIDE:,} pixels a side")


@pytest.mark.parametrize("orientations", [(1, 1), (1, 6), (6, 1), (6, 8), (3, 1), (1, 2)], ids=str)
@pytest.mark.parametrize("past", [0, 1], ids=["at the limit", "past it"])
@with_mask
def test_a_mask_lies_upon_its_picture_however_either_is_stored(
    desk: Counter, row: Capability, past: int, orientations: tuple[int, int]
) -> None:
    takes = taken(row)
    shown = (takes.most + past, across(takes, takes.most + past, takes.most))
    bodies = [jpeg(*(shown[::-1] if orientation >= 5 else shown), orientation) for orientation in orientations]
    plain = past == 0 and set(orientations) == {1}
    seen = served(desk.hand_in(row, *bodies), takes, as_it_is=plain)
    assert seen[0] == seen[1]
    assert max(seen[0]) == takes.most == seen[0][0]


@with_mask
def test_a_mask_of_another_size_is_refused_with_both_sizes(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    for other in ((side + 1, side), (side, side - 1)):
        outcome = desk.hand_in(row, jpeg(side, side), png(*other))
        sizes = (f"{other[0]} × {other[1]} pixels", f"{side} × {side}")
        refused(outcome, f"the {row.companions[0]}: ", *sizes, "must be the same")


@with_second
def test_a_second_picture_that_is_no_picture_is_refused(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    outcome = desk.hand_in(row, jpeg(side, side), b"a letter to the editor")
    refused(outcome, f"the {row.companions[0]}: ", "no JPEG, PNG, BMP")


@every_row
def test_what_is_no_picture_is_refused_with_what_would_pass(desk: Counter, row: Capability) -> None:
    refused(hand_in(desk, row, b"a letter to the editor", (1, 1)), "no JPEG, PNG, BMP")
    refused(hand_in(desk, row, jpeg(400, 400)[:10], (1, 1)), "cut off")
