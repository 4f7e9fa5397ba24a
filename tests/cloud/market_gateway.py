"""The gateway in front of what the Alibaba Cloud market sells: it knows an AppCode, not what is behind it.

What it refuses never reaches the vendor: the body is empty, `X-Ca-Error-Message` says why, and `X-Ca-Error-Code`,
six characters, is there only when the answer is the gateway's own; an older gateway gives none.
"""

from __future__ import annotations

import hmac
import threading
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from tests.cloud.vendor_faults import Faults

FAULTS = {
    "gateway-throttle": "the market's gateway refuses the call: its flow control",
    "gateway-quota": "the market's gateway refuses the call: all that was bought is used up",
    "gateway-arrears": "an older gateway of the market's refuses the call: the account owes money",
}
"""Faults of every vendor that sells through the market, and what they do."""

# Messages are those of the API gateway's table of client errors and of the market's own examples of calls; of the codes
# only that they have six characters is documented, and public clients know these. Older gateways give none.
_ON_DEMAND = {
    "gateway-throttle": (403, "T403US", "Throttled by USER Flow Control"),
    "gateway-quota": (403, "B403MQ", "Api Market Subscription quota exhausted"),
    "gateway-arrears": (403, "", "User Arrears"),
}


class Barred(Exception):
    """The gateway's refusal; `message` is its X-Ca-Error-Message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def response(self) -> Response:
        headers = {"X-Ca-Error-Message": self.message, "X-Ca-Request-Id": str(uuid4()).upper()}
        if self.code:
            headers["X-Ca-Error-Code"] = self.code
        return Response(b"", self.status, headers=headers)


def admit(request: Request, appcode: str, faults: Faults, action: str, key: str) -> None:
    """Raises `Barred` unless the request has the `appcode`, and no fault is on for such a call."""
    given = request.headers.get("Authorization", "")
    if not given:
        raise Barred(401, "A401AC", "Unauthorized")
    if not hmac.compare_digest(given.encode(), f"APPCODE {appcode}".encode()):
        raise Barred(403, "A403AC", "Invalid AppCode")
    if fault := faults.strike(_ON_DEMAND, {action}, key):
        raise Barred(*_ON_DEMAND[fault.kind])


class Nonces:
    """For those who ask for an `X-Ca-Nonce` with every call: it must never have come before."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def take(self, request: Request) -> None:
        """Raises `Barred` for a nonce that is missing or was used."""
        nonce = request.headers.get("X-Ca-Nonce", "")
        if not nonce:
            raise Barred(400, "I400MH", "Header `X-Ca-Nonce` is Required")
        with self._lock:
            if nonce in self._seen:
                raise Barred(403, "S403NU", "Nonce Used")
            self._seen.add(nonce)
