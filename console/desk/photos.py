"""The list of photos: those under way, and those that have a receipt, by what the page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, get_args

from console import moments
from console.desk import cards
from console.records.mirror import Mirror
from console.records.record import STATUSES, Order, Position, Query, Record, in_utc
from console.records.under_way import UnderWay
from shared.jobs.upload import Upload

UNDER_WAY = "under_way"
_MOST = 500
"""Cards of one kind in a page."""


@dataclass(frozen=True)
class Asked:
    """A page of the list, of records, of photos under way, or of both: those under way come first, by their keys."""

    query: Query
    order: Order
    records: bool
    under_way: bool
    limit: int
    after: Position | None
    """Records after this one; None: from the first one on."""
    under_way_after: str
    """Where no record came yet: photos under way after this key."""


def asked(given: Mapping[str, str], now: datetime) -> Asked:
    """The page of the list that the query string `given` asks for. Raises `ValueError` for a wrong one."""
    statuses = tuple(filter(None, given.get("status", "").split(",")))
    order = given.get("order", "new")
    if order not in get_args(Order) or not {*statuses} <= {*STATUSES, UNDER_WAY}:
        raise ValueError("status or order")
    verdict = given.get("verdict", "")
    query = Query(
        statuses=tuple(each for each in statuses if each != UNDER_WAY),
        verdict=verdict,
        capability=given.get("capability", ""),
        text=given.get("q", ""),
        since=moments.moment(given["since"], now) if given.get("since") else None,
    )
    moving = not (verdict or query.since) and (not statuses or UNDER_WAY in statuses)
    limit = min(max(int(given.get("limit", 60)), 1), _MOST)
    finished, _, source = given.get("after", "").partition(" ")
    is_record = finished not in ("", UNDER_WAY)
    after = (in_utc(datetime.fromisoformat(finished)), source) if is_record else None
    return Asked(
        query,
        cast("Order", order),
        records=not statuses or bool(query.statuses),
        under_way=moving,
        limit=limit,
        after=after,
        under_way_after=source,
    )


def listed(mirror: Mirror, under_way: Mapping[str, UnderWay], asked: Asked) -> dict[str, Any]:
    """`next` is where the next page begins: not so many records later, but after this one, since records come and go.
    Of photos under way, their earlier receipts do not count any more."""
    query = replace(asked.query, without=tuple(under_way))
    moving = sorted((each for each in under_way.values() if _meets(each, query)), key=lambda each: each.source)
    jobs, records, then = list[UnderWay](), list[Record](), None
    if asked.under_way and not asked.after:
        jobs = [each for each in moving if each.source > asked.under_way_after]
    if len(jobs) > _MOST:
        jobs = jobs[:_MOST]
        then = f"{UNDER_WAY} {jobs[-1].source}"
    elif asked.records:
        records = [*mirror.find(query, asked.order, limit=asked.limit, after=asked.after)]
        then = " ".join(records[-1].position) if len(records) == asked.limit else None
    every = replace(query, statuses=(), verdict="")
    return {
        "photos": [*map(cards.of_job, jobs), *map(cards.of_record, records)],
        "next": then,
        "total": len(moving) * asked.under_way + sum(mirror.count(query).values()) * asked.records,
        "counts": {
            **dict.fromkeys(STATUSES, 0),
            **mirror.count(every),
            "look": mirror.count(every, "verdict").get("look", 0),
            UNDER_WAY: len(moving),
        },
    }


def _meets(found: UnderWay, query: Query) -> bool:
    upload = Upload(found.source)
    return query.capability in ("", upload.capability) and query.text.lower() in found.source.lower()
