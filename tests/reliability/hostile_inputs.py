"""Every hostile input there is, each with the trial of it: for the tests, and for `make reliability` to count."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from shared.entry.oss_events import ObjectCreated, created, records
from shared.entry.settings import Settings
from shared.entry.uploads import arrived
from tests.reliability.hostile import bounded, try_answer, try_upload
from tests.reliability.hostile_answers import ANSWERS
from tests.reliability.hostile_uploads import COMMON, UPLOADS
from tests.reliability.hostile_wire import LINKS, RESULTS, VENDORS, try_link, try_server
from tests.unit.fakes import START

KEYS_TOO_LONG = {
    "a key of 981 bytes": COMMON + "a" * (981 - len(COMMON)),
    "a key of 1,023 bytes": COMMON + "a" * (1_023 - len(COMMON)),
    "a key of 1,023 bytes in Chinese": COMMON + "鞋" * 333 + "a",
    "a key of 1,023 control characters": COMMON + "\n" * (1_023 - len(COMMON)),
    "a key of 100,000 bytes, which OSS has not": COMMON + "a" * 100_000,
}


class Lines(logging.Handler):
    """What is logged meanwhile, as production would."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelname, record.getMessage()))


@contextmanager
def logged() -> Iterator[list[tuple[str, str]]]:
    """Level and text of each line."""
    heard, logger = Lines(), logging.getLogger("oss_cutout")
    logger.addHandler(heard)
    try:
        yield heard.lines
    finally:
        logger.removeHandler(heard)


def try_key_too_long(key: str) -> None:
    """Asserts that the log names it, as no receipt can."""
    (record,) = records(created("cn-shanghai", "shop-photos", key, 3, "E", time=START))
    with logged() as lines, bounded():
        arrived("general", ObjectCreated.model_validate(record), Settings(), None)
    ((level, line),) = lines
    assert level == "ERROR"
    assert "\n" not in line
    assert (json.loads(line)["event"], json.loads(line)["key"]) == ("upload_refused", key)
    assert "980 pass" in json.loads(line)["message"]


TRIALS: dict[str, Callable[[], None]] = {
    **{f"uploaded: {each.name}": partial(try_upload, each) for each in UPLOADS},
    **{f"uploaded: {name}": partial(try_key_too_long, key) for name, key in KEYS_TOO_LONG.items()},
    **{f"answered: {each.name}": partial(try_answer, each) for each in ANSWERS},
    **{f"sent by a vendor: {each.name}": partial(try_server, each) for each in VENDORS},
    **{f"sent as a result: {each.name}": partial(try_server, each) for each in RESULTS},
    **{f"a result's link: {each.url}": partial(try_link, each) for each in LINKS},
}


def counted(trial: Callable[[], None]) -> int:
    """One, unless it raises."""
    trial()
    return 1
