"""The DAMO stand-in is as strict as its two manuals print it, and every error of theirs can be had."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from PIL import Image

from tests import samples
from tests.cloud import vendor_world
from tests.cloud.accounts import Accounts
from tests.cloud.damo import Damo
from tests.cloud.damo_replies import CODES
from tests.cloud.vendor_world import KEY, PLAIN_HTTP, Clock, Pictures, Seen, download, encoded, opened, unanswered

pictures, accounts = vendor_world.pictures, vendor_world.accounts
clock, seen = vendor_world.clock, vendor_world.seen

SIZE = (480, 400)


class Caller:
    """Somebody who has bought: sends what a test says, with the headers the manuals want."""

    def __init__(self, damo: Damo, appcode: str) -> None:
        self.damo = damo
        self._appcode = appcode
        self._web = httpx.Client(trust_env=False, verify=PLAIN_HTTP, timeout=20)
        self.close = self._web.close

    def send(self, action: str, content: bytes, *, method: str = "POST", **headers: str | None) -> httpx.Response:
        """A header that is None is left out; `_` in its name is `-`."""
        given = {
            "Content-Type": "application/json",
            "Authorization": f"APPCODE {self._appcode}",
            "X-Ca-Nonce": uuid4().hex,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        present = {name: value for name, value in given.items() if value is not None}
        return self._web.request(method, f"{self.damo.url}/api/v1/{action}", content=content, headers=present)

    def post(self, action: str, data: object) -> httpx.Response:
        return self.send(action, json.dumps({"data": data}).encode())

    def submit(self, api: str, *tasks: dict[str, str]) -> Any:
        """The answer's data."""
        response = self.post(f"{api}/submit", {"task_list": tasks})
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def query(self, api: str, result_key: str) -> list[dict[str, Any]]:
        """The batch's tasks."""
        response = self.post(f"{api}/query", {"result_key": result_key})
        assert response.status_code == 200, response.text
        tasks: list[dict[str, Any]] = response.json()["data"]["task_list"]
        return tasks

    def ended(self, api: str, result_key: str) -> list[dict[str, Any]]:
        """The batch's tasks once none of them goes on: drawing takes as long as it takes."""
        for _ in range(1000):
            tasks = self.query(api, result_key)
            if all(task["status"] in ("SUCCESS", "FAILED") for task in tasks):
                return tasks
            time.sleep(0.02)
        raise AssertionError(tasks)


@pytest.fixture(scope="module")
def service(accounts: Accounts, clock: Clock, seen: Seen) -> Iterator[Damo]:
    def origin(key: str) -> str:
        return key.replace("work/copy of ", "uploads/")

    damo = Damo(accounts, clock=clock, observe=seen.observe, qps=1000, job_seconds=30, origin=origin)
    yield damo
    damo.stop()


@pytest.fixture
def damo(service: Damo, clock: Clock, seen: Seen) -> Iterator[Damo]:
    yield from vendor_world.lent(service, clock, seen)


@pytest.fixture
def caller(damo: Damo, accounts: Accounts) -> Iterator[Caller]:
    caller = Caller(damo, accounts.appcode("damo"))
    yield caller
    caller.close()


@pytest.fixture
def photo(pictures: Pictures) -> str:
    return pictures.put(KEY, encoded(size=SIZE))


def code(response: httpx.Response) -> tuple[int, int]:
    """HTTP status and code of an error, whose envelope is looked at too."""
    body = response.json()
    assert list(body) == ["code", "data", "message", "requestId", "severity", "success"]
    assert body["success"] is False
    assert body["message"].startswith(CODES[body["code"]][1])
    return response.status_code, body["code"]


def barred(response: httpx.Response) -> tuple[int, str]:
    """HTTP status and message of a refusal of the gateway's."""
    assert response.content == b""
    assert len(response.headers["X-Ca-Error-Code"]) == 6
    return response.status_code, response.headers["X-Ca-Error-Message"]


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    Image.fromarray(pixels).save(out := io.BytesIO(), "PNG")
    return out.getvalue()


# What comes out


