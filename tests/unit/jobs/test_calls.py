"""Calls by month, of which nobody knows who wrote them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from shared.jobs.calls import calls_in, total
from shared.jobs.job import Job
from shared.jobs.receipt import Receipt, receipt
from tests.unit.fakes import START
from tests.unit.viapi_line import COMMON

AT = START.isoformat()
OLD: dict[str, Any] = {"source": COMMON, "etag": "E", "status": "done", "uploaded_at": AT, "finished_at": AT}


def stored(**said: Any) -> Receipt:
    return Receipt.model_validate_json(json.dumps(OLD | said))


def test_calls_of_one_month_are_added_up() -> None:
    end_of_year = datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert total(calls_in(end_of_year, 2), {"2026-12": 1, "2027-01": 4}) == {"2026-12": 3, "2027-01": 4}
    assert total(calls_in(end_of_year, 0)) == {}


def test_a_receipts_own_calls_belong_to_the_month_in_which_it_was_written() -> None:
    assert stored(attempts=2, earlier_calls={"2026-10": 1, "2026-11": 3}).calls_by_month == {"2026-10": 1, "2026-11": 5}


def test_a_receipt_and_a_job_of_an_earlier_release_know_of_no_earlier_calls() -> None:
    assert (stored(attempts=2).earlier_calls, stored(attempts=2).calls_by_month) == ({}, {"2026-11": 2})
    job = Job.from_json(json.dumps({"id": "1", "source": COMMON, "uploaded_at": AT, "due": AT}).encode())
    assert receipt(job, START).earlier_calls == {}


@pytest.mark.parametrize("calls", [0, -3, 1_000_001, 10**4000])
def test_a_number_of_calls_that_nobody_can_have_made_is_left_out(calls: int) -> None:
    assert stored(attempts=calls, earlier_calls={"2026-10": calls, "2026-09": 1}).calls_by_month == {"2026-09": 1}


@pytest.mark.parametrize("month", ["", "2026-13", "2026-1", "2026-00", "２０２６-01", "2026-01\n", "<b>", "x" * 10_000])
def test_what_is_no_month_is_left_out(month: str) -> None:
    assert stored(earlier_calls={month: 1}).calls_by_month == {}


def test_a_moment_at_the_beginning_of_time_breaks_nothing() -> None:
    forged = stored(attempts=1, finished_at="0001-01-01T00:00:00+14:00")
    assert forged.calls_by_month == {"0001-01": 1}


def test_of_very_many_months_the_newest_are_kept() -> None:
    months = {f"{year}-{month:02}": 1 for year in range(1000, 3000) for month in range(1, 13)}
    kept = stored(earlier_calls=months).calls_by_month
    assert (len(kept), min(kept), max(kept)) == (120, "2990-01", "2999-12")
