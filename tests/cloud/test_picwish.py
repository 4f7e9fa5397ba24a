"""The PicWish stand-in is as strict as its manuals, and its pictures are made of the photo it was shown."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import pytest

from tests.cloud import picwish_work, vendor_world
from tests.cloud.accounts import Accounts
from tests.cloud.picwish import Picwish
from tests.cloud.vendor_pictures import Unfit, decode
from tests.cloud.vendor_world import (
    BOX,
    KEY,
    PLAIN_HTTP,
    Clock,
    Pictures,
    Seen,
    download,
    encoded,
    opened,
    unanswered,
)

pictures, accounts, photo = vendor_world.pictures, vendor_world.accounts, vendor_world.photo
clock, seen = vendor_world.clock, vendor_world.seen

COPY = "work/0123456789abcdef0123456789abcdef.jpg"
CORNER = '[{"x":10,"y":10,"width":20,"height":20}]'


@pytest.fixture(scope="module")
def service(accounts: Accounts, clock: Clock, seen: Seen) -> Iterator[Picwish]:
    service = Picwish(
        accounts, clock=clock, observe=seen.observe, qps=1000, origin=lambda key: KEY if key == COPY else key
    )
    yield service
    service.stop()


@pytest.fixture
def picwish(service: Picwish, clock: Clock, seen: Seen) -> Iterator[Picwish]:
    yield from vendor_world.lent(service, clock, seen)


def send(picwish: Picwish, accounts: Accounts, method: str, path: str, **request: Any) -> httpx.Response:
    headers = {"Authorization": f"APPCODE {accounts.appcode('picwish')}"}
    with httpx.Client(trust_env=False, verify=PLAIN_HTTP, timeout=20, headers=headers) as client:
        return client.request(method, f"{picwish.url}/tasks/visual/{path}", **request)


def cut(picwish: Picwish, accounts: Accounts, url: str, **options: str) -> httpx.Response:
    return send(picwish, accounts, "POST", "segmentation", data={"image_url": url, **options})


def mend(picwish: Picwish, accounts: Accounts, url: str, **options: str) -> httpx.Response:
    return send(picwish, accounts, "POST", "watermark", data={"image_url": url, **options})


def state(response: httpx.Response) -> int:
    """The task's state; the status, if there is no task."""
    body = response.json()
    assert body["status"] == response.status_code
    assert body["message"]
    return int(body["data"]["state"]) if response.status_code == 200 else response.status_code


# The gateway


@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        ("", (401, "Unauthorized")),
        ("APPCODE EXAMPLE-made-up", (403, "Invalid AppCode")),
        ("Bearer {}", (403, "Invalid AppCode")),
        ("APPCODE  {}", (403, "Invalid AppCode")),
        ("{}", (403, "Invalid AppCode")),
    ],
)
def test_without_the_appcode_nobody_gets_past_the_gateway(
    *, picwish: Picwish, accounts: Accounts, photo: str, authorization: str, says: tuple[int, str]
) -> None:
    with httpx.Client(trust_env=False, verify=PLAIN_HTTP) as client:
        answer = client.post(
            f"{picwish.url}/tasks/visual/segmentation",
            data={"image_url": photo},
            headers={"Authorization": authorization.format(accounts.appcode("picwish"))} if authorization else {},
        )
    assert (answer.status_code, answer.headers["X-Ca-Error-Message"], answer.content) == (*says, b"")
    assert len(answer.headers["X-Ca-Error-Code"]) == 6
    assert picwish.ledger == []
    assert [call.code for call in picwish.calls] == [answer.headers["X-Ca-Error-Code"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "inpaint"),
        ("POST", ""),
        ("POST", "../visual"),
        ("GET", "segmentation"),
        ("PUT", "watermark"),
        ("POST", "segmentation/some-task"),
        ("GET", "segmentation/some-task"),
    ],
)
def test_another_address_or_an_unknown_task_is_not_found(
    *, picwish: Picwish, accounts: Accounts, method: str, path: str
) -> None:
    assert state(send(picwish, accounts, method, path)) == 404


# What goes in


