"""What the page changes: another try for photos, and photos forgotten."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from console.desk.desk import Desk


class Chosen(BaseModel):
    """Photos by their keys, or all below a prefix; with `confirm` it is done, without it is only said."""

    sources: list[str] = Field(default=[], max_length=10_000)
    prefix: str = ""
    confirm: bool = False


def redo(desk: Desk, chosen: Chosen) -> dict[str, Any]:
    raise NotImplementedError


def forget(desk: Desk, chosen: Chosen) -> dict[str, Any]:
    raise NotImplementedError
