"""DAMO's dialect: ten pictures in a call, one ticket for all, and a code that may be a number or a string."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.cloud.ports import Quota, Reply
from shared.errors import BadLink, CutoutError, Misconfigured, NotAccepted, Rejected, Unavailable
from shared.vendors.capabilities import CAPABILITIES, vendor_options
from shared.vendors.capability import Capability
from shared.vendors.damo import Damo
from shared.vendors.error_codes import DAMO
from shared.vendors.protocol import Accepted, Done, Failed, Pending, ResultLink
from shared.vendors.quotas import Quotas
from shared.vendors.replies import MOST_PICTURES
from tests.unit.vendors.answers import STAMP, Json, nested, reply, task

MATTING = CAPABILITIES["damo/matting"]
BACKGROUND = CAPABILITIES["damo/background"]
BOTH = (MATTING, BACKGROUND)
ENDPOINT = "https://damo.example"
APPCODE = "0123456789abcdefEXAMPLE"
SUBMIT = "/api/v1/inst-mat/submit"
TICKET = "189fbf3a208d4a1abdecb2a5c3343450"
REQUEST = "55DF7515-A1DB-42C8-AB3A-8C1CB5D4CF0C"
LINK = "https://img.alicdn.com/abc.png"

every_row = pytest.mark.parametrize("row", BOTH, ids=lambda row: row.name)
as_number_and_as_string = pytest.mark.parametrize("spelt", [int, str])


def vendor(*, path: str = SUBMIT) -> Damo:
    return Damo(ENDPOINT, APPCODE, Quotas(2), path)


def heard(data: Json, status: int = 200, **envelope: Json) -> Reply:
    success = {"code": 0, "message": "success", "requestId": REQUEST, "severity": "info", "success": True}
    return reply({**success, "data": data, **envelope}, status)


def polled(row: Capability, reply: Reply, index: int = 0) -> Done | Pending | Failed:
    return vendor().poll_answer(row, TICKET, index, reply)


def status_of(*tasks: Json, index: int = 0) -> Done | Pending | Failed:
    return polled(MATTING, heard({"result_key": TICKET, "task_list": tasks}), index)


# ---------------------------------------------------------------- said


def test_matting_submits_image_and_mask() -> None:
    pair = task(MATTING)
    request = vendor().call(MATTING, [pair], STAMP)
    assert (request.method, request.url) == ("POST", f"{ENDPOINT}{SUBMIT}")
    assert request.json == {"data": {"task_list": [{"image": pair.links["image"], "mask": pair.links["mask"]}]}}
    assert (request.query, request.form) == ({}, {})


def test_background_submits_the_image_and_the_model_that_was_asked_for() -> None:
    human = task(BACKGROUND, 0, vendor_options(BACKGROUND, {"model-type": "human"}))
    plain = task(BACKGROUND, 1)
    request = vendor().call(BACKGROUND, [human, plain], STAMP)
    assert (request.method, request.url) == ("POST", f"{ENDPOINT}/api/v1/bg-remove/submit")
    assert request.json == {
        "data": {"task_list": [{"image": human.links["image"], "model_type": "human"}, {"image": plain.links["image"]}]}
    }


@every_row
def test_ten_pictures_are_submitted_together_in_their_order(row: Capability) -> None:
    assert row.batch == 10
    tasks = [task(row, number) for number in range(row.batch)]
    request = vendor().call(row, tasks, STAMP)
    assert request.json == {"data": {"task_list": [dict(each.links) for each in tasks]}}


@every_row
def test_a_ticket_is_polled_at_its_service(row: Capability) -> None:
    request = vendor(path="/elsewhere").poll(row, TICKET, STAMP)
    assert (request.method, request.url) == ("POST", f"{ENDPOINT}/api/v1/{row.action}/query")
    assert request.json == {"data": {"result_key": TICKET}}


@every_row
def test_calls_and_polls_carry_the_appcode_and_a_number_used_once(row: Capability) -> None:
    for request in (vendor().call(row, [task(row)], STAMP), vendor().poll(row, TICKET, STAMP)):
        assert request.headers == {"Authorization": f"APPCODE {APPCODE}", "X-Ca-Nonce": STAMP.nonce}


def test_calls_and_polls_of_each_service_draw_on_quotas_of_their_own() -> None:
    paced = Damo(ENDPOINT, APPCODE, Quotas(7), SUBMIT)
    quotas = [
        quota
        for row in BOTH
        for quota in (paced.call(row, [task(row)], STAMP).quota, paced.poll(row, TICKET, STAMP).quota)
    ]
    names = ["inst-mat", "inst-mat/query", "bg-remove", "bg-remove/query"]
    assert quotas == [Quota(name, 7) for name in names]


@pytest.mark.parametrize("endpoint", [ENDPOINT, f"{ENDPOINT}/"])
@pytest.mark.parametrize("path", ["/api/v1/inst-mat/query", "api/v1/inst-mat/query"])
def test_where_matting_takes_work_can_be_set_with_slashes_or_without(endpoint: str, path: str) -> None:
    elsewhere = Damo(endpoint, APPCODE, Quotas(2), path)
    assert elsewhere.call(MATTING, [task(MATTING)], STAMP).url == f"{ENDPOINT}/api/v1/inst-mat/query"
    assert elsewhere.call(BACKGROUND, [task(BACKGROUND)], STAMP).url == f"{ENDPOINT}/api/v1/bg-remove/submit"


@every_row
@pytest.mark.parametrize(
    ("endpoint", "appcode", "missing"),
    [
        (ENDPOINT, APPCODE, ()),
        ("", APPCODE, ("DAMO_ENDPOINT",)),
        (ENDPOINT, "", ("DAMO_APPCODE",)),
        ("", "", ("DAMO_ENDPOINT", "DAMO_APPCODE")),
    ],
)
def test_what_is_not_set_is_named_all_at_once(
    row: Capability, endpoint: str, appcode: str, missing: tuple[str, ...]
) -> None:
    assert Damo(endpoint, appcode, Quotas(2), SUBMIT).missing(row) == missing


# ---------------------------------------------------------------- heard: tickets and tasks


@every_row
@pytest.mark.parametrize("code", [0, "0", None, ""])
def test_work_is_accepted_under_a_ticket(row: Capability, code: Json) -> None:
    assert vendor().answer(row, heard({"result_key": TICKET}, code=code)) == Accepted(TICKET, REQUEST)


SHOWN = [f"https://shop-photos.example/uploads/{name}?signature=x" for name in ("a.jpg", "b/%E9%9E%8B.jpg")]


def accepted(*images: Json) -> str:
    """The ticket for these pictures."""
    listed = [{"image": image, "status": "WAITING"} for image in images]
    answer = vendor().answer(BACKGROUND, heard({"result_key": TICKET, "task_list": listed}))
    assert isinstance(answer, Accepted)
    return answer.ticket


def answered_for(ticket: str, *images: Json) -> Done | Pending | Failed:
    tasks = [{"image": image, "status": "SUCCESS", "results": [LINK]} for image in images]
    return vendor().poll_answer(BACKGROUND, ticket, 0, heard({"result_key": TICKET, "task_list": tasks}))


def test_a_key_that_was_given_twice_does_not_bring_another_uploads_cutout() -> None:
    ticket, other = accepted(SHOWN[0]), accepted(SHOWN[1])
    assert ticket != other
    for own in (ticket, other):
        assert vendor().poll(BACKGROUND, own, STAMP).json == {"data": {"result_key": TICKET}}
    assert isinstance(answered_for(ticket, SHOWN[0]), Done)
    failed = answered_for(other, SHOWN[0])
    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.error.code) == (Unavailable, "OtherTask")


@pytest.mark.parametrize(
    "images",
    [
        SHOWN,
        [SHOWN[0].replace("signature=x", "signature=y"), SHOWN[1].replace("%E9%9E%8B", "鞋")],
        ["https://copies.example/1.jpg", "https://copies.example/2.jpg"],
        [None, None],
        [*SHOWN, "http://[::1"],
    ],
    ids=["as they were", "written otherwise", "as copies of the vendor's own", "not repeated", "not to be read"],
)
def test_what_may_be_the_same_pictures_is_not_doubted(images: list[Json]) -> None:
    assert isinstance(answered_for(accepted(*SHOWN), *images), Done)
    assert isinstance(answered_for(TICKET, *images), Done), "tickets of a release before have no fingerprint"


@pytest.mark.parametrize("ticket", [None, "", 7, [TICKET], {}, "a" * 257, "a\nb", "红"])
def test_an_answer_without_a_ticket_is_trouble_that_passes(ticket: Json) -> None:
    with pytest.raises(Unavailable, match="no result_key") as trouble:
        vendor().answer(MATTING, heard({"result_key": ticket}))
    assert (trouble.value.code, trouble.value.request_id) == ("NoTicket", REQUEST)


@pytest.mark.parametrize("status", ["WAITING", "RUNNING", "SOMETHING_NEW", "", None, [], 7])
def test_a_task_that_is_not_finished_is_pending(status: Json) -> None:
    assert status_of({"image": LINK, "status": status, "results": [LINK]}) == Pending()


def test_a_finished_task_has_one_picture_without_a_label() -> None:
    assert status_of({"status": "SUCCESS", "message": "success", "results": [LINK]}) == Done(
        (ResultLink(LINK),), REQUEST
    )


def test_several_results_of_a_task_are_numbered() -> None:
    links = [f"https://img.alicdn.com/{number}.png" for number in range(3)]
    expected = tuple(ResultLink(link, str(number)) for number, link in enumerate(links))
    assert status_of({"status": "SUCCESS", "results": links}) == Done(expected, REQUEST)


def test_results_that_are_no_links_are_passed_over() -> None:
    assert status_of({"status": "SUCCESS", "results": ["", None, LINK, 7]}) == Done((ResultLink(LINK),), REQUEST)


def test_no_task_has_a_hundred_thousand_results() -> None:
    assert isinstance(status_of({"status": "SUCCESS", "results": [LINK] * MOST_PICTURES}), Done)
    for many in (MOST_PICTURES + 1, 15_000):
        outcome = status_of({"status": "SUCCESS", "results": [LINK] * many})
        assert isinstance(outcome, Failed)
        assert (type(outcome.error), outcome.error.code) == (Unavailable, "TooManyPictures")
    with pytest.raises(Unavailable, match="not JSON"):  # and the poll may be repeated
        status_of({"status": "SUCCESS", "results": [LINK] * 100_000})


@pytest.mark.parametrize("results", [None, [], LINK, {}, [""], [7]])
def test_a_finished_task_without_results_is_worth_nothing(results: Json) -> None:
    outcome = status_of({"status": "SUCCESS", "results": results})
    assert isinstance(outcome, Failed)
    assert (type(outcome.error), outcome.error.code, outcome.error.request_id) == (Unavailable, "NoResult", REQUEST)


def test_of_tasks_submitted_together_each_is_found_by_its_place() -> None:
    tasks: list[Json] = [
        {"status": "SUCCESS", "results": [LINK]},
        {"status": "RUNNING"},
        {"status": "FAILED", "code": 23500007, "message": "too small"},
        {"status": "WAITING"},
        {"status": "SUCCESS", "results": [f"{LINK}?last"]},
    ]
    outcomes = [status_of(*tasks, index=index) for index in range(len(tasks))]
    assert outcomes[0] == Done((ResultLink(LINK),), REQUEST)
    assert outcomes[1] == outcomes[3] == Pending()
    assert isinstance(outcomes[2], Failed)
    assert isinstance(outcomes[2].error, Rejected)
    assert outcomes[4] == Done((ResultLink(f"{LINK}?last"),), REQUEST)


@pytest.mark.parametrize("listed", [None, {}, "", [], [{"status": "SUCCESS", "results": [LINK]}], [{}, None], [{}, 7]])
def test_an_answer_without_the_task_leaves_the_ticket_as_it_is(listed: Json) -> None:
    with pytest.raises(Unavailable, match="holds no task 1") as trouble:
        polled(MATTING, heard({"result_key": TICKET, "task_list": listed}), 1)
    assert (trouble.value.code, trouble.value.request_id) == ("NoStatus", REQUEST)


@pytest.mark.parametrize("data", [None, [], "", 7])
def test_an_answer_without_data_is_trouble_that_passes(data: Json) -> None:
    for read in (lambda: vendor().answer(MATTING, heard(data)), lambda: polled(MATTING, heard(data))):
        with pytest.raises(Unavailable) as trouble:
            read()
        assert trouble.value.code == "NoData"


# ---------------------------------------------------------------- heard: errors

CODES: dict[int, tuple[int, type[CutoutError]]] = {
    23500000: (500, Unavailable),
    23500001: (401, Misconfigured),
    23500002: (404, Misconfigured),
    23500003: (403, Misconfigured),
    23500004: (403, NotAccepted),
    23500005: (403, Rejected),
    23500006: (400, BadLink),
    23500007: (400, Rejected),
    23500008: (400, Unavailable),
    23500009: (400, Misconfigured),
    23500011: (500, Unavailable),
    23500012: (400, Misconfigured),
    23500013: (400, Rejected),
    23500014: (400, Misconfigured),
}
"""The manuals' table, both the same ("状态码说明"): HTTP status, and who must act."""

