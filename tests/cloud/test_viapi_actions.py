"""Every action of the VIAPI stand-in takes what its page says and answers in the shape its page shows."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from alibabacloud_imageseg20191230 import models
from alibabacloud_imageseg20191230.client import Client
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.models import OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions

from tests.cloud import vendor_world
from tests.cloud.accounts import Accounts
from tests.cloud.vendor_pictures import Unfit, decode, fetch
from tests.cloud.vendor_world import Pictures, download, encoded, opened, portrait
from tests.cloud.viapi import Viapi
from tests.cloud.viapi_actions import ACTIONS, POLL
from tests.cloud.viapi_calls import NOTHING, code, sdk, send, v1
from tests.cloud.viapi_replies import UNFIT
from tests.pictures import png

pictures, accounts = vendor_world.pictures, vendor_world.accounts

ONE, LIST = {"Data": {"ImageURL": ""}}, {"Data": {"Elements": [{"ImageURL": ""}]}}
BOXED = {"Data": {"Elements": [{"ImageURL": "", "X": 0, "Y": 0, "Width": 0, "Height": 0}]}}


@pytest.fixture(scope="module")
def viapi(pictures: Pictures, accounts: Accounts) -> Iterator[Viapi]:
    service = Viapi(accounts, shanghai=lambda: {pictures.host}, qps=1000, job_seconds=0)
    yield service
    service.stop()


CALLS: dict[str, tuple[dict[str, Any], Any]] = {
    "SegmentBody": ({"ImageURL": "photo.jpg", "ReturnForm": "crop"}, ONE),
    "SegmentHDBody": ({"ImageURL": "photo.jpg"}, ONE),
    "SegmentHead": ({"ImageURL": "face.jpg", "ReturnForm": "mask"}, BOXED),
    "SegmentFace": ({"ImageURL": "face.jpg"}, BOXED),
    "SegmentHair": ({"ImageURL": "face.jpg"}, BOXED),
    "ParseFace": (
        {"ImageURL": "face.jpg"},
        {"Data": {"OriginImageURL": "", "Elements": [{"ImageURL": "", "Name": ""}]}},
    ),
    "SegmentSkin": ({"URL": "face.jpg"}, {"Data": {"URL": ""}}),
    "SegmentCommodity": ({"ImageURL": "photo.jpg", "ReturnForm": "crop"}, ONE),
    "SegmentFurniture": ({"ImageURL": "photo.jpg"}, LIST),
    "SegmentCloth": (
        {"ImageURL": "face.jpg", "ReturnForm": "whiteBK", "ClothClass": ["tops", "hat"], "OutMode": 1},
        {"Data": {"Elements": [{"ImageURL": "", "ClassUrl": {"tops": ""}}]}},
    ),
    "SegmentCommonImage": ({"ImageURL": "photo.jpg", "ReturnForm": "mask"}, ONE),
    "SegmentHDCommonImage": ({"ImageUrl": "photo.jpg"}, {"Message": ""}),
    "SegmentVehicle": ({"ImageURL": "photo.jpg"}, {"Data": {"Elements": [{"ImageURL": "", "OriginImageURL": ""}]}}),
    "SegmentAnimal": ({"ImageURL": "photo.jpg", "ReturnForm": "whiteBK"}, ONE),
    "SegmentFood": ({"ImageURL": "photo.jpg", "ReturnForm": "mask"}, ONE),
    "SegmentLogo": ({"ImageURL": "photo.jpg"}, ONE),
    "RefineMask": ({"ImageURL": "photo.jpg", "MaskImageURL": "mask.png"}, LIST),
    "SegmentSky": ({"ImageURL": "photo.jpg"}, ONE),
    "SegmentHDSky": ({"ImageURL": "photo.jpg"}, ONE),
    "SegmentScene": ({"ImageURL": "photo.jpg"}, ONE),
    "ChangeSky": ({"ImageURL": "photo.jpg", "ReplaceImageURL": "face.jpg"}, ONE),
}
"""By action: every field that it has, and the fields and kinds of its answer, by its page. A picture is named by the
file that `at` has for it."""

METHODS = {
    name.replace("_", "").removesuffix("withoptions"): name for name in dir(Client) if name.endswith("_with_options")
}
"""Of Alibaba's own client, by the action in lower case: those actions that the pinned release of the client has."""

every_algorithm = pytest.mark.parametrize("algorithm", ["v2", ""], ids=["HMAC-SHA1", "ACS3-HMAC-SHA256"])


