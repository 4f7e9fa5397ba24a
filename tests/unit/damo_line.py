"""DAMO in memory: a vendor that takes ten pictures in a call, and uploads that wait for it.

Test modules take the fixtures by assignment: arguments of the same name would shadow an import.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from shared.cloud.ports import Reply, Request
from shared.errors import CutoutError
from shared.jobs.receipt import Receipt
from tests.pictures import picture
from tests.unit.fakes import Died, ScriptedWeb, Shop, is_poll, shown_at

FOLDER = "uploads/damo/background/"
PHOTO = picture()


def refused(code: int, status: int = 500) -> tuple[int, str]:
    return status, json.dumps({"code": code, "message": "said the vendor", "requestId": "R-9", "success": False})


THROTTLED = refused(23500004, 403)
PROCESSING = {"status": "PROCESSING"}


class Vendor(ScriptedWeb):
    """DAMO, which finishes everything by the first poll, unless a test says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.bought: list[list[str]] = []
        """The pictures of each call that was accepted, in its order; tickets count them from 1."""
        self.culprits: set[str] = set()
        """Pictures because of which a whole call is refused."""
        self.breaks = ""
        """The picture because of which a whole call fails without a reason."""
        self.poll_answers: dict[str, list[dict[str, str]]] = {}
        """The answers to a picture's polls, one after the other, before it is done."""
        self.dies_at = 0
        """The call, counted from 1, in which the caller's instance dies after the vendor has taken it."""

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        if self.answers:
            return super().send(request, on_slot)
        on_slot()
        self.sent.append(request)
        assert isinstance(request.json, dict)
        data = request.json["data"]
        if is_poll(request):
            return _ok(task_list=[self._poll_answer(key) for key in self.bought[int(data["result_key"]) - 1]])
        shown = [shown_at(task["image"])[0] for task in data["task_list"]]
        if self.breaks in shown or self.culprits & set(shown):
            status, body = refused(23500000) if self.breaks in shown else refused(23500005, 400)
            return Reply(status, body.encode())
        self.bought.append(shown)
        if len(self.calls) == self.dies_at:
            raise Died
        return _ok(result_key=str(len(self.bought)))

    def _poll_answer(self, key: str) -> dict[str, Any]:
        answers = self.poll_answers.get(key)
        return (
            dict(answers.pop(0)) if answers else {"status": "SUCCESS", "results": [f"https://x.alicdn.com/{key}.png"]}
        )

    @property
    def calls(self) -> list[Request]:
        return [request for request in self.sent if not is_poll(request)]

    @property
    def polls_sent(self) -> list[str]:
        """The tickets that were polled, in the order of the polls."""
        polls = [request.json for request in self.sent if is_poll(request)]
        return [body["data"]["result_key"] for body in polls if isinstance(body, dict)]

    @property
    def times(self) -> Counter[str]:
        """How often each picture was bought."""
        return Counter(key for batch in self.bought for key in batch)


def _ok(**data: object) -> Reply:
    return Reply(200, json.dumps({"code": 0, "data": data, "requestId": "R-1", "success": True}).encode())


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def shop(vendor: Vendor) -> Shop:
    return Shop(web=vendor)


def crowd(shop: Shop, count: int, answer: tuple[int, str] | CutoutError = THROTTLED) -> list[str]:
    """Uploads that wait, in the order in which they came, which is not that of their names; all are due."""
    uploads = [f"{FOLDER}{(number * 7) % count:02}.jpg" for number in range(count)]
    for upload in uploads:
        shop.not_accepted(upload, PHOTO, answer)
    shop.web.sent.clear()
    shop.clock.pass_(minutes=10)
    return uploads


def receipt_of(shop: Shop, upload: str) -> Receipt:
    receipt = shop.receipt(upload)
    assert receipt is not None, f"{upload} has no receipt"
    return receipt


def all_done(shop: Shop, uploads: list[str]) -> bool:
    return {receipt_of(shop, upload).status for upload in uploads} == {"done"}
