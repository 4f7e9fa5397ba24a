"""What the page changes: another try for photos, and photos forgotten."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import BaseModel, Field

from console.desk import cards
from console.desk.desk import Desk
from console.forget.forget import Chosen, forget
from console.records.pages import AT_ONCE
from console.records.record import Query
from console.redo.redo import SKIPPED, examine, price, redo

_PATIENCE = 10.0
"""Seconds to wait for the instances that are working on photos that are to be forgotten, for all together. After that
they may still store results: `cutout forget` waits longer."""
_MOST = 10_000
"""Photos of one request. The commands take more."""


class Asked(BaseModel):
    """Photos by their keys. With `confirm` it is done; without, only said."""

    sources: list[str] = Field(default=[], max_length=_MOST)
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
    chosen = Chosen(tuple(asked.sources))
    found = forget(desk.photos, desk.jobs, chosen, clock=desk.account.clock, dry_run=not asked.confirm)
    objects = found.objects
    if asked.confirm:
        objects += _forgotten_when_free(desk, tuple(found.held))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for source, _ in zip(chosen.photos, pool.map(desk.mirror.take_in, chosen.photos), strict=True):
                desk.hub.tell("gone", {"source": source})
    return {"objects": {folder.rstrip("/"): count for folder, count in objects.items()}}


def _forgotten_when_free(desk: Desk, held: tuple[str, ...]) -> Counter[str]:
    """What instances hold, when they have ended; waits for no longer than somebody waits for an answer."""
    objects, ends = Counter[str](), time.monotonic() + _PATIENCE
    while held and time.monotonic() < ends:
        time.sleep(0.5)
        found = forget(desk.photos, desk.jobs, Chosen(held), clock=desk.account.clock)
        objects, held = objects + found.objects, tuple(found.held)
    return objects
