"""What a function says: one JSON line for each thing that happened, and nothing that lets anyone in.

Standard library logging, so that Function Compute adds the request's id and ships the lines to SLS.
"""

from __future__ import annotations

import json
import logging

from shared.documents import Job

_logger = logging.getLogger("oss_cutout")


def set_up() -> None:
    """Let our lines through, and hold back those of libraries that print whole addresses, signatures included."""
    _logger.setLevel(logging.INFO)
    for library in ("httpx", "httpcore", "oss2", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Which warns of a connection that it does not keep.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def info(event: str, *, job: Job | None = None, **facts: object) -> None:
    _logger.info(_line(event, job, facts))


def warning(event: str, *, job: Job | None = None, **facts: object) -> None:
    _logger.warning(_line(event, job, facts))


def error(event: str, *, job: Job | None = None, **facts: object) -> None:
    """A person must act: `message` in `facts` says what to do."""
    _logger.error(_line(event, job, facts))


def _line(event: str, job: Job | None, facts: dict[str, object]) -> str:
    about: dict[str, object] = {"event": event}
    if job is not None:
        about |= {
            "key": job.source,
            "etag": job.etag,
            "capability": job.capability,
            "stage": job.stage.name,
            "attempts": job.attempts,
            "tries": job.tries,
        }
        if job.code:
            about["code"] = job.code
    return json.dumps(about | facts, ensure_ascii=False, default=str)
