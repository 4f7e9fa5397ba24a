"""Lists a page at a time, as Function Compute's API answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cloud.fc_registry import invalid

_MOST = 100
_USUALLY = 20
"""When no `limit` was said. No document of this version says how many that are."""


def page(what: str, found: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Of `found`, by name, those that begin with `prefix`, from `nextToken` on, at most `limit`."""
    limit = query.get("limit", str(_USUALLY))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= _MOST:
        raise invalid(f"limit is to be from 1 to {_MOST}")
    prefix, token = query.get("prefix", ""), query.get("nextToken", "")
    names = sorted(name for name in found if name.startswith(prefix) and name >= token)
    shown = names[: int(limit)]
    listed: dict[str, Any] = {what: [found[name] for name in shown]}
    return listed if shown == names else {**listed, "nextToken": names[len(shown)]}