def test_a_background_is_removed_while_the_batch_goes_through_its_states(
    caller: Caller, pictures: Pictures, clock: Clock
) -> None:
    photo = pictures.put("uploads/never before.jpg", encoded(size=SIZE))
    response = caller.post("bg-remove/submit", {"task_list": [{"model_type": "general", "image": photo}]})
    body = response.json()
    assert list(body) == ["code", "data", "message", "requestId", "severity", "success"]
    assert (body["code"], body["message"], body["severity"], body["success"]) == (0, "success", "info", True)
    data = body["data"]
    assert data["task_list"] == [{"image": photo, "model_type": "general", "status": "WAITING"}]
    assert caller.query("bg-remove", data["result_key"]) == data["task_list"]
    assert not any("never%20before" in target for target in pictures.asked), "pictures are fetched when the task runs"

    clock.ahead += 15
    while (task := caller.query("bg-remove", data["result_key"])[0])["status"] == "WAITING":
        time.sleep(0.01)
    assert task == {"image": photo, "model_type": "general", "status": "RUNNING"}

    clock.ahead += 20
    (task,) = caller.ended("bg-remove", data["result_key"])
    (link,) = task.pop("results")
    assert task == {"image": photo, "model_type": "general", "status": "SUCCESS", "message": "success"}
    assert link.startswith(f"http://{caller.damo.result_host}/")
    cutout = opened(download(link).content)
    assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", SIZE)
    shown = np.asarray(cutout)
    cup = shown[150:250, 200:300]
    assert (cup[..., 3] > 200).mean() > 0.9
    assert (shown[:10, :, 3] < 20).all()
    same = np.abs(cup[..., :3].astype(int) - np.asarray(opened(encoded(size=SIZE)))[150:250, 200:300])
    assert np.median(same) < 8


def test_the_model_for_people_keeps_a_person_whole_and_finds_nobody_in_a_cup(
    caller: Caller, photo: str, pictures: Pictures, clock: Clock
) -> None:
    astronaut = pictures.put("astronaut.png", png(samples.photo("astronaut")))
    tasks = [{"image": astronaut, "model_type": "human"}, {"image": photo, "model_type": "human"}]
    batch = caller.submit("bg-remove", *tasks)
    clock.ahead += 40
    person, nobody = (
        np.asarray(opened(download(task["results"][0]).content))[..., 3]
        for task in caller.ended("bg-remove", batch["result_key"])
    )
    for part, (row, column) in {"hair": (30, 225), "face": (110, 225), "suit": (330, 180)}.items():
        assert (person[row - 5 : row + 5, column - 5 : column + 5] > 200).mean() > 0.9, part
    assert (person[120:240, :15] < 20).mean() > 0.9, "the flag is background"
    assert not nobody.any()


def test_matting_keeps_what_the_mask_shows_and_draws_its_outline_anew(
    caller: Caller, pictures: Pictures, clock: Clock
) -> None:
    pixels = samples.photo("astronaut")
    rough = np.zeros((512, 512), np.uint8)
    rough[15:180, 150:300] = 255
    image, mask = pictures.put("a.png", png(pixels)), pictures.put("a.mask.png", png(rough))
    batch = caller.submit("inst-mat", {"image": image, "mask": mask})
    assert batch["task_list"] == [{"image": image, "mask": mask, "status": "WAITING"}]
    clock.ahead += 40
    (task,) = caller.ended("inst-mat", batch["result_key"])
    cutout = opened(download(task["results"][0]).content)
    assert (cutout.format, cutout.mode, cutout.size) == ("PNG", "RGBA", (512, 512))
    alpha = np.asarray(cutout)[..., 3]
    assert (alpha[60:160, 200:250] > 200).mean() > 0.9
    assert not alpha[300:].any(), "what the mask leaves out"
    assert (alpha[15:45, 150:165] < 50).mean() > 0.9, "the background that the mask was too generous with"


def test_of_ten_tasks_each_fails_for_itself_in_the_order_they_came(
    caller: Caller, pictures: Pictures, clock: Clock
) -> None:
    links = [pictures.put(f"uploads/{n}.jpg", encoded(size=(400, 400))) for n in range(10)]
    batch = caller.submit("bg-remove", *({"image": link} for link in links))
    pictures.put("uploads/3.jpg", encoded(size=(399, 400)))
    fault = caller.damo.fault("failed-job", key="uploads/7.jpg", code="23500005", times=1)
    clock.ahead += 40
    tasks = caller.ended("bg-remove", batch["result_key"])
    fault.lift()
    assert tasks == caller.query("bg-remove", batch["result_key"]), "a task ends once and for all"
    assert [task["image"] for task in tasks] == links
    failed = {n: task for n, task in enumerate(tasks) if task["status"] == "FAILED"}
    assert set(failed) == {3, 7}
    assert failed[3]["message"].startswith("The uploaded image does not meet the requirements: ")
    assert failed[7]["message"] == "The image did not pass the content compliance check"
    assert not any("results" in task for task in failed.values())
    assert all(len(task["results"]) == 1 for n, task in enumerate(tasks) if n not in failed)
    assert [billed.key for billed in caller.damo.ledger] == [f"uploads/{n}.jpg" for n in range(10)]
    assert caller.damo.calls[0].tasks == 10


