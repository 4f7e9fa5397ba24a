"""Small honest objects at the seams of the line: a bucket in memory, a vendor that answers what it is told, a clock."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

from shared.cloud.changes import always, until_certain
from shared.cloud.ports import (
    LONGEST_DOCUMENT,
    METADATA,
    Http,
    ListedObject,
    ObjectHead,
    Reply,
    Request,
    StoredDocument,
)
from shared.errors import CutoutError, Misconfigured, ObjectForbidden, Rejected, Unavailable
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.daily_limit import DailyLimit
from shared.jobs.job import Job
from shared.jobs.receipt import Receipt
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pictures.header import WINDOW
from shared.pictures.sniff import Download
from shared.pipeline.dispatch import Dispatcher
from shared.pipeline.pipeline import Pipeline
from shared.pipeline.polling import PollEstimator
from shared.pipeline.results import ResultStore
from shared.pipeline.runs import JobRunner
from shared.pipeline.scheduler import Scheduler
from shared.pipeline.search import Search
from shared.pipeline.ticket_polls import TicketPolls
from shared.pipeline.vendor_calls import VendorCalls
from shared.pipeline.vendor_client import VendorClient
from shared.pipeline.worker import Worker
from shared.vendors.prices import Prices
from tests.unit.providers import providers

T = TypeVar("T")

START = datetime(2026, 11, 21, 8, 0, 0, tzinfo=timezone.utc)
PNG = b"\x89PNG\r\n\x1a\n" + b"a cutout"
FETCH_SECONDS = 60.0
"""That a run has for its results, as in a function of 120 s."""


class Died(BaseException):
    """The instance is gone: nothing of it runs any more."""


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True)
class Thing:
    body: bytes
    modified: datetime
    inputs_etag: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    public: bool = False
    target: str = ""
    """What a symbolic link names."""

    @cached_property
    def etag(self) -> str:
        return hashlib.md5(self.body).hexdigest().upper()


_WRITES = ("create", "write", "store", "check_write", "publish_copy")


class MemoryBucket:
    """What OSS does, without the network: `requests` counts what production would have sent."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.things: dict[str, Thing] = {}
        self.requests: list[tuple[str, str]] = []
        self.made_again: Counter[str] = Counter()
        """Changes that were sent once more, as their answer was uncertain."""
        self.before: Callable[[str, str], None] = lambda name, key: None
        self.after: Callable[[str, str], None] = lambda name, key: None
        """Told of every request once it is done, when OSS's answer may still be lost."""
        self.unprocessable: set[str] = set()
        """Keys of pictures that OSS can make no other one of."""
        self.unwritable = ""
        """What the keys begin with that the role may not write; empty: none."""
        self.forbidden: set[str] = set()
        """Keys that nobody with our rights may read or copy, whether there is such an object or not."""
        self.signature = ""
        """What every signed link ends with; a key from STS makes it hundreds of characters long."""

    def put(self, key: str, body: bytes, **metadata: str) -> str:
        """An upload, by somebody else."""
        self.things[key] = Thing(body, self.clock(), metadata=metadata)
        return self.things[key].etag

    def put_link(self, key: str, target: str) -> str:
        """A symbolic link, by somebody else."""
        self.things[key] = Thing(target.encode(), self.clock(), target=target)
        return self.things[key].etag

    @contextmanager
    def _request(self, name: str, key: str) -> Iterator[None]:
        self.before(name, key)
        self.requests.append((name, key))
        if self.unwritable and name in _WRITES and key.startswith(self.unwritable):
            raise Misconfigured("AccessDenied", "OSS refuses it: check the role's rights")
        yield
        self.after(name, key)

    def _check_right(self, key: str) -> None:
        if key in self.forbidden:
            raise ObjectForbidden("ObjectForbidden", f"OSS refuses {key}")

    def _change(
        self, name: str, key: str, change: Callable[[], T], still_needed: Callable[[], bool] = always
    ) -> T | None:
        """As production makes a change, without its pauses."""
        tries = 0

        def tried() -> T:
            nonlocal tries
            tries += 1
            self.made_again[name] += tries > 1
            with self._request(name, key):
                return change()

        return until_certain(tried, still_needed, sleep=lambda seconds: None)

    def peek(self, key: str) -> ObjectHead | None:
        with self._request("peek", key):
            self._check_right(key)
            thing = self.things.get(key)
        if thing is None:
            return None
        if thing.target:
            return ObjectHead(key, thing.etag, len(thing.body), thing.modified, thing.metadata, b"", is_link=True)
        metadata = thing.metadata | ({METADATA: thing.inputs_etag} if thing.inputs_etag else {})
        return ObjectHead(key, thing.etag, len(thing.body), thing.modified, metadata, thing.body[:WINDOW])

    def read_range(self, key: str, start: int, length: int) -> bytes:
        with self._request("read_range", key):
            self._check_right(key)
            body = self.things[key].body
        assert start + length <= len(body), "OSS would send the whole object"
        return body[start : start + length]

    def read(self, key: str) -> StoredDocument | None:
        with self._request("read", key):
            if key in self.forbidden:
                raise Misconfigured("AccessDenied", f"OSS refuses {key}")
            thing = self.things.get(key)
        if thing is None:
            return None
        body = b"" if thing.target else thing.body[:LONGEST_DOCUMENT]
        return StoredDocument(body, thing.etag, thing.inputs_etag)

    def download(self, key: str, path: Path, *, process: str = "", most: int) -> None:
        with self._request("download", key):
            self._check_right(key)
            if key not in self.things:
                raise Unavailable("NoSuchKey", "The object is gone")
            if process and key in self.unprocessable:
                raise Rejected("BadImage", "OSS cannot process it")
            body = self.things[key].body
            if len(body) > most:
                raise Rejected("PictureTooLarge", "The picture has too many bytes")
            path.write_bytes(body)

    def etag(self, key: str) -> str:
        with self._request("etag", key):
            self._check_right(key)
            thing = self.things.get(key)
        return thing.etag if thing else ""

    def create(self, key: str, body: bytes) -> bool:
        def change() -> bool:
            if new := key not in self.things:
                self.things[key] = Thing(body, self.clock())
            return new

        return bool(self._change("create", key, change))

    def write(self, key: str, body: bytes, *, inputs_etag: str = "", still_needed: Callable[[], bool] = always) -> None:
        def change() -> None:
            self.things[key] = Thing(body, self.clock(), inputs_etag)

        self._change("write", key, change, still_needed)

    def store(self, key: str, download: Download, *, inputs_etag: str) -> int:
        with self._request("store", key):
            body = b"".join(download.chunks)
            self.things[key] = Thing(body, self.clock(), inputs_etag)
        return len(body)

    def check_write(self, key: str) -> None:
        with self._request("check_write", key):
            pass

    def delete(self, keys: tuple[str, ...], *, still_needed: Callable[[], bool] = always) -> None:
        def change() -> None:
            for key in keys:
                self.things.pop(key, None)

        if keys:
            self._change("delete", ",".join(keys), change, still_needed)

    def list(self, prefix: str, *, after: str = "", page: int = 1000, nested: bool = True) -> Iterator[ListedObject]:
        with self._request("list", prefix):
            things = [*self.things.items()]  # at one moment, whatever other threads write meanwhile
            found = sorted((key, thing) for key, thing in things if key.startswith(prefix) and key > after)
            there = [ListedObject(key, thing.etag, thing.modified, len(thing.body)) for key, thing in found]
        yield from (each for each in there if nested or "/" not in each.key.removeprefix(prefix))

    def link(self, key: str, process: str, seconds: int) -> str:
        query = f"x-oss-process={quote(process)}&seconds={seconds}&signature={self.signature}"
        return f"https://shop-photos.example/{quote(key)}?{query}"

    def address(self, key: str, process: str) -> str:
        return f"https://shop-photos.example/{quote(key)}" + (f"?x-oss-process={quote(process)}" if process else "")

    def check_link(self, link: str) -> None:
        key, _ = shown_at(link)
        with self._request("check_link", key):
            self._check_right(key)
            if key in self.unprocessable:
                raise Rejected("BadImage", "OSS cannot process it")

    def publish_copy(self, key: str, copy: str, *, public: bool) -> None:
        def change() -> None:
            self._check_right(key)
            if key not in self.things:
                raise Unavailable("NoSuchKey", "it was deleted just as it was to be copied")
            thing = self.things[key]
            self.things[copy] = Thing(thing.body, self.clock(), public=public, target=thing.target)

        self._change("publish_copy", copy, change)


