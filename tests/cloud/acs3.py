"""Who is calling one of Alibaba's OpenAPI services: the signature ACS3-HMAC-SHA256, checked to the letter.

Method, path, query, the headers that are named and a digest of the body are signed ("Request syntax and signature
method V3"). What signatures of every version need is here too: the key, the clock, and nonces that are used once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug.wrappers import Request

from tests.cloud.accounts import Accounts, Key

_WINDOW = 15 * 60
"""Seconds: how far a clock may be off, and how long a nonce may not come back."""
_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)")


class Refused(Exception):
    """A service's error: the HTTP status, its code, and the sentence that goes with it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class Gate:
    """Lets a request pass whose signature, clock, nonce, key and version are in order; remembers the nonces."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._clock = clock
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit_v3(self, request: Request, version: str) -> str:
        """The access key id of the caller; raises `Refused`."""
        headers = {name.lower(): value.strip() for name, value in request.headers.items()}
        parts = _AUTHORIZATION.fullmatch(take(headers, "authorization"))
        if parts is None:
            raise unsigned("Authorization is not of the form ACS3-HMAC-SHA256 asks for.")
        key = self.key(parts[1])
        self.on_time(take(headers, "x-acs-date"))
        right_version(take(headers, "x-acs-version"), version)
        nonce = take(headers, "x-acs-signature-nonce")
        names = parts[2].split(";")
        must = {n for n in headers if n.startswith("x-acs-") or (n in ("host", "content-type") and headers[n])}
        if names != sorted(set(names)) or not must <= set(names):
            raise unsigned(f"SignedHeaders must be sorted and hold {sorted(must)}.")
        payload = take(headers, "x-acs-content-sha256")
        if payload != hashlib.sha256(request.get_data()).hexdigest():
            raise unsigned("x-acs-content-sha256 is not the digest of the body.")
        lines = "".join(f"{name}:{headers.get(name, '')}\n" for name in names)
        asked = urlsplit(request.environ["RAW_URI"])
        query = canonical(dict(parse_qsl(asked.query, keep_blank_values=True)))
        said = "\n".join([request.method, asked.path or "/", query, lines, parts[2], payload])
        signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(said.encode()).hexdigest()}"
        digest = hmac.new(key.access_key_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        same(digest, parts[3], said)
        right_token(key, headers.get("x-acs-security-token", ""))
        self.fresh(nonce)
        return key.access_key_id

    def key(self, access_key_id: str) -> Key:
        key = self._accounts.find(access_key_id)
        if key is None:
            raise Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        return key

    def on_time(self, timestamp: str) -> None:
        try:
            at = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            raise Refused(400, "InvalidTimeStamp.Format", "The time must read YYYY-MM-DDThh:mm:ssZ, in UTC.") from None
        if abs(self._clock() - at) > _WINDOW:
            raise Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def fresh(self, nonce: str) -> None:
        now = self._clock()
        with self._lock:
            self._nonces = {used: at for used, at in self._nonces.items() if now - at <= _WINDOW}
            if nonce in self._nonces:
                raise Refused(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
            self._nonces[nonce] = now


def take(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise Refused(400, "MissingParameter", f"{name} is mandatory for this action.")
    return value


def quoted(text: str) -> str:
    return quote(text, safe="~")


def canonical(params: Mapping[str, str]) -> str:
    """The parameters as every version of the signature has them signed."""
    return "&".join(f"{quoted(name)}={quoted(params[name])}" for name in sorted(params))


def same(ours: str, theirs: str, signed: str) -> None:
    if not hmac.compare_digest(ours.encode(), theirs.encode()):
        raise unsigned(f"Specified signature is not matched. Server string to sign is: {signed}")


def unsigned(message: str) -> Refused:
    return Refused(400, "SignatureDoesNotMatch", message)


def right_version(version: str, only: str) -> None:
    if version != only:
        raise Refused(400, "InvalidVersion", "Specified parameter Version is not valid.")


def right_token(key: Key, token: str) -> None:
    if not hmac.compare_digest(key.security_token.encode(), token.encode()):
        raise Refused(
            400, "InvalidSecurityToken.MismatchWithAccessKey", "SecurityToken and AccessKeyId do not belong together."
        )