UNREACHED, UNFIT = CODES[23500006][1], CODES[23500007][1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encoded("JPEG", (400, 400)), ""),
        (encoded("PNG", (4096, 400)), ""),
        (encoded("BMP", (400, 400)), UNFIT),
        (encoded("WEBP", (400, 400)), UNFIT),
        (encoded("JPEG", (400, 399)), UNFIT),
        (encoded("PNG", (4097, 400)), UNFIT),
        (encoded("GIF", (400, 400)), UNFIT),
        (encoded("TIFF", (400, 400)), UNFIT),
        (b"not a picture", UNFIT),
        (encoded("JPEG", (400, 400))[:3000], UNFIT),
        ("http://elsewhere.example/a.jpg", UNREACHED),
        (b"", UNREACHED),
    ],
    ids=["jpg", "4096", "bmp", "webp", "399", "4097", "gif", "tiff", "text", "cut off", "redirect", "gone"],
)
def test_a_task_fails_unless_its_picture_can_be_had_and_is_within_the_limits(
    caller: Caller, pictures: Pictures, clock: Clock, content: bytes | str, message: str
) -> None:
    batch = caller.submit("bg-remove", {"image": pictures.put("a", content)})
    clock.ahead += 40
    (task,) = caller.ended("bg-remove", batch["result_key"])
    assert task["status"] == ("FAILED" if message else "SUCCESS")
    assert task["message"].partition(":")[0] == (message or "success")
    assert caller.damo.calls[-1].code == ("FAILED" if message else "")
    assert len(caller.damo.shown) == (not message)


def test_a_mask_of_another_size_fails_its_task(caller: Caller, photo: str, pictures: Pictures, clock: Clock) -> None:
    mask = pictures.put("mask.png", encoded("PNG", (481, 400), "L"))
    batch = caller.submit("inst-mat", {"image": photo, "mask": mask})
    clock.ahead += 40
    (task,) = caller.ended("inst-mat", batch["result_key"])
    assert (task["status"], task["message"].partition(":")[0]) == ("FAILED", UNFIT)


def test_a_result_can_be_had_for_half_an_hour(caller: Caller, photo: str, clock: Clock) -> None:
    batch = caller.submit("bg-remove", {"image": photo})
    clock.ahead += 40
    (task,) = caller.ended("bg-remove", batch["result_key"])
    clock.ahead += 29 * 60
    assert download(task["results"][0]).status_code == 200
    clock.ahead += 2 * 60
    assert download(task["results"][0]).status_code == 403


# What is asked


def test_the_gateway_lets_only_the_buyer_pass_and_every_nonce_once(caller: Caller) -> None:
    query = json.dumps({"data": {"result_key": "none"}}).encode()

    def ask(**headers: str | None) -> httpx.Response:
        return caller.send("bg-remove/query", query, method="POST", **headers)

    assert code(ask()) == (400, 23500008)
    assert barred(ask(Authorization="APPCODE somebody")) == (403, "Invalid AppCode")
    assert barred(ask(X_Ca_Nonce=None)) == (400, "Header `X-Ca-Nonce` is Required")
    assert code(ask(X_Ca_Nonce="once")) == (400, 23500008)
    assert barred(ask(X_Ca_Nonce="once")) == (403, "Nonce Used")
    assert code(ask(Authorization=None)) == (401, 23500001)


@pytest.mark.parametrize("action", ["bg-remove", "bg-remove/cancel", "remove-all/submit", "bg-remove/submit/"])
def test_what_is_nobodys_path_is_no_service(caller: Caller, action: str, photo: str) -> None:
    assert code(caller.post(action, {"task_list": [{"image": photo}]})) == (404, 23500002)


def test_nothing_is_to_be_had_by_get(caller: Caller) -> None:
    assert code(caller.send("bg-remove/query", b"", method="GET")) == (404, 23500002)


