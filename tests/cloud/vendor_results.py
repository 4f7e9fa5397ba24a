"""The bucket a vendor leaves its pictures in: links on http, signed as OSS signs them, dead before long."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from tests.cloud.effects import Effect, Observer, Service
from tests.cloud.vendor_connection import client, half
from tests.cloud.vendor_drawn import Drawn
from tests.cloud.vendor_faults import Faults

PREFIX = "/results/"
"""Under which paths."""


@dataclass(frozen=True)
class Kept:
    drawn: Drawn
    action: str
    key: str
    """The key of the upload it was made from."""
    expires: int


class Results:
    """Keeps pictures for as long as their links live, `lifetime` seconds, and serves them."""

    def __init__(
        self, service: Service, lifetime: int, clock: Callable[[], float], observe: Observer, faults: Faults
    ) -> None:
        self._service = service
        self._lifetime = lifetime
        self._clock = clock
        self._observe = observe
        self._faults = faults
        self._key = secrets.token_bytes(20)
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def keep(self, drawn: Drawn, action: str, key: str, host: str) -> str:
        """The link to `drawn` on the server at `host`."""
        now = self._clock()
        expires = int(now) + self._lifetime
        day = datetime.fromtimestamp(now, timezone.utc).date()
        path = f"{PREFIX}{self._service}/{day}/{secrets.token_hex(12)}.{drawn.suffix}"
        with self._lock:
            self._kept = {old: kept for old, kept in self._kept.items() if kept.expires > now}
            self._kept[path] = Kept(drawn, action, key, expires)
        query = {
            "Expires": expires,
            "OSSAccessKeyId": f"LTAI-EXAMPLE-{self._service}",
            "Signature": self._sign(path, str(expires)),
        }
        return f"http://{host}{path}?{urlencode(query)}"

    def serve(self, request: Request) -> Response:
        kept = self._kept.get(request.path)
        action, key = (kept.action, kept.key) if kept else ("", "")
        effect = Effect("result", "Download", key, client(request))
        self._observe(effect, "before")
        fault = self._faults.strike({"no-answer", "error-page", "cut-off"}, {action}, key)
        response = self._answer(request, kept, fault.kind if fault else "")
        self._observe(effect, "after")
        return response

    def _answer(self, request: Request, kept: Kept | None, fault: str) -> Response:
        expires, signature = request.args.get("Expires", ""), request.args.get("Signature", "")
        if not hmac.compare_digest(self._sign(request.path, expires).encode(), signature.encode()):
            return _error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if int(expires) <= self._clock():
            return _error(403, "AccessDenied", "Request has expired.")
        if kept is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        if fault == "no-answer":
            return _error(403, "AccessDenied", "As the box was told to.")
        if fault == "error-page":
            return Response("<html><body>502 Bad Gateway</body></html>", content_type="text/html")
        content = kept.drawn.content
        body = half(content) if fault == "cut-off" else content
        return Response(body, content_type=kept.drawn.content_type, headers={"Content-Length": str(len(content))})

    def _sign(self, path: str, expires: str) -> str:
        text = f"GET\n\n\n{expires}\n{path}"
        return base64.b64encode(hmac.new(self._key, text.encode(), hashlib.sha1).digest()).decode()


def _error(status: int, code: str, message: str) -> Response:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{secrets.token_hex(12).upper()}</RequestId></Error>"
    )
    return Response(xml, status, content_type="application/xml")
