"""The table: one row a capability. This is the file that changes.

Limits are those of the vendor's documentation of 2025-12; where the manual of 2022-05 differs, a comment says so.
Bounds are inclusive here: "smaller than 2000" is 1,999. A megabyte is 1,000,000 bytes, as users found it to be.
Prices are the manual's for calls beyond the free allowance; 0 means that calls are free and throughput is sold.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.errors import Rejected
from shared.models import Capability, Limits, Option

_MB = 1_000_000
_ANY_PNG = frozenset({1, 2, 4, 8, 16, 24, 32, 48, 64})

_ROWS = (
    Capability(
        name="general/common",
        title="通用分割",
        provider="viapi",
        action="SegmentCommonImage",
        fields={"image": "ImageURL"},
        limits=Limits(frozenset({"jpg", "png", "bmp", "webp"}), 3 * _MB, 33, 1999),
        # `crop` came after the manual of 2022.
        options={"return-form": Option("ReturnForm", ("mask", "whiteBK", "crop"))},
    ),
    Capability(
        name="general/hd-common",
        title="通用高清分割",
        provider="viapi",
        action="SegmentHDCommonImage",
        fields={"image": "ImageUrl"},
        place="body",
        limits=Limits(frozenset({"jpg", "png", "bmp"}), 40 * _MB, 33, 9999, _ANY_PNG),
        asynchronous=True,
        price_yuan=0.007,
    ),
    Capability(
        name="general/vehicle",
        title="车辆分割",
        provider="viapi",
        action="SegmentVehicle",
        fields={"image": "ImageURL"},
        limits=Limits(frozenset({"jpg", "png", "bmp"}), 3 * _MB, 33, 1999, _ANY_PNG),
        substitute="general/common",  # gone from the vendor's SDK since 3.0.0 (2023-12)
    ),
    Capability(
        name="general/refine-mask",
        title="Mask精细化分割",
        provider="viapi",
        action="RefineMask",
        fields={"image": "ImageURL", "mask": "MaskImageURL"},
        place="body",
        # "smaller than 3 MB", where the others say "at most"
        limits=Limits(frozenset({"jpg", "png", "bmp"}), 3 * _MB - 1, 33, 1999, _ANY_PNG),
        price_yuan=0.007,
    ),
)

CAPABILITIES = {row.name: row for row in _ROWS}


def capability(name: str) -> Capability:
    """The row called `<group>/<capability>`; raises `Rejected` when there is none."""
    row = CAPABILITIES.get(name)
    if row is None:
        group = name.partition("/")[0]
        known = ", ".join(sorted(row.name for row in of_group(group))) or ", ".join(sorted(CAPABILITIES))
        raise Rejected("UnknownCapability", f"there is no capability {name}; there are {known}")
    return row


def companion_role(name: str) -> str:
    """The role of the second picture that the capability `name` needs; empty when it needs none, or is none."""
    row = CAPABILITIES.get(name)
    return row.companion if row else ""


def of_group(group: str) -> Iterator[Capability]:
    """The rows that the function `group` serves."""
    return (row for row in _ROWS if row.name.startswith(f"{group}/"))


def vendor_options(row: Capability, options: dict[str, str]) -> dict[str, str]:
    """`options` in the vendor's words; raises `Rejected` for one the vendor does not document."""
    for name, value in options.items():
        option = row.options.get(name)
        if option is None:
            known = ", ".join(row.options) or "none"
            raise Rejected("UnknownOption", f"{row.name} has no option {name}; it has {known}")
        if value not in option.values:
            raise Rejected("UnknownOption", f"{name} is {value!r}; {row.name} takes {', '.join(option.values)}")
    return {row.options[name].field: value for name, value in options.items()}