PHOTO = "http://127.0.0.1:9/shop/uploads/a.jpg"
TASK = {"image": PHOTO}
MISSING, ILLEGAL, LINK = (400, 23500009), (400, 23500013), (400, 23500006)


@pytest.mark.parametrize(
    ("action", "body", "says"),
    [
        ("bg-remove/submit", b"", (400, 23500012)),
        ("bg-remove/query", b"", (400, 23500012)),
        ("bg-remove/submit", b"{", ILLEGAL),
        ("bg-remove/submit", b"image=a", ILLEGAL),
        ("bg-remove/submit", [], ILLEGAL),
        ("bg-remove/submit", {}, MISSING),
        ("bg-remove/submit", {"data": {}}, MISSING),
        ("bg-remove/submit", {"data": [1]}, ILLEGAL),
        ("bg-remove/submit", {"task_list": [TASK]}, MISSING),
        ("bg-remove/submit", {"data": {"task_list": []}}, MISSING),
        ("bg-remove/submit", {"data": {"task_list": TASK}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [PHOTO]}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK] * 11}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK], "sync": 1}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK]}, "sync": 1}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [{"model_type": "human"}]}}, MISSING),
        ("bg-remove/submit", {"data": {"task_list": [TASK, {"image": ""}]}}, MISSING),
        ("bg-remove/submit", {"data": {"task_list": [{"image": 5}]}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK | {"mask": PHOTO}]}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK | {"model_type": "animal"}]}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [TASK | {"model_type": ""}]}}, ILLEGAL),
        ("bg-remove/submit", {"data": {"task_list": [{"image": "ftp://a.example/a.jpg"}]}}, LINK),
        ("bg-remove/submit", {"data": {"task_list": [{"image": "http://a.example/红.jpg"}]}}, LINK),
        ("bg-remove/submit", {"data": {"task_list": [TASK, {"image": "a.jpg"}]}}, LINK),
        ("inst-mat/submit", {"data": {"task_list": [TASK]}}, MISSING),
        ("inst-mat/submit", {"data": {"task_list": [TASK | {"mask": "a.jpg"}]}}, LINK),
        ("inst-mat/submit", {"data": {"task_list": [TASK | {"mask": PHOTO, "model_type": "human"}]}}, ILLEGAL),
        ("inst-mat/query", {"data": {"task_list": [TASK | {"mask": PHOTO}]}}, MISSING),
        ("bg-remove/query", {"data": {"result_key": ""}}, MISSING),
        ("bg-remove/query", {"data": {"result_key": 5}}, ILLEGAL),
        ("bg-remove/query", {"data": {"result_key": "a", "wait": 1}}, ILLEGAL),
        ("bg-remove/query", {"data": {"result_key": "a"}}, (400, 23500008)),
    ],
)
def test_a_body_holds_what_the_manual_prints_and_nothing_else(
    caller: Caller, action: str, body: object, says: tuple[int, int]
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert code(caller.send(action, content)) == says
    assert caller.damo.ledger == []


def test_a_body_is_json_by_its_header_too(caller: Caller, photo: str) -> None:
    body = json.dumps({"data": {"task_list": [{"image": photo}]}}).encode()
    assert code(caller.send("bg-remove/submit", body, Content_Type="text/plain")) == ILLEGAL
    assert code(caller.send("bg-remove/submit", body, Content_Type=None)) == ILLEGAL
    assert caller.send("bg-remove/submit", body, Content_Type="application/json; charset=utf-8").status_code == 200


def test_a_batch_is_known_only_to_the_api_it_was_given_to(caller: Caller, photo: str) -> None:
    batch = caller.submit("bg-remove", {"image": photo})
    assert code(caller.post("inst-mat/query", {"result_key": batch["result_key"]})) == (400, 23500008)


def test_each_api_has_a_quota_for_both_of_its_calls(accounts: Accounts, clock: Clock) -> None:
    at = [clock()]
    damo = Damo(accounts, clock=lambda: at[0], qps=2)
    caller = Caller(damo, accounts.appcode("damo"))
    try:
        submit = {"task_list": [TASK]}
        first = [
            caller.post("bg-remove/submit", submit).status_code,
            caller.post("bg-remove/query", {"result_key": "a"}).status_code,
        ]
        assert first == [200, 400]
        assert code(caller.post("bg-remove/submit", submit)) == (403, 23500004)
        assert code(caller.post("inst-mat/query", {"result_key": "a"})) == (400, 23500008)
        at[0] += 1
        assert caller.post("bg-remove/submit", submit).status_code == 200
        assert len(damo.ledger) == 2
    finally:
        caller.close()
        damo.stop()


def test_taken_at_its_word_the_matting_manual_has_one_address_for_both_calls(
    accounts: Accounts, photo: str, clock: Clock
) -> None:
    damo = Damo(accounts, clock=clock, qps=1000, job_seconds=0, matting_submits_at_query=True)
    caller = Caller(damo, accounts.appcode("damo"))
    try:
        task = {"image": photo, "mask": photo}
        assert code(caller.post("inst-mat/submit", {"task_list": [task]})) == (404, 23500002)
        response = caller.post("inst-mat/query", {"task_list": [task]})
        (ended,) = caller.ended("inst-mat", response.json()["data"]["result_key"])
        assert ended["status"] == "SUCCESS"
        assert code(caller.post("inst-mat/query", {})) == MISSING
        # The other manual has two.
        assert code(caller.post("bg-remove/query", {"task_list": [{"image": photo}]})) == MISSING
        assert caller.post("bg-remove/submit", {"task_list": [{"image": photo}]}).status_code == 200
    finally:
        caller.close()
        damo.stop()


# What is kept of it


def test_each_call_is_told_by_the_first_upload_it_names_and_each_task_is_billed(
    caller: Caller, pictures: Pictures, seen: Seen, clock: Clock
) -> None:
    first = pictures.put("work/copy of a.jpg", encoded(size=SIZE))
    elsewhere = first.partition("/photos/")[0] + "/other"
    second = pictures.put("uploads/b.jpg", encoded(size=SIZE))
    batch = caller.submit("bg-remove", {"image": elsewhere}, {"image": first}, {"image": second})
    caller.query("bg-remove", batch["result_key"])
    assert [billed.key for billed in caller.damo.ledger] == ["", "uploads/a.jpg", "uploads/b.jpg"]
    assert {billed.action for billed in caller.damo.ledger} == {"bg-remove/submit"}
    told = [(called.action, called.key, called.code, called.tasks) for called in caller.damo.calls]
    assert told == [("bg-remove/submit", "uploads/a.jpg", "", 3), ("bg-remove/query", "uploads/a.jpg", "", 3)]
    clock.ahead += 40
    task = caller.ended("bg-remove", batch["result_key"])[1]
    download(task["results"][0])
    assert seen[:4] == [
        ("damo", "bg-remove/submit", "uploads/a.jpg", "before"),
        ("damo", "bg-remove/submit", "uploads/a.jpg", "after"),
        ("damo", "bg-remove/query", "uploads/a.jpg", "before"),
        ("damo", "bg-remove/query", "uploads/a.jpg", "after"),
    ]
    assert seen[-2:] == [("result", "Download", "uploads/a.jpg", moment) for moment in ("before", "after")]


# What goes wrong on demand


@pytest.mark.parametrize("number", CODES)
def test_every_code_of_the_table_can_be_had_and_nothing_is_billed(caller: Caller, photo: str, number: int) -> None:
    caller.damo.fault(f"code:{number}", action="bg-remove/submit", key=KEY, times=1)
    refused = caller.post("bg-remove/submit", {"task_list": [{"image": photo}]})
    assert code(refused) == (CODES[number][0], number)
    assert [(called.code, called.tasks) for called in caller.damo.calls] == [(str(number), 1)]
    assert caller.damo.ledger == []
    caller.submit("bg-remove", {"image": photo})


@pytest.mark.parametrize(
    ("word", "says"), [("throttle", (403, 23500004)), ("blocked", (403, 23500003)), ("error", (500, 23500000))]
)
def test_the_usual_errors_have_a_word(caller: Caller, word: str, says: tuple[int, int]) -> None:
    caller.damo.fault(word)
    assert code(caller.post("inst-mat/query", {"result_key": "a"})) == says


@pytest.mark.parametrize("kind", ["nonsense", "code:", "code:23500010", "code:InternalError"])
def test_there_is_no_fault_but_those_and_no_code_beyond_the_table(damo: Damo, kind: str) -> None:
    with pytest.raises(ValueError, match=r"no (fault|code) is called"):
        damo.fault(kind)
    with pytest.raises(ValueError, match="no code is called"):
        damo.fault("failed-job", code="23500010")


def test_a_fault_about_one_upload_strikes_the_batch_that_names_it(
    caller: Caller, photo: str, pictures: Pictures
) -> None:
    other = pictures.put("uploads/b.jpg", encoded(size=SIZE))
    caller.damo.fault("throttle", key=KEY)
    assert caller.post("bg-remove/submit", {"task_list": [{"image": other}]}).status_code == 200
    assert code(caller.post("bg-remove/submit", {"task_list": [{"image": other}, {"image": photo}]})) == (403, 23500004)
    caller.damo.lift_all()
    caller.damo.fault("bad-json", key=KEY)
    caller.submit("bg-remove", {"image": other})
    batch = caller.post("bg-remove/submit", {"task_list": [{"image": other}, {"image": photo}]})
    assert batch.text.startswith("<html>")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("gateway-throttle", (403, "Throttled by USER Flow Control")),
        ("gateway-quota", (403, "Api Market Subscription quota exhausted")),
    ],
)
def test_the_gateway_too_goes_wrong(caller: Caller, photo: str, kind: str, says: tuple[int, str]) -> None:
    caller.damo.fault(kind)
    assert barred(caller.post("bg-remove/submit", {"task_list": [{"image": photo}]})) == says
    assert caller.damo.ledger == []


