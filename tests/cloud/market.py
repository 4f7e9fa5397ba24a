"""The market's API gateway, in front of the services that are sold there: what it refuses, no service gets to see.

It answers with headers and an empty body. Statuses and messages are those that the market's own sample clients look
for ("Invalid AppCode `not exists`" with 400, "Quota Exhausted" with 403) and those of the gateway's error table.
"""

from __future__ import annotations

import hmac
import secrets
import threading

from werkzeug.wrappers import Request, Response


class Barred(Exception):
    """What the gateway refuses with: an HTTP status, a code of six characters and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        headers = {
            "X-Ca-Error-Code": self.code,
            "X-Ca-Error-Message": self.message,
            "X-Ca-Request-Id": secrets.token_hex(16).upper(),
        }
        return Response(b"", self.status, headers=headers)


FAULTS = {
    "gateway-throttle": "the gateway refuses the call: more a second than were bought",
    "gateway-quota": "the gateway refuses the call: as many as were bought are used up",
}
"""What may go wrong with the gateway on demand."""


def struck(fault: str) -> Barred:
    """What a fault of `FAULTS` makes the gateway say."""
    if fault == "gateway-throttle":
        return Barred(403, "T403UR", "Throttled by USER Flow Control")
    return Barred(403, "A403QE", "Quota Exhausted")


class Gateway:
    """Lets those pass who have bought, with a nonce that it has not seen."""

    def __init__(self, appcode: str) -> None:
        self._appcode = appcode
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def admit(self, request: Request) -> bool:
        """Whether the call carries an AppCode at all: one without is the service's to refuse.

        Raises `Barred` for another's AppCode, and for a nonce that is missing or was used.
        """
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        carries = scheme == "APPCODE" and bool(given)
        if carries and not hmac.compare_digest(given.encode(), self._appcode.encode()):
            raise Barred(400, "A400AC", "Invalid AppCode `not exists`")
        nonce = request.headers.get("X-Ca-Nonce", "")
        if not nonce:
            raise Barred(400, "I400MH", "Header `X-Ca-Nonce` is Required")
        with self._lock:
            if nonce in self._seen:
                raise Barred(403, "A403NU", "Nonce Used")
            self._seen.add(nonce)
        return carries
