"""The time by OSS's own clock, which all instances share: every answer of OSS says when it was made.

The clocks of instances differ, by a minute and more, and what one of them writes into the bucket another one compares
with its own: until when a job is held, when it is due, whose the backlog is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

_CUT_OFF = timedelta(seconds=1)
"""A date is in whole seconds, the rest cut off."""
_TOLERANCE = timedelta(seconds=1)
"""By which answers may contradict the time before it is set anew. Moments are compared, and sorted, so it must not go
back and forth when OSS's servers differ from each other. Assumed: that is by less than half of this (see
docs/not-verified.md)."""
MOST_ERROR = _CUT_OFF + _TOLERANCE
"""By which this clock and OSS's may differ, either way, after an answer that took no time. After one that took a while,
that comes on top."""


class OssClock:
    """Returns the time by OSS's clock, with its zone: that of the clock `local`, corrected by what OSS's answers say.
    Before the first answer it is `local`'s.

    Its methods may be called in any thread.
    """

    def __init__(self, local: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self.local = local
        self._offset = timedelta()

    def __call__(self) -> datetime:
        return self.local() + self._offset

    def heard(self, date: str, sent: datetime) -> None:
        """An answer with the header `Date: <date>` has come just now, to a request that was sent at `sent` by `local`.
        What is no date of HTTP (RFC 9110, IMF-fixdate) says nothing."""
        received = self.local()
        try:
            made = datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
        except ValueError:
            return
        # It was made after the request was sent and before it came: so a late answer says less, and nothing wrong.
        least, most = made - received, made + _CUT_OFF - sent
        if not least - _TOLERANCE <= self._offset <= most + _TOLERANCE:
            self._offset = (least + most) / 2
