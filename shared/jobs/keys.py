"""Where things lie in the bucket; nothing else spells a prefix.

Everything about the upload `uploads/X` is called X.something under a sibling prefix, so no two uploads share
a name, and every name can be computed without a request.
"""

from __future__ import annotations

import hashlib
import re

UPLOADS = "uploads/"
CUTOUTS = "cutouts/"
JOBS = "jobs/"
QUEUE = "queue/"
WORK = "work/"
CALLS = "calls/"
BACKFILL = "backfill/"
ORDERS = "orders/"
LISTINGS = "listings/"
REPORTS = "reports/"

OWNER = f"{QUEUE}.owner.json"
"""The capabilities whose backlogs settle works off."""
WAKE = "wake/settle"
"""Written to have settle come at once: its trigger listens there."""

MAX_UPLOAD_BYTES = 980
"""The longest key an upload may have, in UTF-8: the names made from it must fit OSS's 1,023 bytes."""

_LEASE = re.compile(rf"(?P<name>{JOBS}.+)\.(?P<etag>[^./]+)\.\d+\.lease", re.DOTALL)


def state_of(lease_key: str) -> tuple[str, str] | None:
    """The key and the ETag of the state that a lease is about; None for a name that is no lease of ours."""
    match = _LEASE.fullmatch(lease_key)
    return (f"{match['name']}.json", match["etag"]) if match else None


def jobs_below(folder: str) -> str:
    """Where the jobs of uploads below `folder` lie; of all uploads when it is empty."""
    return _sibling(JOBS, folder)


def receipts_below(folder: str) -> str:
    """Where the receipts of uploads below `folder` lie, and their pictures."""
    return _sibling(CUTOUTS, folder)


def listings_below(folder: str) -> str:
    """Where the listing pictures of uploads below `folder` lie, and the documents about them."""
    return _sibling(LISTINGS, folder)


def call(day: str, number: int) -> str:
    """The create-once name of a day's call."""
    return f"{CALLS}{day}/{number}"


def progress(prefix: str) -> str:
    """Where a backfill of `prefix` says how far it has come."""
    return f"{_sibling(BACKFILL, prefix)}progress.json"


def copy(job_id: str, number: int, extension: str) -> str:
    """A plain name for the copy of a job's picture: 32 hex digits that cannot be guessed."""
    return f"{WORK}{hashlib.sha256(f'{job_id}/{number}'.encode()).hexdigest()[:32]}.{extension}"


def _sibling(prefix: str, upload: str) -> str:
    return prefix + upload.removeprefix(UPLOADS)
