"""A vendor that keeps honest books: what it was shown, what it charged for that, and why it might charge again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.cloud.ports import Reply, Request
from shared.errors import Misconfigured, NotAccepted, Unavailable
from shared.pictures.sniff import Download
from tests.unit.fakes import PNG, START, Clock, MemoryBucket, Thing

MOODS = {
    "call": (
        *("throttled", "unreachable", "misconfigured", "refused", "empty", "unreadable"),
        *("broken", "broken, but billed", "silent", "silent, but billed", "gateway", "gateway, but billed"),
    ),
    "ask": (
        *("pending", "failed", "refused", "unreadable", "unknown"),
        *("throttled", "unreachable", "misconfigured", "broken", "silent", "gateway"),
    ),
    "allow": ("misconfigured",),
    "fetch": ("broken", "refused"),
}
"""How else than well the vendor takes a call, a question about a ticket, the download of a result."""

LINKS_LIVE = timedelta(minutes=30)
TICKETS_LIVE = timedelta(days=1)

_FIELDS = {
    "SegmentCommonImage": ("ImageURL",),
    "SegmentHDCommonImage": ("ImageUrl",),
    "SegmentHead": ("ImageURL",),
    "RefineMask": ("ImageURL", "MaskImageURL"),
}
"""Each action's pictures, from the vendor's manual."""

_NEVER_CHARGED = ("throttled", "unreachable", "misconfigured")
"""How a call is taken that everybody knows to be none."""
_REFUSALS = {
    "throttled": (400, "Throttling.User"),
    "broken": (500, "InternalError"),
    "broken, but billed": (500, "InternalError"),
    "refused": (400, "InvalidImage.Content"),
    "misconfigured": (403, "InvalidApi.NotPurchase"),
    "unreadable": (400, "InvalidImage.URL"),
    "gateway": (502, ""),
    "gateway, but billed": (504, ""),
}
"""Status and code; without a code it is the page of a gateway, which answers in the vendor's place."""
_SAID = "said the vendor of https://shop-photos.example/a.jpg?signature=hidden"
"""Some quote the link that they were shown."""
REFUSAL_CODES = {"InvalidImage.Content", "InvalidImage.URL", "EmptyResult"}
_PICTURES_OWN = {"fine", "refused", "empty", "unreadable"}
"""Moods in which the vendor answers for the picture: in any other it turns the call away, or fails."""


@dataclass
class Bill:
    """A call that was charged."""

    mark: str
    """The ETags of what the vendor fetched."""
    at: datetime
    action: str
    empty: bool = False
    told: datetime | None = None
    """When its result links were last given out."""
    fate: str = ""
    """How its ticket ended, if not well: once and for all."""
    forgiven: str = ""
    """Why the caller cannot have known that it was charged, or could not have the result."""

    def excuse(self, now: datetime) -> str:
        """Why the same pictures may be charged again; empty when they may not."""
        if not self.forgiven and self.told and now - self.told >= LINKS_LIVE:
            return "its result could not be fetched while its link lived"
        if not self.forgiven and not self.told and now - self.at > TICKETS_LIVE:
            return "its ticket did not end within a day"
        return self.forgiven


