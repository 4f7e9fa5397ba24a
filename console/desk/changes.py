"""What the page changes: another try for photos, and photos forgotten."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from pydantic import BaseModel, Field

from console.desk import cards
from console.desk.desk import Desk
from console.desk.hub import AGAIN
from console.forget.forget import Chosen, forget
from console.records.record import Query
from console.redo.redo import SKIPPED, examine, price, redo

_PATIENCE = 10.0
"""Seconds to wait for an instance that is working on a photo that is to be forgotten. After that it may still store a
result: `cutout forget` waits longer."""
_MOST = 10_000
"""Photos of one request. The commands take more."""


class Asked(BaseModel):
    """Photos by their keys; to be forgotten, also all below a folder. With `confirm` it is done; without, only said."""

    sources: list[str] = Field(default=[], max_length=_MOST)
    prefix: str = ""
    confirm: bool = False


def redone(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Raises what `Bucket` does."""
    records = [*desk.mirror.find(Query(sources=tuple(asked.sources)))] if asked.sources else []
    examined = [*examine(desk.photos, desk.jobs, records)]
    yuan, unpriced = price(examined, desk.account.prices)
    skipped = [(each.record.source, SKIPPED[each.standing]) for each in examined if each.standing != "redo"]
    found = {
        "count": len(examined) - len(skipped),
        "price_yuan": yuan,
        "unpriced": unpriced,
        "skipped": [{"source": source, "message": cards.said(why)} for source, why in skipped],
    }
    if not asked.confirm:
        return found
    return {**found, "set_going": redo(desk.photos, desk.jobs, examined, desk.account.clock)}


def forgotten(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Raises `ValueError` for what is no upload, and what `Bucket` does."""
    objects = Counter[str]()
    for key in (*asked.sources, *filter(None, (asked.prefix,))):
        objects += _forgotten(desk, Chosen(key), confirmed=asked.confirm)
        if asked.confirm and not key.endswith("/"):
            desk.mirror.take_in(key)
            desk.hub.tell("gone", {"source": key})
    if asked.confirm and asked.prefix:
        desk.mirror.refresh(asked.prefix)
        desk.hub.tell(AGAIN, {})
    return {"objects": {folder.rstrip("/"): count for folder, count in objects.items()}}


def _forgotten(desk: Desk, chosen: Chosen, *, confirmed: bool) -> Counter[str]:
    """Once more as long as an instance is at work on it, but for no longer than somebody waits for an answer."""
    clock, objects, ends = desk.account.clock, Counter[str](), time.monotonic() + _PATIENCE
    while True:
        found = forget(desk.photos, desk.jobs, chosen, clock=clock, dry_run=not confirmed)
        objects += found.objects
        if not (confirmed and found.held_until) or time.monotonic() > ends:
            return objects
        time.sleep(0.5)
