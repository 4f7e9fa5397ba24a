"""PicWish's dialect: a form said as the manuals say it, and answers read by status first and by state then."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.cloud.ports import Quota, Reply
from shared.errors import CutoutError, Misconfigured, NotAccepted, NotFetched, Rejected, Unavailable, VendorDown
from shared.vendors.capabilities import CAPABILITIES, vendor_options
from shared.vendors.capability import Capability
from shared.vendors.error_codes import PICWISH
from shared.vendors.picwish import Picwish
from shared.vendors.protocol import Accepted, Done, Failed, Pending, ResultLink, Task
from shared.vendors.quotas import Quotas
from tests.unit.vendors.answers import STAMP, Json, nested, reply, task

CUTOUT = CAPABILITIES["picwish/cutout"]
WATERMARK = CAPABILITIES["picwish/watermark"]
BOTH = (CUTOUT, WATERMARK)
ENDPOINTS = {CUTOUT.name: "https://picwish.example", WATERMARK.name: "https://watermark.example/"}
APPCODE = "0123456789abcdefEXAMPLE"
TASK = "7b9b4d43-2ff0-4ad4-a1c7-6f3c0a1e5a11"
LINK = "https://picwish.oss-cn-shenzhen.aliyuncs.com/a.png?Expires=1&OSSAccessKeyId=LTAI-EXAMPLE&Signature=x%3D"

every_row = pytest.mark.parametrize("row", BOTH, ids=lambda row: row.name)


def vendor() -> Picwish:
    return Picwish(ENDPOINTS, APPCODE, Quotas(2))


def replied(state: Json = 1, *, message: Json = "success", **data: Json) -> Reply:
    return reply({"status": 200, "message": message, "data": {"state": state, "task_id": TASK, **data}})


def polled(row: Capability, heard: Reply) -> Done | Pending | Failed:
    return vendor().poll_answer(row, TASK, 0, heard)


# ---------------------------------------------------------------- said


def test_a_cutout_is_ordered_with_a_form_of_the_link_and_the_options() -> None:
    options = vendor_options(CUTOUT, {"type": "person", "output-type": "1", "format": "jpg", "bg-color": "00ff7F"})
    request = vendor().call(CUTOUT, [Task({"image_url": "https://shop-photos.example/a.jpg"}, options)], STAMP)
    assert (request.method, request.url) == ("POST", "https://picwish.example/tasks/visual/segmentation")
    assert request.form == {
        "image_url": "https://shop-photos.example/a.jpg",
        "type": "person",
        "output_type": "1",
        "format": "jpg",
        "bg_color": "00ff7F",
    }
    assert request.headers == {"Authorization": f"APPCODE {APPCODE}"}
    assert (request.query, request.json) == ({}, None)


def test_a_watermark_is_marked_by_a_mask_or_by_rectangles() -> None:
    pair = task(WATERMARK)
    masked = vendor().call(WATERMARK, [pair], STAMP)
    assert (masked.method, masked.url) == ("POST", "https://watermark.example/tasks/visual/watermark")
    image, mask = (f"https://shop-photos.example/{role}-0?a=b&c=%2B" for role in ("image", "mask"))
    assert masked.form == {"image_url": image, "mask_url": mask}
    marked = vendor().call(WATERMARK, [Task({"image_url": image}, {"rectangles": "[…]"})], STAMP)
    assert marked.form == {"image_url": image, "rectangles": "[…]"}


@every_row
def test_a_task_is_polled_below_the_address_it_was_ordered_at(row: Capability) -> None:
    request = vendor().poll(row, TASK, STAMP)
    assert request.method == "GET"
    assert request.url == f"{vendor().call(row, [task(row)], STAMP).url}/{TASK}"
    assert (request.form, request.json) == ({}, None)
    assert request.headers == {"Authorization": f"APPCODE {APPCODE}"}


def test_no_task_id_leads_anywhere_else() -> None:
    request = vendor().poll(CUTOUT, "../watermark?a=b#c\n红", STAMP)
    assert request.url == "https://picwish.example/tasks/visual/segmentation/..%2Fwatermark%3Fa%3Db%23c%0A%E7%BA%A2"


@every_row
def test_orders_and_polls_draw_on_the_quota_of_their_service(row: Capability) -> None:
    paced = Picwish(ENDPOINTS, APPCODE, Quotas(7))
    quotas = {paced.call(row, [task(row)], STAMP).quota, paced.poll(row, TASK, STAMP).quota}
    assert quotas == {Quota(row.action, 7)}
    assert CUTOUT.action != WATERMARK.action


@pytest.mark.parametrize(
    ("row", "endpoint", "appcode", "missing"),
    [
        (CUTOUT, "https://picwish.example", APPCODE, ()),
        (CUTOUT, "", APPCODE, ("PICWISH_CUTOUT_ENDPOINT",)),
        (WATERMARK, "", APPCODE, ("PICWISH_WATERMARK_ENDPOINT",)),
        (WATERMARK, "https://picwish.example", "", ("PICWISH_APPCODE",)),
        (WATERMARK, "", "", ("PICWISH_WATERMARK_ENDPOINT", "PICWISH_APPCODE")),
    ],
)
def test_what_is_not_set_is_named_all_at_once(
    row: Capability, endpoint: str, appcode: str, missing: tuple[str, ...]
) -> None:
    others = dict.fromkeys(ENDPOINTS, "https://another.example")
    assert Picwish(others | {row.name: endpoint}, appcode, Quotas(2)).missing(row) == missing


# ---------------------------------------------------------------- heard: pictures


def pictures(row: Capability, **data: Json) -> tuple[ResultLink, ...]:
    """What is heard of a finished task, at once and when polled."""
    heard = replied(1, progress=100, **data)
    done = vendor().answer(row, heard)
    assert done == polled(row, heard)
    assert isinstance(done, Done)
    assert done.request_id == TASK
    return done.pictures


def test_both_pictures_of_output_type_1_have_labels() -> None:
    found = pictures(CUTOUT, output_type=1, image=LINK, mask=f"{LINK}&m")
    assert found == (ResultLink(LINK, "image"), ResultLink(f"{LINK}&m", "mask"))


@pytest.mark.parametrize("none", [None, "", 0])
def test_the_only_picture_of_output_types_2_and_3_has_no_label(none: Json) -> None:
    assert pictures(CUTOUT, output_type=2, image=LINK) == (ResultLink(LINK),)
    assert pictures(CUTOUT, output_type=2, image=LINK, mask=none) == (ResultLink(LINK),)
    assert pictures(CUTOUT, output_type=3, mask=LINK) == (ResultLink(LINK),)
    assert pictures(CUTOUT, output_type=3, image=none, mask=LINK) == (ResultLink(LINK),)


def test_of_a_watermark_only_the_repaired_picture_counts() -> None:
    """A mask told beside it would lie at the same name."""
    assert pictures(WATERMARK, image=LINK) == (ResultLink(LINK),)
    assert pictures(WATERMARK, image=LINK, mask=f"{LINK}&m") == (ResultLink(LINK),)


def test_a_picture_in_base64_becomes_an_address_that_holds_it() -> None:
    raw = base64.b64encode(b"\x89PNG\r\n\x1a\n a picture").decode()
    assert pictures(CUTOUT, image=raw) == (ResultLink(f"data:;base64,{raw}"),)
    assert pictures(CUTOUT, image=raw, mask=LINK) == (
        ResultLink(f"data:;base64,{raw}", "image"),
        ResultLink(LINK, "mask"),
    )


def test_a_picture_in_a_data_address_stays_as_it_is() -> None:
    whole = "data:image/png;base64,iVBORw0KGgo="
    assert pictures(CUTOUT, image=whole) == (ResultLink(whole),)


def test_a_link_with_its_ampersands_escaped_is_read() -> None:
    body = f'{{"status": 200, "data": {{"state": 1, "image": "{LINK}"}}}}'.replace("&", "\\u0026")
    assert vendor().answer(CUTOUT, Reply(200, body.encode())) == Done((ResultLink(LINK),), "")


@every_row
@pytest.mark.parametrize("image", [None, "", 7, [LINK], {"url": LINK}])
def test_a_finished_task_without_a_picture_is_worth_nothing(row: Capability, image: Json) -> None:
    outcome = polled(row, replied(1, image=image))
    assert isinstance(outcome, Failed)
    assert (type(outcome.error), outcome.error.code, outcome.error.request_id) == (Unavailable, "NoResult", TASK)
    with pytest.raises(Unavailable, match="holds no picture"):
        vendor().answer(row, replied(1, image=image))


# ---------------------------------------------------------------- heard: still at work


@every_row
@pytest.mark.parametrize("state", [0, 2, 4, 99, None])
def test_any_other_state_is_work_that_is_polled_by_its_task(row: Capability, state: Json) -> None:
    assert vendor().answer(row, replied(state)) == Accepted(TASK, TASK)
    assert polled(row, replied(state)) == Pending()


def test_a_task_that_says_nothing_but_its_name_is_work_under_way() -> None:
    assert vendor().answer(CUTOUT, reply({"status": 200, "data": {"task_id": TASK}})) == Accepted(TASK, TASK)


@pytest.mark.parametrize("state", [0, 2, 4])
@pytest.mark.parametrize("nameless", [None, "", 0, "a" * 100_000, "a\nb", {"id": TASK}])
def test_work_that_cannot_be_polled_is_trouble_that_passes(state: int, nameless: Json) -> None:
    with pytest.raises(Unavailable, match="holds no task_id") as trouble:
        vendor().answer(CUTOUT, replied(state, task_id=nameless))
    assert trouble.value.code == "NoTicket"
    assert polled(CUTOUT, replied(state, task_id=nameless)) == Pending()  # whose name is known


# ---------------------------------------------------------------- heard: errors

STATUSES: dict[int, tuple[type[CutoutError], str]] = {
    400: (Rejected, "参数错误"),
    401: (Misconfigured, "参数错误; check the AppCode, and the purchase, in the Alibaba Cloud market's console"),
    404: (Misconfigured, "参数错误; check PICWISH_CUTOUT_ENDPOINT and PICWISH_WATERMARK_ENDPOINT"),
    413: (Rejected, "参数错误"),
    429: (NotAccepted, "参数错误"),
    500: (Unavailable, "参数错误"),
}
"""The manuals' table, both the same ("Http响应状态码"), and what people are told of a message."""

