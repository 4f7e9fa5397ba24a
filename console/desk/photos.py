"""The list of photos: those under way, and those that have a receipt, by what the page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, get_args

from console import moments
from console.desk import cards
from console.records.mirror import Mirror
from console.records.record import STATUSES, Order, Query
from console.records.under_way import UnderWay
from shared.jobs.keys import UPLOADS
from shared.jobs.upload import Upload

UNDER_WAY = "under_way"
_MOST = 500
"""Cards in a page."""


@dataclass(frozen=True)
class Asked:
    """A page of the list, of records, of photos under way, or of both; `skip` records come before it."""

    query: Query
    order: Order
    records: bool
    under_way: bool
    skip: int
    limit: int


def asked(given: Mapping[str, str], now: datetime) -> Asked:
    """The page of the list that the query string `given` asks for. Raises `ValueError` for a wrong one."""
    statuses = tuple(filter(None, given.get("status", "").split(",")))
    order = given.get("order", "new")
    if order not in get_args(Order) or not {*statuses} <= {*STATUSES, UNDER_WAY}:
        raise ValueError("status or order")
    verdict = given.get("verdict", "")
    query = Query(
        prefix=given.get("prefix") or UPLOADS,
        statuses=tuple(each for each in statuses if each != UNDER_WAY),
        verdict=verdict,
        capability=given.get("capability", ""),
        text=given.get("q", ""),
        since=moments.moment(given["since"], now) if given.get("since") else None,
        until=moments.moment(given["until"], now) if given.get("until") else None,
    )
    moving = not (verdict or query.since or query.until) and (not statuses or UNDER_WAY in statuses)
    limit = min(max(int(given.get("limit", 60)), 1), _MOST)
    skip = max(int(given.get("after") or 0), 0)
    return Asked(query, cast("Order", order), not statuses or bool(query.statuses), moving, skip, limit)


def listed(mirror: Mirror, under_way: Mapping[str, UnderWay], asked: Asked) -> dict[str, Any]:
    """Those under way come first, on the first page; their earlier receipts do not count any more."""
    moving = [each for each in under_way.values() if _meets(each, asked.query)]
    shown = [cards.of_job(each) for each in moving[:_MOST]] if asked.under_way and not asked.skip else []
    found = [*mirror.find(asked.query, asked.order, limit=asked.limit, skip=asked.skip)] if asked.records else []
    shown += [cards.of_record(each) for each in found if each.source not in under_way]
    total = len(moving) if asked.under_way else 0
    if asked.records:
        total += sum(mirror.count(asked.query).values())
    every = replace(asked.query, statuses=(), verdict="")
    return {
        "photos": shown,
        "next": str(asked.skip + asked.limit) if len(found) == asked.limit else None,
        "total": total,
        "counts": {
            **dict.fromkeys(STATUSES, 0),
            **mirror.count(every),
            "look": mirror.count(every, "verdict").get("look", 0),
            UNDER_WAY: len(moving),
        },
    }


def _meets(found: UnderWay, query: Query) -> bool:
    upload = Upload(found.source)
    return (
        found.source.startswith(query.prefix)
        and query.capability in ("", upload.capability)
        and query.text.lower() in found.source.lower()
    )
