"""Alibaba's imageseg in a box: strict where the real one is, and its cutouts are cut from the photo it was shown.

It takes RPC calls signed either way, fetches the pictures over HTTP from Shanghai's OSS only, keeps to today's
limits and to the quota, answers with links that die, and keeps a ledger of what it would have billed. It goes wrong
on demand (`fault`). A stand-in drew these pictures: GrabCut, not Alibaba's models.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from werkzeug.wrappers import Request, Response

from tests.cloud.accounts import Accounts
from tests.cloud.effects import Effect, Observer, unobserved
from tests.cloud.serve import Server
from tests.cloud.viapi_actions import ACTIONS, POLL, Action
from tests.cloud.viapi_connection import client, hang_up
from tests.cloud.viapi_drawn import Drawn, Order, link_up
from tests.cloud.viapi_faults import Fault, Faults
from tests.cloud.viapi_jobs import SUBMITTED, Jobs
from tests.cloud.viapi_pictures import check_url, decode, fetch, key_of
from tests.cloud.viapi_quota import Quota
from tests.cloud.viapi_replies import Json, Refused, answer, error
from tests.cloud.viapi_results import Results
from tests.cloud.viapi_signing import Asked, Gate, read

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SILENCE = 60.0
"""Seconds after which a call that is never answered is hung up on."""


@dataclass(frozen=True)
class Billed:
    """A call that would have cost money: one that succeeded, or an asynchronous one that was accepted."""

    action: str
    key: str
    request_id: str
    at: float
    access_key_id: str


@dataclass(frozen=True)
class Called:
    """Any call. `code` is the error it got, empty if none, `refuse` if it got no answer at all."""

    action: str
    key: str
    code: str
    at: float


class Viapi:
    """Serves from construction until `stop()`.

    `shanghai` are the addresses (`host:port`) that count as Shanghai's OSS; `clock` tells every expiry, window and
    job; `qps` is the quota of each action; `latency`, what every call takes at least; `job_seconds`, what a job does.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        shanghai: Callable[[], set[str]] | set[str],
        observe: Observer = unobserved,
        clock: Callable[[], float] = time.time,
        qps: float = 2,
        latency: float = 0.0,
        job_seconds: float = 3.0,
        port: int = 0,
    ) -> None:
        self.ledger: list[Billed] = []
        self.calls: list[Called] = []
        self._shanghai = shanghai if callable(shanghai) else lambda: shanghai
        self._observe = observe
        self._clock = clock
        self._latency = latency
        self._gate = Gate(accounts, clock)
        self._quota = Quota(qps, clock)
        self._faults = Faults()
        self._jobs = Jobs(clock, job_seconds, self._faults)
        self._results = Results(clock, observe, self._faults)
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
        code: str = "InternalError.Algo",
    ) -> Fault:
        """Goes wrong until `.lift()`, or `times` times; `viapi_faults` lists the kinds.

        `action` and `key` (the upload's) narrow it down. `seconds` is for "slow", `code` for "failed-job".
        """
        return self._faults.add(kind, action=action, key=key, times=times, seconds=seconds, code=code)

    def lift_all(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.lift_all()

    def stop(self) -> None:
        self._stopped.set()
        self.lift_all()
        self._server.stop()
        self._jobs.stop()
        self._web.close()

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response = self._call(request) if request.path == "/" else self._results.serve(request)
        return response(environ, start_response)

    def _call(self, request: Request) -> Response:
        asked, request_id = read(request), str(uuid4()).upper()
        key = self._upload(asked)
        effect = Effect("viapi", asked.action, key, client(request))
        self._observe(effect, "before")
        if self._faults.strike({"refuse"}, {asked.action}, key):
            self.calls.append(Called(asked.action, key, "refuse", self._clock()))
            hang_up(request)
        code = ""
        try:
            body = self._do(asked, key, request_id)
            response = answer(asked.action, request_id, body, asked.reply)
        except Refused as refused:
            code = refused.code
            response = error(refused, request_id, asked.reply)
        self.calls.append(Called(asked.action, key, code, self._clock()))
        self._observe(effect, "after")
        if late := self._faults.strike({"timeout", "slow"}, {asked.action}, key):
            late.lifted.wait(_SILENCE if late.kind == "timeout" else late.seconds)
            if late.kind == "timeout":
                hang_up(request)
        return response

    def _upload(self, asked: Asked) -> str:
        if asked.action == POLL:
            return self._jobs.key(asked.form.get("JobId", ""))
        row = ACTIONS.get(asked.action)
        return key_of((asked.query | asked.form).get(row.pictures[0], "")) if row else ""

    def _do(self, asked: Asked, key: str, request_id: str) -> dict[str, Json]:
        caller = self._gate.admit(asked)
        row = ACTIONS.get(asked.action)
        if row is None and asked.action != POLL:
            raise Refused("InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
        self._quota.spend(asked.action)
        if fault := self._faults.strike({"code"}, {asked.action}, key):
            raise Refused(fault.code, "As the box was told to.")
        self._stopped.wait(self._latency)
        if row is None:
            return {"Data": self._jobs.poll(_field(asked.form, "JobId"))}

        order = self._order(row, asked, key)

        def data() -> Json:
            return link_up(row.draw(order), lambda drawn: self._link(drawn, asked.action, key))

        if row.asynchronous:
            self._jobs.submit(request_id, asked.action, key, data)
            body: dict[str, Json] = {"Message": SUBMITTED}
        else:
            body = {"Data": data()}
        self.ledger.append(Billed(asked.action, key, request_id, self._clock(), caller))
        return body

    def _order(self, row: Action, asked: Asked, key: str) -> Order:
        if row.post_only and asked.method != "POST":
            raise Refused("UnsupportedHTTPMethod", f"{asked.action} takes POST only.")
        urls = [_field(asked.query if row.position == "query" else asked.form, name) for name in row.pictures]
        for url in urls:
            check_url(url, self._shanghai())
            if "%" in urlsplit(url).path and self._faults.strike({"refuse-encoded"}, {asked.action}, key):
                raise Refused("InvalidImage.URL", "The URL's path must be plain.")
        pictures = tuple(decode(url, fetch(self._web, url, row.limits), row.limits) for url in urls)
        if row.same_size and len({picture.pixels.shape for picture in pictures}) > 1:
            raise Refused("InvalidImage.Resolution", "The pictures must have the same width and height.")
        return Order(pictures, asked.query)

    def _link(self, drawn: Drawn, action: str, key: str) -> str:
        link = self._results.keep(drawn, action, key, self.result_host)
        # In a job's answer the whole Result is treated so, when it is asked for.
        amp = not ACTIONS[action].asynchronous and self._faults.strike({"amp"}, {action}, key)
        return link.replace("&", "&amp;") if amp else link


def _field(given: dict[str, str], name: str) -> str:
    if value := given.get(name, ""):
        return value
    code = "MissingImageURL" if name.lower() == "imageurl" else "MissingParameter"
    raise Refused(code, f"{name} is missing where this action looks for it.")
