"""Records as CSV: what a spreadsheet reads, and does not run."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone

from console.records.record import Record
from console.records.table import COLUMNS, write_csv
from shared.jobs.receipt import Receipt

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def _record(**said: object) -> Record:
    facts = {"source": "uploads/a.jpg", "etag": "E", "status": "failed", "uploaded_at": NOON, "finished_at": NOON}
    return Record(Receipt.model_validate({**facts, **said}), "R")


def test_a_row_says_what_the_receipt_says() -> None:
    out = io.StringIO(newline="")
    write_csv(
        [_record(message='one, "two"\nthree', message_zh="一", price_yuan=None, options={"b": "2", "a": "1"})],
        out,
        "en",
    )
    (row,) = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    assert tuple(row) == COLUMNS
    assert (row["message"], row["options"], row["price_yuan"]) == ('one, "two"\nthree', "a=1 b=2", "")
    assert row["finished_at"] == "2026-11-26T12:00:00+00:00"


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    out = io.StringIO(newline="")
    write_csv([_record(code="=HYPERLINK(1)", message_zh="@SUM(A1)")], out, "zh")
    (row,) = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    assert (row["code"], row["message"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")


def test_a_receipt_without_chinese_is_told_in_english() -> None:
    out = io.StringIO(newline="")
    write_csv([_record(message="No result.")], out, "zh")
    (row,) = csv.DictReader(io.StringIO(out.getvalue(), newline=""))
    assert row["message"] == "No result."