def test_every_action_of_the_manual_is_there() -> None:
    untried = set(ACTIONS) - set(CALLS)
    assert not untried, f"add {sorted(untried)} to CALLS in {Path(__file__).name}: its fields, and what it answers"
    assert set(CALLS) <= set(ACTIONS)
    assert POLL not in ACTIONS


def shape(answer: Any) -> Any:
    """The answer's fields and the kinds of their values: of a list, its first item, which all others must be like."""
    match answer:
        case dict():
            return {name: shape(value) for name, value in answer.items() if name != "RequestId"}
        case list():
            first, *others = map(shape, answer)
            assert all(other == first for other in others)
            return [first]
        case _:
            return type(answer)()


def links(answer: Any) -> list[str]:
    """Every link to a result in it."""
    match answer:
        case dict():
            return [link for name, value in answer.items() if name != "OriginImageURL" for link in links(value)]
        case list():
            return [link for value in answer for link in links(value)]
        case str() if answer.startswith("http"):
            return [answer]
        case _:
            return []


@pytest.fixture(scope="module")
def at(pictures: Pictures) -> dict[str, str]:
    contents = {
        "photo.jpg": encoded(size=(120, 80)),
        "face.jpg": portrait(),
        "mask.png": encoded("PNG", (120, 80), mode="L"),
    }
    return {name: pictures.put(name, content) for name, content in contents.items()}


