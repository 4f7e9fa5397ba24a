"""What the page offers: capabilities and their options, listing pictures, and the language to begin with."""

from __future__ import annotations

from typing import Any

from console.account import Account
from console.functions.manifest import is_set_up
from console.screen import Language
from shared.listings.presets import PRESETS
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.options import Areas, Colour, OneOf, Option, SomeOf


def choices(account: Account, language: Language, *, is_box: bool) -> dict[str, Any]:
    """In the types of JSON. With `is_box`, all capabilities are set up."""
    return {
        "language": language,
        "bucket": account.settings.bucket,
        "is_box": is_box,
        "capabilities": [
            _capability(row, is_set_up=is_box or is_set_up(account.settings, row.name.partition("/")[0]))
            for row in CAPABILITIES.values()
        ],
        "presets": [
            {"name": row.name, "title": {"en": row.title.en, "zh": row.title.zh}, "size": _size(row.canvas)}
            for row in PRESETS.values()
        ],
    }


def _capability(row: Capability, *, is_set_up: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": {"en": row.name.partition("/")[2].replace("-", " "), "zh": row.title},
        "listable": row.listable,
        "set_up": is_set_up,
        "companion": {"role": row.companion.role} if row.companion else None,
        "options": [_option(name, option) for name, option in row.options.items()],
    }


def _option(name: str, option: Option) -> dict[str, Any]:
    match option:
        case OneOf() | SomeOf():
            kind = "one" if isinstance(option, OneOf) else "some"
            return {"name": name, "kind": kind, "values": option.values, "unlistable": option.unlistable}
        case Colour():
            return {"name": name, "kind": "colour", "only_with": option.only_with}
        case Areas():
            return {"name": name, "kind": "areas"}


def _size(canvas: tuple[int, int] | str) -> list[int] | None:
    return [*canvas] if isinstance(canvas, tuple) else None
