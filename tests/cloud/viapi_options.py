"""VIAPI's options: what counts of those that a call gives, and what becomes of a value that no table documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tests.cloud.viapi_replies import Refused

Options: TypeAlias = Mapping[str, tuple[str, ...]]
"""Values by name. A name that ends in `.N` is a list's: it is said with a number for each value."""

FORM = "ReturnForm"
_MOST_LISTED = 15


def heard(given: Mapping[str, str], documented: Options) -> dict[str, str]:
    """What counts of `given`; raises `InvalidParameter` for a value that is not documented.

    Only of ReturnForm the manual says that another value is as good as none ("如果不设置或者设置为其他值，则返回…").
    What is no option of the action is passed over.
    """
    counts: dict[str, str] = {}
    for name, values in documented.items():
        said = _listed(given, name.removesuffix(".N")) if name.endswith(".N") else _single(given, name)
        unknown = sorted(set(said.values()) - set(values))
        if unknown and name != FORM:
            raise Refused("InvalidParameter", f"{name} does not know {', '.join(unknown)}.")
        counts |= {} if unknown else said
    return counts


def _single(given: Mapping[str, str], name: str) -> dict[str, str]:
    return {name: given[name]} if name in given else {}


def _listed(given: Mapping[str, str], stem: str) -> dict[str, str]:
    said = {name: value for name, value in given.items() if name.partition(".")[0] == stem}
    if set(said) != {f"{stem}.{number}" for number in range(1, len(said) + 1)}:
        raise Refused("InvalidParameter", f"{stem} is a list: {stem}.1, {stem}.2 and so on, without a gap.")
    if len(said) > _MOST_LISTED:
        raise Refused("InvalidParameter", f"{stem} takes at most {_MOST_LISTED} values.")
    return said