@pytest.mark.parametrize(
    "options",
    [
        {"image_url": ""},
        {"sync": "1"},
        {"return_type": "1"},
        {"Type": "person"},
        {"type": "animal"},
        {"type": "Person"},
        {"output_type": "4"},
        {"output_type": "0"},
        {"output_type": "two"},
        {"crop": "true"},
        {"crop": "2"},
        {"format": "jpeg"},
        {"format": "webp"},
        {"bg_color": "ff0000"},
        {"bg_color": "ff0000", "format": "png"},
        {"bg_color": "#ff0000", "format": "jpg"},
        {"bg_color": "f00", "format": "jpg"},
        {"bg_color": "red", "format": "jpg"},
        {"rectangles": CORNER},
    ],
    ids=str,
)
def test_what_the_manual_has_not_is_a_wrong_parameter(
    picwish: Picwish, accounts: Accounts, photo: str, options: dict[str, str]
) -> None:
    assert state(send(picwish, accounts, "POST", "segmentation", data={"image_url": photo, **options})) == 400
    assert picwish.ledger == []
    assert [call.code for call in picwish.calls] == ["400"]


def test_an_option_without_a_value_counts_as_not_given(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    answer = cut(picwish, accounts, photo, type="", output_type="", crop="", format="", bg_color="")
    assert state(answer) == 1
    assert answer.json()["data"]["output_type"] == 2


def test_the_body_is_a_form_and_says_everything_once(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    as_json = send(picwish, accounts, "POST", "segmentation", json={"image_url": photo})
    in_query = send(picwish, accounts, "POST", "segmentation", params={"image_url": photo})
    as_file = send(picwish, accounts, "POST", "segmentation", files={"image_file": encoded()})
    twice = send(picwish, accounts, "POST", "segmentation", data={"image_url": photo, "crop": ["0", "1"]})
    as_text = send(
        picwish,
        accounts,
        "POST",
        "segmentation",
        content=urlencode({"image_url": photo}),
        headers={"Content-Type": "text/plain"},
    )
    assert [state(answer) for answer in (as_json, in_query, as_file, twice, as_text)] == [400] * 5


def test_a_link_has_at_most_512_plain_characters(picwish: Picwish, accounts: Accounts, pictures: Pictures) -> None:
    short = pictures.put("a.jpg", encoded())
    assert state(cut(picwish, accounts, short + "&" + "x" * (511 - len(short)))) == 1
    assert state(cut(picwish, accounts, short + "&" + "x" * (512 - len(short)))) == 400
    for url in (
        f"http://{pictures.host}/photos/红鞋.jpg",
        f"http://{pictures.host}/photos/a b.jpg",
        f"ftp://{pictures.host}/photos/a.jpg",
        "photos/a.jpg",
    ):
        assert state(cut(picwish, accounts, url)) == 400, url


def test_a_picture_that_does_not_come_is_minus_three(
    picwish: Picwish, accounts: Accounts, pictures: Pictures, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state(cut(picwish, accounts, f"http://{pictures.host}/photos/not-there.jpg")) == -3
    assert state(cut(picwish, accounts, pictures.put("moved.jpg", photo))) == -3
    gone = Pictures()
    gone.stop()
    assert state(cut(picwish, accounts, f"http://{gone.host}/photos/a.jpg")) == -3
    assert picwish_work.LIMITS.seconds == 10
    monkeypatch.setattr("tests.cloud.picwish_tasks.LIMITS", replace(picwish_work.LIMITS, seconds=0.1))
    monkeypatch.setattr(pictures, "delay", 0.3)
    assert state(cut(picwish, accounts, photo)) == -3
    assert picwish.ledger == []
    assert [call.code for call in picwish.calls] == ["-3"] * 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        *((encoded(form), 1) for form in ("JPEG", "PNG", "BMP", "WEBP", "TIFF")),
        (encoded("GIF"), -7),
        (b"not a picture", -7),
        (encoded("JPEG", (900, 900))[:9000], -7),
        (encoded("PNG", mode="P"), 1),
        (encoded("JPEG", (1, 1)), 1),
        (encoded("JPEG", (40, 4096)), 1),
        (encoded("JPEG", (40, 4097)), -7),
        (encoded("JPEG", (4097, 40)), -7),
    ],
    ids=["jpg", "png", "bmp", "webp", "tiff", "gif", "text", "half", "palette", "dot", "high", "higher", "wider"],
)
def test_a_picture_is_held_against_the_manuals_limits(
    *, picwish: Picwish, accounts: Accounts, pictures: Pictures, content: bytes, says: int
) -> None:
    assert state(cut(picwish, accounts, pictures.put("limits", content))) == says
    assert len(picwish.ledger) == (says == 1)


def test_a_side_may_have_4096_pixels_both_ways() -> None:
    decode("", encoded("JPEG", (4096, 4096)), picwish_work.LIMITS)
    with pytest.raises(Unfit, match="at most 4096"):
        decode("", encoded("JPEG", (4096, 4097)), picwish_work.LIMITS)


def test_a_byte_over_15_mb_is_minus_five(picwish: Picwish, accounts: Accounts, pictures: Pictures) -> None:
    content = encoded()
    padded = content + bytes(15_000_000 - len(content))
    assert state(cut(picwish, accounts, pictures.put("most", padded))) == 1
    assert state(cut(picwish, accounts, pictures.put("more", padded + b"\0"))) == -5


# What comes out of cutting


def test_the_answer_has_the_fields_that_the_manual_lists(
    picwish: Picwish, accounts: Accounts, photo: str, clock: Clock
) -> None:
    answer = cut(picwish, accounts, photo, output_type="1")
    body = answer.json()
    data = body.pop("data")
    assert body == {"status": 200, "message": "success"}
    link, mask = data.pop("image"), data.pop("mask")
    assert opened(download(link).content).mode == "RGBA"
    assert opened(download(mask).content).mode == "L"
    assert data.pop("task_id")
    for stamp in ("created_at", "processed_at", "completed_at"):
        assert abs(data.pop(stamp) - clock()) < 5
    assert data == {"state": 1, "progress": 100, "output_type": 1, "return_type": 1, "result_type": "object"}
    assert "\\u0026Signature=" in answer.text


@pytest.mark.parametrize(("output", "labels"), [("1", "image mask"), ("2", "image"), ("3", "mask"), ("", "image")])
def test_there_are_the_pictures_that_were_asked_for(
    *, picwish: Picwish, accounts: Accounts, photo: str, output: str, labels: str
) -> None:
    data = cut(picwish, accounts, photo, output_type=output).json()["data"]
    assert sorted({"image", "mask"} & set(data)) == labels.split()
    for label in labels.split():
        pixels = np.asarray(opened(download(data[label]).content))
        alpha = pixels if label == "mask" else pixels[..., 3]
        assert (alpha.shape, alpha[2, 2], alpha[60, 80]) == (BOX[::-1], 0, 255)


def test_cropping_goes_to_the_edge_of_picture_and_mask(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    data = cut(picwish, accounts, photo, output_type="1", crop="1").json()["data"]
    image, mask = (np.asarray(opened(download(data[label]).content)) for label in ("image", "mask"))
    assert image.shape[:2] == mask.shape
    assert mask.shape < BOX[::-1]
    assert (image[..., 3] == mask).all()
    for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert edge.any()


@pytest.mark.parametrize(
    ("options", "colour"),
    [({}, (255, 255, 255)), ({"bg_color": "ff0000"}, (255, 0, 0)), ({"bg_color": "0000FF"}, (0, 0, 255))],
    ids=["white", "red", "blue"],
)
def test_a_jpg_lies_on_its_colour_and_the_mask_stays_a_png(
    *, picwish: Picwish, accounts: Accounts, photo: str, options: dict[str, str], colour: tuple[int, int, int]
) -> None:
    data = cut(picwish, accounts, photo, format="jpg", output_type="1", **options).json()["data"]
    image = opened(download(data["image"]).content)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", BOX)
    assert abs(np.asarray(image).astype(int)[:4, :4] - colour).max() < 12
    assert abs(np.asarray(image).astype(int)[60, 80] - np.asarray(opened(encoded()))[60, 80]).max() < 30
    assert opened(download(data["mask"]).content).format == "PNG"


def test_what_it_is_taken_for_is_said_and_asked_for(picwish: Picwish, accounts: Accounts, pictures: Pictures) -> None:
    portrait = pictures.put("face.jpg", vendor_world.portrait())
    taken = [
        cut(picwish, accounts, portrait, type=kind).json()["data"]["result_type"]
        for kind in ("", "person", "object", "stamp")
    ]
    assert taken == ["person", "person", "object", "stamp"]


def test_a_stamp_is_its_red_ink(picwish: Picwish, accounts: Accounts, pictures: Pictures) -> None:
    paper = np.full((120, 180, 3), 240, np.uint8)
    paper[40:80, 60:120] = (200, 30, 40)
    paper[50:70, 20:40] = (20, 40, 160)  # a signature's
    link = cut(picwish, accounts, pictures.put("seal", vendor_world.written(paper)), type="stamp").json()["data"]
    alpha = np.asarray(opened(download(link["image"]).content))[..., 3]
    assert [alpha[60, 90], alpha[60, 30], alpha[5, 5]] == [255, 0, 0]


# What comes out of mending


def marked(size: tuple[int, int] = BOX) -> bytes:
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[10:30, 10:30] = 255
    return vendor_world.written(mask)


def spoiled() -> bytes:
    """The photo with a bright square on it, where the table is."""
    pixels = np.array(opened(encoded("PNG")))
    pixels[12:28, 12:28] = (0, 255, 0)
    return vendor_world.written(pixels)


@pytest.mark.parametrize("by", ["rectangles", "mask_url"])
def test_what_is_marked_is_taken_off_and_all_else_stays(
    *, picwish: Picwish, accounts: Accounts, pictures: Pictures, by: str
) -> None:
    where = {"rectangles": CORNER} if by == "rectangles" else {"mask_url": pictures.put("mask", marked())}
    answer = mend(picwish, accounts, pictures.put("spoiled", spoiled()), **where).json()["data"]
    image = opened(download(answer.pop("image")).content)
    assert image.size == BOX
    pixels, before = np.asarray(image).astype(int), np.asarray(opened(encoded("PNG"))).astype(int)
    assert abs(pixels[12:28, 12:28] - before[12:28, 12:28]).mean() < 12
    assert abs(pixels[40:] - before[40:]).mean() < 4
    assert {name: type(value) for name, value in answer.items()} == {
        "task_id": str, "state": int, "progress": int, "return_type": int, "created_at": int, "completed_at": int,
    }  # fmt: skip


def test_the_mask_wins_over_rectangles(picwish: Picwish, accounts: Accounts, pictures: Pictures) -> None:
    elsewhere = '[{"x":100,"y":90,"width":20,"height":20}]'
    url = pictures.put("spoiled", spoiled())
    data = mend(picwish, accounts, url, mask_url=pictures.put("mask", marked()), rectangles=elsewhere).json()["data"]
    pixels = np.asarray(opened(download(data["image"]).content)).astype(int)
    assert pixels[20, 20, 1] - pixels[20, 20, 0] < 60
    assert abs(pixels[90:110, 100:120] - np.asarray(opened(encoded("PNG")))[90:110, 100:120]).mean() < 4


def rectangles(count: int, **changed: object) -> str:
    return json.dumps([{"x": 1, "y": 2, "width": 3, "height": 4, **changed}] * count)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "10,10,20,20", "{}", rectangles(1)[1:-1], rectangles(51), rectangles(1, x=1.5), rectangles(1, x="1"),
        rectangles(1, x=True), rectangles(1, x=-1), rectangles(1, z=1), '[{"x":1,"y":2,"width":3}]', "[[1,2,3,4]]",
    ],
)  # fmt: skip
def test_rectangles_are_read_to_the_letter(picwish: Picwish, accounts: Accounts, photo: str, text: str) -> None:
    assert state(mend(picwish, accounts, photo, rectangles=text)) == 400
    assert picwish.ledger == []