@every_algorithm
@pytest.mark.parametrize("action", [action for action in CALLS if action.lower() in METHODS])
def test_the_official_client_gets_a_well_formed_answer_with_all_its_parameters(
    *, viapi: Viapi, accounts: Accounts, at: dict[str, str], action: str, algorithm: str
) -> None:
    given, expected = CALLS[action]
    fields = {name: at.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    request = getattr(models, f"{action}Request")().from_map(fields)
    assert None not in vars(request).values(), f"{action} in CALLS lacks a field that Alibaba's client has for it"
    call = getattr(sdk(viapi, accounts.owner, algorithm), METHODS[action.lower()])
    answered(viapi, action, call(request, RuntimeOptions()).body.to_map(), expected)


@every_algorithm
@pytest.mark.parametrize("action", [action for action in CALLS if action.lower() not in METHODS])
def test_the_official_client_reaches_actions_that_it_has_no_method_for(
    *, viapi: Viapi, accounts: Accounts, at: dict[str, str], action: str, algorithm: str
) -> None:
    """Those that a later release has dropped, and those that are newer than the pinned one."""
    given, expected = CALLS[action]
    fields = {name: at.get(value, value) for name, value in given.items()}
    placed = {"body": fields} if ACTIONS[action].position == "body" else {"query": fields}
    answer = OpenApiClient.call_api(
        sdk(viapi, accounts.owner, algorithm),
        Params(
            action=action, version="2019-12-30", protocol="HTTPS", pathname="/", method="POST",
            auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
        ),
        OpenApiRequest(**placed),
        RuntimeOptions(),
    )["body"]  # fmt: skip
    answered(viapi, action, answer, expected)


def answered(viapi: Viapi, action: str, answer: Any, expected: Any) -> None:
    assert shape(answer) == expected, f"{action}: CALLS has another answer"
    assert all(opened(download(link).content).size > (0, 0) for link in links(answer))
    assert viapi.ledger[-1].action == action


# What goes in


@pytest.mark.parametrize("action", ACTIONS)
def test_a_picture_in_the_wrong_place_or_misspelt_is_a_missing_one(
    *, viapi: Viapi, accounts: Accounts, at: dict[str, str], action: str
) -> None:
    row = ACTIONS[action]
    missing = "MissingImageURL" if row.pictures[0].lower() == "imageurl" else "MissingParameter"
    fields = dict.fromkeys(row.pictures, at["photo.jpg"])
    misspelt = {name.swapcase(): url for name, url in fields.items()}
    misplaced = [(fields, NOTHING)] if row.position == "body" else []
    for query, form in [(misspelt, NOTHING), (NOTHING, misspelt), *misplaced]:
        assert code(send(viapi, v1(accounts.owner, action, query, form))) == (400, missing)


BY_LIMITS = list({row.limits: action for action, row in ACTIONS.items()}.values())
"""One action for each set of limits that any has."""


def refusal(action: str, content: bytes) -> str:
    try:
        decode("", content, ACTIONS[action].limits)
    except Unfit as unfit:
        return UNFIT[unfit.kind]
    return ""


@pytest.mark.parametrize("action", BY_LIMITS)
def test_a_picture_may_reach_each_limit_and_not_pass_it(action: str) -> None:
    limits = ACTIONS[action].limits
    least, most = limits.least, limits.most
    other = math.ceil(most / limits.aspect[1]) if limits.aspect else least
    assert refusal(action, encoded("PNG", (other, most))) == ""
    assert refusal(action, encoded("PNG", (most, other))) == ""
    assert refusal(action, encoded("PNG", (other, most + 1))) == "InvalidImage.Resolution"
    assert least == 1 or refusal(action, encoded("PNG", (least - 1, least))) == "InvalidImage.Resolution"
    for form in ("JPEG", "PNG", "BMP", "WEBP", "GIF", "TIFF"):
        assert refusal(action, encoded(form)) == ("" if form in limits.formats else "InvalidImage.Content"), form


@pytest.mark.parametrize("action", BY_LIMITS)
def test_only_some_actions_mind_how_deep_a_png_is(action: str) -> None:
    for depth, colour, refused in ((8, 0, True), (8, 3, True), (8, 4, True), (16, 6, True), (8, 2, False)):
        expected = "InvalidImage.Content" if refused and ACTIONS[action].limits.png_depths_refused else ""
        assert refusal(action, png(120, 120, depth, colour)) == expected, (depth, colour)


def test_parse_face_wants_no_side_twice_the_other() -> None:
    fit = [(101, 202), (202, 101), (2047, 1024)]
    unfit = [(100, 150), (2048, 1500), (101, 203), (203, 101)]
    assert [refusal("ParseFace", encoded("PNG", size)) for size in fit] == [""] * 3
    assert [refusal("ParseFace", encoded("PNG", size)) for size in unfit] == ["InvalidImage.Resolution"] * 4
    assert [refusal("ParseFace", encoded(form)) for form in ("JPEG", "BMP")] == ["", "InvalidImage.Content"]


@pytest.mark.parametrize("action", BY_LIMITS)
def test_a_byte_too_many_is_too_many(action: str) -> None:
    most = int(ACTIONS[action].limits.max_bytes)
    content = bytes(most + 1)
    with httpx.Client(transport=httpx.MockTransport(lambda asked: httpx.Response(200, content=iter([content])))) as web:
        with pytest.raises(Unfit, match="bytes: "):
            fetch(web, "http://a.example/b", ACTIONS[action].limits)
        content = content[1:]
        assert len(fetch(web, "http://a.example/b", ACTIONS[action].limits)) == most


def test_an_animal_must_arrive_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly() -> Iterator[bytes]:
        yield b"first"
        late = time.monotonic() + 2.1
        monkeypatch.setattr(time, "monotonic", lambda: late)
        yield b"second"

    transport = httpx.MockTransport(lambda asked: httpx.Response(200, content=slowly()))
    with httpx.Client(transport=transport) as web, pytest.raises(Unfit, match=r"^timeout: .* 2 s"):
        fetch(web, "http://a.example/b", ACTIONS["SegmentAnimal"].limits)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"ClothClass.1": "scarf"}, "does not know scarf"),
        ({"ClothClass": "tops"}, "is a list"),
        ({"ClothClass.2": "tops"}, "is a list"),
        ({"ClothClass.0": "tops", "ClothClass.1": "hat"}, "is a list"),
        ({f"ClothClass.{n}": "tops" for n in range(1, 17)}, "at most 15"),
        ({"OutMode": "2"}, "OutMode does not know 2"),
        ({"OutMode": "one"}, "OutMode does not know one"),
        ({"ClothClass.1": "tops", "ClothClass.2": "hat", "OutMode": "0"}, ""),
        ({f"ClothClass.{n}": "tops" for n in range(1, 16)}, ""),
    ],
)
def test_classes_and_mode_are_checked_before_anything_is_billed(
    *, viapi: Viapi, accounts: Accounts, at: dict[str, str], options: dict[str, str], says: str
) -> None:
    billed = len(viapi.ledger)
    answer = send(viapi, v1(accounts.owner, "SegmentCloth", {"ImageURL": at["photo.jpg"], **options}))
    assert code(answer) == ((400, "InvalidParameter") if says else (200, ""))
    assert says in json.dumps(answer.json())
    assert len(viapi.ledger) - billed == (not says)
