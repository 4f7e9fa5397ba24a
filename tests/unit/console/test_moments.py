"""Moments as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from console.moments import day, moment
from shared.messages.message import Message

ZONE = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 27, 1, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-26", datetime(2026, 11, 26, tzinfo=ZONE)),
        ("2026-11-26T14:30", datetime(2026, 11, 26, 14, 30, tzinfo=ZONE)),
        ("2026-11-26T14:30:00Z", datetime(2026, 11, 26, 14, 30, tzinfo=timezone.utc)),
        ("today", datetime(2026, 11, 27, tzinfo=ZONE)),
        ("yesterday", datetime(2026, 11, 26, tzinfo=ZONE)),
        ("24h", datetime(2026, 11, 26, 1, 30, tzinfo=ZONE)),
        ("30m", datetime(2026, 11, 27, 1, 0, tzinfo=ZONE)),
        ("7d", datetime(2026, 11, 20, 1, 30, tzinfo=ZONE)),
    ],
)
def test_a_moment_is_what_people_mean(text: str, meant: datetime) -> None:
    assert moment(text, NOW) == meant


def test_a_day_is_from_midnight_to_midnight() -> None:
    assert day("yesterday", NOW) == (datetime(2026, 11, 26, tzinfo=ZONE), datetime(2026, 11, 27, tzinfo=ZONE))


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "5", "h", "1y"])
def test_what_is_no_moment_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is looked at
        moment(text, NOW)
    assert isinstance(caught.value.args[0], Message)