def test_fifty_rectangles_will_do_and_none_is_not_enough(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    assert state(mend(picwish, accounts, photo, rectangles=rectangles(50))) == 1
    assert state(mend(picwish, accounts, photo)) == 400


def test_a_mask_is_a_picture_of_the_same_size_that_leaves_half(
    picwish: Picwish, accounts: Accounts, pictures: Pictures, photo: str
) -> None:
    assert state(mend(picwish, accounts, photo, mask_url=pictures.put("other", marked((120, 180))))) == -7
    assert state(mend(picwish, accounts, photo, mask_url=pictures.put("text", b"no mask"))) == -7
    assert state(mend(picwish, accounts, photo, mask_url=f"http://{pictures.host}/photos/nowhere")) == -3
    assert state(mend(picwish, accounts, photo, mask_url="mask.png")) == 400
    half, more = '[{"x":0,"y":0,"width":90,"height":120}]', '[{"x":0,"y":0,"width":91,"height":120}]'
    assert [state(mend(picwish, accounts, photo, rectangles=text)) for text in (half, more)] == [1, -1]


# Links, tasks, quota, ledger


def test_a_result_link_is_plain_http_dies_after_an_hour_and_bears_no_tampering(
    picwish: Picwish, accounts: Accounts, photo: str, clock: Clock
) -> None:
    link = cut(picwish, accounts, photo).json()["data"]["image"]
    assert link.startswith(f"http://{picwish.result_host}/")
    clock.ahead = 3590
    assert download(link).status_code == 200
    assert download(link.replace("Expires=1", "Expires=2")).status_code == 403
    clock.ahead = 3601
    assert download(link).status_code == 403


@pytest.fixture
def slowly(accounts: Accounts, clock: Clock) -> Iterator[Picwish]:
    service = Picwish(accounts, clock=clock, qps=1000, processing_seconds=30)
    yield service
    clock.ahead = 0
    service.stop()


def test_a_task_under_way_is_asked_about_until_it_is_done(
    slowly: Picwish, accounts: Accounts, photo: str, pictures: Pictures, clock: Clock
) -> None:
    fetched = len(pictures.asked)
    data = cut(slowly, accounts, photo).json()["data"]
    task = data["task_id"]
    assert {name for name in data if data[name]} == {"task_id", "created_at"}
    assert not {"image", "mask"} & set(data)

    def poll() -> dict[str, Any]:
        answer: dict[str, Any] = send(slowly, accounts, "GET", f"segmentation/{task}").json()["data"]
        return answer

    stages = []
    for ahead in (0, 12, 22):
        clock.ahead = ahead
        stages.append(poll()["state"])
    assert stages == [0, 2, 4]
    assert len(pictures.asked) == fetched
    clock.ahead = 31
    done = poll()
    assert (done["state"], done["progress"]) == (1, 100)
    assert opened(download(done["image"]).content).mode == "RGBA"
    assert poll() == done
    assert len(pictures.asked) == fetched + 1
    assert state(send(slowly, accounts, "GET", f"watermark/{task}")) == 404
    clock.ahead = 3601
    assert state(send(slowly, accounts, "GET", f"segmentation/{task}")) == 404
    assert [(billed.action, billed.key, billed.request_id) for billed in slowly.ledger] == [("segmentation", KEY, task)]
    assert {(call.action, call.key) for call in slowly.calls} >= {("segmentation", KEY), ("segmentation/query", KEY)}


def test_a_copy_that_is_deleted_too_early_is_missed(
    slowly: Picwish, accounts: Accounts, pictures: Pictures, clock: Clock
) -> None:
    url = pictures.put("copy.jpg", encoded())
    task = mend(slowly, accounts, url, rectangles=CORNER).json()["data"]["task_id"]
    del pictures.at["/photos/copy.jpg"]
    clock.ahead = 31
    assert [state(send(slowly, accounts, "GET", f"watermark/{task}")) for _ in range(2)] == [-3, -3]


def test_a_task_that_never_ends_does_so_once_the_fault_is_lifted(
    picwish: Picwish, accounts: Accounts, photo: str
) -> None:
    fault = picwish.fault("slow-job", key=KEY)
    data = cut(picwish, accounts, photo).json()["data"]
    path = f"segmentation/{data['task_id']}"
    assert data["state"] == 4
    assert state(send(picwish, accounts, "GET", path)) == 4
    fault.lift()
    assert state(send(picwish, accounts, "GET", path)) == 1
    assert len(picwish.ledger) == 1


def test_the_third_call_of_a_kind_in_a_second_is_turned_away_and_does_not_count(accounts: Accounts, photo: str) -> None:
    now = [time.time()]
    service = Picwish(accounts, clock=lambda: now[0])
    try:
        assert [state(cut(service, accounts, "")) for _ in range(4)] == [400, 400, 429, 429]
        assert [state(mend(service, accounts, "")) for _ in range(3)] == [400, 400, 429]
        assert [state(send(service, accounts, "GET", "segmentation/a")) for _ in range(3)] == [404, 404, 429]
        now[0] += 1.0001
        assert [state(cut(service, accounts, "")) for _ in range(3)] == [400, 400, 429]
    finally:
        service.stop()


def test_the_ledger_names_the_upload_even_of_a_copy_and_the_box_sees_every_effect(
    picwish: Picwish, accounts: Accounts, pictures: Pictures, seen: Seen
) -> None:
    done = cut(picwish, accounts, pictures.put(COPY, encoded())).json()["data"]
    download(done["image"])
    cut(picwish, accounts, f"http://{pictures.host}/photos/uploads/gone.jpg")
    assert [(b.action, b.key, b.request_id) for b in picwish.ledger] == [("segmentation", KEY, done["task_id"])]
    assert [(call.key, call.code) for call in picwish.calls] == [(KEY, ""), ("uploads/gone.jpg", "-3")]
    assert seen == [
        (service, name, key, moment)
        for service, name, key in [
            ("picwish", "segmentation", KEY),
            ("result", "Download", KEY),
            ("picwish", "segmentation", "uploads/gone.jpg"),
        ]
        for moment in ("before", "after")
    ]


# Faults


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("throttle", 429),
        ("blocked", 401),
        ("error", 500),
        *((f"code:{status}", status) for status in (400, 401, 404, 413, 429, 500, 503)),
        *((f"state:{state}", state) for state in (-1, -2, -3, -5, -7, -8)),
    ],
)
def test_an_error_lasts_for_its_calls_until_it_is_lifted(
    *, picwish: Picwish, accounts: Accounts, photo: str, pictures: Pictures, kind: str, says: int
) -> None:
    fault = picwish.fault(kind, action="segmentation", key=KEY)
    answers = [cut(picwish, accounts, photo) for _ in range(2)]
    assert [state(answer) for answer in answers] == [says] * 2
    assert says > 0 or [answer.json()["data"]["progress"] for answer in answers] == [0, 0]
    assert [call.code for call in picwish.calls] == [str(says)] * 2
    assert picwish.ledger == []
    assert state(cut(picwish, accounts, pictures.put("other.jpg", encoded()))) == 1
    assert state(mend(picwish, accounts, photo, rectangles=CORNER)) == 1
    fault.lift()
    assert state(cut(picwish, accounts, photo)) == 1


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("gateway-throttle", "Throttled by USER Flow Control"),
        ("gateway-quota", "Api Market Subscription quota exhausted"),
    ],
)
def test_the_gateway_too_goes_wrong_on_demand(
    *, picwish: Picwish, accounts: Accounts, photo: str, kind: str, says: str
) -> None:
    picwish.fault(kind, times=1)
    answer = cut(picwish, accounts, photo)
    assert (answer.status_code, answer.headers["X-Ca-Error-Message"], answer.content) == (403, says, b"")
    assert state(cut(picwish, accounts, photo)) == 1
    assert len(picwish.ledger) == 1