@dataclass
class ModelVendor:
    """The web as the line sees it. `before(kind, about)` is the boundary, and says the mood. `called` hears of each
    call that may be charged, by the key of its picture, and `billed` of those that are."""

    bucket: MemoryBucket
    clock: Clock
    before: Callable[[str, str], str]
    called: Callable[[str], None]
    billed: Callable[[Bill], None]
    met_page: Callable[[list[str], bool], None] = lambda shown, is_outage: None
    """Hears of the ETags that a call showed which a gateway answered, and whether it then answers every call so."""
    refused: Callable[[str], None] = lambda mark: None
    """Hears of a result, by the mark of its pictures, that may not be fetched."""
    arriving: Callable[[float], None] = lambda seconds: None
    """Called with the seconds that a result has to arrive."""
    is_forbidden: bool = False
    """Whether the operator has not allowed the host of the results."""
    tickets: dict[str, Bill] = field(default_factory=dict)
    results: dict[str, tuple[bytes, datetime, str]] = field(default_factory=dict)
    """By link: the picture, when the link dies, and the mark of the pictures that it was made of."""
    nonces: set[str] = field(default_factory=set)
    down_until: datetime = START
    """Until when a gateway answers in the vendor's place."""
    turned_away: set[str] = field(default_factory=set)
    """The actions of which it ever did not accept a call, or failed."""

    def throttled(self, request: Request) -> None:
        pass

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        on_slot()
        said = {**request.query, **request.form}
        assert said["SignatureNonce"] not in self.nonces, "VIAPI answers SignatureNonceUsed"
        self.nonces.add(said["SignatureNonce"])
        if said["Action"] == "GetAsyncJobResult":
            return self._asked(said["JobId"])
        return self._called(said["Action"], said)

    def _called(self, action: str, said: dict[str, str]) -> Reply:
        mood = self._mood("call", action)
        if mood not in _PICTURES_OWN:
            self.turned_away.add(action)
        shown_keys = [unquote(urlsplit(said[name]).path[1:]) for name in _FIELDS[action]]
        shown = [self._shown(key) for key in shown_keys]
        if mood not in _NEVER_CHARGED:
            self.called(shown_keys[0])
        if mood == "unreachable":
            raise NotAccepted("VendorUnreachable", "not reached")
        if mood == "silent":
            raise Unavailable("NoAnswer", "no answer, and never heard")
        etags = [thing.etag for thing in shown if thing]
        if mood in _REFUSALS and "billed" not in mood:
            return self._refusal(mood, etags)
        bill = Bill(",".join(etags), self.clock(), action, empty=mood == "empty")
        if None in shown:
            return _refused(400, "InvalidImage.Download")
        if "billed" in mood:
            bill.forgiven = "the call was charged and its answer did not come, or was an error"
        self.billed(bill)
        if mood == "silent, but billed":
            raise Unavailable("NoAnswer", "no answer")
        if mood in _REFUSALS:
            return self._refusal(mood, etags)
        if action == "SegmentHDCommonImage":
            ticket = f"T-{len(self.tickets)}"
            self.tickets[ticket] = bill
            return _said(ticket, {"Message": "submitted"})
        return _said("R-1", {"Data": self._data(bill)})

    def _shown(self, key: str) -> Thing | None:
        """What is found at a link to the object; a symbolic link to nothing is nothing."""
        if key in self.bucket.forbidden:
            return None
        thing = self.bucket.things.get(key)
        return thing if thing is None or not thing.target or thing.target in self.bucket.things else None

    def _asked(self, ticket: str) -> Reply:
        mood = self._mood("ask", ticket)
        bill = self.tickets[ticket]
        match mood:
            case "throttled" | "broken" | "misconfigured" | "gateway":
                return _refused(*_REFUSALS[mood])
            case "silent":
                raise Unavailable("NoAnswer", "no answer")
            case "unreachable":
                raise NotAccepted("VendorUnreachable", "not reached")
            case "failed" | "refused" | "unreadable" | "unknown" if not bill.told:
                bill.fate = bill.fate or mood
                bill.forgiven = bill.forgiven or "the vendor gave the work up after it had taken it"
        match bill.fate:
            case "unknown":
                return _refused(400, "InvalidParameter")
            case "failed" | "refused" | "unreadable":
                code = "InternalError" if bill.fate == "failed" else _REFUSALS[bill.fate][1]
                return _said("R-2", {"Data": {"Status": "PROCESS_FAILED", "ErrorCode": code}})
        if mood == "pending" and not bill.told:
            return _said("R-2", {"Data": {"Status": "PROCESSING"}})
        return _said("R-2", {"Data": {"Status": "PROCESS_SUCCESS", "Result": json.dumps(self._data(bill))}})

    @property
    def _is_down(self) -> bool:
        return self.clock() < self.down_until

    def _mood(self, kind: str, about: str) -> str:
        mood = self.before(kind, about)
        if not self._is_down:
            return mood
        return "gateway, but billed" if kind == "call" and len(self.nonces) % 3 == 0 else "gateway"

    def _refusal(self, mood: str, etags: list[str]) -> Reply:
        if mood.startswith("gateway"):
            self.met_page(etags, self._is_down)
        return _refused(*_REFUSALS[mood])

    def _data(self, bill: Bill) -> dict[str, Any]:
        """The answer about one picture, which is always the same, with fresh links."""
        bill.told = self.clock()
        if bill.empty and bill.action == "SegmentHead":
            return {"Elements": []}
        several = bill.action == "SegmentHead"
        count = 1 + int(hashlib.md5(bill.mark.encode()).hexdigest(), 16) % 3 if several else 1
        links = [self._link(bill, number) for number in range(count)]
        if several:
            return {"Elements": [{"ImageURL": link, "X": 1, "Y": 2, "Width": 3, "Height": 4} for link in links]}
        if bill.action == "RefineMask":
            return {"Elements": [{"ImageURL": links[0]}]}
        return {_FIELDS[bill.action][0]: links[0]}

    def _link(self, bill: Bill, number: int) -> str:
        url = f"https://results.example/{len(self.results)}.png?Signature=hidden"
        self.results[url] = (result(bill.mark, number), self.clock() + LINKS_LIVE, bill.mark)
        return url

    def allow(self, url: str, hosts: tuple[str, ...]) -> None:
        if self.before("allow", url) == "misconfigured":
            raise Misconfigured("ResultHost", "not an allowed host")
        self._check_host(url)

    def _check_host(self, url: str) -> None:
        if self.is_forbidden:
            self.refused(self.results[url][2])
            raise Misconfigured("ResultHost", "not an allowed host")

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        mood = self.before("fetch", url)
        self._check_host(url)
        self.arriving(seconds)
        whole, dies_at, _ = self.results[url]
        if mood == "refused" or self.clock() >= dies_at:
            raise Unavailable("ResultRefused", "403")
        yield Download("image/png", "png", _pieces(whole, breaks=mood == "broken"))


def result(mark: str, number: int) -> bytes:
    """The cutout of the pictures with these ETags: it says of what it is, and that it is whole."""
    return PNG + f" {mark} {number}.".encode()


def _pieces(whole: bytes, *, breaks: bool) -> Iterator[bytes]:
    yield whole[:20]
    if breaks:
        raise Unavailable("ResultBroken", "half-way")
    yield whole[20:]


def _said(request_id: str, body: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps({"RequestId": request_id, **body}).encode())


def _refused(status: int, code: str) -> Reply:
    if not code:
        return Reply(status, b"<html><h1>Bad Gateway</h1></html>")
    return Reply(status, json.dumps({"RequestId": "R-9", "Code": code, "Message": _SAID}).encode())
