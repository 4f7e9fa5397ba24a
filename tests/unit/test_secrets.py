"""Nothing that lets anyone in is logged or put on a receipt, though vendors and bugs repeat what they saw."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from shared.cloud.ports import Reply, Request
from shared.errors import Misconfigured
from shared.jobs import keys
from shared.pictures.sniff import Download
from tests.pictures import picture
from tests.unit.fakes import ScriptedWeb, Shop, is_poll
from tests.unit.pipeline.test_worker import go
from tests.unit.providers import providers

SECRET = "EXAMPLEhidden0123456789"
"""A part of every secret there is, and of every link."""
UPLOADS = (
    "uploads/general/common/a.jpg",
    "uploads/general/hd-common/红.jpg",
    "uploads/picwish/cutout/a.jpg",
    "uploads/picwish/cutout/红.jpg",
    "uploads/damo/background/a.jpg",
    "uploads/damo/background/b.jpg",
)
LINK = f"https://x.oss-cn-shanghai.aliyuncs.com/1.png?Expires=1&Signature={SECRET}"

Answer = Callable[[Request], Reply]


def everything(request: Request) -> str:
    """What a vendor was told, as one that explains itself would repeat it."""
    told = json.dumps({**request.query, **request.form, "json": request.json})
    return f"Specified {request.headers.get('Authorization', '')} is no good: {LINK} StringToSign: {told}"


def _json(http: int, /, **body: object) -> Reply:
    return Reply(http, json.dumps(body).encode())


def refuses(code: str, number: int, state: int) -> Answer:
    """In every vendor's dialect at once, which each reads for itself."""

    def answer(request: Request) -> Reply:
        said = everything(request)
        viapi = {"Code": code, "Message": said, "RequestId": said}
        market = {"message": said, "requestId": said, "data": {"state": state, "task_id": said}}
        return _json(200, status=200, code=number, **viapi, **market)

    return answer


def works(request: Request) -> Reply:
    """Takes everything, and finishes it when it is asked."""
    if not is_poll(request):
        data = {"state": 0, "task_id": "T", "result_key": "T", "ImageURL": LINK}
        return _json(200, status=200, code=0, RequestId="T", Data=data, data=data)
    data = {
        **{"state": 1, "image": LINK, "Status": "PROCESS_SUCCESS", "Result": json.dumps({"ImageUrl": LINK})},
        "task_list": [{"status": "SUCCESS", "results": [LINK]}] * 10,
    }
    return _json(200, status=200, code=0, RequestId="T", Data=data, data=data)


def gateway(request: Request) -> Reply:
    return Reply(403, b"", {"x-ca-error-code": "A403ND", "x-ca-error-message": everything(request)})


def says_what_is_no_code(request: Request) -> Reply:
    said = everything(request)
    return _json(200, status=said, code=said, Code=said, Message=said, message=said)


def breaks(request: Request) -> Reply:
    raise RuntimeError(everything(request))  # what a library may say of a request it stumbles upon


class Vendor(ScriptedWeb):
    """Every vendor: answers with `answer`, and cannot always give its results away."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
        self.trouble: Exception | None = None

    def throttled(self, request: Request) -> None:
        pass

    def send(self, request: Request, on_slot: Callable[[], object] = lambda: None) -> Reply:
        on_slot()
        assert SECRET in repr((request.query, request.form, request.json, request.headers)), "or there is none to keep"
        return self.answer(request)

    @contextmanager
    def fetch(self, url: str, hosts: tuple[str, ...], seconds: float) -> Iterator[Download]:
        if self.trouble:
            raise self.trouble
        with super().fetch(url, hosts, seconds) as download:
            yield download


def opened(vendor: Vendor) -> Shop:
    """A shop whose every key is secret, and whose links are as long as a function's."""
    shop = Shop(web=vendor)
    shop.bucket.signature = SECRET * 30
    shop.providers |= providers(SECRET)
    return shop


def live(vendor: Vendor, hours: int = 2) -> Shop:
    """Uploads for everyone, and settle, which comes by until most of what can end has ended."""
    shop = opened(vendor)
    for key in UPLOADS:
        with suppress(RuntimeError):
            shop.upload(key, picture(500, 500))
    for _ in range(hours * 6):
        shop.clock.pass_(minutes=10)
        with suppress(RuntimeError):
            go(shop, workers=1)
    return shop


def shows(shop: Shop, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What people get to read, with the names of copies that anyone could fetch, were they known."""
    lines = [record.getMessage() for record in caplog.records]
    documents = [
        thing.body.decode("utf-8", "replace")
        for key, thing in shop.bucket.things.items()
        if key.startswith(keys.CUTOUTS)
    ]
    jobs = [job for key in UPLOADS if (job := shop.job(key))]
    assert lines
    return lines + [text for text in documents if text.startswith("{")] + [f"{job.code} {job.message}" for job in jobs]


ANSWERS: dict[str, Answer] = {
    "refused": refuses("InvalidImage.Content", 23500005, -7),
    "misconfigured": refuses("SignatureDoesNotMatch", 23500001, -99),
    "throttled": refuses("Throttling.User", 23500004, -8),
    "unread": refuses("InvalidImage.URL", 23500006, -3),
    "unknown": refuses("Surprise.Of.Theirs", 99, -42),
    "no code": says_what_is_no_code,
    "gateway": gateway,
    "no JSON": lambda request: Reply(502, everything(request).encode()),
    "a bug": breaks,
    "all is well": works,
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_a_vendor_repeats_nobody_reads_a_secret(answer: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    shop = live(Vendor(ANSWERS[answer]))
    assert [text for text in shows(shop, caplog) if SECRET in text] == []


@pytest.mark.parametrize("trouble", [Misconfigured("ResultHost", "not allowed"), RuntimeError(LINK)])
def test_a_result_that_cannot_be_brought_home_is_not_logged_with_its_link(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    vendor = Vendor(works)
    vendor.trouble = trouble
    shop = live(vendor, hours=1)
    assert [text for text in shows(shop, caplog) if SECRET in text] == []


def test_no_log_line_says_where_a_public_copy_lies(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "oss_cutout")
    vendor = Vendor(works)
    vendor.trouble = RuntimeError("a bug of ours, at every result")
    shop = live(vendor, hours=1)
    jobs = [job for key in UPLOADS if (job := shop.job(key)) and job.copies]
    assert jobs
    for text in shows(shop, caplog):
        for job in jobs:
            assert job.id not in text
            assert not [name for name in job.copies if name in text]


def test_a_job_may_be_printed() -> None:
    shop = opened(Vendor(works))
    for key in UPLOADS:
        shop.upload(key, picture(500, 500))
    printed = repr([shop.job(each.upload.key) for each in shop.pipeline.jobs.unfinished() if each])
    assert "Job(" in printed
    assert SECRET not in printed
    assert keys.WORK not in printed
