"""The address at which functions are invoked by name: signed requests in, asynchronous invocations out.

There are functions of FC 3.0 only, so a path of 2016-08-15, which names a service, finds none. Whether the real gateway
takes the old signature at the path of 2023-03-30 is not known: `takes_old_signatures` decides here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

from fc2.auth import Auth
from werkzeug.wrappers import Request, Response

from tests.cloud.accounts import Accounts
from tests.cloud.fc import MOST_EVENT_BYTES
from tests.cloud.serve import Server

_V2 = re.compile(r"/2016-08-15/services/[^/]+/functions/[^/]+/invocations")
_V3 = re.compile(r"/2023-03-30/functions/(?P<function>[^/]+)/invocations")


class Refused(Exception):
    """The platform's error: a status, an ErrorCode and an ErrorMessage."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = Response(
            json.dumps({"ErrorCode": code, "ErrorMessage": message}), status, content_type="application/json"
        )


class FcGateway:
    """Serves from construction until `stop()`. `submit` takes a function's name in the account and an event, and says
    whether there is such a function; with `html` every answer is a page of some proxy on the way."""

    def __init__(self, accounts: Accounts, submit: Callable[[str, bytes], bool]) -> None:
        self.takes_old_signatures = True
        self.html = False
        self.invoked: list[str] = []
        self._accounts = accounts
        self._submit = submit
        self._server = Server(Request.application(self._answer))
        self.url = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def _answer(self, request: Request) -> Response:
        if self.html:
            return Response("<html>403 Forbidden</html>", 403, content_type="text/html")
        try:
            self._invoke(request, self._admit(request))
        except Refused as refused:
            return refused.response
        return Response("", 202, headers={"X-Fc-Request-Id": str(uuid4())})

    def _admit(self, request: Request) -> str:
        """The access key id of whoever signed it."""
        key = self._accounts.find(request.headers.get("Authorization", "").removeprefix("FC ").partition(":")[0])
        if key is None:
            raise Refused(403, "AccessDenied", "the access key is not known")
        if request.headers.get("X-Fc-Security-Token", "") != key.security_token:
            raise Refused(403, "InvalidSecurityToken", "the token is not the access key's")
        signed = Auth(key.access_key_id, key.access_key_secret).sign_request(
            request.method, request.path, {name.lower(): value for name, value in request.headers.items()}
        )
        if signed != request.headers["Authorization"]:
            raise Refused(403, "SignatureNotMatch", "the signature is not what was calculated here")
        return key.access_key_id

    def _invoke(self, request: Request, access_key_id: str) -> None:
        if _V2.fullmatch(request.path):
            raise Refused(404, "ServiceNotFound", "there is no such service")
        match = _V3.fullmatch(request.path)
        if match is None or request.method != "POST":
            raise Refused(404, "PathNotSupported", "there is nothing here")
        if not self.takes_old_signatures:
            raise Refused(403, "AccessDenied", "the signature is of an old version")
        if request.headers.get("X-Fc-Invocation-Type") != "Async":
            raise Refused(400, "InvalidArgument", "only asynchronous invocations are taken here")
        resource = f"acs:fc:cn-shanghai:{Accounts.uid}:functions/{match['function']}"
        if not self._accounts.allows(access_key_id, ("fc:InvokeFunction", resource)):
            raise Refused(403, "AccessDenied", f"the caller may not perform fc:InvokeFunction on {resource}")
        event = request.get_data()
        if len(event) > MOST_EVENT_BYTES:
            raise Refused(413, "EntityTooLarge", f"an event may have {MOST_EVENT_BYTES} bytes")
        if not self._submit(match["function"], event):
            raise Refused(404, "FunctionNotFound", f"there is no function {match['function']}")
        self.invoked.append(match["function"])
