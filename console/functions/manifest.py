"""What `s.yaml` asks Function Compute for, with the settings and the account in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.account import Account
from console.functions.variables import render
from console.settings import ROOT, Settings, defaults
from shared.vendors.capabilities import CAPABILITIES

_VENDORS = {row.name.partition("/")[0]: row.provider for row in CAPABILITIES.values()}
"""By function, whose capabilities it serves."""

Props = Mapping[str, Any]


def functions(account: Account) -> dict[str, Props]:
    """The props of each function, by its name in the account; not those of vendors that are not set up.

    Raises `ApiError`, and `console.functions.variables.Unresolved` when nobody has named the bucket.
    """
    text = (ROOT / "s.yaml").read_text("utf-8")
    document: Any = render(text, environment=account.given, account_id=account.identity.uid)
    wanted = {name: resource["props"] for name, resource in document["resources"].items()}
    served = {name: props for name, props in wanted.items() if is_set_up(account.settings, name)}
    return {props["functionName"]: props for props in served.values()}


def is_set_up(settings: Settings, function: str) -> bool:
    """Whether there is an AppCode for the function of a vendor that asks for one; `function` as in `s.yaml`."""
    name = appcode(function)
    return name not in defaults() or bool(settings[name])


def appcode(function: str) -> str:
    """What the setting with the AppCode of the function's vendor is called, for a vendor that has one."""
    return f"{_VENDORS.get(function, '')}_APPCODE".upper()
