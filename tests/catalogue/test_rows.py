"""The two rows of a capability, ours and the stand-in's, are written by themselves from the manual and say the same."""

from __future__ import annotations

import pytest

from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.options import OneOf, SomeOf
from tests.cloud.stand_ins import STAND_INS, taken
from tests.cloud.tables import our_name

# A row whose stand-in has not drawn it up is missed by test_capabilities.py.
DRAWN_UP = [
    row for row in CAPABILITIES.values() if row.provider in STAND_INS and row.action in STAND_INS[row.provider].actions
]
PNG_BITS = {1, 2, 4, 8, 16, 24, 32, 48, 64}
ALWAYS_TAKEN = {24, 32}
"""Bits a pixel of a PNG. What a vendor that minds depths says nothing of is not relied upon."""

every_row = pytest.mark.parametrize("row", DRAWN_UP, ids=lambda row: row.name)


def compare(row: Capability, what: str, ours: object, theirs: object) -> None:
    table = STAND_INS[row.provider].written_in
    assert ours == theirs, (
        f"{row.name}, {what}: {ours} in shared/vendors/capabilities.py, and {theirs} in {table}: "
        "look it up in the vendor's manual, and mend the wrong one"
    )


@every_row
def test_a_row_has_the_limits_of_the_stand_ins_row(row: Capability) -> None:
    limits, takes = row.limits, taken(row)
    compare(row, "formats", sorted(limits.formats), sorted(takes.formats))
    compare(row, "bytes", limits.max_bytes, takes.max_bytes)
    compare(row, "pixels a side", (limits.min_side, limits.max_side), (takes.least, takes.most))
    compare(row, "longer side over shorter", limits.max_aspect, takes.aspect)
    bits = ALWAYS_TAKEN if takes.depths_refused else PNG_BITS
    compare(row, "bits a pixel of a PNG (`_ANY_PNG` is all)", sorted(limits.png_bits), sorted(bits))


@every_row
def test_a_row_has_the_pictures_of_the_stand_ins_row(row: Capability) -> None:
    takes = taken(row)
    compare(row, "fields of second pictures", tuple(row.fields.values())[1:], takes.seconds)
    if row.companion:
        compare(row, "whether both have the same size", row.companion.same_size, takes.same_size)


@every_row
def test_a_row_has_the_options_of_the_stand_ins_row_and_no_others(row: Capability) -> None:
    offered = {
        name: sorted(option.values) if isinstance(option, OneOf | SomeOf) else []
        for name, option in row.options.items()
    }
    compare(row, "options", offered, {our_name(name): sorted(values) for name, values in taken(row).options.items()})
