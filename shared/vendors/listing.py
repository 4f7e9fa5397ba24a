"""The option `listing`: which listing pictures are made of a cutout. It is ours, and no vendor hears of it."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import Rejected
from shared.listings.presets import read_presets
from shared.messages import uploads as messages
from shared.vendors.capability import Capability
from shared.vendors.options import OneOf, SomeOf

LISTING = "listing"


def with_listing(row: Capability, options: Mapping[str, str], default: str) -> dict[str, str]:
    """`options`, with `default` for the listing if they ask for none and one can be made; empty: no default.

    Raises `Rejected` when they ask for a listing that cannot be made: before anything is bought.
    """
    if LISTING in options:
        read_presets(options[LISTING])
        _check(row, options)
    elif default and is_listable(row, options):
        return {**options, LISTING: default}
    return dict(options)


def is_listable(row: Capability, options: Mapping[str, str]) -> bool:
    """Whether listing pictures can be made of what the capability returns with these options."""
    try:
        _check(row, options)
    except Rejected:
        return False
    return True


def _check(row: Capability, options: Mapping[str, str]) -> None:
    if not row.listable:
        raise Rejected("NoListing", messages.NOT_LISTABLE(capability=row.name))
    for name, value in options.items():
        option = row.options.get(name)
        if isinstance(option, OneOf | SomeOf) and {*value.split("+")} & {*option.unlistable}:
            raise Rejected("NoListing", messages.NOT_LISTABLE_WITH(option=f"{name}={value}"))
