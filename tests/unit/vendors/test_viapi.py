"""VIAPI's dialect: signed as Alibaba's own client signs, spelt as the reference spells, read whatever it answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from alibabacloud_tea_openapi.utils import Utils as Sdk
from hypothesis import example, given
from hypothesis import strategies as st

from shared.cloud.ports import Credentials, Quota, Reply, Request
from shared.errors import BadLink, CutoutError, Misconfigured, NotAccepted, Rejected, Unavailable
from shared.pictures.geometry import Box
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, ResultLink, Task
from shared.vendors.quotas import Quotas
from shared.vendors.viapi import Viapi, signature
from tests.unit.vendors.answers import NOT_JSON, nested, reply

COMMON = CAPABILITIES["general/common"]
HD = CAPABILITIES["general/hd-common"]
VEHICLE = CAPABILITIES["general/vehicle"]
MASK = CAPABILITIES["general/refine-mask"]

ENDPOINT = "https://imageseg.cn-shanghai.aliyuncs.com"
PERMANENT = Credentials("LTAI-EXAMPLE", "an example secret")
TEMPORARY = Credentials("STS.EXAMPLE", "another example", "CAIS+EXAMPLE/token==")
STAMP = Nonce(datetime(2026, 11, 21, 8, 30, 15, 999_999, tzinfo=timezone.utc), "0123456789abcdef")
TICKET = "8906582E-6722-409A-A6C4-0E7863B733A5"
LINK = (
    "http://vibktprfx-prod.oss-cn-shanghai.aliyuncs.com/a.png?Expires=1&OSSAccessKeyId=LTAI-EXAMPLE&Signature=x%2By%3D"
)

SHANGHAI = timezone(timedelta(hours=8))
moments = st.builds(datetime.fromtimestamp, st.integers(0, 4_000_000_000), st.sampled_from([timezone.utc, SHANGHAI]))
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(" +*~%/&=?'红")


def vendor(credentials: Credentials = PERMANENT) -> Viapi:
    return Viapi(ENDPOINT, credentials, Quotas(2))


def call(row: Capability, *, options: dict[str, str] | None = None, credentials: Credentials = PERMANENT) -> Request:
    links = {field: f"https://shop-photos.example/{role}?a=b&c=%2B" for role, field in row.fields.items()}
    return vendor(credentials).call(row, [Task(links, options or {})], STAMP)


# --- said


@given(st.dictionaries(texts, texts, max_size=8), st.sampled_from(["GET", "POST"]), texts)
@example({"Empty": "", "Mixed": " +*~%/é红😀", "SecurityToken": "CAIS+/=="}, "POST", "secret")
@example({"a": "1", "A": "2", "a.1": "3", "a1": "4"}, "GET", "")
def test_a_signature_is_that_of_the_official_sdk(parameters: dict[str, str], method: str, secret: str) -> None:
    ours = signature(method, parameters, secret)
    assert ours == Sdk.get_rpcsignature(parameters, method, secret)


@given(
    st.sampled_from([COMMON, HD, VEHICLE, MASK]),
    texts,
    st.dictionaries(st.sampled_from(["ReturnForm", "X"]), texts),
    st.builds(Credentials, texts, texts, texts),
    st.builds(Nonce, moments, texts),
)
def test_a_whole_call_verifies_with_the_official_sdk(
    row: Capability, link: str, options: dict[str, str], credentials: Credentials, stamp: Nonce
) -> None:
    order = Task(dict.fromkeys(row.fields.values(), link), options)
    request = Viapi(ENDPOINT, credentials, Quotas(2)).call(row, [order], stamp)
    signed = {**request.query, **request.form}
    assert len(signed) == len(request.query) + len(request.form)  # nothing is said twice
    given = signed.pop("Signature")
    assert given == Sdk.get_rpcsignature(signed, request.method, credentials.access_key_secret)


def test_a_call_says_all_that_the_rpc_style_asks_for() -> None:
    request = call(COMMON, options={"ReturnForm": "mask"}, credentials=TEMPORARY)
    assert (request.method, request.url) == ("POST", f"{ENDPOINT}/")
    query = dict(request.query)
    assert query.pop("Signature")
    assert query == {
        "Action": "SegmentCommonImage",
        "Version": "2019-12-30",
        "Format": "JSON",
        "RegionId": "cn-shanghai",
        "AccessKeyId": "STS.EXAMPLE",
        "SecurityToken": "CAIS+EXAMPLE/token==",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "0123456789abcdef",
        "Timestamp": "2026-11-21T08:30:15Z",
        "ImageURL": "https://shop-photos.example/image?a=b&c=%2B",
        "ReturnForm": "mask",
    }


def test_a_permanent_key_sends_no_token() -> None:
    assert "SecurityToken" not in call(COMMON).query


def test_the_time_is_in_utc() -> None:
    stamp = Nonce(datetime(2026, 11, 21, 0, 5, 0, tzinfo=SHANGHAI), "n")
    assert vendor().poll(HD, TICKET, stamp).query["Timestamp"] == "2026-11-20T16:05:00Z"


@pytest.mark.parametrize(
    ("row", "query", "form"),
    [
        (COMMON, {"ImageURL"}, set()),
        (VEHICLE, {"ImageURL"}, set()),
        (HD, set(), {"ImageUrl"}),
        (MASK, set(), {"ImageURL", "MaskImageURL"}),
    ],
    ids=lambda value: value.name if isinstance(value, Capability) else "",
)
def test_pictures_are_named_and_placed_as_the_reference_says(row: Capability, query: set[str], form: set[str]) -> None:
    request = call(row)
    plain = vendor().poll(row, TICKET, STAMP).query.keys()
    assert request.query.keys() - plain == query
    assert request.form.keys() == form
    assert request.method == "POST"


def test_each_picture_goes_into_its_own_field() -> None:
    form = call(MASK).form
    assert form["ImageURL"].startswith("https://shop-photos.example/image?")
    assert form["MaskImageURL"].startswith("https://shop-photos.example/mask?")


def test_a_ticket_is_polled_in_the_body() -> None:
    request = vendor().poll(HD, TICKET, STAMP)
    assert request.form == {"JobId": TICKET}
    assert request.query["Action"] == "GetAsyncJobResult"
    signed = {**request.query, **request.form}
    assert signed.pop("Signature") == Sdk.get_rpcsignature(signed, "POST", PERMANENT.access_key_secret)


def test_every_action_draws_on_a_quota_of_its_own() -> None:
    assert call(COMMON).quota == Quota("SegmentCommonImage", 2)
    assert vendor().poll(HD, TICKET, STAMP).quota == Quota("GetAsyncJobResult", 2)


def test_a_slash_at_the_endpoints_end_makes_no_difference() -> None:
    assert Viapi(f"{ENDPOINT}/", PERMANENT, Quotas(2)).poll(HD, TICKET, STAMP) == vendor().poll(HD, TICKET, STAMP)


def test_credentials_do_not_show_their_secrets() -> None:
    shown = f"{TEMPORARY!r} {TEMPORARY}"
    assert "STS.EXAMPLE" in shown
    assert TEMPORARY.access_key_secret not in shown
    assert TEMPORARY.security_token not in shown


# --- heard at once


def answer(row: Capability, data: object) -> Done | Accepted:
    return vendor().answer(row, reply({"RequestId": TICKET, "Data": data}))


def done(row: Capability, data: object) -> list[tuple[str, str]]:
    """Label and link of each picture."""
    outcome = answer(row, data)
    assert isinstance(outcome, Done)
    assert outcome.request_id == TICKET
    return [(picture.label, picture.url) for picture in outcome.pictures]


def test_a_single_picture_has_no_label() -> None:
    assert done(COMMON, {"ImageURL": LINK}) == [("", LINK)]


def test_the_only_element_has_no_label() -> None:
    assert done(VEHICLE, {"Elements": [{"ImageURL": LINK, "OriginImageURL": "http://ignored.example/"}]}) == [
        ("", LINK)
    ]


def test_several_elements_are_labelled_by_their_number() -> None:
    elements = [{"ImageURL": f"{LINK}&n={number}"} for number in range(3)]
    assert done(VEHICLE, {"Elements": elements}) == [(str(number), f"{LINK}&n={number}") for number in range(3)]


def test_several_elements_are_numbered() -> None:
    elements = [{"ImageURL": LINK, "OriginImageURL": "http://ignored.example/"}] * 2
    assert done(VEHICLE, {"Elements": elements}) == [("0", LINK), ("1", LINK)]


def test_an_element_without_a_picture_is_passed_over() -> None:
    assert done(VEHICLE, {"Elements": [{"ImageURL": ""}, None, {}, {"ImageURL": LINK}]}) == [("", LINK)]


@pytest.mark.parametrize(
    "data", [None, {}, "", [], {"ImageURL": ""}, {"ImageURL": None}, {"ImageUrl": LINK}, {"Elements": [{"URL": LINK}]}]
)
def test_an_answer_without_a_picture_is_trouble_that_passes(data: object) -> None:
    with pytest.raises(Unavailable, match="holds no ImageURL") as trouble:
        answer(COMMON, data)
    assert (trouble.value.code, trouble.value.request_id) == ("NoResult", TICKET)


def test_ampersands_of_the_manual_are_read_as_plain_ones() -> None:
    assert done(COMMON, {"ImageURL": LINK.replace("&", "&amp;")}) == [("", LINK)]


def test_a_link_that_only_looks_like_it_has_entities_is_left_alone() -> None:
    link = "http://x.oss-cn-shanghai.aliyuncs.com/a.png?Expires=1&copy=2&lt=3"
    assert done(COMMON, {"ImageURL": link}) == [("", link)]


@pytest.mark.parametrize("data", [None, {}, {"ImageUrl": LINK}, {"ImageURL": LINK}])
def test_an_asynchronous_answer_is_a_ticket_whatever_data_says(data: object) -> None:
    assert answer(HD, data) == Accepted(TICKET, TICKET)


def test_an_asynchronous_answer_with_a_message_is_a_ticket() -> None:
    body = {"RequestId": TICKET, "Message": "该调用为异步调用，任务已提交成功"}
    assert vendor().answer(HD, reply(body)) == Accepted(TICKET, TICKET)


def test_an_asynchronous_answer_without_a_ticket_is_trouble_that_passes() -> None:
    with pytest.raises(Unavailable):
        vendor().answer(HD, reply({"Data": {"ImageUrl": LINK}}))


# --- heard as an error


def error(code: str, message: str = "No.") -> dict[str, str]:
    return {"RequestId": TICKET, "HostId": "imageseg.cn-shanghai.aliyuncs.com", "Code": code, "Message": message}


@pytest.mark.parametrize("status", [200, 400, 403, 404, 408, 429, 500, 503])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Throttling.User", NotAccepted),
        ("InvalidImage.Content", Rejected),
        ("InvalidImage.URL", BadLink),
        ("InvalidApi.NotPurchase", Misconfigured),
        ("InternalError.Algo", Unavailable),
        ("NeverHeardOf.It", Unavailable),
    ],
)
def test_an_error_is_what_its_code_says_whatever_the_status(
    status: int, code: str, expected: type[CutoutError]
) -> None:
    for row in (COMMON, HD):
        with pytest.raises(CutoutError) as trouble:
            vendor().answer(row, reply(error(code), status))
        assert type(trouble.value) is expected
        assert (trouble.value.code, trouble.value.request_id) == (code, TICKET)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Throttling.User", NotAccepted),
        ("InvalidApi.NotPurchase", Misconfigured),
        ("InternalError", Unavailable),
        ("NeverHeardOf.It", Unavailable),
    ],
)
def test_an_error_about_the_poll_leaves_the_ticket_as_it_is(code: str, expected: type[CutoutError]) -> None:
    with pytest.raises(CutoutError) as trouble:
        vendor().poll_answer(HD, TICKET, 0, reply(error(code), 400))
    assert type(trouble.value) is expected


@pytest.mark.parametrize("code", ["InvalidParameter", "MissingParameter", "InvalidParameter.Unsuitable"])
def test_a_refused_poll_is_a_ticket_that_is_worth_nothing_not_a_refused_picture(code: str) -> None:
    outcome = vendor().poll_answer(HD, TICKET, 0, reply(error(code), 400))
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is Unavailable
    assert outcome.error.code == code
    assert TICKET in outcome.error.message


@pytest.mark.parametrize("body", NOT_JSON)
@pytest.mark.parametrize("status", [200, 400, 502])
def test_what_is_not_json_is_trouble_that_passes(body: bytes, status: int) -> None:
    for row in (COMMON, HD):
        with pytest.raises(Unavailable) as trouble:
            vendor().answer(row, Reply(status, body))
        assert trouble.value.code == f"HTTP{status}"
    with pytest.raises(Unavailable):
        vendor().poll_answer(HD, TICKET, 0, Reply(status, body))


def test_an_error_without_a_code_goes_by_its_status() -> None:
    with pytest.raises(Unavailable) as trouble:
        vendor().answer(COMMON, reply({"RequestId": TICKET, "Message": "?"}, 500))
    assert trouble.value.code == "HTTP500"


@pytest.mark.parametrize("code", ["InvalidAction.NotFound", "InvalidApi.OutOfService", "UnsupportedOperation"])
def test_a_retired_action_the_vendor_no_longer_knows_names_its_substitute(code: str) -> None:
    with pytest.raises(Rejected, match="no longer offers SegmentVehicle: use general/common instead") as refused:
        vendor().answer(VEHICLE, reply(error(code), 400))
    assert (refused.value.code, refused.value.request_id) == (code, TICKET)


@pytest.mark.parametrize("code", ["InvalidAction.NotFound", "UnsupportedOperation"])
def test_an_action_without_a_substitute_that_is_not_known_is_the_operators_matter(code: str) -> None:
    with pytest.raises(Misconfigured):
        vendor().answer(COMMON, reply(error(code), 400))


@pytest.mark.parametrize("code", ["InvalidApi.NotPurchase", "InvalidApi.ForbiddenInvoke", "Unauthorized"])
def test_a_retired_action_that_was_merely_not_bought_is_the_operators_matter(code: str) -> None:
    with pytest.raises(Misconfigured):
        vendor().answer(VEHICLE, reply(error(code), 403))


# --- replies to a poll


def polled(**data: Any) -> Done | Pending | Failed:
    return vendor().poll_answer(HD, TICKET, 0, reply({"RequestId": "another", "Data": {"JobId": TICKET, **data}}))


def succeeded(result: object, **more: Any) -> list[str]:
    outcome = polled(Status="PROCESS_SUCCESS", Result=result, **more)
    assert isinstance(outcome, Done), outcome
    assert outcome.request_id == TICKET
    return [picture.url for picture in outcome.pictures]


@pytest.mark.parametrize("status", ["QUEUING", "PROCESSING", "SOMETHING_NEW", "", None])
def test_a_ticket_that_is_not_finished_is_pending(status: str | None) -> None:
    assert polled(Status=status) == Pending()


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_result_is_read_however_often_it_was_encoded(times: int) -> None:
    result: object = {"ImageUrl": LINK}
    for _ in range(times):
        result = json.dumps(result)
    assert succeeded(result) == [LINK]


@pytest.mark.parametrize("times", [1, 2])
def test_half_a_character_in_a_result_is_nothing_that_a_job_could_not_be_written_with(times: int) -> None:
    result: object = {"ImageUrl": "http://x/\ud83d.png"}
    for _ in range(times):
        result = json.dumps(result)
    assert succeeded(result) == ["http://x/?.png"]


def test_a_result_with_the_manuals_ampersands_is_read() -> None:
    assert succeeded(json.dumps({"ImageUrl": LINK.replace("&", "&amp;")})) == [LINK]


def test_an_error_code_beside_success_means_nothing() -> None:
    result = json.dumps({"ImageUrl": LINK})
    assert succeeded(result, ErrorCode="InvalidParameter", ErrorMessage="paramsIllegal", status="X") == [LINK]


@pytest.mark.parametrize(
    "result",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"ImageURL": "spelt as elsewhere"}',
        7,
        json.dumps(json.dumps(json.dumps("{}"))),
        '"\\"\\\\\\"x"',
    ],
)
def test_success_without_a_readable_result_gives_the_ticket_up(result: object) -> None:
    outcome = polled(Status="PROCESS_SUCCESS", Result=result)
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is Unavailable


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InvalidImage.Resolution", Rejected),
        ("InternalError.Algo", Unavailable),
        ("", Unavailable),
        (None, Unavailable),
    ],
)
def test_a_failed_ticket_is_judged_by_its_error_code(code: str | None, expected: type[CutoutError]) -> None:
    outcome = polled(Status="PROCESS_FAILED", ErrorCode=code, ErrorMessage="what went wrong")
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is expected
    assert (outcome.error.code, outcome.error.message) == (code or "PROCESS_FAILED", "what went wrong")
    assert outcome.error.request_id == TICKET


@pytest.mark.parametrize("status", ["TIMEOUT_FAILED", "LIMIT_RETRY_FAILED"])
def test_a_ticket_that_ran_out_may_be_submitted_again(status: str) -> None:
    outcome = polled(Status=status)
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is Unavailable
    assert outcome.error.code == status


@pytest.mark.parametrize("data", [None, "", [], "PROCESS_SUCCESS"])
def test_an_answer_without_a_status_leaves_the_ticket_as_it_is(data: object) -> None:
    with pytest.raises(Unavailable) as trouble:
        vendor().poll_answer(HD, TICKET, 0, reply({"RequestId": "another", "Data": data}))
    assert trouble.value.code == "NoStatus"


json_values = nested(["Code", "Data", "Elements", "ImageURL", "Message", "Name", "RequestId", "Result", "Status"], LINK)


@given(json_values | st.fixed_dictionaries({"Data": json_values}), st.sampled_from([200, 400, 500]))
@example({"Data": {"Elements": [{"ImageURL": LINK, "Name": None}, {"ImageURL": LINK, "Name": 7}]}}, 200)
def test_any_json_is_an_answer_or_a_foreseen_error(body: object, status: int) -> None:
    heard = reply(body, status)
    for row in (COMMON, HD):
        try:
            assert isinstance(vendor().answer(row, heard), Done | Accepted)
        except CutoutError as trouble:
            assert trouble.code  # noqa: PT017 - either is right
    try:
        assert isinstance(vendor().poll_answer(HD, TICKET, 0, heard), Done | Pending | Failed)
    except CutoutError as trouble:
        assert trouble.code  # noqa: PT017 - either is right


def test_half_a_character_in_an_answer_does_not_reach_our_documents() -> None:
    body = b'{"RequestId": "R\\ud83d", "Data": {"ImageURL": "http://a.example/\\ud83d.png"}}'
    answer = vendor().answer(COMMON, Reply(200, body))
    assert isinstance(answer, Done)
    assert (answer.request_id, answer.pictures[0].url) == ("R?", "http://a.example/?.png")


# ---------------------------------------------------------------- answers of several pictures


def links(row: Capability, data: dict[str, Any]) -> tuple[ResultLink, ...]:
    answer = vendor().answer(row, Reply(200, json.dumps({"RequestId": "R-1", "Data": data}).encode()))
    assert isinstance(answer, Done)
    return answer.pictures


def test_elements_with_names_are_labelled_by_those_the_manual_lists_once_each() -> None:
    names = ["skin", "l_eye", "l_eye", "../x", None, "Skin"]
    found = links(CAPABILITIES["portrait/features"], {"Elements": [{"ImageURL": LINK, "Name": name} for name in names]})
    assert [link.label for link in found] == ["skin", "l_eye", "2", "3", "4", "5"]


def test_elements_with_a_box_carry_it_also_when_there_is_one() -> None:
    element = {"ImageURL": LINK, "X": 3, "Y": 4, "Width": 50, "Height": 60}
    assert links(CAPABILITIES["portrait/head"], {"Elements": [element]}) == (ResultLink(LINK, "", Box(3, 4, 50, 60)),)
    assert links(CAPABILITIES["portrait/hair"], {"Elements": [{"ImageURL": LINK, "X": 3}]}) == (ResultLink(LINK),)


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        ({"tops": LINK, "hat": LINK}, ["0", "tops", "hat"]),
        ({"key": "{'tops': 'http://x'}"}, [""]),  # as one of the vendor's own examples has it
        ({"tops": None, "hat": 3}, [""]),
        ("{}", [""]),
        (None, [""]),
    ],
)
def test_the_classes_of_clothes_are_pictures_beside_the_main_one(classes: object, labels: list[str]) -> None:
    found = links(CAPABILITIES["goods/cloth"], {"Elements": [{"ImageURL": LINK, "ClassUrl": classes}]})
    assert [link.label for link in found] == labels


def test_skin_is_spelt_url_in_both_directions() -> None:
    skin = CAPABILITIES["portrait/skin"]
    assert call(skin).form["URL"]
    assert links(skin, {"URL": LINK}) == (ResultLink(LINK),)
