"""What a function says: one JSON line for each thing that happened, without secrets and links.

Standard library logging, so that Function Compute adds the request's id and ships the lines to SLS.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Protocol

_logger = logging.getLogger("oss_cutout")


class Loggable(Protocol):
    """What says itself which of its facts are logged: a job."""

    @property
    def log_fields(self) -> Mapping[str, object]: ...


def set_up() -> None:
    """Let our lines through, and hold back those of libraries that print whole addresses, signatures included."""
    _logger.setLevel(logging.INFO)
    for library in ("httpx", "httpcore", "oss2", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # It warns of each connection that does not fit into its pool.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def info(event: str, *, job: Loggable | None = None, **facts: object) -> None:
    _logger.info(_line(event, job, facts))


def warning(event: str, *, job: Loggable | None = None, **facts: object) -> None:
    _logger.warning(_line(event, job, facts))


def error(event: str, *, job: Loggable | None = None, **facts: object) -> None:
    """A person must act: `message` in `facts` says what to do."""
    _logger.error(_line(event, job, facts))


def _line(event: str, job: Loggable | None, facts: dict[str, object]) -> str:
    about = {} if job is None else job.log_fields
    return json.dumps({"event": event, **about, **facts}, ensure_ascii=False, default=str)
