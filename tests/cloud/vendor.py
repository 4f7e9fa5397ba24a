"""What every vendor's stand-in does, whatever its dialect: serve, keep books, and go wrong on demand."""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from werkzeug.wrappers import Request, Response

from tests.cloud.effects import Effect, Observer, Service
from tests.cloud.serve import Server
from tests.cloud.vendor_capacity import Capacity
from tests.cloud.vendor_connection import client
from tests.cloud.vendor_drawn import Drawn
from tests.cloud.vendor_faults import Fault, Faults
from tests.cloud.vendor_pictures import Limits, Picture, decode, fetch, key_of
from tests.cloud.vendor_quota import Quota
from tests.cloud.vendor_results import PREFIX, Results

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ARRIVED = "arrived"
_SILENCE = 60.0
"""Seconds after which a call that is never answered is hung up on."""

_SPOILT = {
    "bad-json": "<html><body>502 Bad Gateway</body></html>",
    "empty": "",
    "blank-error": '{"error": ""}',
}
"""What is answered in place of an answer, by the fault."""


@dataclass(frozen=True)
class Billed:
    """A picture that would have cost money: one that was made, or an asynchronous one that was accepted."""

    action: str
    key: str
    """The upload's."""
    request_id: str
    at: float
    access_key_id: str = ""
    """Who called; empty where an AppCode is all there is."""


@dataclass(frozen=True)
class Called:
    """Any call. `code` is the error it got, or what it heard of a failed task; empty if neither, `refuse` if it got
    no answer at all."""

    action: str
    key: str
    code: str
    at: float
    tasks: int = 1
    """How many pictures it asked for."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What it said of the first of them, beside links, in the vendor's words."""
    arrived: float = 0.0
    """When it came, which is what a quota goes by; `at` is when it was answered."""


@dataclass(frozen=True)
class Shown:
    """A picture that was looked at and taken: the object in the bucket that it came from, and its sides in pixels."""

    key: str
    width: int
    height: int


@dataclass(frozen=True)
class Call:
    """A request that nobody has judged yet: what it is about (`key`: the upload's), and what answers it."""

    action: str
    key: str
    answer: Callable[[], tuple[Response, str]]
    """Does what was asked. The answer, and the code of the error that it is, empty if none; raises nothing."""
    tasks: int = 1
    others: tuple[str, ...] = ()
    """The further uploads that a batch is about."""
    options: Mapping[str, object] = field(default_factory=dict)
    """As in `Called`."""


