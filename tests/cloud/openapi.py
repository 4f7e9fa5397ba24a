"""The front of Alibaba's OpenAPI services: one HTTP proxy that is all their hosts, with a stand-in behind each name.

SDKs speak to it in clear with the services' own host names (`http_proxy` in their `Config`), so that a wrong endpoint
is found. Every request is checked as Alibaba's gateway does: who signed it and when, for which version of which action.
"""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from tests.cloud.accounts import Accounts
from tests.cloud.acs3 import Gate, Refused
from tests.cloud.serve import Server

__all__ = ["Call", "OpenApi", "Operation", "Product", "Refused", "Rpc", "nothing"]


@dataclass(frozen=True)
class Call:
    """A request whose sender is known."""

    action: str
    """As `x-acs-action` says it; empty where a product is not told so (SLS)."""
    method: str
    path: str
    """As it was sent, percent-encoded."""
    query: dict[str, str]
    body: Any
    """Parsed JSON; a form as a dict of str; other content as bytes; None when there is none."""
    access_key_id: str
    host: str
    headers: Mapping[str, str]
    """By lower-case name."""
    request_id: str

    @property
    def parameters(self) -> dict[str, str]:
        """Of an RPC-style call: what query and form say."""
        return self.query | (self.body if isinstance(self.body, dict) else {})


class Product(ABC):
    """A service behind the front."""

    hosts: ClassVar[tuple[str, ...]]
    """Exact names, or `*.name`."""
    version: ClassVar[str]
    writes: ClassVar[frozenset[str]] = frozenset()
    """The actions that change something."""

    @abstractmethod
    def perform(self, call: Call) -> Any:
        """What is answered: anything JSON takes, None for 204 without content, or a `Response` as it is to be sent.

        Raises `Refused`. One call is performed at a time.
        """

    def is_change(self, call: Call) -> bool:
        return call.action in self.writes

    def admit(self, gate: Gate, request: Request) -> str:
        """The access key id of whoever signed the request; raises `Refused`."""
        return gate.admit_v3(request, self.version)

    def error(self, refused: Refused, request: Request, request_id: str) -> Any:
        """What is said of an error, in JSON."""
        return {"RequestId": request_id, "HostId": request.host, "Code": refused.code, "Message": refused.message}


@dataclass(frozen=True)
class Operation:
    """An action of an RPC-style product, and its parameters."""

    perform: Callable[[Call], Mapping[str, Any] | None]
    """Answers what stands beside `RequestId`."""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


class Rpc(Product):
    """A product whose actions are named by `x-acs-action`, all at the path `/`."""

    operations: Mapping[str, Operation]
    """By the action's name."""

    def perform(self, call: Call) -> Any:
        operation = self.operations.get(call.action)
        if operation is None or call.path != "/":
            raise Refused(
                404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."
            )
        for name in operation.required:
            if not call.parameters.get(name):
                raise Refused(400, f"Missing{name}", f"{name} is mandatory for this action.")
        known = {*operation.required, *operation.optional}
        if unknown := [name for name in call.parameters if name not in known]:
            # No document says what the gateway does with a parameter that it does not know (it seems to pass it over):
            # here a wrong name is to be found.
            raise Refused(400, "InvalidParameter", f"{call.action} has no parameter {unknown[0]}.")
        return {"RequestId": call.request_id, **(operation.perform(call) or {})}


def nothing(call: Call) -> None:
    """Lets a call pass."""


class OpenApi:
    """Serves from construction until `stop()`, at `url`, which is for an SDK's `http_proxy`.

    `before` is told of each call before it is performed, `after` once it is and before it is answered: raising
    `ConnectionAbortedError` there, they hang up on the client. `calls` are those that came as far as `before`.
    """

    def __init__(
        self,
        accounts: Accounts,
        *products: Product,
        clock: Callable[[], float] = time.time,
        before: Callable[[Call], None] = nothing,
        after: Callable[[Call], None] = nothing,
    ) -> None:
        self.before = before
        self.after = after
        self.calls: list[Call] = []
        self._products = {host: product for product in products for host in product.hosts}
        self._gate = Gate(accounts, clock)
        self._lock = threading.Lock()
        self._server = Server(Request.application(self._answer))
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    @property
    def changes(self) -> list[Call]:
        """Of the calls, those that change something."""
        return [call for call in self.calls if self.is_change(call)]

    def is_change(self, call: Call) -> bool:
        product = self._product(call.host)
        return product is not None and product.is_change(call)

    def _product(self, host: str) -> Product | None:
        return self._products.get(host) or self._products.get("*." + host.partition(".")[2])

    def _answer(self, request: Request) -> Response:
        request_id = str(uuid4()).upper()
        product = self._product(request.host)
        if product is None:
            # A proxy's answer when a name cannot be resolved.
            return _json({"Code": "UnknownHost", "Message": f"there is no {request.host}"}, 502, request_id)
        try:
            call = _read(request, product.admit(self._gate, request), request_id)
            with self._lock:
                self.calls.append(call)
                self.before(call)
                done = product.perform(call)
                self.after(call)
        except Refused as refused:
            return _json(product.error(refused, request, request_id), refused.status, request_id)
        if isinstance(done, Response):
            return done
        return _json(done, 200, request_id) if done is not None else Response(status=204)


def _read(request: Request, access_key_id: str, request_id: str) -> Call:
    asked = urlsplit(request.environ["RAW_URI"])
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        headers.get("x-acs-action", ""),
        request.method,
        asked.path or "/",
        dict(parse_qsl(asked.query, keep_blank_values=True)),
        _body(request),
        access_key_id,
        request.host,
        headers,
        request_id,
    )


def _body(request: Request) -> Any:
    data = request.get_data()
    if not data:
        return None
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(parse_qsl(data.decode(errors="replace"), keep_blank_values=True))
    if request.mimetype == "application/json":
        try:
            return json.loads(data)
        except ValueError:
            raise Refused(400, "InvalidParameter", "The body is not JSON.") from None
    return data


def _json(body: Any, status: int, request_id: str) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json;charset=utf-8")
    response.headers["x-acs-request-id"] = request_id
    return response
