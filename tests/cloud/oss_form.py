"""An upload by HTML form: which fields it brings, and whether the policy that was signed allows them."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from werkzeug.formparser import parse_form_data

from tests.cloud.oss_replies import Refused

_MUST_BE_IN_POLICY = ("x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-security-token")


@dataclass(frozen=True)
class Form:
    """A form upload, read."""

    fields: dict[str, str]
    """All but the file, by lower-case name, as they were sent; but for Content-Type, which is what is stored."""
    filename: str
    content: bytes

    @property
    def key(self) -> str:
        """With `${filename}` filled in, which is done after the policy was looked at (PostObject, "Post Policy")."""
        return self.fields["key"].replace("${filename}", self.filename)


def read_form(content_type: str, body: bytes) -> Form:
    """Raises `Refused` when it is no form, or has no file or no key."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    try:
        # In memory: the default leaves a temporary file for someone to close.
        _, form, files = parse_form_data(environ, lambda *about, **more: io.BytesIO(), silent=False)
    except ValueError:
        form, files = None, None
    if not form or not files or "file" not in files:
        raise Refused(
            400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."
        )
    file = files["file"]
    fields = {name.lower(): value for name, value in form.items()}
    # The order is that of the PostObject page. That a condition on Content-Type is held against what comes of it, no
    # document says; Alibaba's own samples have the condition, and send the type with the file only.
    given = fields.get("x-oss-content-type"), file.mimetype, fields.get("content-type"), "application/octet-stream"
    fields["content-type"] = next(filter(None, given))
    if not fields.get("key"):
        raise Refused(400, "InvalidArgument", "Bucket POST must contain a field named 'key'.")
    return Form(fields, file.filename or "", file.read())


def check_policy(bucket: str, form: Form, now: float) -> None:
    """Raises `Refused` unless the form's policy has not expired and all its conditions hold."""
    try:
        policy: Any = json.loads(base64.b64decode(form.fields.get("policy", ""), validate=True))
        expiration = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        conditions = [_condition(given) for given in policy["conditions"]]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise Refused(400, "InvalidPolicyDocument", "Invalid Policy: it does not read as one.") from None
    if expiration.timestamp() < now:
        raise Refused(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    fields = form.fields | {"bucket": bucket}
    for kind, name, wanted in conditions:
        if not _holds(kind, fields.get(name, ""), wanted, len(form.content)):
            raise Refused(
                403,
                "AccessDenied",
                f"Invalid according to Policy: Policy Condition failed: {[kind, f'${name}', wanted]}",
            )
    named = {name for _, name, _ in conditions}
    for name in _MUST_BE_IN_POLICY:
        if name in fields and name not in named:
            raise Refused(403, "AccessDenied", f"Invalid according to Policy: {name} must be in its conditions.")


def _condition(given: Any) -> tuple[str, str, Any]:
    """`kind`, the field it is about, and what it wants of it."""
    if isinstance(given, dict):
        ((name, value),) = given.items()
        return "eq", name.lower(), value
    kind, first, second = given
    if kind == "content-length-range":
        return kind, "", (int(first), int(second))
    if kind not in ("eq", "starts-with", "in", "not-in") or not first.startswith("$"):
        raise ValueError(kind)
    return kind, first[1:].lower(), second


def _holds(kind: str, value: str, wanted: Any, size: int) -> bool:
    if kind == "content-length-range":
        least, most = wanted
        return bool(least <= size <= most)
    if kind == "starts-with":
        return value.startswith(wanted)
    if kind == "eq":
        return bool(value == wanted)
    return (value in wanted) == (kind == "in")


def success(fields: Mapping[str, str]) -> int:
    """The status the form asks for; 204 unless it is 200 or 201."""
    wanted = fields.get("success_action_status", "")
    return int(wanted) if wanted in ("200", "201") else 204
