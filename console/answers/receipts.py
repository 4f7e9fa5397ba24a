"""`cutout receipts`: the receipts that are asked for, as a table, as CSV, or in JSON lines."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from console.account import Account
from console.records.opened import mirror
from console.records.record import Order, Query, Record
from console.records.table import write_csv
from console.screen import Screen, as_json
from shared.messages.message import Message, Sentence

Form = Literal["table", "csv", "jsonl", "json"]


@dataclass(frozen=True)
class Asked:
    """Which receipts, and how they are printed; a `limit` of 0: all."""

    query: Query
    form: Form
    order: Order
    limit: int


_HEAD = (
    Message("finished", "完成时间"),
    Message("status", "状态"),
    Message("upload", "上传"),
    Message("code", "代码"),
    Message("calls", "调用"),
    Message("yuan", "元"),
)
_ROWS = 200
"""The most rows of a table: people do not read a longer one."""
_MORE = Sentence(
    "The first {shown} of {count}: --limit, --since and --prefix narrow it, --format csv has all.",
    "共 {count} 条，仅显示前 {shown} 条：可用 --limit、--since、--prefix 缩小范围，--format csv 输出全部。",
)
_NONE = Message("There is no such receipt.", "没有符合条件的回执。")


def run(screen: Screen, account: Account, asked: Asked) -> None:
    """A page of records is in memory at a time. Raises `ApiError`, `CutoutError`."""
    with mirror(screen, account, asked.query.prefix) as found:
        records = found.find(asked.query, asked.order, limit=asked.limit or -1)
        match asked.form:
            case "csv":
                write_csv(records, sys.stdout, screen.language)
            case "jsonl":
                for record in records:
                    print(as_json(document(record)))
            case "json":
                before = "["
                for record in records:
                    print(before, as_json(document(record)), sep="")
                    before = ","
                print("[]" if before == "[" else "]")
            case "table":
                count = sum(found.count(asked.query).values())
                shown = [*islice(records, _ROWS)]
                if not shown:
                    screen.say(_NONE)
                    return
                screen.table(_HEAD, map(_row, shown))
                if len(shown) < min(count, asked.limit or count):
                    screen.say(_MORE(shown=len(shown), count=count))


def document(record: Record) -> dict[str, Any]:
    """The receipt as it lies in the bucket, with what was made of it for listings."""
    receipt: dict[str, Any] = record.receipt.model_dump(mode="json")
    return {**receipt, "listing": record.listing.model_dump(mode="json") if record.listing else None}


def _row(record: Record) -> tuple[str, ...]:
    receipt = record.receipt
    return (
        f"{receipt.finished_at.astimezone():%Y-%m-%d %H:%M:%S}",
        f"{receipt.status}{' (look)' if record.verdict == 'look' else ''}",
        receipt.source,
        receipt.code,
        str(receipt.attempts),
        "" if receipt.price_yuan is None else f"{receipt.price_yuan:g}",
    )