every_code = pytest.mark.parametrize("code", CODES)
every_envelope = pytest.mark.parametrize(
    "envelope",
    [lambda code: CODES[code][0], lambda code: 200],
    ids=["with its HTTP status", "with HTTP 200"],
)


def refused(code: Json, status: int, message: str = "No.") -> Reply:
    return heard(None, status, code=code, message=message, severity="error", success=False)


def test_every_code_of_the_manuals_is_in_the_table_and_no_other() -> None:
    assert set(DAMO) == set(map(str, CODES)) | {"HTTP402", "Status402"}


@every_row
@every_code
@every_envelope
@as_number_and_as_string
def test_a_code_is_an_error_by_who_must_act(
    row: Capability, code: int, envelope: Callable[[int], int], spelt: Callable[[int], Json]
) -> None:
    with pytest.raises(CutoutError) as trouble:
        vendor().answer(row, refused(spelt(code), envelope(code)))
    assert type(trouble.value) is CODES[code][1]
    assert (trouble.value.code, trouble.value.request_id) == (str(code), REQUEST)
    assert trouble.value.message.startswith("No")


@as_number_and_as_string
@pytest.mark.parametrize("code", [23500002, 23500009, 23500012, 23500014])
def test_what_a_wrong_address_answers_names_the_settings_to_look_at(code: int, spelt: Callable[[int], Json]) -> None:
    """The manual prints one path for two services: these are what the wrong one would say to work."""
    with pytest.raises(Misconfigured) as trouble:
        vendor(path="/api/v1/inst-mat/query").answer(MATTING, refused(spelt(code), CODES[code][0], "Said so."))
    assert trouble.value.message == (
        "Said so; this is no address of the service: check DAMO_ENDPOINT and DAMO_MATTING_PATH"
    )


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (23500001, "check the AppCode, and the purchase, in the Alibaba Cloud market's console"),
        (23500003, "buy more calls, or pay what is owed, in the Alibaba Cloud market's console"),
    ],
)
def test_what_the_operator_must_buy_or_set_is_said(code: int, advice: str) -> None:
    with pytest.raises(Misconfigured, match=advice):
        vendor().answer(BACKGROUND, refused(code, CODES[code][0]))


