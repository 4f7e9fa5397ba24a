"""Who is calling VIAPI and what for: both of Alibaba's RPC signatures, checked to the letter.

V1 is HMAC-SHA1 over the sorted parameters of query and form. V3 (ACS3-HMAC-SHA256) moves what all calls
have in common into headers, and signs those and a digest of the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request

from tests.cloud import acs3
from tests.cloud.acs3 import canonical, quoted, right_token, right_version, same, take
from tests.cloud.viapi_replies import Format, Refused

VERSION = "2019-12-30"
COMMON = frozenset(
    {
        *("Action", "Version", "Format", "RegionId", "AccessKeyId", "SecurityToken", "Timestamp"),
        *("Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce"),
    }
)
"""What V1 says with every call, beside the action's own parameters."""


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


class Gate(acs3.Gate):
    """Lets a call pass that is signed either way."""

    def admit(self, asked: Asked) -> str:
        """The access key id of the caller; raises `acs3.Refused`."""
        return self.admit_v3(asked.request, VERSION) if asked.v3 else self._v1(asked)

    def _v1(self, asked: Asked) -> str:
        given = asked.query | asked.form
        signature = take(given, "Signature")
        key = self.key(take(given, "AccessKeyId"))
        self.on_time(take(given, "Timestamp"))
        for name, only in (("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")):
            if take(given, name) != only:
                raise Refused("InvalidParameter", f"{name} must be {only}.")
        right_version(take(given, "Version"), VERSION)
        if given.get("Format", "XML").upper() not in ("JSON", "XML"):
            raise Refused("InvalidParameter", "Format must be JSON or XML.")
        nonce = take(given, "SignatureNonce")
        del given["Signature"]
        signed = f"{asked.method}&%2F&{quoted(canonical(given))}"
        digest = hmac.new(f"{key.access_key_secret}&".encode(), signed.encode(), hashlib.sha1).digest()
        same(base64.b64encode(digest).decode(), signature, signed)
        right_token(key, given.get("SecurityToken", ""))
        self.fresh(nonce)
        return key.access_key_id


def _body(request: Request, *, json_too: bool) -> dict[str, str]:
    body = request.get_data()
    if request.mimetype == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    if json_too and request.mimetype == "application/json":
        fields = request.get_json(silent=True)
        return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
    return {}
