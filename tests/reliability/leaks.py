"""What lets somebody in, and where it must not be read: in log lines, in receipts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared import log
from shared.jobs import keys
from tests.unit.fakes import MemoryBucket

SECRETS = ("EXAMPLE-secret", "EXAMPLE-appcode", "signature=", "Signature=")
"""In memory: the line's access key and AppCode, and what every signed link has, the vendors' and ours."""


class Watch(logging.Handler):
    """Reads every line that is logged, whoever logs it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = 0
        self.leaked: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        line = self.format(record)  # with the traceback, if any
        if any(secret in line for secret in SECRETS):
            self.leaked.append(line)


@contextmanager
def watched() -> Iterator[Watch]:
    """Every line at the level of production while this lasts; nobody else hears of them."""
    watch, root, ours = Watch(), logging.getLogger(), logging.getLogger("oss_cutout")
    level, handlers = ours.level, root.handlers
    log.set_up()
    root.handlers = [watch]
    try:
        yield watch
    finally:
        root.handlers = handlers
        ours.setLevel(level)


def told_too_much(bucket: MemoryBucket) -> Iterator[str]:
    """Receipts in which a secret stands."""
    for key, thing in bucket.things.items():
        if key.startswith(keys.CUTOUTS) and key.endswith(".json"):
            yield from (f"{key} says {secret}" for secret in SECRETS if secret.encode() in thing.body)
