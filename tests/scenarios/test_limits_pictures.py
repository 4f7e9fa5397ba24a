"""Every format there is, and second pictures at each of their limits: served, or refused for nothing."""

from __future__ import annotations

import pytest

from shared.pictures.admission import admit_picture
from shared.vendors.capability import Capability
from tests.cloud.oss_image_actions import Reading
from tests.cloud.stand_ins import taken
from tests.scenarios.counter import Counter
from tests.scenarios.matrix import (
    OSS_BYTES,
    OSS_SIDE,
    OSS_TURNED_SIDE,
    Form,
    a_desk,
    a_reading,
    across,
    every_form,
    every_row,
    good,
    grey,
    hand_in,
    jpeg,
    long,
    png,
    refused,
    rows,
    served,
)
from tests.unit.pictures.headers import header

desk, reading = a_desk, a_reading


@every_form
@every_row
def test_every_format_is_reshaped_unless_the_vendor_takes_it(row: Capability, form: Form) -> None:
    takes = taken(row)
    body = form.make(good(takes))
    as_it_is = admit_picture(header(body), len(body), row.limits)
    assert form.passes(takes) in (None, as_it_is.process == "")


@every_form
@rows(lambda takes: True, by=lambda takes: (takes.formats, takes.depths_refused))
def test_every_format_is_served_as_it_is_or_as_one_that_the_vendor_takes(
    desk: Counter, row: Capability, form: Form
) -> None:
    takes = taken(row)
    side = good(takes)
    seen = served(hand_in(desk, row, form.make(side), (side, side)), takes, as_it_is=form.passes(takes))
    assert seen[0] == (side, side)


with_second = rows(lambda takes: bool(takes.seconds))
with_another = rows(lambda takes: takes.second == "of any size")
with_mask = rows(lambda takes: takes.second == "of the same size")


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
    refused(outcome, f"the {row.companion_roles[0]}: ", f"{OSS_BYTES + 1:,} bytes", f"up to {takes.max_bytes:,}")


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
            outcome,
            f"the {row.companion_roles[0]}: ",
            f"{side:,} × {takes.least - 1:,} pixels",
            f"at least {takes.least}",
        )
    outcome = desk.hand_in(row, jpeg(side, side), grey(OSS_SIDE + 1, side))
    refused(
        outcome, f"the {row.companion_roles[0]}: ", f"{OSS_SIDE + 1:,} × {side:,} pixels", f"{OSS_SIDE:,} pixels a side"
    )


@pytest.mark.parametrize("orientations", [(1, 1), (1, 6), (6, 1), (6, 8), (3, 1), (1, 2)], ids=str)
@pytest.mark.parametrize("past", [0, 1], ids=["at the limit", "past it"])
@rows(lambda takes: takes.second == "of the same size", by=lambda takes: takes.most)
def test_a_mask_lies_upon_its_picture_however_either_is_stored(
    desk: Counter, reading: Reading, row: Capability, past: int, orientations: tuple[int, int]
) -> None:
    takes = taken(row)
    shown = (takes.most + past, across(takes, takes.most + past, takes.most))
    bodies = [jpeg(*(shown[::-1] if orientation >= 5 else shown), orientation) for orientation in orientations]
    plain = past == 0 and set(orientations) == {1}
    if orientations[1] == 2 and max(shown) >= OSS_TURNED_SIDE:
        refused(desk.hand_in(row, *bodies), "mirrored", "save it again upright")
        return
    seen = served(desk.hand_in(row, *bodies), takes, as_it_is=plain)
    assert seen[0] == seen[1]
    assert max(seen[0]) == takes.most == seen[0][0]


@with_mask
def test_a_mask_of_another_size_is_refused_with_both_sizes(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    for other in ((side + 1, side), (side, side - 1)):
        outcome = desk.hand_in(row, jpeg(side, side), png(*other))
        sizes = (f"{other[0]} × {other[1]} pixels", f"{side} × {side}")
        refused(outcome, f"the {row.companion_roles[0]}: ", *sizes, "must be the same")


@with_second
def test_a_second_picture_that_is_no_picture_is_refused(desk: Counter, row: Capability) -> None:
    side = good(taken(row))
    outcome = desk.hand_in(row, jpeg(side, side), b"a letter to the editor")
    refused(outcome, f"the {row.companion_roles[0]}: ", "no JPEG, PNG, BMP")


@rows(lambda takes: True, by=lambda takes: (takes.formats, takes.second))
def test_what_is_no_picture_is_refused_with_what_would_pass(desk: Counter, row: Capability) -> None:
    refused(hand_in(desk, row, b"a letter to the editor", (1, 1)), "no JPEG, PNG, BMP")
    refused(hand_in(desk, row, jpeg(400, 400)[:10], (1, 1)), "cut off")
