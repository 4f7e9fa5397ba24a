"""Who is calling VIAPI and what for: both of Alibaba's RPC signatures, checked to the letter.

V1 is HMAC-SHA1 over the sorted parameters of query and form. V3 (ACS3-HMAC-SHA256) moves what all calls
have in common into headers, and signs those and a digest of the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote

from werkzeug.wrappers import Request

from tests.cloud.accounts import Accounts, Key
from tests.cloud.viapi_replies import Format, Refused

VERSION = "2019-12-30"
COMMON = frozenset(
    {
        *("Action", "Version", "Format", "RegionId", "AccessKeyId", "SecurityToken", "Timestamp"),
        *("Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce"),
    }
)
"""What V1 says with every call, beside the action's own parameters."""
_WINDOW = 15 * 60
"""Seconds: how far a clock may be off, and how long a nonce may not come back (the manual's chapter 9)."""
_V3 = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)")


@dataclass(frozen=True)
class Asked:
    """A request before anybody has checked who sent it."""

    method: str
    action: str
    query: dict[str, str]
    form: dict[str, str]
    """The fields in the body: x-www-form-urlencoded, or (V3 only) a JSON object."""
    reply: Format
    v3: bool
    request: Request


def read(request: Request) -> Asked:
    query = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
    v3 = request.headers.get("Authorization", "").startswith("ACS3-")
    form = _body(request, json_too=v3)
    if v3:
        action = request.headers.get("x-acs-action", "")
        reply: Format = "XML" if "xml" in request.headers.get("Accept", "") else "JSON"
    else:
        action = query.get("Action", form.get("Action", ""))
        # Without Format the manual's chapter 8.2 promises JSON and 8.3 XML: a client had better not rely on either,
        # so one that forgets to ask gets what it can't read.
        reply = "JSON" if query.get("Format", form.get("Format", "XML")).upper() == "JSON" else "XML"
    return Asked(request.method, action, query, form, reply, v3, request)


class Gate:
    """Lets a call pass whose signature, clock, nonce and key are in order; remembers the nonces."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._clock = clock
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, asked: Asked) -> str:
        """The access key id of the caller; raises `Refused`."""
        return self._v3(asked) if asked.v3 else self._v1(asked)

    def _v1(self, asked: Asked) -> str:
        given = asked.query | asked.form
        signature = _take(given, "Signature")
        key = self._key(_take(given, "AccessKeyId"))
        self._on_time(_take(given, "Timestamp"))
        for name, only in (("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")):
            if _take(given, name) != only:
                raise Refused("InvalidParameter", f"{name} must be {only}.")
        _right_version(_take(given, "Version"))
        if given.get("Format", "XML").upper() not in ("JSON", "XML"):
            raise Refused("InvalidParameter", "Format must be JSON or XML.")
        nonce = _take(given, "SignatureNonce")
        del given["Signature"]
        signed = f"{asked.method}&%2F&{_quote(_canonical(given))}"
        digest = hmac.new(f"{key.access_key_secret}&".encode(), signed.encode(), hashlib.sha1).digest()
        _same(base64.b64encode(digest).decode(), signature, signed)
        _right_token(key, given.get("SecurityToken", ""))
        self._fresh(nonce)
        return key.access_key_id

    def _v3(self, asked: Asked) -> str:
        headers = {name.lower(): value.strip() for name, value in asked.request.headers.items()}
        parts = _V3.fullmatch(headers["authorization"])
        if parts is None:
            raise Refused("SignatureDoesNotMatch", "Authorization is not of the form ACS3-HMAC-SHA256 asks for.")
        key = self._key(parts[1])
        self._on_time(_take(headers, "x-acs-date"))
        _right_version(_take(headers, "x-acs-version"))
        nonce = _take(headers, "x-acs-signature-nonce")
        names = parts[2].split(";")
        must = {n for n in headers if n.startswith("x-acs-") or (n in ("host", "content-type") and headers[n])}
        if names != sorted(set(names)) or not must <= set(names):
            raise Refused("SignatureDoesNotMatch", f"SignedHeaders must be sorted and hold {sorted(must)}.")
        payload = _take(headers, "x-acs-content-sha256")
        if payload != hashlib.sha256(asked.request.get_data()).hexdigest():
            raise Refused("SignatureDoesNotMatch", "x-acs-content-sha256 is not the digest of the body.")
        lines = "".join(f"{name}:{headers.get(name, '')}\n" for name in names)
        canonical = "\n".join([asked.method, "/", _canonical(asked.query), lines, parts[2], payload])
        signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        digest = hmac.new(key.access_key_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        _same(digest, parts[3], canonical)
        _right_token(key, headers.get("x-acs-security-token", ""))
        self._fresh(nonce)
        return key.access_key_id

    def _key(self, access_key_id: str) -> Key:
        key = self._accounts.find(access_key_id)
        if key is None:
            raise Refused("InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        return key

    def _on_time(self, timestamp: str) -> None:
        try:
            at = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            raise Refused("InvalidTimeStamp.Format", "The time must read YYYY-MM-DDThh:mm:ssZ, in UTC.") from None
        if abs(self._clock() - at) > _WINDOW:
            raise Refused("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def _fresh(self, nonce: str) -> None:
        now = self._clock()
        with self._lock:
            self._nonces = {used: at for used, at in self._nonces.items() if now - at <= _WINDOW}
            if nonce in self._nonces:
                raise Refused("SignatureNonceUsed", "Specified signature nonce was used already.")
            self._nonces[nonce] = now


def _body(request: Request, *, json_too: bool) -> dict[str, str]:
    body = request.get_data()
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if json_too and request.mimetype == "application/json":
        fields = request.get_json(silent=True)
        return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
    return {}


def _take(given: dict[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise Refused("MissingParameter", f"{name} is mandatory for this action.")
    return value


def _quote(text: str) -> str:
    return quote(text, safe="~")


def _canonical(params: dict[str, str]) -> str:
    return "&".join(f"{_quote(name)}={_quote(params[name])}" for name in sorted(params))


def _same(ours: str, theirs: str, signed: str) -> None:
    if not hmac.compare_digest(ours.encode(), theirs.encode()):
        raise Refused(
            "SignatureDoesNotMatch", f"Specified signature is not matched. Server string to sign is: {signed}"
        )


def _right_version(version: str) -> None:
    if version != VERSION:
        raise Refused("InvalidVersion", "Specified parameter Version is not valid.")


def _right_token(key: Key, token: str) -> None:
    if not hmac.compare_digest(key.security_token.encode(), token.encode()):
        raise Refused(
            "InvalidSecurityToken.MismatchWithAccessKey", "SecurityToken and AccessKeyId do not belong together."
        )
