"""The README says what the code does: its tables are compared with the code they speak of."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from shared.entry.settings import Settings
from shared.jobs.receipt import Receipt
from shared.pictures import reshaping
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from tools import receipt_schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(begin: str, end: str) -> str:
    return README.partition(begin)[2].partition(end)[0].strip()


def megabytes(size: float) -> str:
    if size == math.inf:
        return "of any size"
    return f"≤ {size / 1_000_000:g} MB" if size % 100_000 == 0 else f"≤ {size:,} bytes"


def row(capability: Capability) -> str:
    limits = capability.limits
    options = "; ".join(f"`{name}` = {option.accepted}" for name, option in capability.options.items())
    price = "" if capability.price_yuan is None else f"{capability.price_yuan:g}"
    return (
        f"| `{capability.name}` | {capability.title} | {capability.action} "
        f"| {', '.join(sorted(limits.formats))}; {megabytes(limits.max_bytes)}; "
        f"{limits.min_side} to {limits.max_side:,} px a side"
        f"{f', at most {limits.max_aspect:g}:1' if limits.max_aspect < 100 else ''} "
        f"| {options} | {', or '.join(capability.companion_roles)} | "
        f"{'asynchronous' if capability.asynchronous else 'synchronous'} "
        f"| {price} | {f'`{capability.substitute}`' if capability.substitute else ''} |"
    )


def test_the_capability_table_is_the_code() -> None:
    head = (
        "| capability | | vendor's action | takes as it is | options | beside it | answers | yuan a call, 2022-05 "
        "| retired: use |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    table = head + "\n".join(row(capability) for capability in CAPABILITIES.values())
    found = between("<!-- capabilities: written by the code, compared by a test -->", "<!-- /capabilities -->")
    assert found == table, f"put this between the two comments in README.md:\n\n{table}\n"


def test_the_settings_table_names_every_setting_with_its_default() -> None:
    table = between("<!-- settings: compared by a test -->", "\n\nTo run elsewhere")
    named = re.findall(r"`([A-Z_]+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str) and field.default:
            assert f"| `{name.upper()}` | `{field.default}` |" in table


def test_the_receipts_schema_is_published() -> None:
    assert receipt_schema.PATH.read_text(encoding="utf-8") == receipt_schema.text(), (
        "write it again: python -m tools.receipt_schema"
    )


def test_the_receipt_in_the_readme_has_the_fields_of_a_receipt() -> None:
    shown = json.loads(between("### The receipt\n\n```json", "```"))
    assert list(shown) == list(Receipt.model_fields)


def test_the_formats_table_holds_for_every_capability() -> None:
    table = between("OSS reshapes it while the vendor fetches it.\n\n", "\n\nOSS reads up to")
    taken, *_, reshaped = [line.split("|")[1].strip() for line in table.splitlines()[2:5]]
    names = {"JPEG": "jpg"}
    spelt = {names.get(name, name.lower()) for name in taken.split(", ")}
    assert spelt == {form for each in CAPABILITIES.values() for form in each.limits.formats}
    assert not spelt & {name.lower() for name in reshaped.split(", ")}
    assert {name.lower() for name in reshaped.split(", ")} == {"gif", "heic", "avif"}
    for capability in CAPABILITIES.values():
        bits = capability.limits.png_bits
        assert bits == {24, 32} or bits > {1, 8, 16, 24, 32, 64}, "the row of deeper PNGs says one or the other"


def test_oss_limits_are_those_that_are_held() -> None:
    said = between("OSS reads up to", "together.")
    for limit in (
        f"{reshaping._SOURCE_BYTES // 1_000_000} MB",
        f"{reshaping._SOURCE_SIDE:,} pixels a side",
        *(f"{form.upper()} {side:,}" for form, side in reshaping._SOURCE_SIDES.items()),
        f"{reshaping._SOURCE_PIXELS // 1_000_000} million pixels",
    ):
        assert limit in said