@pytest.mark.parametrize(("kind", "prefix"), [("base64", ""), ("data-url", "data:image/png;base64,")])
def test_an_answer_may_hold_the_pictures_themselves(
    *, picwish: Picwish, accounts: Accounts, photo: str, kind: str, prefix: str
) -> None:
    picwish.fault(kind, times=1)
    data = cut(picwish, accounts, photo, output_type="1").json()["data"]
    assert data["return_type"] == 2
    for label, mode in {"image": "RGBA", "mask": "L"}.items():
        assert data[label].startswith(prefix)
        assert opened(base64.b64decode(data[label][len(prefix) :], validate=True)).mode == mode
    assert cut(picwish, accounts, photo).json()["data"]["image"].startswith("http")


def test_a_fault_there_is_not_is_refused(picwish: Picwish) -> None:
    for kind in ("thunder", "state:-4", "amp", "double"):
        with pytest.raises(ValueError, match=f"no fault is called '{kind}'"):
            picwish.fault(kind)


def test_a_refused_call_has_no_answer_and_no_bill(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    picwish.fault("refuse", times=1)
    with unanswered(within=1):
        cut(picwish, accounts, photo)
    assert picwish.ledger == []
    assert [call.code for call in picwish.calls] == ["refuse"]


def test_a_timed_out_call_is_billed_and_hung_up_on_when_the_fault_is_lifted(
    picwish: Picwish, accounts: Accounts, photo: str
) -> None:
    picwish.fault("timeout", times=1)
    threading.Timer(0.7, picwish.lift_all).start()
    with unanswered(within=3):
        cut(picwish, accounts, photo)
    assert [billed.key for billed in picwish.ledger] == [KEY]


def test_a_slow_call_answers_that_much_later(picwish: Picwish, accounts: Accounts) -> None:
    picwish.fault("slow", seconds=0.3)
    began = time.monotonic()
    assert state(cut(picwish, accounts, "")) == 400
    assert 0.3 <= time.monotonic() - began < 2


def test_a_page_for_json_is_billed_all_the_same(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    picwish.fault("bad-json", times=1)
    answer = cut(picwish, accounts, photo)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert [billed.key for billed in picwish.ledger] == [KEY]


def test_a_download_goes_wrong_on_demand(picwish: Picwish, accounts: Accounts, photo: str) -> None:
    link = cut(picwish, accounts, photo).json()["data"]["image"]
    picwish.fault("no-answer", key=KEY, times=1)
    assert download(link).status_code == 403
    picwish.fault("error-page", action="segmentation", times=1)
    assert download(link).headers["content-type"] == "text/html"
    picwish.fault("cut-off", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        download(link)
    assert opened(download(link).content).mode == "RGBA"
