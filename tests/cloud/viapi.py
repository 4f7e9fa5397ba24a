"""Alibaba's imageseg in a box: strict where the real one is, and its cutouts are cut from the photo it was shown.

It takes RPC calls signed either way, fetches the pictures over HTTP from Shanghai's OSS only, keeps to today's
limits and to the quota, answers with links that die, and keeps a ledger of what it would have billed. It goes wrong
on demand (`fault`). A stand-in drew these pictures: GrabCut, not Alibaba's models.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from tests.cloud import acs3
from tests.cloud.accounts import Accounts
from tests.cloud.effects import Observer, unobserved
from tests.cloud.vendor import Call, Vendor
from tests.cloud.vendor_drawn import Drawn, Json, Order, link_up
from tests.cloud.vendor_faults import Faults
from tests.cloud.vendor_pictures import Unfit, check_url
from tests.cloud.vendor_quota import Throttled
from tests.cloud.viapi_actions import ACTIONS, POLL, Action
from tests.cloud.viapi_faults import ERRORS, OTHERS
from tests.cloud.viapi_jobs import SUBMITTED, Jobs
from tests.cloud.viapi_options import heard
from tests.cloud.viapi_replies import UNFIT, Refused, answer, error
from tests.cloud.viapi_signing import COMMON, Asked, Gate, read

LIFETIME = 30 * 60
"""Seconds that a result's link lives ("该URL地址为临时地址，有效期为30分钟")."""

FIXED_QPS = {"SegmentHair": 2.0}
"""Calls a second that no purchase raises (document 202489: 头发分割 cannot be raised)."""


class Viapi(Vendor):
    """A `Vendor`.

    `shanghai` are the addresses (`host:port`) that count as Shanghai's OSS; `qps` is the quota of each action;
    `job_seconds`, what a job takes.
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
        origin: Callable[[str], str] = lambda key: key,
        port: int = 0,
    ) -> None:
        self._shanghai = shanghai if callable(shanghai) else lambda: shanghai
        self._accounts = accounts
        self._gate = Gate(accounts, clock)
        faults = Faults(ERRORS, OTHERS)
        self.jobs = Jobs(clock, job_seconds, faults)
        super().__init__(
            "viapi",
            faults,
            observe=observe,
            clock=clock,
            qps=qps,
            latency=latency,
            origin=origin,
            lifetime=LIFETIME,
            port=port,
            most_qps=FIXED_QPS,
        )

    def settings(self) -> dict[str, str]:
        return {"VIAPI_ENDPOINT": self.url}

    def stop(self) -> None:
        super().stop()
        self.jobs.stop()

    def _read(self, request: Request) -> Call:
        asked, request_id = read(request), str(uuid4()).upper()
        key = self._key(asked)

        def respond() -> tuple[Response, str]:
            try:
                return answer(asked.action, request_id, self._do(asked, key, request_id), asked.reply), ""
            except acs3.Refused as refused:
                return error(refused, request_id, asked.reply), refused.code

        row = ACTIONS.get(asked.action)
        known = COMMON.union(row.pictures) if row else {"JobId", *COMMON}
        said = asked.query | asked.form
        return Call(asked.action, key, respond, options={name: said[name] for name in said.keys() - known})

    def _key(self, asked: Asked) -> str:
        if asked.action == POLL:
            return self.jobs.key(asked.form.get("JobId", ""))
        row = ACTIONS.get(asked.action)
        return self._upload((asked.query | asked.form).get(row.pictures[0], "")) if row else ""

    def _do(self, asked: Asked, key: str, request_id: str) -> dict[str, Json]:
        caller = self._gate.admit(asked)
        row = ACTIONS.get(asked.action)
        if asked.request.path != "/" or (row is None and asked.action != POLL):
            raise Refused("InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
        if not self._accounts.allows(caller, (f"viapi-imageseg:{asked.action}", "*")):
            raise Refused("NoPermission", "You are not authorized to perform this operation.")
        try:
            self._spend(asked.request, asked.action)
        except Throttled:
            raise Refused("Throttling.User", "Request was denied due to user flow control.") from None
        if fault := self._faults.strike({"code"}, {asked.action}, key):
            raise Refused(fault.code, "As the box was told to.")
        self._wait()
        if row is None:
            return {"Data": self.jobs.poll(_field(asked.form, "JobId"))}

        try:
            order = self._order(row, asked, key)
        except Unfit as unfit:
            raise Refused(UNFIT[unfit.kind], unfit.message) from None

        def data() -> Json:
            return link_up(row.draw(order), lambda drawn: self._linked(drawn, asked.action, key))

        if row.asynchronous:
            self.jobs.submit(request_id, asked.action, key, data)
            body: dict[str, Json] = {"Message": SUBMITTED}
        else:
            self._work()
            body = {"Data": data()}
        self._bill(asked.action, key, request_id, caller)
        return body

    def _order(self, row: Action, asked: Asked, key: str) -> Order:
        if row.post_only and asked.method != "POST":
            raise Refused("UnsupportedHTTPMethod", f"{asked.action} takes POST only.")
        said = asked.query | asked.form
        urls = [_field(asked.form if row.position == "body" else said, name) for name in row.pictures]
        for url in urls:
            check_url(url, self._shanghai())
            if "%" in urlsplit(url).path and self._faults.strike({"refuse-encoded"}, {asked.action}, key):
                raise Refused("InvalidImage.URL", "The URL's path must be plain.")
        pictures = tuple(self._look(url, row.limits) for url in urls)
        if row.same_size and len({picture.pixels.shape for picture in pictures}) > 1:
            raise Refused("InvalidImage.Resolution", "The pictures must have the same width and height.")
        return Order(pictures, heard(said, row.options))

    def _linked(self, drawn: Drawn, action: str, key: str) -> str:
        link = self._link(drawn, action, key)
        # In a job's answer the whole Result is treated so, when it is asked for.
        amp = not ACTIONS[action].asynchronous and self._faults.strike({"amp"}, {action}, key)
        return link.replace("&", "&amp;") if amp else link


def _field(given: dict[str, str], name: str) -> str:
    if value := given.get(name, ""):
        return value
    code = "MissingImageURL" if name.lower() == "imageurl" else "MissingParameter"
    raise Refused(code, f"{name} is missing where this action looks for it.")