class Vendor(ABC):
    """Serves from construction until `stop()`; a vendor's own class says what a request means (`_read`) and how a
    function reaches it (`settings`).

    `clock` tells every expiry, window and job; `qps` is each action's quota, but no more than `most_qps` says of it;
    `latency` is what every call takes at least; `origin` gives the key of the upload that an object was copied from,
    since a vendor may be shown a copy; result links live `lifetime` seconds.
    """

    def __init__(
        self,
        service: Service,
        faults: Faults,
        *,
        observe: Observer,
        clock: Callable[[], float],
        qps: float,
        latency: float,
        origin: Callable[[str], str],
        lifetime: int,
        port: int,
        most_qps: Mapping[str, float] | None = None,
    ) -> None:
        self.ledger: list[Billed] = []
        self.calls: list[Called] = []
        self.shown: list[Shown] = []
        self._service: Service = service
        self._faults = faults
        self._observe = observe
        self._clock = clock
        self._quota = Quota(qps, most_qps or {})
        self._latency = latency
        self.capacity = Capacity()
        self._origin = origin
        self._results = Results(service, lifetime, clock, observe, faults)
        self._stopped = threading.Event()
        # Nothing of the machine's proxies: what is fetched is on this machine.
        self._web = httpx.Client(trust_env=False, headers={"Accept-Encoding": "identity"})
        self._server = Server(self._app, port)
        self.url = self._server.url
        self.result_host = self._server.host

    def fault(
        self,
        kind: str,
        *,
        action: str = "",
        key: str = "",
        times: int | None = None,
        seconds: float = 5.0,
        code: str = "",
    ) -> Fault:
        """Goes wrong until `.lift()`, or `times` times; `vendor_faults` lists the kinds, the vendor's file its own.

        `action` and `key` (the upload's) narrow it down. `seconds` is for "slow", `code` for a job that fails:
        without one, what "error" stands for.
        """
        return self._faults.add(kind, action=action, key=key, times=times, seconds=seconds, code=code)

    def lift_all(self) -> None:
        """Nothing goes wrong any more, and there is no end to what it can do."""
        self._faults.lift_all()
        self.capacity.per_second = math.inf

    def stop(self) -> None:
        self._stopped.set()
        self.lift_all()
        self._server.stop()
        self._web.close()

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The environment variables with which a function reaches it: addresses and secrets, but no quota."""

    @abstractmethod
    def _read(self, request: Request) -> Call: ...

    def _upload(self, url: str) -> str:
        """The key of the upload that `url` shows, whole or as a copy; empty when it shows none."""
        key = key_of(url)
        return self._origin(key) if key else ""

    def _wait(self) -> None:
        self._stopped.wait(self._latency)

    def _work(self) -> None:
        """What a synchronous call's picture takes beside `latency`, with the wait for those that came before."""
        self.capacity.work(self._stopped)

    def _spend(self, request: Request, action: str) -> None:
        """Raises `Throttled`."""
        self._quota.spend(action, request.environ[_ARRIVED])

    def _look(self, url: str, limits: Limits) -> Picture:
        """The picture behind `url`, on the record; raises `Unfit`."""
        picture = decode(url, fetch(self._web, url, limits), limits)
        height, width = picture.pixels.shape[:2]
        self.shown.append(Shown(self._upload(url), width, height))
        return picture

    def _link(self, drawn: Drawn, action: str, key: str) -> str:
        return self._results.keep(drawn, action, key, self.result_host)

    def _bill(self, action: str, key: str, request_id: str, access_key_id: str = "") -> None:
        self.ledger.append(Billed(action, key, request_id, self._clock(), access_key_id))

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = self._results.serve(request) if request.path.startswith(PREFIX) else self._serve(request)
        return response(environ, start_response)

    def _serve(self, request: Request) -> Response:
        arrived = request.environ[_ARRIVED] = self._clock()  # before anything is thought of it, which takes its time
        call = self._read(request)
        effect = Effect(self._service, call.action, call.key, client(request))
        self._observe(effect, "before")
        if self._struck(call, "refuse"):
            self._note(call, "refuse", arrived)
            raise ConnectionAbortedError
        if self._struck(call, "unpaid"):
            self._note(call, "402", arrived)
            return Response(b"", 402)
        response, code = call.answer()
        if spoilt := self._struck(call, *_SPOILT):
            response = Response(_SPOILT[spoilt.kind], content_type="text/html")
        self._note(call, code, arrived)
        self._observe(effect, "after")
        if late := self._struck(call, "timeout", "slow"):
            late.lifted.wait(_SILENCE if late.kind == "timeout" else late.seconds)
            if late.kind == "timeout":
                raise ConnectionAbortedError
        return response

    def _note(self, call: Call, code: str, arrived: float) -> None:
        self.calls.append(Called(call.action, call.key, code, self._clock(), call.tasks, call.options, arrived))

    def _struck(self, call: Call, *kinds: str) -> Fault | None:
        return self._strike(kinds, call.action, call.key, *call.others)

    def _strike(self, kinds: Collection[str], action: str, *keys: str) -> Fault | None:
        """The fault that strikes a call about these uploads: that it concerns one of them is enough."""
        return next((fault for key in keys if (fault := self._faults.strike(kinds, {action}, key))), None)