def test_a_code_may_come_as_a_string(caller: Caller, photo: str) -> None:
    caller.damo.fault("code-as-string")
    assert caller.post("bg-remove/submit", {"task_list": [{"image": photo}]}).json()["code"] == "0"
    assert caller.post("bg-remove/query", {"result_key": "a"}).json()["code"] == "23500008"


def test_a_task_may_never_end_while_its_neighbour_does(
    caller: Caller, photo: str, pictures: Pictures, clock: Clock
) -> None:
    other = pictures.put("uploads/b.jpg", encoded(size=SIZE))
    batch = caller.submit("bg-remove", {"image": photo}, {"image": other})
    fault = caller.damo.fault("slow-job", key=KEY)
    clock.ahead += 3600
    while (tasks := caller.query("bg-remove", batch["result_key"]))[1]["status"] != "SUCCESS":
        time.sleep(0.01)
    assert tasks[0] == {"image": photo, "status": "RUNNING"}
    fault.lift()
    assert caller.ended("bg-remove", batch["result_key"])[0]["status"] == "SUCCESS"


def test_a_task_takes_its_time_even_when_its_picture_is_drawn(
    caller: Caller, photo: str, pictures: Pictures, clock: Clock
) -> None:
    batch = caller.submit("bg-remove", {"image": photo}, {"image": pictures.put("uploads/the next.jpg", b"")})
    clock.ahead += 15
    # They are drawn one after the other.
    while not any("the%20next" in target for target in pictures.asked):
        time.sleep(0.01)
    assert caller.query("bg-remove", batch["result_key"])[0]["status"] == "RUNNING"


