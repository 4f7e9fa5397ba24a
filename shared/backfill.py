"""On demand: every upload below a prefix that has no current receipt is set going.

By asynchronous invocation of the function that owns it, as OSS would have; where that is refused, by walking the line
here, at the quota's pace. Both are safe to repeat, so a backfill that was cut short is simply ordered again, and goes
on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared import keys, log
from shared.arrivals import Arrivals
from shared.capabilities import companion_roles, of_group
from shared.errors import CutoutError, Misconfigured
from shared.models import Entry
from shared.ports import Invoker

AT_ONCE = 16
_REMEMBERED = timedelta(days=1)
"""The platform keeps an event for a day: whatever was told before, and has no receipt, is told again."""
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


@dataclass(frozen=True)
class Report:
    """What a person is told. `left` uploads are still to be set going: order it again."""

    prefix: str
    found: int
    price_yuan: float | None
    """What a call for each of those costs whose price is known; None when it is known of none."""
    unpriced: int
    """Of how many it is not known."""
    set_going: int = 0
    left: int = 0
    message: str = ""

    def to_json(self) -> bytes:
        return _REPORT.dump_json(self)


_REPORT = TypeAdapter(Report)


class _Progress(BaseModel):
    """How far a backfill has come, at `backfill/<prefix>progress.json`: gone when it is through."""

    last: str
    set_going: int
    at: AwareDatetime


class Backfill:
    """`event` makes what OSS would have told of an upload; from `ends` on no further step is begun."""

    def __init__(
        self,
        arrivals: Arrivals,
        invoker: Invoker,
        event: Callable[[Entry], bytes],
        ends: datetime,
    ) -> None:
        self._arrivals = arrivals
        self._documents = arrivals.line.jobs.bucket
        self._invoker = invoker
        self._event = event
        self._ends = ends
        self._refused = False

    def run(self, order: Order) -> Report:
        before = self._progress(order.prefix)
        uploads = list(self._without_receipt(order.prefix))
        prices = [self._arrivals.line.prices.of(keys.capability_name(each.key)) for each in uploads]
        known = [price for price in prices if price is not None]
        report = Report(
            order.prefix,
            found=len(uploads),
            price_yuan=round(sum(known), 4) if known or not prices else None,
            unpriced=len(prices) - len(known),
        )
        if order.dry_run:
            return self._told(report, "nothing was changed")
        if len(uploads) > order.confirm_over and not order.confirm:
            return self._told(report, f'more than {order.confirm_over:,}: add "confirm": true to do it')
        left = [each for each in uploads if each.key > before.last]
        count = self._set_going(order.prefix, left, before.set_going)
        if count == len(left):
            self._documents.delete((keys.progress(order.prefix),))
            return self._told(report, "all of them are set going", count)
        return self._told(report, "out of time: order it again, and it goes on from here", count, len(left) - count)

    def _without_receipt(self, prefix: str) -> Iterator[Entry]:
        """Uploads in the order of their names; one that is written again in the second of its receipt counts, too."""
        bucket = self._arrivals.line.bucket
        told = {each.key: each.modified for each in bucket.list(keys.receipts_below(prefix))}
        under_way = {each.key for each in self._documents.list(keys.jobs_below(prefix))}
        listed = list(bucket.list(prefix))
        newest = _newest(listed)
        for each in listed:
            if not keys.is_upload(each.key) or each.key not in newest or keys.job(each.key) in under_way:
                continue
            if not any(of_group(_group(each.key))):
                continue  # no function owns it, and none would be told of it by OSS
            if len(each.key.encode()) > keys.MAX_UPLOAD_BYTES:
                log.error("refused", key=each.key, message="its key is too long for a receipt")
                continue
            receipt = told.get(keys.receipt(each.key))
            if each.size and (receipt is None or receipt <= newest[each.key]):
                yield each

    def _set_going(self, prefix: str, uploads: list[Entry], already: int) -> int:
        """How many were, in their order, before the time was up."""
        done = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # Whether there is time is asked here and not by each thread: one that is held up must not make the step
            # end before what the others have done.
            while done < len(uploads) and self._arrivals.line.clock() < self._ends:
                step = uploads[done : done + _STEP]
                list(pool.map(self._one, step))
                done += len(step)
                state = _Progress(last=step[-1].key, set_going=already + done, at=self._arrivals.line.clock())
                self._documents.write(keys.progress(prefix), state.model_dump_json().encode())
                log.info("backfill", prefix=prefix, set_going=already + done, left=len(uploads) - done)
        return done

    def _one(self, upload: Entry) -> None:
        """What the platform refuses once, it refuses for all."""
        if not self._refused:
            try:
                self._invoker.invoke(_group(upload.key), self._event(upload))
            except CutoutError as error:
                if isinstance(error, Misconfigured):
                    self._refused = True
                whose = "the uploads are" if self._refused else f"{upload.key} is"
                log.warning("backfill", message=f"{error.message}; {whose} worked on here", code=error.code)
            else:
                return
        self._arrivals.arrived(upload.key, upload.etag)

    def _progress(self, prefix: str) -> _Progress:
        now = self._arrivals.line.clock()
        stored = self._documents.read(keys.progress(prefix))
        with suppress(ValidationError):
            progress = _Progress.model_validate_json(stored.body if stored else b"")
            if now - progress.at < _REMEMBERED:
                return progress
        return _Progress(last="", set_going=0, at=now)

    def _told(self, report: Report, message: str, set_going: int = 0, left: int = 0) -> Report:
        if report.unpriced:
            message += f"; the price of {report.unpriced:,} is not known: PRICES can say what your account pays"
        told = replace(report, set_going=set_going, left=left, message=f"{report.found:,} found; {message}")
        log.info("backfill", **asdict(told))
        return told


def _group(key: str) -> str:
    return key.removeprefix(keys.UPLOADS).partition("/")[0]


def _newest(listed: Sequence[Entry]) -> dict[str, datetime]:
    """For each picture, when it or what lies beside it was last written. What lies beside one that is there is none."""
    there = {each.key for each in listed}
    newest: dict[str, datetime] = {}
    of_folder: dict[str, datetime] = {}
    for each in listed:
        roles = companion_roles(keys.capability_name(each.key))
        if keys.serves_folder(each.key, roles):
            of_folder[keys.folder(each.key)] = max(each.modified, of_folder.get(keys.folder(each.key), each.modified))
            continue
        image = keys.image_of(each.key, roles)
        key = image if image in there else each.key
        newest[key] = max(each.modified, newest.get(key, each.modified))
    return {key: max(moment, of_folder.get(keys.folder(key), moment)) for key, moment in newest.items()}
