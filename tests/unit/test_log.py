"""What is logged is one JSON line for each thing that happened, and lets nobody in."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared import log
from shared.jobs.job import Blocked, Claimed, Fetching, Job, Stage, Submitted, Unstored, Waiting
from shared.vendors.protocol import ResultLink
from tests.unit.fakes import START

SIGNED = "http://vendor-results.example/a.png?Expires=1&Signature=hidden-signature"
TALKERS = ("httpx", "httpcore", "oss2", "urllib3")


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """Logging is the process's: whatever `set_up` sets is put back."""
    loggers = [logging.getLogger(name) for name in ("oss_cutout", *TALKERS)]
    before = [logger.level for logger in loggers]
    log.set_up()
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def job(stage: Stage) -> Job:
    """A job with everything filled in."""
    return Job(
        id="0123456789abcdef",
        source="uploads/general/common/红鞋 1.jpg",
        etag="688A7BF4",
        uploaded_at=START,
        stage=stage,
        lease_until=START,
        due=START,
        attempts=2,
        retries=3,
        code="ResultBroken",
        message=f"the download of {SIGNED} broke off",
        inputs_etag="688A7BF4",
        capability="general/common",
        options={"return-form": "mask"},
        request_id="8906582E",
        reshaped="image/format,jpg",
        copies=("work/hidden.jpg",),
        replaces=("cutouts/general/common/红鞋 1.jpg.json",),
    )


_FETCHING = Fetching(pictures=(ResultLink(url=SIGNED, label="skin"),), dies_at=START + timedelta(minutes=30))
STAGES: list[Stage] = [
    Claimed(),
    Waiting(),
    Blocked(),
    Submitted(ticket="8906582E", since=START),
    _FETCHING,
    Unstored(_FETCHING),
]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("say", [log.info, log.warning, log.error])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_job_with_everything_filled_in_gives_no_link_away(
    say: Callable[..., None], stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    say("job_waiting", job=job(stage))
    (line,) = lines(caplog)
    assert json.loads(line) == {
        "event": "job_waiting",
        "key": "uploads/general/common/红鞋 1.jpg",
        "etag": "688A7BF4",
        "capability": "general/common",
        "stage": stage.name,
        "attempts": 2,
        "retries": 3,
        "code": "ResultBroken",
    }
    assert "hidden" not in line
    assert "http" not in line


def test_each_level_is_logged_as_itself(caplog: pytest.LogCaptureFixture) -> None:
    log.info("a")
    log.warning("b")
    log.error("c")
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING", "ERROR"]


def test_a_line_is_one_line_whatever_it_says(caplog: pytest.LogCaptureFixture) -> None:
    log.error("bug", message="two\nlines\r\n", item={"a": 1}, when=START)
    (line,) = lines(caplog)
    assert not {"\n", "\r"} & set(line)
    said = json.loads(line)
    assert said["message"] == "two\nlines\r\n"
    assert said["when"].startswith("2026-11-21")


def test_chinese_is_written_so_that_people_find_it(caplog: pytest.LogCaptureFixture) -> None:
    log.info("job_waiting", key="红鞋")
    assert "红鞋" in lines(caplog)[0]


def test_facts_of_the_moment_win_over_those_of_the_job(caplog: pytest.LogCaptureFixture) -> None:
    log.error("job_blocked", job=job(Waiting()), code="InvalidApi.NotPurchase", message="open it")
    said = json.loads(lines(caplog)[0])
    assert (said["code"], said["message"]) == ("InvalidApi.NotPurchase", "open it")


def test_a_job_without_trouble_is_logged_without_a_code(caplog: pytest.LogCaptureFixture) -> None:
    log.info("job_waiting", job=replace(job(Waiting()), code=""))
    assert "code" not in json.loads(lines(caplog)[0])


@pytest.mark.parametrize("library", TALKERS)
def test_libraries_that_print_signed_links_are_held_back(library: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)  # of the root, as Function Compute may
    talker = logging.getLogger(f"{library}.deep.down")
    talker.info("GET %s", SIGNED)
    talker.debug("GET %s", SIGNED)
    assert lines(caplog) == []
    talker.warning("something is wrong")
    assert lines(caplog) == ["something is wrong"]
