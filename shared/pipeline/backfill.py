"""Sets going, on demand, every upload below a prefix that has no current receipt.

That is, the function of its group is invoked asynchronously, as OSS would have; where Function Compute refuses that,
the upload is put into the queue that settle works off. So is one whose receipt says `failed`, if that was ordered. All
of this is safe to repeat, so a backfill that was cut short is ordered again, and goes on where it stopped.

If listing pictures are ordered, it is about the uploads that have a cutout, and those pictures are ordered of it.

Uploads are listed twice, to count them and to set them going: so memory does not grow with their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from pydantic import AwareDatetime, BaseModel, ValidationError

from shared import log
from shared.cloud.ports import Bucket, Invoker, ListedObject
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.store import JobStore
from shared.messages import jobs as messages
from shared.pipeline.backfill_order import Order, Report, passed_over
from shared.pipeline.look_closer import look_closer
from shared.pipeline.set_going import Start, Starter
from shared.pipeline.unserved import ListedUpload, Standing, listed_uploads
from shared.vendors.prices import Prices

AT_ONCE = 16
"""Uploads that are set going together, each in a thread that waits for an answer. Not tuned."""
_REMEMBERED = timedelta(days=1)
"""Function Compute keeps an event for a day: an upload that was set going before that and has no receipt is set going
again."""
_STEP = 100
"""Uploads between two notes of the progress, and between two looks at the clock: each takes milliseconds."""


class _Progress(BaseModel):
    """How far a backfill has come, at `backfill/<prefix>progress.json`: gone when it is through."""

    last: str
    set_going: int
    at: AwareDatetime
    of: str = ""
    """What kind of order it was."""


def _kind(order: Order) -> str:
    """Another kind of order begins from the start."""
    return order.listing or ("failed" if order.failed else "")


@dataclass(eq=False, repr=False)
class Backfill:
    """`pictures` has the uploads, `event` makes OSS's event about one; no step is begun when `lasts` is over."""

    pictures: Bucket
    jobs: JobStore
    backlog_owner: BacklogOwner
    invoker: Invoker
    prices: Prices
    event: Callable[[ListedObject], bytes]
    clock: Callable[[], datetime]
    lasts: timedelta
    _pool: Executor = field(init=False)

    def run(self, order: Order) -> Report:
        with ThreadPoolExecutor(AT_ONCE) as self._pool:
            report = self._run(order)
        log.info("backfill", **report.model_dump(exclude={"message_zh"}))  # logs are English
        return report

    def _run(self, order: Order) -> Report:
        before = self._progress(order)
        ends = self.clock() + self.lasts  # by the time that this first answer of OSS told
        report, left = self._counted(order, before.last)
        if order.dry_run:
            return report.saying(messages.NOTHING_CHANGED())
        if report.found > order.confirm_over and not order.confirm:
            return report.saying(messages.CONFIRM(limit=order.confirm_over))
        starter = Starter(self.pictures, self.jobs, self.invoker, self.event)
        outcomes, left = self._set_going(order, starter, before, left, ends)
        return report.after(outcomes, left, starter.reasons)

    def _found(self, order: Order, *, after: str = "") -> Iterator[ListedUpload]:
        found = listed_uploads(self.pictures, self.jobs.bucket, order.prefix, after=after)
        while step := [*islice(found, _STEP)]:
            yield from self._pool.map(partial(look_closer, self.pictures, order, self.clock()), step)

    def _counted(self, order: Order, last: str) -> tuple[Report, int]:
        """What is to be done; and how many uploads of it come after `last`."""
        standings: Counter[Standing] = Counter()
        wanted, left, priced, yuan = 0, 0, 0, 0.0
        for each in self._found(order):
            standings[each.standing] += 1
            if each.standing is Standing.KEY_TOO_LONG:
                log.error("upload_refused", key=each.upload.key, message="its key is too long for a receipt")
            if each.standing not in order.wanted:
                continue
            price = 0.0 if order.listing else self.prices.of(each.upload.capability)
            wanted, left = wanted + 1, left + (each.upload.key > last)
            priced, yuan = priced + (price is not None), yuan + (price or 0.0)
        report = Report(
            prefix=order.prefix,
            found=wanted,
            price_yuan=round(yuan, 4) if priced or not wanted else None,
            unpriced=wanted - priced,
            passed_over=passed_over(standings),
        )
        return report, left

    def _set_going(
        self, order: Order, starter: Starter, before: _Progress, left: int, ends: datetime
    ) -> tuple[Counter[Start], int]:
        """What became of the uploads, in their order, before it was `ends`; and about how many of `left` are left."""
        uploads = (each for each in self._found(order, after=before.last) if each.standing in order.wanted)
        outcomes: Counter[Start] = Counter()
        # Whether there is time is asked here and not by each thread: a thread that is held up must not end the step
        # before what the other threads have done.
        while step := [*islice(uploads, _STEP)]:
            left = max(left, len(step))  # more may have come since they were counted
            if self.clock() >= ends:
                return outcomes, left
            done = Counter(self._pool.map(starter.start, step))
            if done["queued"]:
                self.backlog_owner.wake_worker()  # settle may have emptied the queue since the last step
            outcomes, left = outcomes + done, left - len(step)
            set_going = before.set_going + outcomes.total()
            state = _Progress(last=step[-1].upload.key, set_going=set_going, at=self.clock(), of=_kind(order))
            self.jobs.bucket.write(keys.progress(order.prefix), state.model_dump_json().encode())
            log.info("backfill", prefix=order.prefix, set_going=set_going, left=left)
        self.jobs.bucket.delete((keys.progress(order.prefix),))
        return outcomes, 0

    def _progress(self, order: Order) -> _Progress:
        stored = self.jobs.bucket.read(keys.progress(order.prefix))
        now = self.clock()
        with suppress(ValidationError):
            progress = _Progress.model_validate_json(stored.body if stored else b"")
            if abs(now - progress.at) < _REMEMBERED and progress.of == _kind(order):
                return progress
        return _Progress(last="", set_going=0, at=now, of=_kind(order))
