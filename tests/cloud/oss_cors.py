"""Which web pages may use a bucket: its CORS rules, and what a browser is told of them.

As documented on the PutBucketCors, GetBucketCors and OptionObject pages. The rules are tried in their order, and the
first that fits counts. Nobody signs a preflight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from tests.cloud.oss_documents import malformed, parse
from tests.cloud.oss_replies import Content, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked

_ROOT = "CORSConfiguration"
_METHODS = ("GET", "PUT", "DELETE", "POST", "HEAD")
_LISTS = ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")


@dataclass(frozen=True)
class _Rule:
    lists: dict[str, tuple[str, ...]]
    """By the names of `_LISTS`."""
    max_age: str

    def admits(self, origin: str, method: str, headers: tuple[str, ...]) -> bool:
        return (
            any(_fits(origin, pattern) for pattern in self.lists["AllowedOrigin"])
            and method in self.lists["AllowedMethod"]
            and all(any(_fits(name, pattern) for pattern in self.lists["AllowedHeader"]) for name in headers)
        )

    def told(self, origin: str, headers: tuple[str, ...]) -> dict[str, str]:
        """The headers of an answer."""
        told = {
            "access-control-allow-origin": "*" if "*" in self.lists["AllowedOrigin"] else origin,
            "access-control-allow-methods": ", ".join(self.lists["AllowedMethod"]),
            "access-control-allow-headers": ", ".join(headers),
            "access-control-expose-headers": ", ".join(self.lists["ExposeHeader"]),
            "access-control-max-age": self.max_age,
        }
        return {name: value for name, value in told.items() if value}


class Cors:
    """By bucket. All raise `Refused`."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[list[_Rule], str]] = {}
        """The rules, and ResponseVary."""
        self.by_name: dict[str, Callable[[Asked], Reply]] = {
            "PutBucketCors": self._put,
            "GetBucketCors": self._get,
            "DeleteBucketCors": self._delete,
            "OptionObject": self._preflight,
        }

    def forget(self, bucket: str) -> None:
        """The bucket is gone."""
        self._kept.pop(bucket, None)

    def _put(self, asked: Asked) -> Reply:
        root = parse(asked.body, _ROOT)
        rules = [_rule(each) for each in root.findall("CORSRule")]
        if not 1 <= len(rules) <= 20:
            raise malformed("there must be 1 to 20 rules")
        self._kept[asked.bucket] = rules, root.findtext("ResponseVary", "false")
        return Reply()

    def _get(self, asked: Asked) -> Reply:
        if asked.bucket not in self._kept:
            raise Refused(404, "NoSuchCORSConfiguration", "The CORS Configuration does not exist.")
        rules, vary = self._kept[asked.bucket]
        shown: list[tuple[str, Content]] = []
        for rule in rules:
            fields: list[tuple[str, Content]] = [(name, value) for name in _LISTS for value in rule.lists[name]]
            shown.append(("CORSRule", [*fields, ("MaxAgeSeconds", rule.max_age)] if rule.max_age else fields))
        return xml_reply(_ROOT, [*shown, ("ResponseVary", vary)])

    def _delete(self, asked: Asked) -> Reply:
        self.forget(asked.bucket)
        return Reply(204)

    def _preflight(self, asked: Asked) -> Reply:
        """OptionObject: may a page do what it is about to?"""
        origin, method = asked.headers.get("origin"), asked.headers.get("access-control-request-method")
        if not origin or not method:
            raise Refused(400, "InvalidArgument", "A preflight has Origin and Access-Control-Request-Method.")
        if asked.bucket not in self._kept:
            raise Refused(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
        if told := self._told(asked, origin, method):
            return Reply(200, told)
        raise Refused(
            403, "AccessForbidden", "CORSResponse: This CORS request is not allowed by the rules of this bucket."
        )

    def headers(self, asked: Asked) -> dict[str, str]:
        """What an answer tells the browser in addition, if a page has asked and may."""
        origin = asked.headers.get("origin", "")
        return self._told(asked, origin, asked.method) if origin else {}

    def _told(self, asked: Asked, origin: str, method: str) -> dict[str, str]:
        given = asked.headers.get("access-control-request-headers", "").lower().split(",")
        headers = tuple(name.strip() for name in given if name.strip())
        rules, vary = self._kept.get(asked.bucket, ([], "false"))
        told = next((rule.told(origin, headers) for rule in rules if rule.admits(origin, method, headers)), {})
        varies = told and (vary == "true" or told["access-control-allow-origin"] != "*")
        return told | ({"vary": "Origin"} if varies else {})


def _rule(given: ElementTree.Element) -> _Rule:
    def values(name: str, change: Callable[[str], str] = str) -> tuple[str, ...]:
        found = tuple(change(each.text or "") for each in given.findall(name))
        if any(value.count("*") > 1 for value in found):
            raise malformed(f"{name} takes one * at most")
        return found

    lists = {name: values(name) for name in _LISTS} | {"AllowedHeader": values("AllowedHeader", str.lower)}
    if not lists["AllowedOrigin"] or not lists["AllowedMethod"] or {*lists["AllowedMethod"]} - {*_METHODS}:
        raise malformed(f"a rule has an AllowedOrigin, and an AllowedMethod of {', '.join(_METHODS)}")
    return _Rule(lists, given.findtext("MaxAgeSeconds", ""))


def _fits(value: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return value == pattern
    return len(value) >= len(head) + len(tail) and value.startswith(head) and value.endswith(tail)
