"""A release with another table of capabilities: the one table that every module has is changed in place."""

from __future__ import annotations

from shared.vendors.capabilities import CAPABILITIES

ALL = dict(CAPABILITIES)
"""The rows of the newest release."""


def deploy(*, without: str = "") -> None:
    """From now on the table has all its rows, in their order, but the one of that name."""
    CAPABILITIES.clear()
    CAPABILITIES.update({name: row for name, row in ALL.items() if name != without})