@pytest.mark.parametrize("code", [23500010, 23599999, "Surprise.Today", 1, True])
def test_an_unknown_code_is_trouble_that_passes(code: Json) -> None:
    with pytest.raises(Unavailable) as trouble:
        vendor().answer(MATTING, refused(code, 400))
    assert (type(trouble.value), trouble.value.code) == (Unavailable, str(code))


@pytest.mark.parametrize(("status", "success"), [(500, True), (404, None), (200, False)])
def test_a_failure_without_a_code_goes_by_its_status(status: int, success: bool | None) -> None:
    data = {"result_key": TICKET, "task_list": [{"status": "SUCCESS", "results": [LINK]}]}
    failure = heard(data, status, success=success)
    for read in (lambda: vendor().answer(MATTING, failure), lambda: polled(MATTING, failure)):
        with pytest.raises(Unavailable) as trouble:
            read()
        assert trouble.value.code == f"Status{status}"


OVER = [code for code, (_, error) in CODES.items() if issubclass(error, Rejected)] + [23500008, 23500011]


@every_row
@every_envelope
@as_number_and_as_string
@pytest.mark.parametrize("code", OVER)
def test_a_refused_poll_is_a_ticket_that_is_worth_nothing_not_a_refused_picture(
    row: Capability, code: int, envelope: Callable[[int], int], spelt: Callable[[int], Json]
) -> None:
    for index in (0, 9):
        outcome = polled(row, refused(spelt(code), envelope(code)), index)
        assert isinstance(outcome, Failed)
        assert type(outcome.error) is Unavailable
        assert (outcome.error.code, outcome.error.request_id) == (str(code), REQUEST)
        assert TICKET in outcome.error.message


