"""Sets going, on demand, every upload below a prefix that has no current receipt.

That is, the function of its group is invoked asynchronously, as OSS would have; where Function Compute refuses that,
the upload is put into the queue that settle works off. Both are safe to repeat, so a backfill that was cut short is
ordered again, and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared import log
from shared.cloud.ports import Bucket, Invoker, ListedObject
from shared.errors import CutoutError, Misconfigured
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.messages import jobs as messages
from shared.messages.message import Message
from shared.pipeline.unserved import unserved
from shared.vendors.prices import Prices

AT_ONCE = 16
_REMEMBERED = timedelta(days=1)
"""Function Compute keeps an event for a day: an upload that was set going before that and has no receipt is set going
again."""
_STEP = 100
"""Uploads between two notes of the progress, and between two looks at the clock: each takes milliseconds."""


class Order(BaseModel):
    """What a person asks for: `s backfill invoke -e '{"prefix": "uploads/goods/"}'`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str = Field(default=keys.UPLOADS, pattern=f"^{keys.UPLOADS}")
    dry_run: bool = False
    """Count and price, and change nothing."""
    confirm: bool = False
    """Do it although there are more than `confirm_over`."""
    confirm_over: int = 1000


class Report(BaseModel):
    """The answer to an `Order`. `left` uploads are still to be set going: order it again."""

    model_config = ConfigDict(frozen=True)

    prefix: str
    found: int
    price_yuan: float | None
    """What a call for each of those costs whose price is known; None when it is known of none."""
    unpriced: int
    """Of how many it is not known."""
    set_going: int = 0
    queued: int = 0
    """Of those set going, how many settle was left because Function Compute refused to invoke their function."""
    left: int = 0
    message: str = ""
    message_zh: str = ""
    """The same in Chinese."""


class _Progress(BaseModel):
    """How far a backfill has come, at `backfill/<prefix>progress.json`: gone when it is through."""

    last: str
    set_going: int
    at: AwareDatetime


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
    _refused: bool = field(default=False, init=False)
    """Whether Function Compute refuses to invoke: what it refuses once, it refuses for all."""
    _reason: Message = field(default=Message("", ""), init=False)
    """Why the last upload that was not invoked was not."""
    _queued: int = field(default=0, init=False)

    def run(self, order: Order) -> Report:
        before = self._progress(order.prefix)
        ends = self.clock() + self.lasts  # by the time that this first answer of OSS told
        uploads = list(unserved(self.pictures, self.jobs.bucket, order.prefix))
        prices = [self.prices.of(Upload(each.key).capability) for each in uploads]
        known = [price for price in prices if price is not None]
        report = Report(
            prefix=order.prefix,
            found=len(uploads),
            price_yuan=round(sum(known), 4) if known or not prices else None,
            unpriced=len(prices) - len(known),
        )
        if order.dry_run:
            return self._logged(report, messages.NOTHING_CHANGED())
        if len(uploads) > order.confirm_over and not order.confirm:
            return self._logged(report, messages.CONFIRM(limit=order.confirm_over))
        left = [each for each in uploads if each.key > before.last]
        count = self._set_going(order.prefix, left, before.set_going, ends)
        report = report.model_copy(update={"set_going": count, "queued": self._queued, "left": len(left) - count})
        queued = messages.QUEUED(count=self._queued, reason=self._reason) if self._queued else ""
        if report.left:
            return self._logged(report, messages.OUT_OF_TIME(queued=queued))
        self.jobs.bucket.delete((keys.progress(order.prefix),))
        return self._logged(report, messages.ALL_SET_GOING(queued=queued))

    def _set_going(self, prefix: str, uploads: list[ListedObject], already: int, ends: datetime) -> int:
        """How many were, in their order, before it was `ends`."""
        done = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # Whether there is time is asked here and not by each thread: a thread that is held up must not end the step
            # before what the other threads have done.
            while done < len(uploads) and self.clock() < ends:
                step = uploads[done : done + _STEP]
                queued = list(pool.map(self._one, step)).count(False)
                if queued:
                    self.backlog_owner.wake_worker()  # settle may have emptied the queue since the last step
                self._queued += queued
                done += len(step)
                state = _Progress(last=step[-1].key, set_going=already + done, at=self.clock())
                self.jobs.bucket.write(keys.progress(prefix), state.model_dump_json().encode())
                log.info("backfill", prefix=prefix, set_going=already + done, left=len(uploads) - done)
        return done

    def _one(self, listed: ListedObject) -> bool:
        """Whether its function is invoked; else it is in the queue."""
        upload = Upload(listed.key)
        if not self._refused:
            try:
                self.invoker.invoke(upload.group, self.event(listed))
            except CutoutError as error:
                log.warning("backfill", key=upload.key, message=f"{error.message}; queued for settle", code=error.code)
                self._reason = error.text
                if isinstance(error, Misconfigured):
                    self._refused = True
            else:
                return True
        if not self.jobs.enqueue(upload, listed.etag):
            self.jobs.request_recheck(upload)  # begun since it was listed, and maybe before this version came
        return False

    def _progress(self, prefix: str) -> _Progress:
        stored = self.jobs.bucket.read(keys.progress(prefix))
        now = self.clock()
        with suppress(ValidationError):
            progress = _Progress.model_validate_json(stored.body if stored else b"")
            if now - progress.at < _REMEMBERED:
                return progress
        return _Progress(last="", set_going=0, at=now)

    def _logged(self, report: Report, text: Message) -> Report:
        if report.unpriced:
            text = messages.UNPRICED(said=text, count=report.unpriced)
        text = messages.REPORT(found=report.found, said=text)
        answer = report.model_copy(update={"message": text.en, "message_zh": text.zh})
        log.info("backfill", **answer.model_dump(exclude={"message_zh"}))  # logs are English
        return answer
