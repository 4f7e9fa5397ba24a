"""What the page offers: capabilities and their options, listing pictures, and the language to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from console.account import Account
from console.functions.manifest import is_set_up
from console.screen import Language
from console.settings import release
from shared.listings.presets import PRESETS
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.options import Areas, Colour, OneOf, Option, SomeOf


def choices(account: Account, language: Language, *, is_box: bool) -> dict[str, Any]:
    return {
        "language": language,
        "bucket": account.settings.bucket,
        "is_box": is_box,
        "release": release(),
        "capabilities": [
            _capability(
                row,
                account.prices.of(row.name),
                is_set_up=is_box or is_set_up(account.settings, row.name.partition("/")[0]),
            )
            for row in CAPABILITIES.values()
        ],
        "presets": [
            {"name": row.name, "title": {"en": row.title.en, "zh": row.title.zh}, "size": _size(row.canvas)}
            for row in PRESETS.values()
        ],
    }


def _capability(row: Capability, price: float | None, *, is_set_up: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": {"en": row.name.partition("/")[2].replace("-", " "), "zh": row.title},
        "provider": row.provider,
        "price_yuan": price,
        "listable": row.listable,
        "asynchronous": row.asynchronous,
        "set_up": is_set_up,
        "formats": sorted(row.limits.formats),
        "max_bytes": None if math.isinf(row.limits.max_bytes) else row.limits.max_bytes,
        "companions": [*_companions(row)],
        "options": [_option(name, option) for name, option in row.options.items()],
    }


def _companions(row: Capability) -> Iterator[dict[str, Any]]:
    if row.companion:
        yield {"role": row.companion.role, "instead": row.companion.instead}


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