def test_a_call_may_get_no_answer_a_late_one_or_one_that_is_not_json(caller: Caller, photo: str) -> None:
    tasks = {"task_list": [{"image": photo}]}
    caller.damo.fault("refuse", times=1)
    with unanswered(within=5):
        caller.post("bg-remove/submit", tasks)
    assert caller.damo.ledger == []

    caller.damo.fault("bad-json", times=1)
    assert caller.post("bg-remove/submit", tasks).text.startswith("<html>")
    assert len(caller.damo.ledger) == 1

    caller.damo.fault("slow", times=1, seconds=0.3)
    began = time.monotonic()
    assert caller.post("bg-remove/submit", tasks).status_code == 200
    assert time.monotonic() - began >= 0.3

    never = caller.damo.fault("timeout", times=1)
    lifted = threading.Timer(0.3, never.lift)
    lifted.start()
    with unanswered(within=5):
        caller.post("bg-remove/submit", tasks)
    lifted.join()
    assert len(caller.damo.ledger) == 3
    assert [called.code for called in caller.damo.calls] == ["refuse", "", "", ""]


def test_a_download_may_go_wrong(caller: Caller, photo: str, clock: Clock) -> None:
    batch = caller.submit("bg-remove", {"image": photo})
    clock.ahead += 40
    (link,) = caller.ended("bg-remove", batch["result_key"])[0]["results"]
    caller.damo.fault("no-answer", times=1)
    assert download(link).status_code == 403
    caller.damo.fault("error-page", key=KEY, times=1)
    assert download(link).headers["Content-Type"].startswith("text/html")
    caller.damo.fault("cut-off", action="bg-remove/submit", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        download(link)
    assert opened(download(link).content).size == SIZE
