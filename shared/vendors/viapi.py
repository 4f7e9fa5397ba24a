"""Alibaba VIAPI imageseg, version 2019-12-30: RPC calls signed with HMAC-SHA1.

Sans-I/O: it builds requests and reads replies. The signature is written out here because the official client brings
33 packages and a quarter of a second of cold start for what is forty lines; the tests hold it to that client.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import timezone
from typing import Any
from urllib.parse import quote

from shared.cloud.ports import Credentials, Quota, Reply, Request
from shared.errors import CutoutError, Misconfigured, Rejected, Unavailable
from shared.messages import vendors as messages
from shared.pictures.geometry import Box
from shared.vendors.capability import Capability
from shared.vendors.error_codes import VIAPI, error_for
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, ResultLink, Task
from shared.vendors.quotas import Quotas
from shared.vendors.replies import document, identifier, labelled, lacking, lost, parsed, reason

_VERSION = "2019-12-30"
_FARTHEST = 100_000
"""Pixels. A box with a larger number is not part of any picture; such a number may have any number of digits."""
_GONE = ("InvalidAction", "InvalidApi.OutOfService", "UnsupportedOperation")
"""Codes with which the vendor refuses an action that it no longer offers."""


class Viapi:
    """The dialect. Requests go to `endpoint` and are signed with `credentials`."""

    result_hosts: tuple[str, ...] = ()
    """Results are in Alibaba's OSS, whose domains are always allowed."""
    links_live = 30 * 60.0
    """The manual: 该URL地址为临时地址，有效期为30分钟."""
    works_for = 24 * 3600.0
    """Stated nowhere; its asynchronous jobs take seconds."""

    def __init__(self, endpoint: str, credentials: Credentials, quotas: Quotas) -> None:
        self._endpoint = endpoint.rstrip("/") + "/"
        self._credentials = credentials
        self.quotas = quotas

    def renew(self, credentials: Credentials) -> None:
        """From now on, sign with these."""
        self._credentials = credentials

    def missing(self, capability: Capability) -> tuple[str, ...]:
        return ()

    def call(self, capability: Capability, tasks: Sequence[Task], nonce: Nonce) -> Request:
        (task,) = tasks
        query, form = (task.options, task.links) if capability.place == "body" else ({**task.links, **task.options}, {})
        quota = Quota(capability.action, self.quotas.per_second(capability))
        return self._request(quota, query, form, nonce)

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        body = _read(capability, reply)
        request_id = identifier(body.get("RequestId"))
        if capability.asynchronous:
            if not request_id:
                raise lacking("NoTicket", messages.REQUEST_ID(), reply)
            # The manual's example of this answer has a picture, which is of no use: the RequestId is all that counts.
            return Accepted(request_id, request_id)
        return Done(_pictures(capability, body.get("Data"), reply, request_id), request_id)

    def poll(self, capability: Capability, ticket: str, nonce: Nonce) -> Request:
        return self._request(Quota("GetAsyncJobResult", self.quotas.usual), {}, {"JobId": ticket}, nonce)

    def poll_answer(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        """The status of `ticket`. Status alone decides: the manual's example of a success has an ErrorCode as well."""
        try:
            data = _read(capability, reply).get("Data")
        except Rejected as error:
            return lost(ticket, error)
        if not isinstance(data, dict):
            raise lacking("NoStatus", messages.STATUS(), reply, ticket)
        match data.get("Status"):
            case "PROCESS_SUCCESS":
                try:
                    return Done(_pictures(capability, _unwrap(data.get("Result")), reply, ticket), ticket)
                except CutoutError as error:
                    return Failed(error)
            case "PROCESS_FAILED":
                code = str(data.get("ErrorCode") or "PROCESS_FAILED")
                return Failed(error_for(VIAPI, code, reason(data, "ErrorMessage", reply), ticket))
            case "TIMEOUT_FAILED" | "LIMIT_RETRY_FAILED" as status:
                return Failed(Unavailable(status, messages.GIVEN_UP()))
            case _:
                return Pending()

    def _request(self, quota: Quota, query: Mapping[str, str], form: Mapping[str, str], nonce: Nonce) -> Request:
        key = self._credentials
        common = {
            "Action": quota.name,
            "Version": _VERSION,
            "Format": "JSON",  # the manual gives two different defaults
            "RegionId": "cn-shanghai",
            "AccessKeyId": key.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": nonce.nonce,
            "Timestamp": nonce.now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if key.security_token:
            common["SecurityToken"] = key.security_token
        signed = {**query, **common}
        signed["Signature"] = signature("POST", {**signed, **form}, key.access_key_secret)
        return Request("POST", self._endpoint, quota, query=signed, form=form)


def signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Alibaba's RPC signature, version 1.0, over query and form parameters together."""
    canonical = "&".join(f"{_encode(name)}={_encode(parameters[name])}" for name in sorted(parameters))
    text = f"{method}&{_encode('/')}&{_encode(canonical)}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _read(capability: Capability, reply: Reply) -> dict[str, Any]:
    """The reply's JSON. Raises the error of its `Code`, whatever the HTTP status is."""
    body = document(reply, VIAPI)
    code, request_id = str(body.get("Code") or ""), identifier(body.get("RequestId"))
    if not code and reply.status < 400:
        return body
    error = error_for(VIAPI, code or f"HTTP{reply.status}", reason(body, "Message", reply), request_id)
    if isinstance(error, Misconfigured) and capability.substitute and code.startswith(_GONE):
        said = messages.NO_LONGER_OFFERED(action=capability.action, substitute=capability.substitute, said=error.text)
        raise Rejected(code, said, request_id=request_id)
    raise error


def _pictures(capability: Capability, data: object, reply: Reply, request_id: str) -> tuple[ResultLink, ...]:
    """The result links in the `data` of `reply`. Raises a `CutoutError` that says why there are none."""
    found = tuple(_links(data, capability)) if isinstance(data, dict) else ()
    if not found and isinstance(data, dict) and data.get("Elements") == []:
        raise Rejected("EmptyResult", messages.NOTHING_FOUND(), request_id=request_id)
    if not found:
        raise lacking("NoResult", messages.FIELD(field=capability.image), reply, request_id)
    return labelled(found)


def _links(data: dict[str, Any], capability: Capability) -> Iterator[ResultLink]:
    elements = data.get("Elements")
    taken = set[str]()
    for index, element in enumerate(elements if isinstance(elements, list) else [data]):
        if not isinstance(element, dict):
            continue
        classes = element.get("ClassUrl")  # documented as a map; the examples show something else
        named = classes.items() if isinstance(classes, dict) else ()
        for name, url, box in [
            (element.get("Name"), element.get(capability.image), _box(element)),
            *((name, url, None) for name, url in named if name in capability.labels),
        ]:
            if isinstance(url, str) and url:
                label = name if name in capability.labels - taken else str(index)
                taken.add(label)
                # The manual's JSON carries `&amp;`; a signed link never holds one of its own.
                yield ResultLink(html.unescape(url) if "&amp;" in url else url, label, box)


def _box(element: dict[str, Any]) -> Box | None:
    sides = [side for name in ("X", "Y", "Width", "Height") if isinstance(side := element.get(name), int)]
    return Box(*sides) if len(sides) == 4 and max(map(abs, sides)) <= _FARTHEST else None


def _unwrap(result: object) -> object:
    """`Result` is JSON in a string, at times encoded twice."""
    for _ in range(3):
        if not isinstance(result, str):
            return result
        try:
            result = parsed(result)
        except (ValueError, RecursionError):
            break
    return None