@every_row
@pytest.mark.parametrize("code", sorted(set(CODES) - set(OVER)))
def test_a_poll_that_is_refused_leaves_the_ticket_as_it_is(row: Capability, code: int) -> None:
    with pytest.raises(CutoutError) as trouble:
        polled(row, refused(code, CODES[code][0]))
    assert type(trouble.value) is CODES[code][1]


@every_code
@as_number_and_as_string
def test_a_failed_task_is_judged_by_its_own_code(code: int, spelt: Callable[[int], Json]) -> None:
    outcome = status_of({"status": "FAILED", "code": spelt(code), "message": "what went wrong"})
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is CODES[code][1]
    assert (outcome.error.code, outcome.error.request_id) == (str(code), REQUEST)
    assert outcome.error.message.startswith("what went wrong")


@pytest.mark.parametrize("code", [None, "", 0])
def test_a_failed_task_that_does_not_say_why_may_be_submitted_again(code: Json) -> None:
    outcome = status_of({"status": "FAILED", "code": code, "message": None})
    assert isinstance(outcome, Failed)
    assert (type(outcome.error), outcome.error.code) == (Unavailable, "23500011")


# ---------------------------------------------------------------- heard: anything

WORDS = ["code", "data", "message", "requestId", "result_key", "results", "status", "success", "task_list"]
anything = nested(WORDS, LINK, TICKET, 0, "0", 23500006, "23500008", "SUCCESS", "FAILED", "WAITING")
tasks = anything | st.lists(
    anything
    | st.fixed_dictionaries(
        {"status": st.sampled_from(["SUCCESS", "FAILED"])}, optional={"results": anything, "code": anything}
    )
)


