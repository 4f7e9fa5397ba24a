"""The VIAPI stand-in is as strict as the manual; Alibaba's own client and its signatures are the judges."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
from alibabacloud_imageseg20191230 import models
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi.models import OpenApiRequest, Params
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_util.models import RuntimeOptions
from PIL import Image

from tests.cloud import vendor_world
from tests.cloud.accounts import Accounts, Key
from tests.cloud.vendor_drawn import Order, Tree
from tests.cloud.vendor_world import BOX, KEY, Clock, Pictures, Seen, download, encoded, opened, unanswered
from tests.cloud.viapi import Viapi
from tests.cloud.viapi_actions import ACTIONS
from tests.cloud.viapi_calls import NOTHING, code, sdk, send, v1

pictures, accounts, photo = vendor_world.pictures, vendor_world.accounts, vendor_world.photo
clock, seen = vendor_world.clock, vendor_world.seen


@pytest.fixture(scope="module")
def service(pictures: Pictures, accounts: Accounts, clock: Clock, seen: Seen) -> Iterator[Viapi]:
    service = Viapi(
        accounts,
        shanghai=lambda: {pictures.host},
        clock=clock,
        observe=seen.observe,
        qps=1000,
        job_seconds=30,
    )
    yield service
    service.stop()


@pytest.fixture
def viapi(service: Viapi, clock: Clock, seen: Seen) -> Iterator[Viapi]:
    yield from vendor_world.lent(service, clock, seen)


def common(viapi: Viapi, accounts: Accounts, url: str, **query: str) -> httpx.Response:
    return send(viapi, v1(accounts.owner, "SegmentCommonImage", {"ImageURL": url, **query}))


# Alibaba's own client


@pytest.mark.parametrize("temporary", [False, True], ids=["permanent key", "STS key"])
@pytest.mark.parametrize("algorithm", ["v2", ""], ids=["HMAC-SHA1", "ACS3-HMAC-SHA256"])
def test_the_official_client_gets_its_answers(
    *, viapi: Viapi, accounts: Accounts, clock: Clock, photo: str, pictures: Pictures, algorithm: str, temporary: bool
) -> None:
    key = accounts.assume_role() if temporary else accounts.owner
    client, runtime = sdk(viapi, key, algorithm), RuntimeOptions()

    cutout = client.segment_common_image_with_options(models.SegmentCommonImageRequest(image_url=photo), runtime)
    assert opened(download(cutout.body.data.image_url).content).mode == "RGBA"

    mask = pictures.put("mask.png", encoded("PNG", mode="L"))
    both = models.RefineMaskRequest(image_url=photo, mask_image_url=mask)
    refined = client.refine_mask_with_options(both, runtime)
    assert opened(download(refined.body.data.elements[0].image_url).content).mode == "L"

    # SegmentVehicle has left the client, but not its general form.
    vehicle = OpenApiClient.call_api(
        client,
        Params(
            action="SegmentVehicle", version="2019-12-30", protocol="HTTPS", pathname="/", method="POST",
            auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
        ),
        OpenApiRequest(query={"ImageURL": photo}),
        runtime,
    )  # fmt: skip
    assert vehicle["body"]["Data"]["Elements"][0]["OriginImageURL"] == photo

    ticket = client.segment_hdcommon_image_with_options(models.SegmentHDCommonImageRequest(image_url=photo), runtime)
    assert ticket.body.data is None
    assert "GetAsyncJobResult" in ticket.body.message
    clock.ahead += 40
    asked = models.GetAsyncJobResultRequest(job_id=ticket.body.request_id)

    def poll() -> dict[str, Any]:
        data: dict[str, Any] = client.get_async_job_result_with_options(asked, runtime).body.data.to_map()
        return data

    done = until(poll, "PROCESS_SUCCESS")
    assert opened(download(json.loads(done["Result"])["ImageUrl"]).content).size == BOX
    assert {billed.access_key_id for billed in viapi.ledger} == {key.access_key_id}
    assert [billed.key for billed in viapi.ledger] == [KEY] * 4


def until(poll: Callable[[], dict[str, Any]], status: str) -> dict[str, Any]:
    """The answer once it has that status: drawing takes as long as it takes."""
    for _ in range(500):
        if (data := poll())["Status"] == status:
            return data
        time.sleep(0.02)
    raise AssertionError(data)


def test_the_official_client_is_told_errors_it_understands(viapi: Viapi, accounts: Accounts) -> None:
    stranger = Key("LTAI-EXAMPLE-stranger", "no secret")
    asked = models.SegmentCommonImageRequest(image_url="http://elsewhere.example/a.jpg")
    with pytest.raises(Exception, match="not found") as caught:
        sdk(viapi, stranger, "").segment_common_image_with_options(asked, RuntimeOptions())
    assert caught.value.code == "InvalidAccessKeyId.NotFound"  # type: ignore[attr-defined]
    assert caught.value.status_code == 404  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="elsewhere") as caught:
        sdk(viapi, accounts.owner, "v2").segment_common_image_with_options(asked, RuntimeOptions())
    assert caught.value.code == "InvalidImage.Region"  # type: ignore[attr-defined]


# Signatures


def test_one_changed_parameter_breaks_the_signature(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    method, query, form = v1(accounts.owner, "SegmentCommonImage", {"ImageURL": photo, "ReturnForm": "mask"})
    query["ReturnForm"] = "crop"
    assert code(send(viapi, (method, query, form))) == (400, "SignatureDoesNotMatch")
    method, query, form = v1(accounts.owner, "SegmentHDCommonImage", form={"ImageUrl": photo})
    assert code(send(viapi, (method, query, {"ImageUrl": photo + "x"}))) == (400, "SignatureDoesNotMatch")
    assert viapi.ledger == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Version": "2019-12-31"}, (400, "InvalidVersion")),
        ({"AccessKeyId": "LTAI-EXAMPLE-nobody"}, (404, "InvalidAccessKeyId.NotFound")),
        ({"SecurityToken": "made up"}, (400, "InvalidSecurityToken.MismatchWithAccessKey")),
        ({"SignatureMethod": "HMAC-SHA256"}, (400, "InvalidParameter")),
        ({"SignatureNonce": ""}, (400, "MissingParameter")),
        ({"Timestamp": "yesterday"}, (400, "InvalidTimeStamp.Format")),
        ({"Action": "SegmentEverything"}, (400, "InvalidAction.NotFound")),
    ],
)
def test_each_common_parameter_is_checked(
    viapi: Viapi, accounts: Accounts, changed: dict[str, str], says: tuple[int, str]
) -> None:
    assert (
        code(send(viapi, v1(accounts.owner, "SegmentCommonImage", NOTHING, NOTHING, method="POST", at=None, **changed)))
        == says
    )


def test_a_temporary_key_needs_its_own_token(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    mine, other = accounts.assume_role(), accounts.assume_role()
    for token in ("", other.security_token):
        call = v1(mine, "SegmentCommonImage", {"ImageURL": photo}, SecurityToken=token)
        assert code(send(viapi, call)) == (400, "InvalidSecurityToken.MismatchWithAccessKey")


@pytest.mark.parametrize(("seconds", "says"), [(-890, ""), (890, ""), (-910, "Expired"), (910, "Expired")])
def test_a_clock_may_be_off_by_a_quarter_of_an_hour(viapi: Viapi, accounts: Accounts, seconds: int, says: str) -> None:
    got = code(send(viapi, v1(accounts.owner, "SegmentCommonImage", at=time.time() + seconds)))
    assert got == (400, "InvalidTimeStamp.Expired" if says else "MissingImageURL")


def test_a_nonce_comes_back_only_after_a_quarter_of_an_hour(viapi: Viapi, accounts: Accounts, clock: Clock) -> None:
    for ahead, says in ((0, "MissingImageURL"), (800, "SignatureNonceUsed"), (1000, "MissingImageURL")):
        clock.ahead = ahead
        call = v1(accounts.owner, "SegmentCommonImage", at=clock(), SignatureNonce="once")
        assert code(send(viapi, call)) == (400, says)


def v3(viapi: Viapi, key: Key, photo: str, **changed: str) -> httpx.Response:
    """An ACS3-HMAC-SHA256 call as the SDK's own function signs it, with some headers changed afterwards."""
    request = httpx.Request(
        "POST",
        f"{viapi.url}/",
        params={"ImageURL": photo},
        headers={
            "x-acs-version": "2019-12-30",
            "x-acs-action": "SegmentCommonImage",
            "x-acs-date": changed.pop("date", Utils.get_timestamp()),
            "x-acs-signature-nonce": changed.pop("nonce", uuid4().hex),
            "x-acs-content-sha256": changed.pop("digest", Utils.hash(b"", "ACS3-HMAC-SHA256").hex()),
        },
    )
    request.headers.update({"x-acs-security-token": key.security_token} if key.security_token else {})
    names = {name for name in request.headers if name.startswith("x-acs-") or name == "host"} - {
        changed.pop("unsigned", "")
    }

    class Signed:
        method, pathname, query = "POST", "/", dict(request.url.params)
        headers = {name: request.headers[name] for name in names}  # noqa: RUF012

    digest = request.headers["x-acs-content-sha256"]
    request.headers["Authorization"] = Utils.get_authorization(
        Signed, "ACS3-HMAC-SHA256", digest, key.access_key_id, key.access_key_secret
    )
    request.headers.update(changed)
    with httpx.Client(trust_env=False, verify=vendor_world.PLAIN_HTTP) as client:
        return client.send(request)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, ""),
        ({"x-acs-action": "SegmentVehicle"}, "SignatureDoesNotMatch"),
        ({"unsigned": "x-acs-action"}, "SignatureDoesNotMatch"),
        ({"unsigned": "host"}, "SignatureDoesNotMatch"),
        ({"digest": "0" * 64}, "SignatureDoesNotMatch"),
        ({"Authorization": "ACS3-HMAC-SHA256 whatever"}, "SignatureDoesNotMatch"),
        ({"x-acs-version": "2020-01-01"}, "InvalidVersion"),
        ({"date": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
    ],
)
def test_each_header_of_the_newer_signature_is_checked(
    viapi: Viapi, accounts: Accounts, photo: str, changed: dict[str, str], says: str
) -> None:
    assert code(v3(viapi, accounts.assume_role(), photo, **changed))[1] == says