STATES: dict[int, tuple[type[CutoutError], str]] = {
    -1: (Rejected, "it could not process the picture"),
    -2: (Unavailable, "it could not keep its result"),
    -3: (NotFetched, "it could not fetch the picture"),
    -5: (Rejected, "the picture has more bytes than it takes"),
    -7: (Rejected, "the picture's format or size is none that it takes"),
    -8: (Unavailable, "it took longer than its 30 seconds"),
}
"""The manuals' table, both the same ("state参数说明")."""


def as_http(status: int) -> Reply:
    return reply({"status": status, "message": "参数错误"}, status)


def as_json(status: int) -> Reply:
    return reply({"status": status, "message": "参数错误", "data": None})


def as_text(status: int) -> Reply:
    return reply({"status": str(status), "message": "参数错误"})


def as_http_alone(status: int) -> Reply:
    """The JSON says nothing of the status, or that all is well."""
    return reply({"status": 200, "message": "参数错误", "data": {"state": 1, "image": LINK}}, status)


def test_every_code_of_the_manuals_is_in_the_table_and_no_other() -> None:
    manuals = {f"Status{status}" for status in STATUSES} | {f"State{state}" for state in STATES}
    assert set(PICWISH) == manuals | {"HTTP402", "Status402"}


@every_row
@pytest.mark.parametrize("said", [as_http, as_json, as_text, as_http_alone])
@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_a_status_is_an_error_by_who_must_act_wherever_it_is_said(
    row: Capability, said: Callable[[int], Reply], status: int, expected: tuple[type[CutoutError], str]
) -> None:
    with pytest.raises(CutoutError) as trouble:
        vendor().answer(row, said(status))
    assert (type(trouble.value), trouble.value.code) == (expected[0], f"Status{status}")
    assert trouble.value.message.startswith(expected[1])


