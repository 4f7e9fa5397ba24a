"""Lets a request pass whose V4 signature is right: in the header, in the link, or in a form.

Signature versions 1 and 2 are refused, as on any bucket made since September 2025. The rules are those of
OSS's "Include a V4 signature" pages; error codes and ECs come from its error pages (`support/0002-…`), and
where those name none, the EC is left out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from urllib.parse import quote

from tests.cloud.accounts import Accounts, Key
from tests.cloud.oss_replies import Refused
from tests.cloud.oss_request import Asked

REGION = "cn-shanghai"
VERSION = "OSS4-HMAC-SHA256"
_PRODUCT, _REQUEST = "oss", "aliyun_v4_request"
_SKEW = 15 * 60
"""Seconds that a client's clock may be wrong by."""
_LONGEST = 7 * 24 * 60 * 60
"""Seconds that a link may live."""
_ALWAYS_SIGNED = ("content-type", "content-md5")


class Gate:
    """Knows every key the box has handed out, and the time."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._clock = clock

    def admit(self, asked: Asked) -> str:
        """The access key id that signed, empty when nobody has tried to; raises `Refused`."""
        authorization = asked.headers.get("authorization", "")
        in_link = "x-oss-signature" in asked.query
        if authorization and in_link:
            raise Refused(400, "InvalidArgument", "Authorization must be in the header or in the URL, not in both.")
        if authorization.startswith(f"{VERSION} "):
            return self._header(asked, authorization.removeprefix(f"{VERSION} "))
        if in_link and asked.query.get("x-oss-signature-version") == VERSION:
            return self._link(asked)
        if authorization or in_link or "Signature" in asked.query:
            raise Refused(403, "AccessDenied", f"This bucket is closed to signatures other than {VERSION}.")
        return ""

    def admit_form(self, fields: Mapping[str, str]) -> str:
        """The access key id that signed the `policy` of a form upload; what the policy says is not looked at."""
        if fields.get("x-oss-signature-version") != VERSION:
            raise Refused(403, "AccessDenied", f"This bucket is closed to form signatures other than {VERSION}.")
        policy = _take(fields, "policy")
        date = _take(fields, "x-oss-date")
        key, scope = self._scope(_take(fields, "x-oss-credential"), date)
        # "POST V4 signature": seven days at most. It also says that a request may come up to fifteen minutes after
        # x-oss-date, and not how that goes together: the longer time counts here. The code is that of links.
        if self._clock() > _time(date) + _LONGEST:
            raise Refused(403, "AccessDenied", "Request has expired.")
        _compare(_sign(key, scope, policy), _take(fields, "x-oss-signature"), policy)
        _check_token(key, fields.get("x-oss-security-token", ""))
        return key.access_key_id

    def _header(self, asked: Asked, authorization: str) -> str:
        given = dict(part.strip().partition("=")[::2] for part in authorization.split(","))
        date = asked.headers.get("x-oss-date", "")
        payload = asked.headers.get("x-oss-content-sha256", "")
        if payload != "UNSIGNED-PAYLOAD":
            raise Refused(400, "InvalidArgument", "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.")
        key, scope = self._scope(_take(given, "Credential"), date)
        if abs(self._clock() - _time(date)) > _SKEW:
            raise Refused(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                "0002-00000504",
            )
        canonical = _canonical(asked, given.get("AdditionalHeaders", ""), payload)
        _compare(_sign(key, scope, _to_sign(date, scope, canonical)), _take(given, "Signature"), canonical)
        _check_token(key, asked.headers.get("x-oss-security-token", ""))
        return key.access_key_id

    def _link(self, asked: Asked) -> str:
        query = asked.query
        date = _take(query, "x-oss-date")
        key, scope = self._scope(_take(query, "x-oss-credential"), date)
        expires = _take(query, "x-oss-expires")
        if not expires.isascii() or not expires.isdigit() or not 1 <= int(expires) <= _LONGEST:
            raise Refused(
                400, "InvalidArgument", f"x-oss-expires must be between 1 and {_LONGEST} seconds.", "0002-00000232"
            )
        now, start = self._clock(), _time(date)
        if now < start - _SKEW:
            raise Refused(403, "AccessDenied", "Request is not valid yet.", "0002-00000235")
        if now > start + int(expires):
            raise Refused(
                403, "AccessDenied", "Request has expired.", Expires=_iso(start + int(expires)), ServerTime=_iso(now)
            )
        payload = asked.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
        canonical = _canonical(asked, query.get("x-oss-additional-headers", ""), payload)
        _compare(_sign(key, scope, _to_sign(date, scope, canonical)), query["x-oss-signature"], canonical)
        _check_token(key, query.get("x-oss-security-token", asked.headers.get("x-oss-security-token", "")))
        return key.access_key_id

    def _scope(self, credential: str, date: str) -> tuple[Key, str]:
        """The key that `credential` names, and the scope it is for: `<day>/<region>/oss/aliyun_v4_request`."""
        access_key_id, _, scope = credential.partition("/")
        day, region, product, request = (*scope.split("/"), "", "", "", "")[:4]
        _time(date)
        if scope.count("/") != 3 or request != _REQUEST:
            raise Refused(400, "InvalidArgument", f"The credential must end with {_REQUEST}.")
        if day != date[:8]:
            raise Refused(400, "InvalidArgument", "Invalid signing date in the credential: not that of x-oss-date.")
        if region != REGION:
            raise Refused(400, "InvalidArgument", "Invalid signing region in Authorization header.", "0002-00000226")
        if product != _PRODUCT:
            raise Refused(400, "InvalidArgument", "Invalid signing product in Authorization header.", "0002-00000227")
        key = self._accounts.find(access_key_id)
        if key is None:
            raise _unknown_key()
        return key, scope


def _canonical(asked: Asked, additional: str, payload: str) -> str:
    chosen = {name.strip().lower() for name in additional.split(";") if name.strip()}
    signed = {
        name: value.strip()
        for name, value in asked.headers.items()
        if name.startswith("x-oss-") or name in _ALWAYS_SIGNED or name in chosen
    }
    query = {_quote(name): _quote(value) for name, value in asked.query.items() if name != "x-oss-signature"}
    return "\n".join(
        [
            asked.method,
            quote(
                (f"/{asked.bucket}/{asked.key}" if asked.bucket else "/").encode(errors="surrogateescape"), safe="/~"
            ),
            "&".join(f"{name}={query[name]}" if query[name] else name for name in sorted(query)),
            "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
            ";".join(sorted(chosen)),
            payload,
        ]
    )


def _to_sign(date: str, scope: str, canonical: str) -> str:
    # Header values came in WSGI's latin-1: encoded so again, they are the bytes that were signed. The rest is ASCII.
    return "\n".join([VERSION, date, scope, hashlib.sha256(canonical.encode("latin-1")).hexdigest()])


def _sign(key: Key, scope: str, text: str) -> str:
    secret = f"aliyun_v4{key.access_key_secret}".encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _compare(ours: str, theirs: str, canonical: str) -> None:
    if not hmac.compare_digest(ours.encode(), theirs.encode()):
        raise Refused(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            CanonicalRequest=canonical,
        )


def _check_token(key: Key, token: str) -> None:
    if key.security_token and not token:
        raise _unknown_key()  # a temporary key is one only together with its token
    if not hmac.compare_digest(key.security_token.encode(), token.encode()):
        raise Refused(403, "InvalidSecurityToken", "The security token you provided is invalid.")


def _unknown_key() -> Refused:
    return Refused(
        403,
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
        "0002-00000902",
    )


def _take(given: Mapping[str, str], name: str) -> str:
    if value := given.get(name, ""):
        return value
    raise Refused(400, "InvalidArgument", f"{name} is missing.")


def _time(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise Refused(400, "InvalidArgument", "x-oss-date must read YYYYMMDDThhmmssZ, in UTC.") from None


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _quote(text: str) -> str:
    return quote(text, safe="~")