def test_the_newer_signature_needs_a_fresh_nonce_and_the_keys_own_token(
    viapi: Viapi, accounts: Accounts, photo: str
) -> None:
    assert [code(v3(viapi, accounts.owner, photo, nonce="twice"))[1] for _ in range(2)] == ["", "SignatureNonceUsed"]
    temporary = accounts.assume_role()
    bare = Key(temporary.access_key_id, temporary.access_key_secret)
    assert code(v3(viapi, bare, photo)) == (400, "InvalidSecurityToken.MismatchWithAccessKey")


# What goes in


def test_a_client_that_forgets_to_ask_for_json_gets_xml(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    good = send(viapi, v1(accounts.owner, "SegmentVehicle", {"ImageURL": photo}, Format=""))
    assert good.headers["content-type"].startswith("application/xml")
    assert "<SegmentVehicleResponse><RequestId>" in good.text
    assert "</ImageURL><OriginImageURL>http" in good.text
    bad = send(viapi, v1(accounts.owner, "SegmentVehicle", Format="XML"))
    assert "<Error>" in bad.text
    assert "<Code>MissingImageURL</Code>" in bad.text


@pytest.mark.parametrize(
    ("action", "query", "form", "says"),
    [
        ("SegmentCommonImage", ("ImageUrl",), (), "MissingImageURL"),
        ("SegmentVehicle", (), ("ImageUrl",), "MissingImageURL"),
        ("SegmentHDCommonImage", ("ImageUrl",), (), "MissingImageURL"),
        ("SegmentHDCommonImage", (), ("ImageURL",), "MissingImageURL"),
        ("RefineMask", ("ImageURL", "MaskImageURL"), (), "MissingImageURL"),
        ("RefineMask", (), ("ImageURL", "MaskImageUrl"), "MissingParameter"),
        ("GetAsyncJobResult", ("JobId",), (), "MissingParameter"),
        ("GetAsyncJobResult", (), ("JobId",), "InvalidParameter"),
    ],
)
def test_a_field_counts_only_as_it_is_spelt_and_where_it_belongs(
    *, viapi: Viapi, accounts: Accounts, photo: str, action: str, query: tuple[str], form: tuple[str], says: str
) -> None:
    call = v1(accounts.owner, action, dict.fromkeys(query, photo), dict.fromkeys(form, photo))
    assert code(send(viapi, call)) == (400, says)


@pytest.mark.parametrize("in_body", [(), ("ReturnForm",), ("ImageURL",), ("ImageURL", "ReturnForm")])
@pytest.mark.parametrize("algorithm", ["v2", ""], ids=["HMAC-SHA1", "ACS3-HMAC-SHA256"])
def test_parameters_come_in_the_query_or_the_body_and_both_are_signed(
    *, viapi: Viapi, accounts: Accounts, photo: str, algorithm: str, in_body: tuple[str, ...]
) -> None:
    fields = {"ImageURL": photo, "ReturnForm": "mask"}
    form = {name: fields[name] for name in in_body}
    query = {name: fields[name] for name in fields if name not in in_body}
    params = Params(
        action="SegmentCommonImage", version="2019-12-30", protocol="HTTPS", pathname="/", method="POST",
        auth_type="AK", style="RPC", req_body_type="formData", body_type="json",
    )  # fmt: skip
    request = OpenApiRequest(query=query, body=form or None)
    answer = OpenApiClient.call_api(sdk(viapi, accounts.owner, algorithm), params, request, RuntimeOptions())
    assert opened(download(answer["body"]["Data"]["ImageURL"]).content).mode == "L"


def test_all_may_be_in_the_body_and_none_of_it_changed(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    method, query, _ = v1(accounts.owner, "SegmentCommonImage", {"ImageURL": photo, "ReturnForm": "mask"})
    changed = query | {"ReturnForm": "crop"}
    assert code(send(viapi, (method, {}, changed))) == (400, "SignatureDoesNotMatch")
    assert code(send(viapi, (method, {}, query))) == (200, "")


def test_get_will_do_but_not_for_refine_mask(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    get = v1(accounts.owner, "SegmentCommonImage", {"ImageURL": photo}, method="GET")
    assert code(send(viapi, get)) == (200, "")
    both = {"ImageURL": photo, "MaskImageURL": photo}
    assert code(send(viapi, v1(accounts.owner, "RefineMask", both, method="GET"))) == (405, "UnsupportedHTTPMethod")


def test_a_picture_comes_only_from_shanghai_and_by_a_plain_link(
    viapi: Viapi, accounts: Accounts, pictures: Pictures
) -> None:
    port = pictures.host.partition(":")[2]
    for url, says in {
        f"http://localhost:{port}/photos/a.jpg": "InvalidImage.Region",
        "https://bucket.oss-cn-beijing.aliyuncs.com/a.jpg": "InvalidImage.Region",
        f"http://{pictures.host}/photos/红鞋.jpg": "InvalidImage.URL",
        f"http://{pictures.host}/photos/a b.jpg": "InvalidImage.URL",
        f"ftp://{pictures.host}/photos/a.jpg": "IllegalUrlParameter",
        "http://[": "IllegalUrlParameter",
        f"http://{pictures.host}/photos/not-there.jpg": "InvalidImage.Download",
        pictures.put("moved.jpg", pictures.put("here.jpg", encoded())): "InvalidImage.Download",
    }.items():
        assert code(common(viapi, accounts, url)) == (400, says), url


def test_a_link_is_fetched_to_the_letter_since_it_is_signed(
    viapi: Viapi, accounts: Accounts, pictures: Pictures
) -> None:
    target = (
        "/photos/a%20b%2Bc+d~e*(f)'g%25%E7%BA%A2//h.jpg?x-oss-credential=AK%2F20260101%2Foss&x-oss-signature=ab%2B+~'"
    )
    common(viapi, accounts, f"http://{pictures.host}{target}")
    assert pictures.asked[-1] == target
    assert viapi.calls[-1].key == "a b+c+d~e*(f)'g%红//h.jpg"


def test_a_link_that_answers_nobody_or_too_late_is_an_error_of_its_own(
    viapi: Viapi, accounts: Accounts, pictures: Pictures, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ACTIONS["SegmentCommonImage"]
    monkeypatch.setitem(ACTIONS, "SegmentCommonImage", replace(row, limits=replace(row.limits, seconds=0.1)))
    monkeypatch.setattr(pictures, "delay", 0.3)
    assert code(common(viapi, accounts, photo)) == (400, "InvalidImage.Timeout")
    gone = Pictures()
    gone.stop()
    monkeypatch.setattr(pictures, "host", gone.host)
    assert code(common(viapi, accounts, f"http://{gone.host}/photos/a.jpg")) == (400, "InvalidImage.Download")


def deep(colour: int, bits: int) -> bytes:
    """A 40 × 40 PNG of a colour type and depth that Pillow does not write, by way of one it does."""
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    rows = (b"\0" + bytes(40 * samples * bits // 8)) * 40

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 40, 40, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (encoded("PNG"), ""),
        (encoded("WEBP"), ""),
        (encoded("BMP", (33, 1999)), ""),
        (encoded("JPEG", (32, 100)), "InvalidImage.Resolution"),
        (encoded("JPEG", (100, 2000)), "InvalidImage.Resolution"),
        (encoded("GIF"), "InvalidImage.Content"),
        (b"not a picture", "InvalidImage.Content"),
        (encoded("JPEG", (900, 900))[:9000], "InvalidImage.Content"),
        (encoded("PNG", mode="P"), "InvalidImage.Content"),
        (encoded("PNG", mode="L"), "InvalidImage.Content"),
        (deep(4, 8), "InvalidImage.Content"),
        (deep(6, 16), "InvalidImage.Content"),
        (deep(6, 8), ""),
        (encoded("BMP", (1000, 1000)) + bytes(54), "InvalidParameter.TooLarge"),
        (encoded("BMP", (999, 1000))[:100] + bytes(3_000_000), "InvalidParameter.TooLarge"),
    ],
)
def test_a_picture_is_held_against_todays_limits(
    viapi: Viapi, accounts: Accounts, pictures: Pictures, content: bytes, says: str
) -> None:
    assert code(common(viapi, accounts, pictures.put("limits", content)))[1] == says
    assert [call.code for call in viapi.calls] == [says]
    assert len(viapi.ledger) == (not says)


def test_refine_mask_wants_two_pictures_of_one_size(viapi: Viapi, accounts: Accounts, pictures: Pictures) -> None:
    both = {"ImageURL": pictures.put("a", encoded()), "MaskImageURL": pictures.put("b", encoded(size=(120, 180)))}
    assert code(send(viapi, v1(accounts.owner, "RefineMask", form=both))) == (400, "InvalidImage.Resolution")


# What comes out


@pytest.mark.parametrize(
    ("form", "kind", "mode"),
    [
        ("", "PNG", "RGBA"),
        ("mask", "PNG", "L"),
        ("whiteBK", "JPEG", "RGB"),
        ("crop", "PNG", "RGBA"),
        ("MASK", "PNG", "RGBA"),
    ],
)
def test_the_cutout_has_the_form_that_was_asked_for(
    *, viapi: Viapi, accounts: Accounts, photo: str, form: str, kind: str, mode: str
) -> None:
    link = common(viapi, accounts, photo, **({"ReturnForm": form} if form else {})).json()["Data"]["ImageURL"]
    answer = download(link)
    image = opened(answer.content)
    assert (image.format, image.mode) == (kind, mode)
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert int(answer.headers["content-length"]) == len(answer.content)
    pixels = np.asarray(image).astype(int)
    if form == "crop":
        assert image.width < BOX[0]
        assert pixels[..., 3].any(axis=0).all()
    elif form == "whiteBK":
        assert (pixels[:4, :4] > 245).all()
        assert (pixels[60, 80] < 245).any()
    else:
        alpha = pixels if form == "mask" else pixels[..., 3]
        assert (alpha[2, 2], alpha[60, 80], image.size) == (0, 255, BOX)


def test_a_turned_photo_is_cut_as_its_pixels_lie(viapi: Viapi, accounts: Accounts, pictures: Pictures) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    opened(encoded()).save(out := io.BytesIO(), "JPEG", exif=exif)
    link = common(viapi, accounts, pictures.put("turned.jpg", out.getvalue())).json()["Data"]["ImageURL"]
    assert opened(download(link).content).size == BOX


def test_a_result_link_dies_after_half_an_hour_and_bears_no_tampering(
    viapi: Viapi, accounts: Accounts, photo: str, clock: Clock
) -> None:
    link = common(viapi, accounts, photo).json()["Data"]["ImageURL"]
    assert link.startswith(f"http://{viapi.result_host}/")
    clock.ahead = 1790
    assert download(link).status_code == 200
    assert download(link.replace("Expires=1", "Expires=2")).status_code == 403
    assert download(link.partition("?")[0]).status_code == 403
    clock.ahead = 1801
    late = download(link)
    assert late.status_code == 403
    assert "<Code>AccessDenied</Code>" in late.text


def test_a_job_waits_its_turn_is_worked_on_and_ends(viapi: Viapi, accounts: Accounts, photo: str, clock: Clock) -> None:
    ticket = send(viapi, v1(accounts.owner, "SegmentHDCommonImage", form={"ImageUrl": photo})).json()
    assert set(ticket) == {"RequestId", "Message"}

    def poll() -> dict[str, Any]:
        call = v1(accounts.owner, "GetAsyncJobResult", form={"JobId": ticket["RequestId"]}, at=clock())
        data: dict[str, Any] = send(viapi, call).json()["Data"]
        return data

    assert poll()["Status"] == "QUEUING"
    clock.ahead = 20
    assert poll()["Status"] == "PROCESSING"
    clock.ahead = 31
    done = until(poll, "PROCESS_SUCCESS")
    slow = viapi.fault("slow-job", key=KEY)
    assert poll()["Status"] == "PROCESSING"
    slow.lift()
    assert poll()["Status"] == "PROCESS_SUCCESS"
    link = json.loads(done["Result"])["ImageUrl"]
    assert opened(download(link).content).mode == "RGBA"

    viapi.fault("double", times=1)
    assert json.loads(json.loads(poll()["Result"])) == json.loads(done["Result"])
    viapi.fault("amp", times=1)
    assert "&amp;Signature=" in json.loads(poll()["Result"])["ImageUrl"]
    viapi.fault("bad-result", action="SegmentHDCommonImage", times=1)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(poll()["Result"])
    viapi.fault("failed-job", code="InvalidImage.Content", times=1)
    assert [poll()["ErrorCode"] for _ in range(2)] == ["InvalidImage.Content"] * 2
    assert [billed.action for billed in viapi.ledger] == ["SegmentHDCommonImage"]


def test_a_job_whose_drawing_takes_longer_than_its_time_is_still_being_processed(
    viapi: Viapi, accounts: Accounts, photo: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    row = ACTIONS["SegmentHDCommonImage"]

    def draw(order: Order) -> Tree:
        assert go_on.wait(10)
        return row.draw(order)

    monkeypatch.setitem(ACTIONS, "SegmentHDCommonImage", replace(row, draw=draw))
    ticket = send(viapi, v1(accounts.owner, "SegmentHDCommonImage", form={"ImageUrl": photo})).json()["RequestId"]
    clock.ahead = 31
    poll = v1(accounts.owner, "GetAsyncJobResult", form={"JobId": ticket}, at=clock())
    try:
        assert send(viapi, poll).json()["Data"] == {"Status": "PROCESSING", "JobId": ticket, "status": "PROCESSING"}
    finally:
        go_on.set()


# Quota, ledger, effects, faults


def test_the_third_call_of_an_action_in_a_second_is_turned_away_and_does_not_count(
    pictures: Pictures, accounts: Accounts, photo: str
) -> None:
    now = [time.time()]
    service = Viapi(accounts, shanghai={pictures.host}, clock=lambda: now[0])
    try:

        def ask(action: str) -> str:
            return code(send(service, v1(accounts.owner, action)))[1]

        assert [ask("SegmentVehicle") for _ in range(4)] == ["MissingImageURL"] * 2 + ["Throttling.User"] * 2
        assert ask("SegmentCommonImage") == "MissingImageURL"
        assert [ask("GetAsyncJobResult") for _ in range(3)] == ["MissingParameter"] * 2 + ["Throttling.User"]
        now[0] += 0.9
        assert ask("SegmentVehicle") == "Throttling.User"
        now[0] += 0.1001
        assert [ask("SegmentVehicle") for _ in range(3)] == ["MissingImageURL"] * 2 + ["Throttling.User"]
    finally:
        service.stop()


def test_the_ledger_holds_what_succeeded_and_the_box_sees_every_effect(
    viapi: Viapi, accounts: Accounts, photo: str, seen: Seen
) -> None:
    common(viapi, accounts, f"http://{viapi.result_host}/photos/elsewhere.jpg")
    done = common(viapi, accounts, photo).json()
    download(done["Data"]["ImageURL"])
    assert [(b.action, b.key, b.request_id, b.access_key_id) for b in viapi.ledger] == [
        ("SegmentCommonImage", KEY, done["RequestId"], accounts.owner.access_key_id)
    ]
    assert [(call.key, call.code) for call in viapi.calls] == [("elsewhere.jpg", "InvalidImage.Region"), (KEY, "")]
    assert seen == [
        (service, name, key, moment)
        for service, name, key in [
            ("viapi", "SegmentCommonImage", "elsewhere.jpg"),
            ("viapi", "SegmentCommonImage", KEY),
            ("result", "Download", KEY),
        ]
        for moment in ("before", "after")
    ]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("throttle", (400, "Throttling.User")),
        ("blocked", (403, "InvalidApi.NotPurchase")),
        ("error", (500, "InternalError.Algo")),
        ("unavailable", (503, "ServiceUnavailable")),
        ("code:InvalidFile.Resolution", (400, "InvalidFile.Resolution")),
        ("refuse-encoded", (400, "InvalidImage.URL")),
    ],
)
def test_an_error_lasts_for_its_calls_until_it_is_lifted(
    *, viapi: Viapi, accounts: Accounts, photo: str, pictures: Pictures, kind: str, says: tuple[int, str]
) -> None:
    fault = viapi.fault(kind, action="SegmentCommonImage", key=KEY)
    assert [code(common(viapi, accounts, photo)) for _ in range(2)] == [says] * 2
    assert viapi.ledger == []
    assert code(common(viapi, accounts, pictures.put("other.jpg", encoded()))) == (200, "")
    fault.lift()
    assert code(common(viapi, accounts, photo)) == (200, "")


def test_a_fault_ends_by_itself_after_its_times_and_an_unknown_one_is_no_fault(
    viapi: Viapi, accounts: Accounts, photo: str
) -> None:
    viapi.fault("throttle", times=1)
    assert [code(common(viapi, accounts, photo))[1] for _ in range(2)] == ["Throttling.User", ""]
    with pytest.raises(ValueError, match="no fault is called 'thunder'"):
        viapi.fault("thunder")


def test_a_refused_call_has_no_answer_and_no_bill(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    viapi.fault("refuse", times=1)
    with unanswered(within=1):
        common(viapi, accounts, photo)
    assert viapi.ledger == []
    assert [call.code for call in viapi.calls] == ["refuse"]


def test_a_timed_out_call_is_billed_and_hung_up_on_when_the_fault_is_lifted(
    viapi: Viapi, accounts: Accounts, photo: str
) -> None:
    fault = viapi.fault("timeout", times=1)

    def meanwhile() -> None:
        assert code(send(viapi, v1(accounts.owner, "SegmentCommonImage"))) == (400, "MissingImageURL")
        viapi.lift_all()

    threading.Timer(0.7, meanwhile).start()
    with unanswered(within=3):
        common(viapi, accounts, photo)
    assert fault.lifted.is_set()
    assert [billed.key for billed in viapi.ledger] == [KEY]


def test_a_slow_call_answers_that_much_later(viapi: Viapi, accounts: Accounts) -> None:
    viapi.fault("slow", seconds=0.3)
    began = time.monotonic()
    assert send(viapi, v1(accounts.owner, "SegmentCommonImage")).status_code == 400
    assert 0.3 <= time.monotonic() - began < 2


def test_a_download_goes_wrong_on_demand(viapi: Viapi, accounts: Accounts, photo: str) -> None:
    viapi.fault("amp", times=1)
    link = common(viapi, accounts, photo).json()["Data"]["ImageURL"]
    assert "&amp;Signature=" in link
    link = link.replace("&amp;", "&")
    viapi.fault("no-answer", key=KEY, times=1)
    assert download(link).status_code == 403
    viapi.fault("error-page", times=1)
    page = download(link)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")
    viapi.fault("cut-off", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        download(link)
    assert opened(download(link).content).mode == "RGBA"
