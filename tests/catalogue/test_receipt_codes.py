"""The list of codes that is published is the one that the code uses, and says of each who must act."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from shared.jobs.listing import Listing
from shared.jobs.receipt import Receipt
from tests.cloud.manifest import ROOT
from tools.receipt_codes import CODES, Who
from tools.schemas import schema

ACTS: dict[str, Who] = {
    "Rejected": "uploader",
    "BadLink": "uploader",
    "Incomplete": "uploader",
    "Misconfigured": "operator",
    "ObjectForbidden": "operator",
    "Unavailable": "nobody",
    "Uncertain": "nobody",
    "VendorDown": "nobody",
    "NotAccepted": "nobody",
    "KeptBack": "nobody",
    "DailyLimitReached": "nobody",
    "lacking": "nobody",
}
"""Who must act on an error, by what raises it (`shared.errors`)."""
OTHERS = {"error_for": 1}
"""What else is given a code, and as which argument: who must act, a table says."""


class Use(NamedTuple):
    code: str
    """A regular expression: in an f-string, anything may stand for a value."""
    who: Who | None
    where: str


def spelt(node: ast.expr) -> Iterator[str]:
    """The codes that an expression may be, as far as they stand there."""
    match node:
        case ast.Constant(str(code)) if code:
            yield re.escape(code)
        case ast.JoinedStr(parts):
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in parts)
        case ast.BoolOp(values=values):
            for value in values:
                yield from spelt(value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from spelt(body)
            yield from spelt(orelse)


def uses() -> Iterator[Use]:
    for path in sorted((ROOT / "shared").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name, where = getattr(node.func, "id", ""), f"{path.name}:{node.lineno}"
            index = 0 if name in ACTS else OTHERS.get(name)
            given = [node.args[index]] if index is not None and index < len(node.args) else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            yield from (Use(code, ACTS.get(name), where) for each in given for code in spelt(each))


USES = list(uses())
OURS = {re.sub("<.*>", "200", code): code for code in CODES}
"""Each as it may come, by which to find it."""
VENDORS = {"PROCESS_FAILED"}
"""A code of a vendor's that stands in for another one of its own."""


def test_codes_are_found_at_all() -> None:
    assert {"NotAnImage", "NoAnswer", "QuotaTaken", "AccessDenied", "NoTicket"} <= {use.code for use in USES}
    assert len(USES) > 60


@pytest.mark.parametrize("use", [use for use in USES if use.code not in VENDORS], ids=lambda use: use.where)
def test_every_code_of_ours_is_listed_with_who_must_act(use: Use) -> None:
    found = [code for come, code in OURS.items() if re.fullmatch(use.code, come)]
    assert found, f"add {use.code} to tools/receipt_codes.py, and write the schema: python -m tools.schemas"
    assert use.who is None or use.who in {CODES[code].who for code in found}


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_is_listed_is_used(code: str) -> None:
    elsewhere = {
        "EmptyResult",
        "CmykColours",
        "NoSuchKey",
        "InvalidObjectState",
        "Unknown",
        "Gateway<status>",
        "PhotoUnreadable",
        "CutoutUnreadable",
    }
    """Compared with, or put together elsewhere than where they are raised."""
    come = re.sub("<.*>", "200", code)
    if code in elsewhere:
        word = code.partition("<")[0]
        assert any(f'"{word}' in path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
    else:
        assert any(re.fullmatch(use.code, come) for use in USES)


SCHEMA: dict[str, Any] = schema(Receipt)
OF_LISTING: dict[str, Any] = schema(Listing)


def test_the_schema_has_a_name_and_a_description_for_every_field() -> None:
    assert SCHEMA["$id"] == "urn:oss-cutout:receipt:1"
    assert OF_LISTING["$id"] == "urn:oss-cutout:listing:1"
    models = SCHEMA, SCHEMA["$defs"]["Output"], OF_LISTING, OF_LISTING["$defs"]["ListingPicture"]
    for fields in (model["properties"] for model in models):
        assert [name for name, field in fields.items() if not field.get("description")] == []


@pytest.mark.parametrize(
    ("code", "who"),
    [
        ("PictureTooSmall", "uploader"),
        ("NoAnswer", "nobody"),
        ("ResultHost", "operator"),
        ("HTTP502", "nobody"),
        ("State-7", "uploader"),
    ],
)
def test_a_program_finds_in_the_schema_who_must_act(code: str, who: str) -> None:
    listed = SCHEMA["properties"]["code"]["anyOf"]
    (found,) = [
        each["description"]
        for each in listed
        if each.get("const") == code or ("pattern" in each and re.search(each["pattern"], code))
    ]
    assert found.startswith(f"{who}: ")


def test_the_schema_lets_the_vendors_own_codes_pass() -> None:
    *_, others = SCHEMA["properties"]["code"]["anyOf"]
    assert others.keys() == {"description"}