@every_row
@pytest.mark.parametrize("status", [201, 302, 403, 502, 504])
def test_a_status_the_manuals_do_not_know_is_trouble_that_passes(row: Capability, status: int) -> None:
    for said in (as_http, as_json):
        with pytest.raises(Unavailable) as trouble:
            vendor().answer(row, said(status))
        assert type(trouble.value) is (VendorDown if status in (502, 504) else Unavailable)
        assert trouble.value.code == f"Status{status}"


@every_row
@pytest.mark.parametrize(("state", "expected"), STATES.items())
def test_a_state_below_zero_is_an_error_by_who_must_act(
    row: Capability, state: int, expected: tuple[type[CutoutError], str]
) -> None:
    heard = replied(state, message="failed.", image=LINK)
    outcome = polled(row, heard)
    assert isinstance(outcome, Failed)
    with pytest.raises(CutoutError) as trouble:
        vendor().answer(row, heard)
    for error in (outcome.error, trouble.value):
        assert (type(error), error.code, error.request_id) == (expected[0], f"State{state}", TASK)
        assert error.message == f"failed; {expected[1]}"


def test_a_state_below_zero_that_the_manuals_do_not_know_is_trouble_that_passes() -> None:
    outcome = polled(CUTOUT, replied(-4, message=None))
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is Unavailable
    assert '"state": -4' in outcome.error.message, "what came is all there is to say"