class ScriptedWeb:
    """Answers each call with the next of `answers` (a reply's JSON, or an error to raise), and serves result links."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str] | CutoutError] = []
        self.always: tuple[int, str] | CutoutError | None = None
        self.polls: tuple[int, str] | None = None
        """What to answer to every question about a ticket, when not None."""
        self.before: Callable[[Request], object] = lambda request: None
        """Called with each request when the vendor has it."""
        self.sent: list[Request] = []
        self.results: dict[str, bytes | CutoutError] = {}
        self.fetched: list[str] = []
        self.arriving: Callable[[float], object] = lambda seconds: None
        """Called with the seconds that a result has to arrive."""

    def throttled(self, request: Request) -> None:
        pass

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        on_slot()
        self.before(request)
        self.sent.append(request)
        if self.polls and is_poll(request):
            return Reply(self.polls[0], self.polls[1].encode())
        answer = self.answers.pop(0) if self.answers else self.always
        assert answer is not None, f"nobody said what to answer to {request}"
        if isinstance(answer, CutoutError):
            raise answer
        return Reply(answer[0], answer[1].encode())

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        result = self.results.get(url)
        if isinstance(result, Misconfigured):
            raise result

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        self.fetched.append(url)
        self.arriving(seconds)
        result = self.results.get(url, PNG)
        if isinstance(result, CutoutError):
            raise result
        yield Download("image/png", "png", iter([result]))

    def shown(self, field_name: str) -> tuple[str, str]:
        """The key and the process of the picture in the last call's `field_name`."""
        return _object(self.sent[-1], field_name)

    def shown_keys(self, field_name: str) -> list[str]:
        """The keys of the pictures in every call's `field_name`, in the order of the calls."""
        return [_object(request, field_name)[0] for request in self.sent]


