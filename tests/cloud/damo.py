"""DAMO's two market APIs in a box, matting and background removal: strict where the real ones are, real cutouts.

A call passes the market's gateway (AppCode, nonce), is read as the manuals print it, and starts up to ten tasks.
Their pictures are fetched only when they run: a copy that was deleted too early is a failed task. A stand-in drew
what comes out: GrabCut, not DAMO's models.

The manuals say nothing of a quota, nor how long results live: both are what Alibaba's other vision APIs have, and
an API's submits and queries draw on one quota.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from tests.cloud.accounts import Accounts
from tests.cloud.damo_apis import APIS, LIMITS
from tests.cloud.damo_bodies import Given, data, parsed, result_key, submitted
from tests.cloud.damo_replies import CODES, UNREACHED, Refused, answer, error
from tests.cloud.damo_tasks import Tasks, failed
from tests.cloud.effects import Observer, unobserved
from tests.cloud.market_gateway import FAULTS, Barred, Nonces, admit
from tests.cloud.vendor import Call, Vendor
from tests.cloud.vendor_drawn import Json, Order, cutout
from tests.cloud.vendor_faults import Fault, Faults
from tests.cloud.vendor_pictures import Unfit
from tests.cloud.vendor_quota import Throttled

ERRORS = {"throttle": "23500004", "blocked": "23500003", "error": "23500000"}
"""Faults that are a code of the table, by the word for it; `code:<number>` is every other one."""

OTHERS = {
    **FAULTS,
    "code-as-string": "the answer's code is a string",
    "slow-job": "the task stays RUNNING",
    "failed-job": "the task ends as FAILED, with the message of `code`",
}
"""Every other fault, and what it does."""

LIFETIME = 30 * 60
"""Seconds that a result's link lives."""

_ROOT = "/api/v1/"


class _Asked(NamedTuple):
    request: Request
    api: str
    action: str
    keys: list[str]
    """The uploads it is about, one a task; empty for a picture from elsewhere."""
    request_id: str


class Damo(Vendor):
    """A `Vendor`. `qps` is the quota of each API; `job_seconds`, what a task takes.

    The manual of inst-mat prints one address for both calls, `…/query`. It is taken for a slip, since bg-remove's
    prints two; with `matting_submits_at_query` it is taken at its word.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        observe: Observer = unobserved,
        clock: Callable[[], float] = time.time,
        qps: float = 2,
        latency: float = 0.0,
        job_seconds: float = 3.0,
        origin: Callable[[str], str] = lambda key: key,
        matting_submits_at_query: bool = False,
        port: int = 0,
    ) -> None:
        self._submits_at_query = {"inst-mat"} if matting_submits_at_query else set[str]()
        self._actions = {f"{name}/query" for name in APIS}
        self._actions |= {f"{name}/submit" for name in APIS.keys() - self._submits_at_query}
        self._appcode = accounts.appcode("damo")
        self._nonces = Nonces()
        faults = Faults(ERRORS, OTHERS, {str(code) for code in CODES})
        self._tasks = Tasks(clock, job_seconds, faults)
        super().__init__(
            "damo",
            faults,
            observe=observe,
            clock=clock,
            qps=qps,
            latency=latency,
            origin=origin,
            lifetime=LIFETIME,
            port=port,
        )

    def settings(self) -> dict[str, str]:
        return {"DAMO_ENDPOINT": self.url, "DAMO_APPCODE": self._appcode}

    def stop(self) -> None:
        super().stop()
        self._tasks.stop()

    def _read(self, request: Request) -> Call:
        action = request.path.removeprefix(_ROOT)
        api = action.partition("/")[0]
        asked = _Asked(request, api, action, self._uploads(api, request), str(uuid4()).upper())

        def respond() -> tuple[Response, str]:
            text = self._hit(asked, "code-as-string") is not None
            try:
                told = self._do(asked)
                return answer(told, asked.request_id, text=text), "FAILED" if failed(told) else ""
            except Refused as refused:
                return error(refused, asked.request_id, text=text), str(refused.code)
            except Barred as barred:
                return barred.response, barred.code

        named = [key for key in asked.keys if key]
        return Call(
            action, named[0] if named else "", respond, len(asked.keys), tuple(named[1:]), _options(api, request)
        )

    def _uploads(self, api: str, request: Request) -> list[str]:
        match parsed(request):
            case {"data": {"task_list": [*tasks]}}:
                return [self._pictured(task) for task in tasks]
            case {"data": {"result_key": str(result_key)}}:
                batch = self._tasks.find(api, result_key)
                return [task.key for task in batch.tasks] if batch else []
            case _:
                return []

    def _pictured(self, task: object) -> str:
        match task:
            case {"image": str(link)}:
                return self._upload(link)
            case _:
                return ""

    def _do(self, asked: _Asked) -> dict[str, Json]:
        self._admit(asked)
        if asked.request.method != "POST" or asked.action not in self._actions:
            raise Refused(23500002)
        try:
            self._spend(asked.request, asked.api)
        except Throttled:
            raise Refused(23500004) from None
        if fault := self._hit(asked, "code"):
            raise Refused(int(fault.code), "as the box was told to")
        self._wait()
        given = data(asked.request)
        if asked.action.endswith("/submit") or (asked.api in self._submits_at_query and "task_list" in given):
            return self._submit(asked, given)
        batch = self._tasks.find(asked.api, result_key(given))
        if batch is None:
            raise Refused(23500008)
        return self._tasks.shown(batch)

    def _admit(self, asked: _Asked) -> None:
        # The table has a code for this, so it is let through to the service.
        if "Authorization" not in asked.request.headers:
            raise Refused(23500001)
        for key in asked.keys or [""]:
            admit(asked.request, self._appcode, self._faults, asked.action, key)
        self._nonces.take(asked.request)

    def _submit(self, asked: _Asked, given: dict[str, object]) -> dict[str, Json]:
        api = APIS[asked.api]

        def make(task: Given, key: str) -> str:
            try:
                order = Order(tuple(self._look(task[name], LIMITS) for name in api.pictures), task)
            except Unfit as unfit:
                raise Refused(23500006 if unfit.kind in UNREACHED else 23500007, unfit.message) from None
            if len({picture.pixels.shape for picture in order.pictures}) > 1:
                raise Refused(23500007, "The mask must have the width and height of the image.")
            return self._link(cutout(order.photo, api.draw(order)), asked.action, key)

        batch = self._tasks.submit(asked.api, zip(submitted(given, api), asked.keys, strict=True), make)
        for key in asked.keys:
            self._bill(asked.action, key, asked.request_id)
        return self._tasks.shown(batch)

    def _hit(self, asked: _Asked, *kinds: str) -> Fault | None:
        return self._strike(kinds, asked.action, *(asked.keys or [""]))


def _options(api: str, request: Request) -> Mapping[str, object]:
    match parsed(request):
        case {"data": {"task_list": [{**task}, *_]}} if api in APIS:
            return {str(name): value for name, value in task.items() if name not in APIS[api].pictures}
        case _:
            return {}
