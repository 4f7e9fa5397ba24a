"""Sets going, on demand, every upload below a prefix that has no current receipt.

That is, the function of its group is invoked asynchronously, as OSS would have; where Function Compute refuses that,
the upload is put into the queue that settle works off. So is one whose receipt says `failed`, if that was ordered: its
job says which receipt it supersedes, and an event cannot. All of this is safe to repeat, so a backfill that was cut
short is ordered again, and goes on where it stopped.

Uploads are listed twice, to count them and to set them going: so memory does not grow with their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ValidationError

from shared import log
from shared.cloud.ports import Bucket, Invoker, ListedObject
from shared.errors import CutoutError, Misconfigured
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.receipt import says_failed
from shared.jobs.store import JobStore
from shared.messages import jobs as messages
from shared.messages.message import Message
from shared.pipeline.backfill_order import Order, Report, passed_over
from shared.pipeline.unserved import TO_BE_SERVED, ListedUpload, State, listed_uploads
from shared.vendors.prices import Prices

AT_ONCE = 16
_REMEMBERED = timedelta(days=1)
"""Function Compute keeps an event for a day: an upload that was set going before that and has no receipt is set going
again."""
_STEP = 100
"""Uploads between two notes of the progress, and between two looks at the clock: each takes milliseconds."""

_Outcome = Literal["invoked", "queued", "not set going"]


class _Progress(BaseModel):
    """How far a backfill has come, at `backfill/<prefix>progress.json`: gone when it is through."""

    last: str
    set_going: int
    at: AwareDatetime
    failed: bool = False


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
    _reasons: dict[_Outcome, Message] = field(default_factory=lambda: {"queued": messages.HAD_FAILED()}, init=False)
    """Why the last upload with that outcome has it."""

    def run(self, order: Order) -> Report:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return self._run(order, pool)

    def _run(self, order: Order, pool: Executor) -> Report:
        before = self._progress(order)
        ends = self.clock() + self.lasts  # by the time that this first answer of OSS told
        report, left = self._counted(order, self._found(order, pool), before.last)
        if order.dry_run:
            return _logged(report, messages.NOTHING_CHANGED())
        if report.found > order.confirm_over and not order.confirm:
            return _logged(report, messages.CONFIRM(limit=order.confirm_over))
        found = self._found(order, pool, after=before.last)
        wanted = (each for each in found if each.state in TO_BE_SERVED)
        outcomes, left = self._set_going(order, wanted, left, before, ends=ends, pool=pool)
        report = report.model_copy(
            update={
                "set_going": outcomes["invoked"] + outcomes["queued"],
                "queued": outcomes["queued"],
                "not_set_going": outcomes["not set going"],
                "left": left,
            }
        )
        return _logged(report, self._said(report))

    def _found(self, order: Order, pool: Executor, *, after: str = "") -> Iterator[ListedUpload]:
        found = listed_uploads(self.pictures, self.jobs.bucket, order.prefix, after=after)
        if not order.failed:
            yield from found
        while order.failed and (step := [*islice(found, _STEP)]):
            yield from pool.map(self._with_receipt, step)

    def _with_receipt(self, found: ListedUpload) -> ListedUpload:
        """With what its receipt says, where it has one."""
        if found.state is not State.RECEIPT:
            return found
        try:
            stored = self.pictures.read(found.upload.receipt_key)
        except CutoutError as error:
            log.warning("backfill", key=found.upload.key, message=error.message, code=error.code)
            return replace(found, state=State.UNREADABLE_RECEIPT)
        return replace(found, state=State.FAILED, failed=stored.etag) if stored and says_failed(stored) else found

    def _counted(self, order: Order, found: Iterator[ListedUpload], last: str) -> tuple[Report, int]:
        """What is to be done; and how many uploads of it come after `last`."""
        states: Counter[State] = Counter()
        wanted, left, priced, yuan = 0, 0, 0, 0.0
        for each in found:
            states[each.state] += 1
            if each.state is State.KEY_TOO_LONG:
                log.error("upload_refused", key=each.upload.key, message="its key is too long for a receipt")
            if each.state not in TO_BE_SERVED:
                continue
            price = self.prices.of(each.upload.capability)
            wanted, left = wanted + 1, left + (each.upload.key > last)
            priced, yuan = priced + (price is not None), yuan + (price or 0.0)
        report = Report(
            prefix=order.prefix,
            found=wanted,
            price_yuan=round(yuan, 4) if priced or not wanted else None,
            unpriced=wanted - priced,
            passed_over=passed_over(states),
        )
        return report, left

    def _set_going(
        self,
        order: Order,
        uploads: Iterator[ListedUpload],
        left: int,
        before: _Progress,
        *,
        ends: datetime,
        pool: Executor,
    ) -> tuple[Counter[_Outcome], int]:
        """What became of the uploads, in their order, before it was `ends`; and about how many of `left` are left."""
        outcomes: Counter[_Outcome] = Counter()
        # Whether there is time is asked here and not by each thread: a thread that is held up must not end the step
        # before what the other threads have done.
        while step := [*islice(uploads, _STEP)]:
            left = max(left, len(step))  # more may have come since they were counted
            if self.clock() >= ends:
                return outcomes, left
            done = Counter(pool.map(self._one, step))
            if done["queued"]:
                self.backlog_owner.wake_worker()  # settle may have emptied the queue since the last step
            outcomes, left = outcomes + done, left - len(step)
            state = _Progress(
                last=step[-1].upload.key,
                set_going=before.set_going + outcomes.total(),
                at=self.clock(),
                failed=order.failed,
            )
            self.jobs.bucket.write(keys.progress(order.prefix), state.model_dump_json().encode())
            log.info("backfill", prefix=order.prefix, set_going=state.set_going, left=left)
        self.jobs.bucket.delete((keys.progress(order.prefix),))
        return outcomes, 0

    def _one(self, found: ListedUpload) -> _Outcome:
        if found.state is not State.FAILED and self._is_invoked(found):
            return "invoked"
        try:
            if not self.jobs.enqueue(found.upload, found.listed.etag, supersedes=found.failed):
                self.jobs.request_recheck(found.upload)  # begun since it was listed, maybe before this version came
        except CutoutError as error:
            self._explain("not set going", found, error)
            return "not set going"
        return "queued"

    def _is_invoked(self, found: ListedUpload) -> bool:
        """Whether its function is."""
        if self._refused:
            return False
        try:
            self.invoker.invoke(found.upload.group, self.event(found.listed))
        except CutoutError as error:
            self._explain("queued", found, error)
            if isinstance(error, Misconfigured):
                self._refused = True
            return False
        return True

    def _explain(self, outcome: _Outcome, found: ListedUpload, error: CutoutError) -> None:
        log.warning("backfill", key=found.upload.key, message=f"{outcome}: {error.message}", code=error.code)
        self._reasons[outcome] = error.text

    def _said(self, report: Report) -> Message:
        queued = messages.QUEUED(count=report.queued, reason=self._reasons["queued"]) if report.queued else ""
        others = (
            messages.NOT_SET_GOING(count=report.not_set_going, reason=self._reasons["not set going"])
            if report.not_set_going
            else ""
        )
        if report.left:
            return messages.OUT_OF_TIME(queued=queued, others=others)
        return messages.SET_GOING(count=report.set_going, queued=queued, others=others)

    def _progress(self, order: Order) -> _Progress:
        stored = self.jobs.bucket.read(keys.progress(order.prefix))
        now = self.clock()
        with suppress(ValidationError):
            progress = _Progress.model_validate_json(stored.body if stored else b"")
            if now - progress.at < _REMEMBERED and progress.failed == order.failed:
                return progress
        return _Progress(last="", set_going=0, at=now, failed=order.failed)


def _logged(report: Report, text: Message) -> Report:
    report = report.saying(text)
    log.info("backfill", **report.model_dump(exclude={"message_zh"}))  # logs are English
    return report