def is_poll(request: Request) -> bool:
    """Whether this is a poll, in any vendor's dialect."""
    return request.method == "GET" or request.quota.name == "GetAsyncJobResult" or request.url.endswith("/query")


def _object(request: Request, field_name: str) -> tuple[str, str]:
    return shown_at({**request.query, **request.form}[field_name])


def shown_at(link: str) -> tuple[str, str]:
    """The key and the process of the picture at `link`."""
    url = urlsplit(link)
    return unquote(url.path[1:]), parse_qs(url.query).get("x-oss-process", [""])[0]


class AtOnce(Executor):
    """Does what it is given before it returns: a round in it does one thing after the other, always in one order."""

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            done.set_exception(error)
        return done


class Shop:
    """The line over a bucket in memory, a scripted web and a clock that stands still."""

    def __init__(
        self,
        lease: timedelta = timedelta(seconds=132),
        web: ScriptedWeb | None = None,
        daily_call_limit: int | None = None,
        prices: Mapping[str, float] | None = None,
    ) -> None:
        self.clock = Clock()
        self.now: Callable[[], datetime] = self.clock
        """The time as the line has it; a schedule gives each instance a clock of its own."""
        self.bucket = MemoryBucket(self.clock)
        self.web = web or ScriptedWeb()
        self.providers = providers()
        self.daily_call_limit = daily_call_limit
        self.prices = Prices(prices or {})
        self.pipeline = self.compose(self.web, JobStore(self.bucket, self.clock, lease))
        self.dispatcher = self.meet(self.pipeline)

    def meet(self, pipeline: Pipeline) -> Dispatcher:
        """Where an instance begins."""
        return Dispatcher(self.bucket, pipeline.jobs, pipeline, BacklogOwner(self.bucket, self.bucket, self.now))

    def compose(self, web: Http, jobs: JobStore) -> Pipeline:
        """The line of one instance."""
        daily_limit = DailyLimit(self.bucket, self.daily_call_limit, self.now)
        client, estimator = VendorClient(web, self.providers, self.now), PollEstimator()
        vendor_calls = VendorCalls(client, daily_limit, estimator, 40.0)
        return Pipeline(
            bucket=self.bucket,
            jobs=jobs,
            vendor_calls=vendor_calls,
            ticket_polls=TicketPolls(client, estimator, vendor_calls.circuit_breaker),
            results=ResultStore(self.bucket, web, self.providers, self.now, FETCH_SECONDS),
            clock=self.now,
            prices=self.prices,
        )

    def worker(
        self,
        ends: datetime,
        pool: Executor | None = None,
        *,
        sleep: Callable[[float], None] | None = None,
        dispatcher: Dispatcher | None = None,
        search: Search | None = None,
    ) -> Worker:
        """An instance's worker, the instance's first unless it is given its `search`. Unless there is a `pool` it does
        one thing after the other; sleeping makes the clock go on."""
        instance = dispatcher or self.dispatcher
        pipeline, jobs = instance.pipeline, instance.pipeline.jobs
        return Worker(
            Scheduler(pipeline.vendor_calls.concurrency, pipeline.vendor_calls.circuit_breaker),
            JobRunner(jobs, pipeline, instance, pipeline.ticket_polls, clock=self.now, ends=ends),
            search or Search(jobs, self.now),
            jobs,
            instance.backlog_owner,
            pool or AtOnce(),
            clock=self.now,
            ends=ends,
            sleep=sleep or (lambda seconds: self.clock.pass_(seconds=seconds)),
        )

    def upload(self, key: str, body: bytes, **metadata: str) -> None:
        """Put an object and tell the line, as OSS would."""
        self.dispatcher.dispatch(Upload(key), self.bucket.put(key, body, **metadata))

    def not_accepted(self, key: str, body: bytes, answer: tuple[int, str] | CutoutError) -> None:
        """Put an object that the vendor, busy just then, turns away; and let a moment pass, so that the next one
        knocks again."""
        self.web.answers.append(answer)
        self.upload(key, body)
        self.clock.pass_(seconds=4)

    def resume(self, key: str) -> None:
        """What settle does when a job falls due."""
        found = self.pipeline.jobs.find(Upload(key))
        assert found is not None
        self.pipeline.resume(found)

    def after(self, key: str, **time: float) -> None:
        self.clock.pass_(**time)
        self.resume(key)

    def receipt(self, key: str) -> Receipt | None:
        thing = self.bucket.things.get(Upload(key).receipt_key)
        return Receipt.model_validate_json(thing.body) if thing else None

    def job(self, key: str) -> Job | None:
        thing = self.bucket.things.get(Upload(key).job_key)
        return Job.from_json(thing.body) if thing else None

    def left(self) -> list[str]:
        """What is there, but for what settle sweeps away and what it is called by."""
        return [key for key in sorted(self.bucket.things) if not key.startswith((keys.QUEUE, keys.WAKE))]

    def keys(self, prefix: str) -> list[str]:
        return [key for key in sorted(self.bucket.things) if key.startswith(prefix)]