@given(
    anything
    | st.fixed_dictionaries({"data": anything}, optional={"code": anything, "requestId": anything})
    | st.fixed_dictionaries({"data": st.fixed_dictionaries({"task_list": tasks}, optional={"result_key": anything})}),
    st.sampled_from([200, 200, 400, 500]),
)
@example({"code": {"a": 1}, "message": ["b"], "requestId": {}}, 200)
@example({"data": {"task_list": [{"status": "FAILED", "code": [1], "message": {}}]}}, 200)
@example({"data": {"task_list": [{"status": "SUCCESS", "results": ["\ud83d"]}]}}, 200)
def test_any_json_is_an_answer_or_a_foreseen_error(body: Json, status: int) -> None:
    answered = reply(body, status)
    for row in BOTH:
        try:
            assert isinstance(vendor().answer(row, answered), Accepted)
        except CutoutError as trouble:
            assert trouble.code  # noqa: PT017 - either is right
        for index in (0, 1):
            try:
                outcome = polled(row, answered, index)
                assert isinstance(outcome, Done | Pending | Failed)
                if isinstance(outcome, Done):
                    assert len({picture.label for picture in outcome.pictures}) == len(outcome.pictures) > 0
            except CutoutError as trouble:
                assert trouble.code  # noqa: PT017 - either is right
                assert not isinstance(trouble, Rejected)  # noqa: PT017 - no poll is about a picture
