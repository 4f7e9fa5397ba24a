"""Every capability at each of its vendor's limits of sides, and one pixel past it: served, or refused for nothing."""

from __future__ import annotations

import math

import pytest

from shared.vendors.capability import Capability
from tests.cloud.oss_image_actions import Reading
from tests.cloud.stand_ins import taken
from tests.cloud.tables import Takes
from tests.scenarios.counter import Counter
from tests.scenarios.matrix import (
    OSS_MADE_PIXELS,
    OSS_SIDE,
    OSS_TURNED_SIDE,
    a_desk,
    a_reading,
    across,
    grey,
    hand_in,
    jpeg,
    refused,
    rows,
    second_for,
    served,
)

desk, reading = a_desk, a_reading


def longest(takes: Takes) -> object:
    return takes.most, takes.aspect


def both_sides(takes: Takes) -> object:
    return takes.least, takes.most


@rows(lambda takes: True, by=lambda takes: (takes.least, takes.second))
def test_the_smallest_picture_that_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    sides = (takes.least, takes.least)
    assert served(hand_in(desk, row, jpeg(*sides), sides), takes, as_it_is=True)[0] == sides


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@rows(lambda takes: True, by=longest)
def test_the_longest_strip_that_the_vendor_takes_is_shown_as_it_is(desk: Counter, row: Capability, lying: bool) -> None:
    takes = taken(row)
    short = max(takes.least, math.ceil(takes.most / takes.aspect))
    sides = (takes.most, short) if lying else (short, takes.most)
    assert served(hand_in(desk, row, jpeg(*sides), sides), takes, as_it_is=True)[0] == sides


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@rows(lambda takes: takes.least > 1, by=lambda takes: takes.least)
def test_a_side_one_pixel_too_short_is_refused_with_the_length_that_would_pass(
    desk: Counter, row: Capability, lying: bool
) -> None:
    takes = taken(row)
    short, other = takes.least - 1, takes.least
    sides = (other, short) if lying else (short, other)
    outcome = hand_in(desk, row, jpeg(*sides), sides)
    refused(outcome, f"{sides[0]:,} × {sides[1]:,} pixels", f"at least {takes.least}")


@pytest.mark.parametrize("lying", [True, False], ids=["lying", "upright"])
@rows(lambda takes: True, by=longest)
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


@rows(lambda takes: takes.least > 1 and takes.aspect == math.inf, by=both_sides)
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


@rows(lambda takes: takes.aspect == math.inf, by=both_sides)
def test_the_longest_picture_that_oss_reads_is_served(desk: Counter, row: Capability) -> None:
    takes = taken(row)
    sides = (OSS_SIDE, across(takes, OSS_SIDE, takes.most))
    served(hand_in(desk, row, grey(*sides), sides), takes, as_it_is=False)


@rows(lambda takes: True, by=both_sides)
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


@pytest.mark.parametrize("past", [0, 1], ids=["at the limit", "past it"])
@pytest.mark.parametrize("orientation", [3, 6])
@rows(lambda takes: True, by=longest)
def test_a_picture_turned_by_its_exif_is_turned_for_the_vendor(
    desk: Counter, reading: Reading, row: Capability, orientation: int, past: int
) -> None:
    takes = taken(row)
    longest = min(takes.most, OSS_TURNED_SIDE)
    stored = (takes.most + past, across(takes, takes.most + past, longest))
    turned = stored[::-1] if orientation >= 5 else stored
    seen = served(hand_in(desk, row, jpeg(*stored, orientation), turned), takes, as_it_is=False)
    # Where a strip may only be so long for its width, that is rounded off, too.
    assert max(seen[0]) == min(longest, takes.aspect * min(seen[0])) > 0.99 * longest
    assert (seen[0][0] < seen[0][1]) is (orientation >= 5)
