"""Policy documents as RAM takes them ("Policy elements", "Edit the trust policy of a RAM role"), refused otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.cloud.acs3 import Refused

MOST_BYTES = 6144
"""Of a custom policy (CreatePolicyVersion; CreatePolicy says characters)."""
_ACTION = re.compile(r"\*|[a-z0-9*-]+:[A-Za-z*?]+")
_RESOURCE = re.compile(r"\*|acs:[a-z*-]+:[^:]*:[^:]*:.+")
_PRINCIPALS = {"Service", "RAM", "Federated"}


def policy_document(text: str) -> Mapping[str, Any]:
    """A custom policy; raises `Refused`."""
    if len(text.encode()) > MOST_BYTES:
        raise Refused(
            400, "InvalidParameter.PolicyDocument.Length", 'The parameter - "PolicyDocument" beyond the length limit.'
        )
    document = _parsed(text)
    for statement in document["Statement"]:
        # RAM takes conditions and NotAction; the box would not know what they allow.
        _keys(statement, {"Effect", "Action", "Resource"})
        _strings(statement["Action"], _ACTION)
        _strings(statement["Resource"], _RESOURCE)
    return document


def trust_policy(text: str) -> Mapping[str, Any]:
    """A role's trust policy; raises `Refused`."""
    document = _parsed(text)
    for statement in document["Statement"]:
        _keys(statement, {"Effect", "Action", "Principal"})
        principal = statement["Principal"]
        if statement["Action"] != "sts:AssumeRole" or not isinstance(principal, dict) or not principal:
            raise _malformed("a trust policy allows principals sts:AssumeRole")
        if unknown := {*principal} - _PRINCIPALS:
            raise _malformed(f"there is no principal {sorted(unknown)}")
        for named in principal.values():
            _strings(named, re.compile(r".+"))
    return document


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise _malformed("it is not JSON") from None
    if not isinstance(document, dict) or {*document} != {"Version", "Statement"} or document["Version"] != "1":
        raise _malformed("it has a Version, which is 1, and a Statement, and nothing else")
    statements = document["Statement"]
    if not isinstance(statements, list) or not statements or not all(isinstance(each, dict) for each in statements):
        raise _malformed("Statement is a list of objects")
    return document


def _keys(statement: Mapping[str, Any], keys: set[str]) -> None:
    if {*statement} != keys:
        raise _malformed(f"a statement has {sorted(keys)}")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise _malformed("Effect is Allow or Deny")


def _strings(element: Any, form: re.Pattern[str]) -> None:
    several = element if isinstance(element, list) else [element]
    if not several or not all(isinstance(each, str) and form.fullmatch(each) for each in several):
        raise _malformed(f"{element!r} is not of the form that RAM asks for")


def _malformed(what: str) -> Refused:
    return Refused(400, "MalformedPolicyDocument", f"The policy document is malformed: {what}.")
