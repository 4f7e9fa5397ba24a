"""Records as rows of a table, for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from console.records.record import Record
from console.screen import Language, shown

COLUMNS = (
    *("source", "status", "capability", "options", "code", "message", "verdict", "reasons"),
    *("attempts", "price_yuan", "request_id", "uploaded_at", "finished_at", "outputs", "listings"),
)
"""The fields of the receipt that are called so, and of the listing."""
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""In a spreadsheet: a cell that begins so may run something (OWASP, "CSV Injection")."""


def write_csv(records: Iterable[Record], out: TextIO, language: Language) -> None:
    """As RFC 4180 has it, a record a row, as they come; `out` was opened with newline=''."""
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for record in records:
        rows.writerow(map(_harmless, cells(record, language)))


def cells(record: Record, language: Language) -> Iterator[str]:
    """The values of `COLUMNS`; several of one kind are joined by a blank."""
    receipt, listing = record.receipt, record.listing
    pictures = listing.pictures if listing else ()
    yield from (receipt.source, receipt.status, receipt.capability)
    yield " ".join(f"{name}={value}" for name, value in sorted(receipt.options.items()))
    yield from (receipt.code, getattr(record.message, language), record.verdict)
    yield " ".join(getattr(reason, language) for reason in record.reasons)
    yield from (str(receipt.attempts), "" if receipt.price_yuan is None else f"{receipt.price_yuan:g}")
    yield from (receipt.request_id, receipt.uploaded_at.isoformat(), receipt.finished_at.isoformat())
    yield " ".join(output.key for output in receipt.outputs)
    yield " ".join(picture.key for picture in pictures if picture.key)


def _harmless(cell: str) -> str:
    cell = shown(cell)
    return f"'{cell}" if cell.startswith(_BEGINS_A_FORMULA) else cell
