"""PicWish (佐糖) in a box, as the Alibaba Cloud market sells it: strict where its manuals are, with real pictures.

Behind the market's gateway, which asks for the AppCode, lie cutting out and taking a watermark off; both take a form
and fetch the photo themselves. An answer has the picture, or says that the task is still under way. It goes wrong on
demand (`fault`). A stand-in drew these pictures: GrabCut and OpenCV's inpainting, not PicWish's models.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from tests.cloud import market_gateway, picwish_tasks
from tests.cloud.accounts import Accounts
from tests.cloud.effects import Observer, unobserved
from tests.cloud.picwish_replies import UNFIT, Refused, error, reply
from tests.cloud.picwish_tasks import Task, Tasks, Told
from tests.cloud.picwish_work import ACTIONS
from tests.cloud.vendor import Call, Vendor
from tests.cloud.vendor_faults import Faults
from tests.cloud.vendor_pictures import Unfit, check_url
from tests.cloud.vendor_quota import Throttled

LIFETIME = 60 * 60
"""Seconds that a result's link lives, and a task can be asked about ("接口返回的链接一般有效期为 1 小时")."""
ROOT = "/tasks/visual/"

ERRORS = {"throttle": "429", "blocked": "401", "error": "500"}
"""Faults that are an HTTP status, by the word for it; `code:<status>` is any other."""


class Picwish(Vendor):
    """A `Vendor` of two actions, `segmentation` and `watermark`; `<action>/query` asks about a task.

    `qps` is the quota of each, asking included; `processing_seconds`, how long a task is under way. Calls are billed
    that gave a picture, and those that were accepted.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        observe: Observer = unobserved,
        clock: Callable[[], float] = time.time,
        qps: float = 2,
        latency: float = 0.0,
        processing_seconds: float = 0.0,
        origin: Callable[[str], str] = lambda key: key,
        port: int = 0,
    ) -> None:
        self._appcode = accounts.appcode("picwish")
        self._kept: dict[str, Task] = {}
        faults = Faults(ERRORS, {**market_gateway.FAULTS, **picwish_tasks.FAULTS})
        self._tasks = Tasks(clock, processing_seconds, faults, self._look, self._link)
        super().__init__(
            "picwish",
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
        endpoints = dict.fromkeys(("PICWISH_CUTOUT_ENDPOINT", "PICWISH_WATERMARK_ENDPOINT"), self.url)
        return {**endpoints, "PICWISH_APPCODE": self._appcode}

    def _read(self, request: Request) -> Call:
        action, _, task_id = request.path.removeprefix(ROOT).partition("/")
        task = self._kept.get(task_id)
        name = f"{action}/query" if task_id else action
        fields = _fields(request)
        key = task.key if task else self._upload(dict(fields).get("image_url", ""))

        def respond() -> tuple[Response, str]:
            try:
                self._admit(request, name, key)
                told = self._ask(action, task) if task_id else self._order(fields, action, key)
                return reply(told.message, told.data), "" if told.state >= 0 else str(told.state)
            except market_gateway.Barred as barred:
                return barred.response, barred.code
            except Refused as refused:
                return error(refused), str(refused.status)

        links = ACTIONS[action].pictures if action in ACTIONS else ()
        return Call(name, key, respond, options={said: value for said, value in fields if said not in links})

    def _admit(self, request: Request, name: str, key: str) -> None:
        market_gateway.admit(request, self._appcode, self._faults, name, key)
        action, _, query = name.partition("/")
        if not request.path.startswith(ROOT) or action not in ACTIONS or request.method != ("GET" if query else "POST"):
            raise Refused(404)
        try:
            self._spend(request, name)
        except Throttled:
            raise Refused(429) from None
        if fault := self._faults.strike({"code"}, {name}, key):
            raise Refused(int(fault.code))
        self._wait()

    def _order(self, fields: list[tuple[str, str]], action: str, key: str) -> Told:
        form = dict(fields)
        if len(form) < len(fields):
            raise Refused(400, "A parameter is given twice.")
        work = ACTIONS[action].taken(form)
        for url in work.urls:
            try:
                check_url(url)
            except Unfit as unfit:
                raise Refused(UNFIT[unfit.kind], unfit.message) from None
        task = Task(action, key, work, self._clock())
        self._kept[task.id] = task
        self._work()
        told = self._tasks.tell(task)
        if told.state >= 0:
            self._bill(action, key, task.id)
        return told

    def _ask(self, action: str, task: Task | None) -> Told:
        if task is None or task.action != action or self._clock() - task.created >= LIFETIME:
            raise Refused(404)
        return self._tasks.tell(task)


def _fields(request: Request) -> list[tuple[str, str]]:
    """Those of a form, urlencoded: no other body has any, for the manuals know of none."""
    body = request.get_data()
    if request.mimetype != "application/x-www-form-urlencoded":
        return []
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
