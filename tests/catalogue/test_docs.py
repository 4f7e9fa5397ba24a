"""The pages say what the code does: their tables are compared with the code they speak of."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from shared.cloud.oss_clock import MOST_ERROR
from shared.entry.settings import Settings
from shared.entry.timeouts import Timeouts
from shared.errors import Misconfigured
from shared.jobs.job import BOUGHT, Blocked, Claimed, Waiting
from shared.jobs.listing import Listing, ListingPicture
from shared.jobs.receipt import Receipt
from shared.pictures import reshaping
from shared.vendors.capabilities import CAPABILITIES
from tests.catalogue.pages import ROOT, between, column, page
from tests.catalogue.tables import TABLES, WRITE, Written
from tests.cloud import oss_signature
from tests.cloud.manifest import load
from tests.unit.providers import ERROR_CODES
from tools.receipt_codes import CODES
from tools.schemas import PUBLISHED, text

_BUCKET, _CAPABILITIES, _SETTINGS = page("docs/bucket.md"), page("docs/capabilities.md"), page("docs/settings.md")
_OPERATING, _GLOSSARY = page("docs/operating.md"), page("docs/glossary.md")
_LONGEST_README = 150
_MOST_WORDS = 20


@pytest.mark.parametrize("written", TABLES, ids=lambda written: f"{written.name} in {written.page}")
def test_a_table_that_is_made_from_the_code_is_the_codes(written: Written) -> None:
    assert written.found() == written.text, WRITE


def test_the_few_capabilities_in_the_readme_have_their_names_and_titles() -> None:
    table = between(page("README.md"), "## A few capabilities", "\n## ")
    shown = dict(zip(column(table, 0), column(table, 1), strict=True))
    assert shown == {f"`{name}`": CAPABILITIES[name.strip("`")].title for name in map(_unquoted, shown)}


def test_every_value_in_the_table_of_options_is_one_that_a_capability_takes() -> None:
    table = between(_CAPABILITIES, "## What the options mean", "\n## ")
    names = set(map(_unquoted, column(table)))
    assert names == {name for each in CAPABILITIES.values() for name in each.options}
    for option, values in zip(map(_unquoted, column(table)), column(table, 1), strict=True):
        taken = [each.options[option] for each in CAPABILITIES.values() if option in each.options]
        for value in re.findall("`(.+?)`", values):
            assert any(each.vendor_fields(value) for each in taken), f"{option}={value}"


def _unquoted(cell: str) -> str:
    return cell.strip("`")


def test_the_settings_table_names_every_setting_with_its_default() -> None:
    table = between(_SETTINGS, "<!-- settings: compared by a test -->", "<!-- /settings -->")
    named = re.findall(r"`([A-Z_]+)`", "".join(column(table)))
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str) and field.default:
            assert f"| `{name.upper()}` | `{field.default}` |" in table


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_schema_is_published(path: Path) -> None:
    written = "write it again: python -m tools.schemas"
    assert path.read_text(encoding="utf-8") == text(PUBLISHED[path]), written


def test_the_receipt_that_is_shown_and_the_table_below_it_have_the_fields_of_a_receipt() -> None:
    section = between(_BUCKET, "## The receipt\n", "\n## ")
    assert list(json.loads(between(section, "```json", "```"))) == list(Receipt.model_fields)
    assert [_unquoted(cell) for cell in column(section)] == list(Receipt.model_fields)


def test_the_listing_that_is_shown_and_the_tables_below_it_have_the_fields_of_a_listing() -> None:
    section = between(page("docs/listings.md"), "## The document\n", "\n## ")
    shown = json.loads(between(section, "```json", "```"))
    assert list(shown) == list(Listing.model_fields)
    assert list(shown["pictures"][0]) == list(ListingPicture.model_fields)
    assert [_unquoted(cell) for cell in column(section.partition("\n### ")[0].rpartition("```\n")[2])] == list(
        Listing.model_fields
    )
    rows = section.partition("### A row of `pictures`\n")[2]
    assert [_unquoted(cell) for cell in column(rows)] == list(ListingPicture.model_fields)


def test_the_table_of_stages_has_those_of_a_job() -> None:
    stages = [_unquoted(cell) for cell in column(between(_BUCKET, "## The job\n", "\n## "))]
    assert stages == [Claimed.name, Waiting.name, Blocked.name, *BOUGHT]


def test_the_table_of_codes_is_the_code() -> None:
    rows = "\n".join(f"| `{code}` | {meaning.who} | {meaning.what} |" for code, meaning in CODES.items())
    table = f"| code | who acts | meaning |\n|---|---|---|\n{rows}"
    found = between(_BUCKET, "<!-- codes: written by the code, compared by a test -->", "<!-- /codes -->")
    assert found == table, f"put this between the two comments in docs/bucket.md:\n\n{table}\n"


def test_the_table_of_blocked_jobs_has_codes_that_are_the_operators() -> None:
    ours = {code for code, meaning in CODES.items() if meaning.who == "operator"}
    vendors = {code for each in ERROR_CODES.values() for code, kind in each.items() if kind.error is Misconfigured}
    cells = column(between(_OPERATING, "## A job is blocked\n", "\n## "))
    told = {code for cell in cells for code in re.findall("`(.+?)`", cell)}
    assert told <= ours | vendors
    assert ours - {"NotJson", "Gateway<status>"} <= told


def test_the_table_of_log_lines_has_every_event_and_its_levels() -> None:
    logged: dict[str, set[str]] = {}
    for path in (ROOT / "shared").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            # `say` is one of the three, chosen by what is to be said.
            if isinstance(node, ast.Call) and (levels := _levels(node.func)) and isinstance(node.args[0], ast.Constant):
                logged.setdefault(str(node.args[0].value), set()).update(levels)
    table = between(_OPERATING, "<!-- events: names and levels compared by a test -->", "<!-- /events -->")
    events = map(_unquoted, column(table))
    told = {event: set(cell.split(", ")) for event, cell in zip(events, column(table, 1), strict=True)}
    assert told == logged
    assert list(told) == sorted(told)


def _levels(function: ast.expr) -> tuple[str, ...]:
    match function:
        case ast.Attribute(value=ast.Name(id="log"), attr="info" | "warning" | "error" as level):
            return (level.upper(),)
        case ast.Name(id="say"):
            return ("INFO", "WARNING")
    return ()


def test_the_readme_is_short_and_the_glossary_too() -> None:
    assert len(page("README.md").splitlines()) <= _LONGEST_README
    assert len(column(_GLOSSARY)) <= _MOST_WORDS


def test_the_formats_table_holds_for_every_capability() -> None:
    table = between(_CAPABILITIES, "OSS reshapes it while the vendor fetches it.\n\n", "\n\nOSS reads up to")
    taken, _, reshaped = column(table)[:3]
    names = {"JPEG": "jpg"}
    spelt = {names.get(name, name.lower()) for name in taken.split(", ")}
    assert spelt == {form for each in CAPABILITIES.values() for form in each.limits.formats}
    assert not spelt & {name.lower() for name in reshaped.split(", ")}
    assert {name.lower() for name in reshaped.split(", ")} == {"gif", "heic", "avif"}
    for capability in CAPABILITIES.values():
        bits = capability.limits.png_bits
        assert bits == {24, 32} or bits > {1, 8, 16, 24, 32, 64}, "the row of deeper PNGs says one or the other"


def test_oss_limits_are_those_that_are_held() -> None:
    said = between(_CAPABILITIES, "OSS reads up to", "together.")
    for limit in (
        f"{reshaping._SOURCE_BYTES // 1_000_000} MB",
        f"{reshaping._SOURCE_SIDE:,} pixels a side",
        *(f"{form.upper()} {side:,}" for form, side in reshaping._SOURCE_SIDES.items()),
        f"{reshaping._SOURCE_PIXELS // 1_000_000} million pixels",
    ):
        assert limit in said


def test_leases_outlive_their_holders_by_more_than_clocks_differ_and_by_as_much_as_is_told() -> None:
    error = MOST_ERROR.total_seconds()
    margins = {
        name: Timeouts.within(function.timeout).lease - function.timeout for name, function in load().functions.items()
    }
    assert min(margins.values()) > 2 * (2 * error)
    told = column(between(page("docs/how-it-works.md"), "### Whose time counts\n", "\n### "), 1)
    assert told == [
        f"{oss_signature._SKEW // 60} min",
        f"{error:g} s",
        f"{2 * error:g} s",
        f"{margins['general']:g} s in an upload's function, {margins['settle']:g} s in `settle`",
    ]
