"""DAMO Academy (达摩院) on the Alibaba Cloud market: up to ten pictures are submitted in one call, and polled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from shared.cloud.ports import Quota, Reply, Request
from shared.errors import CutoutError, Rejected, Unavailable
from shared.messages import vendors as messages
from shared.vendors import market
from shared.vendors.capability import Capability
from shared.vendors.error_codes import DAMO, error_for
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, ResultLink, Task
from shared.vendors.quotas import Quotas
from shared.vendors.replies import identifier, labelled, lacking, lost, reason

_EXECUTION_FAILED = "23500011"
_SEPARATOR, _DIGITS = "~", 16
"""A ticket is the vendor's result_key, the separator, and a fingerprint of the call's pictures in two halves of so many
digits, because two calls may get the same result_key."""
_OVER = ("23500008", _EXECUTION_FAILED)
"""Codes of a poll after which polling that result_key again is of no use."""


class Damo:
    """The dialect. `matting_path` is the path at which inst-mat takes submissions."""

    result_hosts: tuple[str, ...] = ("alicdn.com",)
    """As in the manual's examples."""
    links_live = 30 * 60.0
    """Stated nowhere: as short as VIAPI's."""
    works_for = 24 * 3600.0
    """Stated nowhere."""

    def __init__(self, endpoint: str, appcode: str, quotas: Quotas, matting_path: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._appcode = appcode
        self.quotas = quotas
        self._matting_path = "/" + matting_path.lstrip("/")

    def missing(self, capability: Capability) -> tuple[str, ...]:
        given = {"DAMO_ENDPOINT": self._endpoint, "DAMO_APPCODE": self._appcode}
        return tuple(name for name, value in given.items() if not value)

    def call(self, capability: Capability, tasks: Sequence[Task], nonce: Nonce) -> Request:
        listed = [{**task.links, **task.options} for task in tasks]
        path = self._matting_path if capability.action == "inst-mat" else f"/api/v1/{capability.action}/submit"
        quota = Quota(capability.action, self.quotas.per_second(capability))
        return self._request(quota, path, {"task_list": listed}, nonce)

    def answer(self, capability: Capability, reply: Reply) -> Done | Accepted:
        data, request_id = _read(reply)
        ticket = identifier(data.get("result_key"))
        if not ticket:
            raise lacking("NoTicket", messages.RESULT_KEY(), reply, request_id)
        return Accepted(ticket + _fingerprint(data), request_id)

    def poll(self, capability: Capability, ticket: str, nonce: Nonce) -> Request:
        path = f"/api/v1/{capability.action}/query"
        quota = Quota(f"{capability.action}/query", self.quotas.usual)
        return self._request(quota, path, {"result_key": ticket.partition(_SEPARATOR)[0]}, nonce)

    def poll_answer(self, capability: Capability, ticket: str, index: int, reply: Reply) -> Done | Pending | Failed:
        try:
            data, request_id = _read(reply)
        except CutoutError as error:
            if error.code in _OVER or isinstance(error, Rejected):
                return lost(ticket, error)
            raise
        if _is_of_other_pictures(ticket, _fingerprint(data)):
            # This result_key yields the cutouts of other pictures only.
            other = Unavailable("OtherTask", messages.OTHER_PICTURES(), request_id=request_id)
            return lost(ticket.partition(_SEPARATOR)[0], other)
        return _task_answer(data, index, reply, request_id)

    def _request(self, quota: Quota, path: str, data: Mapping[str, object], nonce: Nonce) -> Request:
        return Request(
            "POST",
            f"{self._endpoint}{path}",
            quota,
            json={"data": data},
            headers=market.authorization(self._appcode) | {"X-Ca-Nonce": nonce.nonce},
        )


def _task_answer(data: Mapping[str, object], index: int, reply: Reply, request_id: str) -> Done | Pending | Failed:
    """The status of one task of `data`. Raises `Unavailable` when the reply lacks it."""
    listed = data.get("task_list")
    task = listed[index] if isinstance(listed, list) and index < len(listed) else None
    if not isinstance(task, dict):
        raise lacking("NoStatus", messages.TASK(index=index), reply, request_id)
    match task.get("status"):
        case "SUCCESS":
            found = task.get("results")
            links = [url for url in found if isinstance(url, str) and url] if isinstance(found, list) else []
            if not links:
                return Failed(lacking("NoResult", messages.TASK_RESULTS(index=index), reply, request_id))
            try:
                pictures = labelled([ResultLink(url, str(number)) for number, url in enumerate(links)])
            except CutoutError as error:
                return Failed(error)
            return Done(pictures, request_id)
        case "FAILED":
            code = str(task.get("code") or _EXECUTION_FAILED)
            return Failed(error_for(DAMO, code, reason(task, "message", reply), request_id))
        case _:
            return Pending()


def _fingerprint(data: Mapping[str, object]) -> str:
    """The end of a ticket: digests of the hosts and of the paths of the pictures that the vendor repeats in each reply;
    empty where it does not repeat them."""
    listed = data.get("task_list")
    shown = [task.get("image") for task in listed if isinstance(task, dict)] if isinstance(listed, list) else []
    try:
        links = [urlsplit(link) for link in shown if isinstance(link, str) and link]
    except ValueError:
        links = []
    if not links or len(links) < len(shown):
        return ""
    return _SEPARATOR + _digest(link.netloc for link in links) + _digest(unquote(link.path) for link in links)


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:_DIGITS]


def _is_of_other_pictures(ticket: str, fingerprint: str) -> bool:
    """Whether a reply's pictures are other ones than the ticket's, on the same hosts. On other hosts they may be the
    vendor's own copies of the same pictures."""
    same_place = len(_SEPARATOR) + _DIGITS
    own = ticket[-len(fingerprint) :]
    return fingerprint != "" and own[:same_place] == fingerprint[:same_place] and own != fingerprint


def _read(reply: Reply) -> tuple[Mapping[str, object], str]:
    """`data` and the request's id. Raises the error of `code`, which may be a number or a string."""
    body = market.read(reply, DAMO)
    code, request_id, data = str(body.get("code") or 0), identifier(body.get("requestId")), body.get("data")
    if code != "0" or reply.status >= 400 or body.get("success") is False:
        known = code if code != "0" else f"Status{reply.status}"
        raise error_for(DAMO, known, reason(body, "message", reply), request_id)
    if not isinstance(data, dict):
        raise lacking("NoData", messages.DATA(), reply, request_id)
    return data, request_id
