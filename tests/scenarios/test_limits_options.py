"""Every capability with every option, and at its vendor's limit of bytes and past it: served or refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from tests.cloud import picwish_work
from tests.cloud.stand_ins import taken
from tests.cloud.tables import our_name
from tests.scenarios.counter import DRAWN, Counter, Outcome
from tests.scenarios.matrix import (
    OSS_BYTES,
    ROWS,
    WATERMARK,
    a_desk,
    every_row,
    good,
    hand_in,
    jpeg,
    long,
    noise,
    refused,
    rows,
    served,
)

desk = a_desk


@rows(lambda takes: True, by=lambda takes: (takes.max_bytes, takes.second))
def test_a_file_as_large_as_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side = good(takes)
    size = OSS_BYTES + 1 if math.isinf(takes.max_bytes) else takes.max_bytes
    served(hand_in(desk, row, long(jpeg(side, side), size), (side, side)), takes, as_it_is=True)


@rows(lambda takes: takes.max_bytes < math.inf, by=lambda takes: (takes.max_bytes, takes.second))
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


@rows(lambda takes: takes.max_bytes < OSS_BYTES, by=lambda takes: takes.max_bytes)
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


@rows(lambda takes: takes.max_bytes < min(takes.most**2, OSS_BYTES), by=lambda takes: (takes.max_bytes, takes.most))
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
    ids=[f"{row.name}-{our_name(field)}={'+'.join(v)}" for row, field, v in DOCUMENTED],
)
def test_every_documented_value_reaches_the_vendor_under_its_own_name(
    desk: Counter, row: Capability, field: str, values: tuple[str, ...]
) -> None:
    takes = taken(row)
    side, name, value = good(takes), our_name(field), "+".join(values)
    outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder=f"{name}={value}")
    served(outcome, takes, as_it_is=True)
    assert outcome.receipt.options == {name: value}
    stem, dot, _ = field.partition(".")
    assert outcome.told == ({f"{stem}.{n}": each for n, each in enumerate(values, 1)} if dot else {field: value})


@every_row
def test_without_a_word_about_options_the_vendor_is_told_none(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    outcome = hand_in(desk, row, jpeg(side, side), (side, side))
    assert (outcome.codes[:1], outcome.told) == (("",), {})


@pytest.mark.parametrize(("row", "field"), CHOICES, ids=[f"{row.name}-{our_name(field)}" for row, field in CHOICES])
def test_a_value_that_is_not_documented_is_refused_with_those_that_are(
    desk: Counter, row: Capability, field: str
) -> None:
    takes = taken(row)
    side, values = good(takes), takes.options[field]
    wrong = ["undocumented", values[0].swapcase() + "~", ""]
    if field.endswith(".N"):
        wrong += [f"{values[0]}+undocumented", f"{values[0]}+{values[0]}"]
    for value in wrong:
        outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder=f"{our_name(field)}={value}")
        refused(outcome, our_name(field), repr(value), *values)


@every_row
def test_an_option_that_is_not_documented_is_refused_with_those_that_are(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    side = good(takes)
    outcome = hand_in(desk, row, jpeg(side, side), (side, side), folder="undocumented=1")
    refused(outcome, "undocumented", *map(our_name, takes.options))


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
