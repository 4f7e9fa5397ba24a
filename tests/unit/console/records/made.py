"""Receipts and documents of listing pictures, put into a bucket as functions would have written them."""

from __future__ import annotations

from datetime import datetime, timezone

from shared.jobs.listing import Listing
from shared.jobs.receipt import Receipt
from shared.jobs.upload import Upload
from tests.unit.fakes import MemoryBucket

NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def receipt(bucket: MemoryBucket, name: str, **said: object) -> str:
    """Puts a receipt, and returns the key of its upload."""
    source = f"uploads/general/common/{name}"
    facts = {"etag": "E1", "status": "done", "capability": "general/common", "uploaded_at": NOON, "finished_at": NOON}
    stored = Receipt.model_validate({"source": source, **facts, **said})
    bucket.put(Upload(source).receipt_key, stored.model_dump_json().encode())
    return source


def listing(bucket: MemoryBucket, source: str, verdict: str, etag: str = "E1") -> None:
    facts = {"etag": etag, "status": "done", "capability": "general/common", "uploaded_at": NOON, "finished_at": NOON}
    stored = Listing.model_validate({"source": source, "cutout": "cutouts/a.png", "verdict": verdict, **facts})
    bucket.put(Upload(source).listing_key, stored.model_dump_json().encode())
