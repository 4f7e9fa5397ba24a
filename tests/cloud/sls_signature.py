"""Who is calling Simple Log Service: its own signature, version 1, checked to the letter ("Request signatures").

It is what the official SDK (alibabacloud-gateway-sls) makes unless it is asked for version 4: HMAC-SHA256 over method,
content-md5, content-type, date, the headers `x-log-` and `x-acs-`, and path and query as they are before encoding.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

from werkzeug.wrappers import Request

from tests.cloud.accounts import Key
from tests.cloud.acs3 import Gate, Refused

_AUTHORIZATION = re.compile(r"LOG ([^:\s]+):(\S+)")
_API_VERSION = "0.6.0"


def admit(gate: Gate, request: Request) -> str:
    """The access key id of the caller; raises `Refused` with the codes of SLS ("Error codes")."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    parts = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if parts is None:
        raise Refused(401, "Unauthorized", "The authorization of the request is not of the form LOG <key>:<signature>.")
    key = _key(gate, parts[1])
    if headers.get("x-log-apiversion") != _API_VERSION:
        raise Refused(400, "InvalidAPIVersion", "x-log-apiversion is unsupported.")
    if headers.get("x-log-signaturemethod") != "hmac-sha256":
        raise Refused(400, "InvalidSignatureMethod", "x-log-signaturemethod is unsupported.")
    _check_date(gate, headers.get("date", ""))
    body = request.get_data()
    if headers.get("content-md5", "") != (hashlib.md5(body).hexdigest().upper() if body else ""):
        raise Refused(400, "PostBodyInvalid", "content-md5 is not that of the body.")
    signed = _string_to_sign(request, headers)
    digest = hmac.new(key.access_key_secret.encode(), signed.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), parts[2].encode()):
        raise Refused(401, "SignatureNotMatch", f"Signature {parts[2]} not matched.")
    if not hmac.compare_digest(key.security_token, headers.get("x-acs-security-token", "")):
        raise Refused(401, "Unauthorized", "The security token you provided is invalid.")
    return key.access_key_id


def _key(gate: Gate, access_key_id: str) -> Key:
    try:
        return gate.key(access_key_id)
    except Refused:
        raise Refused(401, "Unauthorized", f"AccessKeyId not found: {access_key_id}") from None


def _check_date(gate: Gate, date: str) -> None:
    try:
        at = parsedate_to_datetime(date).astimezone(timezone.utc)
    except ValueError:
        raise Refused(400, "InvalidRequestTime", f"Request time {date} not follow RFC822 spec.") from None
    try:
        gate.on_time(at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    except Refused:
        raise Refused(400, "RequestTimeExpired", f"Request time {date} has been expired.") from None


def _string_to_sign(request: Request, headers: Mapping[str, str]) -> str:
    asked = urlsplit(request.environ["RAW_URI"])
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    resource = asked.path or "/"
    if query:
        resource += "?" + "&".join(f"{name}={query[name]}" for name in sorted(query))
    own = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith(("x-log-", "x-acs-"))]
    first = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), headers.get("date", "")]
    return "\n".join([*first, *own, resource])
