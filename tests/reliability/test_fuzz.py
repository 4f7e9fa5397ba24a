"""Whatever is sent, from whichever side: it ends as a receipt, a job that waits, or an error that was foreseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.cloud.ports import Reply
from shared.entry import invocation, wiring
from shared.entry.oss_events import created
from shared.entry.settings import Settings
from shared.entry.uploads import on_upload
from shared.errors import CutoutError, Rejected
from shared.jobs.job import Fetching, Job
from shared.jobs.upload import Upload
from shared.pictures.header import WINDOW, read_header
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done, Failed, Pending, PollingProvider
from tests.pictures import picture, tiff
from tests.pictures.heif import heic
from tests.reliability.hostile import LONGEST_SENTENCE, ended
from tests.reliability.hostile_answers import ANSWERS
from tests.reliability.hostile_uploads import PICTURES, WATERMARK
from tests.unit.fakes import START, Shop

PHOTO = picture()
SHOP = Shop()

# ---------------------------------------------------------------- the event

EVENT = json.loads(created("cn-shanghai", "shop-photos", "uploads/general/common/a.jpg", 3, "E", time=START))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in the event."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for name, value in inner for place in places(value, (*path, name)))]


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(node, list):
        return [changed(each, path[1:], value) if at == path[0] else each for at, each in enumerate(node)]
    return {name: changed(each, path[1:], value) if name == path[0] else each for name, each in node.items()}


class Spy:
    """Takes what arrives."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def dispatch(self, upload: Upload, etag: str, at: datetime | None) -> bool:
        self.keys.append(upload.key)
        upload.key.encode()  # as OSS must be told
        return True