@pytest.mark.parametrize("data", [None, [], "", 7])
def test_an_answer_without_data_is_trouble_that_passes(data: Json) -> None:
    for body in ({"status": 200, "data": data}, {"data": data}, {"status": 200}, {}):
        with pytest.raises(Unavailable) as trouble:
            vendor().answer(CUTOUT, reply(body))
        assert trouble.value.code == "NoState"


@every_row
@pytest.mark.parametrize("said", [as_http, as_json])
@pytest.mark.parametrize("status", [400, 404, 413])
def test_a_refused_poll_is_a_ticket_that_is_worth_nothing_not_a_refused_picture(
    row: Capability, said: Callable[[int], Reply], status: int
) -> None:
    outcome = polled(row, said(status))
    assert isinstance(outcome, Failed)
    assert (type(outcome.error), outcome.error.code) == (Unavailable, f"Status{status}")
    assert TASK in outcome.error.message


@pytest.mark.parametrize(("status", "expected"), [(401, Misconfigured), (429, NotAccepted), (500, Unavailable)])
def test_a_poll_that_is_refused_leaves_the_ticket_as_it_is(status: int, expected: type[CutoutError]) -> None:
    with pytest.raises(CutoutError) as trouble:
        polled(CUTOUT, as_http(status))
    assert type(trouble.value) is expected


# ---------------------------------------------------------------- heard: anything

anything = nested(["data", "image", "mask", "message", "state", "status", "task_id"], LINK, TASK, 1, -1, -7, 200, 404)


@given(
    anything
    | st.fixed_dictionaries({"data": anything}, optional={"status": anything, "message": anything})
    | st.fixed_dictionaries(
        {
            "status": st.just(200),
            "data": st.fixed_dictionaries({"state": anything, "image": anything, "mask": anything}),
        }
    ),
    st.sampled_from([200, 200, 400, 404, 500]),
)
@example({"status": {"a": 1}, "message": ["b"], "data": {"state": 1}}, 200)
@example({"data": {"state": True, "task_id": {}, "image": "\ud83d"}}, 200)
@example({"data": {"state": -(10**400), "task_id": 7}}, 200)
def test_any_json_is_an_answer_or_a_foreseen_error(body: Json, status: int) -> None:
    heard = reply(body, status)
    for row in BOTH:
        try:
            outcome = vendor().answer(row, heard)
            assert isinstance(outcome, Done | Accepted)
            if isinstance(outcome, Done):
                assert outcome.pictures
                assert len({picture.label for picture in outcome.pictures}) == len(outcome.pictures)
        except CutoutError as trouble:
            assert trouble.code  # noqa: PT017 - either is right
        try:
            assert isinstance(polled(row, heard), Done | Pending | Failed)
        except CutoutError as trouble:
            assert trouble.code  # noqa: PT017 - either is right
            assert not isinstance(trouble, Rejected)  # noqa: PT017 - no poll is about a picture