@pytest.fixture(scope="module")
def handler() -> Any:
    """The function general, behind which nothing happens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(invocation, "settings", lambda *needs: Settings())
        patch.setattr(wiring, "parts", lambda *composed, group: SimpleNamespace(dispatcher=SPY))
        patch.setattr(invocation, "credentials", lambda *given: None)
        yield on_upload("general")


SPY = Spy()


class Context:
    class function:  # noqa: N801 - as Function Compute spells it
        timeout = 120


@given(st.sampled_from(places(EVENT)), anything | st.binary(max_size=30).map(lambda raw: raw.decode("latin-1")))
@example(("events", 0, "oss", "object", "key"), "uploads/general/common/\ud83d.jpg")
@example(("events", 0, "oss", "object", "key"), "uploads/general/common/%ff%00.jpg")
@example(("events", 0, "oss", "object", "size"), "9" * 5_000)
@example(("events", 0, "oss", "object", "size"), -1)
def test_an_event_with_anything_in_any_place_is_read_refused_or_no_event(
    handler: Callable[[bytes, Any], None], place: tuple[Any, ...], value: Any
) -> None:
    try:
        handler(json.dumps(changed(EVENT, place, value)).encode(), Context)
    except ValidationError:
        return  # what no trigger of OSS sends: Function Compute is told, and onFailure has it


# ---------------------------------------------------------------- options

names = st.sampled_from(sorted({name for row in CAPABILITIES.values() for name in row.options} | {"nonsense", "Type"}))
values = st.sampled_from(["mask", "crop", "whiteBK", "tops+hat", "0", "jpg", "ffffff", "human", ""]) | st.text(
    max_size=40
)
folders = st.text("abz=,+-_.%\0\n红", max_size=30) | st.tuples(names, values).map("=".join)


@given(
    st.sampled_from(sorted(set(CAPABILITIES) - {"general/hd-common", "damo/background", "damo/matting"})),
    st.lists(folders, max_size=3),
    st.dictionaries(names, values, max_size=3),
)
def test_any_options_are_taken_or_refused_with_a_sentence(
    name: str, folders: list[str], metadata: dict[str, str]
) -> None:
    shop = Shop()
    shop.web.always = (500, "")
    key = "/".join(("uploads", name, *folders, "a.jpg"))
    shop.upload(key, PHOTO, **metadata)
    receipt = shop.receipt(key)
    codes = {"InvalidOption", "UnknownOption", "UselessOption", "InvalidAreas", "PictureTooNarrow"}
    assert receipt is None or receipt.code in codes
    ended(shop, key, (receipt.code,) if receipt else ("HTTP500", "CompanionMissing"))


numbers = st.integers() | st.floats() | st.sampled_from([0, 1, 640, 480, 10**30])
boxes = st.fixed_dictionaries(dict.fromkeys(("x", "y", "width", "height"), numbers)) | anything


@given((st.lists(boxes, max_size=60) | anything).map(json.dumps) | st.text(max_size=60))
@example("[" * 60_000)
@example('[{"x": ' + "9" * 4_299 + ', "y": 0, "width": 1, "height": 1}]')
def test_any_rectangles_are_taken_or_refused_with_a_sentence(document: str) -> None:
    for metadata, beside in (({"rectangles": document}, b""), ({}, document.encode("utf-8", "surrogatepass"))):
        shop = Shop()
        shop.web.always = (500, "")
        if beside:
            shop.bucket.put(f"{WATERMARK}.rectangles.json", beside)
        shop.upload(WATERMARK, PHOTO, **metadata)
        ended(shop, WATERMARK, ("InvalidAreas", "HTTP500", "CompanionMissing"))


# ---------------------------------------------------------------- vendors' answers

ROWS = [
    *(CAPABILITIES[f"general/{name}"] for name in ("common", "hd-common")),
    *(CAPABILITIES[name] for name in ("portrait/features", "goods/cloth", "damo/background")),
    *(CAPABILITIES[f"picwish/{name}"] for name in ("cutout", "watermark")),
]
SPOKEN = [body.encode() for each in ANSWERS for _, body in (each.call, each.question or each.call) if len(body) < 2_000]


def readable(row: Capability, found: Done | Accepted | Pending | Failed | CutoutError) -> None:
    """Asserts that it can be kept in a job, and said in a sentence."""
    match found:
        case Failed(error):
            readable(row, error)
        case CutoutError():
            assert 0 < len(found.code) <= 110
            assert len(found.message) < LONGEST_SENTENCE
            (found.code + found.message + found.request_id).encode()
        case Done(pictures, request_id):
            assert 0 < len({picture.label for picture in pictures}) == len(pictures) <= 100
            job = Job("J", "uploads/a/b/c", START, START, stage=Fetching(pictures, START), request_id=request_id)
            assert Job.from_json(job.to_json()) == job


def heard(row: Capability, status: int, body: bytes, headers: dict[str, str]) -> None:
    vendor, reply = SHOP.providers[row.provider], Reply(status, body, headers)
    reads: list[Callable[[], Done | Accepted | Pending | Failed]] = [lambda: vendor.answer(row, reply)]
    if isinstance(vendor, PollingProvider):
        reads.append(partial(vendor.poll_answer, row, "T-1", 0, reply))
    for read in reads:
        try:
            readable(row, read())
        except CutoutError as error:
            readable(row, error)


statuses = st.sampled_from([200, 200, 201, 204, 302, 400, 403, 404, 413, 429, 500, 503, 999])
gateway = st.dictionaries(st.sampled_from(["x-ca-error-code", "x-ca-error-message", "x-ca-request-id"]), st.text())


@given(st.sampled_from(ROWS), statuses, st.binary(max_size=200), gateway)
def test_any_bytes_of_a_vendors_are_an_answer_or_foreseen(
    row: Capability, status: int, body: bytes, headers: dict[str, str]
) -> None:
    heard(row, status, body, headers)


@given(st.sampled_from(ROWS), statuses, st.sampled_from(SPOKEN), st.data())
def test_any_answer_with_some_bytes_changed_is_an_answer_or_foreseen(
    row: Capability, status: int, body: bytes, data: st.DataObject
) -> None:
    heard(row, status, mutated(body, data), {})


def mutated(body: bytes, data: st.DataObject) -> bytes:
    """Cut out here, put in there, a few times."""
    for _ in range(data.draw(st.integers(1, 4))):
        at, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 8))
        body = body[:at] + data.draw(st.binary(max_size=8)) + body[at + length :]
    return body


# ---------------------------------------------------------------- the header

CASES = Path(__file__).parents[1] / "cases" / "pictures"


def files() -> list[bytes]:
    return [
        PHOTO,
        *(picture(400, 300, form) for form in ("PNG", "BMP", "WEBP", "TIFF")),
        picture(400, 300, "GIF", mode="P"),
        picture(400, 300, "WEBP", lossless=True),
        tiff(400, 400, "big", before=WINDOW),
        heic(4000, 3000),
        *(path.read_bytes() for path in sorted(CASES.iterdir())),
        *(body for each in PICTURES if len(body := each.body()) < 2 * WINDOW),
    ]


@given(st.deferred(lambda: st.sampled_from(files())), st.data())
def test_a_real_file_with_some_bytes_changed_is_a_header_or_a_refusal(sample: bytes, data: st.DataObject) -> None:
    body = mutated(sample[:2_000], data) + sample[2_000:]
    windows = 0

    def more(start: int, length: int) -> bytes:
        nonlocal windows
        windows += 1
        return body[start : start + length]

    try:
        header = read_header(body[:WINDOW], len(body), more)
    except Rejected as error:
        assert error.code in ("NotAnImage", "BrokenImage", "CameraRaw")  # noqa: PT017 - either is right
    else:
        assert min(header.width, header.height) >= 1
        assert header.orientation in range(1, 9)
    assert windows <= 64
