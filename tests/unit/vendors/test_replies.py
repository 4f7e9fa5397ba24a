"""An answer that nothing can be done with leaves a trace: what came, shortened, and nothing that lets anyone in."""

from __future__ import annotations

import pytest

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Misconfigured, Unavailable, VendorDown
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Failed
from shared.vendors.replies import excerpt
from tests.pictures import picture
from tests.unit.fakes import Shop
from tests.unit.providers import polling_providers
from tests.unit.viapi_line import COMMON

PROVIDERS = polling_providers()
ROWS = [CAPABILITIES[name] for name in ("general/common", "general/hd-common", "picwish/cutout", "damo/background")]

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def troubles(row: Capability, reply: Reply) -> list[CutoutError]:
    """What a reply means to a call, and to a poll."""
    provider, found = PROVIDERS[row.provider], list[CutoutError]()
    try:
        provider.answer(row, reply)
    except CutoutError as error:
        found.append(error)
    try:
        polled = provider.poll_answer(row, "T-1", 0, reply)
    except CutoutError as error:
        found.append(error)
    else:
        assert isinstance(polled, Failed), "a poll that was not answered"
        found.append(polled.error)
    assert len(found) == 2
    return found


@every_row
@pytest.mark.parametrize("status", [200, 500, 502, 504])
@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", "nothing"),
        (b"<html>\n<body>  502 Bad\tGateway</body></html>", "<html> <body> 502 Bad Gateway</body></html>"),
        (b'{"error": ""}', '{"error": ""}'),
        (b"{}", "{}"),
    ],
)
def test_what_came_is_kept(row: Capability, status: int, body: bytes, kept: str) -> None:
    for trouble in troubles(row, Reply(status, body)):
        assert type(trouble) is (Unavailable if status < 502 else VendorDown)
        assert trouble.message.endswith(kept)


@every_row
@pytest.mark.parametrize("body", [b"", b"<html>Payment Required</html>", b"{}", b'{"error": ""}'])
def test_payment_required_is_the_operators_matter_in_whatever_form_it_comes(row: Capability, body: bytes) -> None:
    for trouble in troubles(row, Reply(402, body)):
        assert type(trouble) is Misconfigured
        assert "pay what is owed" in trouble.message


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"\x00\x1b[31mred\r\n", "[31mred"),
        ("红鞋".encode(), "红鞋"),
        (b"\x89PNG\r\n\x1a\n\xff", "\ufffdPNG \ufffd"),
        (b"see https://x.oss-cn-shanghai.aliyuncs.com/a.png?Signature=SECRET now", "see <link> now"),
        (rb'"of https:\/\/x.oss-cn-shanghai.aliyuncs.com\/work\/SECRET.png" it says', '"of <link> it says'),
        (rb"at https:\u002f\u002Fx.aliyuncs.com/SECRET?a\u003db now", "at <link> now"),
        (rb'"?Signature\u003dSECRET\u0026b\u003dc"', r'"?Signature\u003d…\u0026b\u003dc"'),
        (b"a" * 1_000_000, "a" * 200),
        (b" \r\n", "nothing"),
    ],
)
def test_an_excerpt_is_one_line_of_what_came(body: bytes, shown: str) -> None:
    assert excerpt(Reply(200, body)).en == shown


def test_an_excerpt_holds_nothing_that_lets_anyone_in() -> None:
    echo = b"POST /?AccessKeyId=SECRET&Signature=SECRET%3D&SecurityToken=SECRET failed: APPCODE SECRET0123456789abcdef"
    assert "SECRET" not in excerpt(Reply(502, echo)).en


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ((200, ""), "nothing"),
        ((500, "<html><body>500 Internal Server Error</body></html>"), "500 Internal Server Error"),
        ((200, '{"error": ""}'), '{"error": ""}'),
    ],
)
def test_the_receipt_of_an_upload_that_always_fails_says_what_came(answer: tuple[int, str], kept: str) -> None:
    shop = Shop()
    shop.web.always = answer
    shop.upload(COMMON, picture())
    for _ in range(10):
        if shop.job(COMMON):
            shop.after(COMMON, hours=1)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert (receipt.status, receipt.attempts) == ("failed", 5)
    assert kept in receipt.message


def test_a_package_that_is_used_up_blocks_and_is_served_when_it_was_paid() -> None:
    shop = Shop()
    shop.web.always = (402, "")
    shop.upload(COMMON, picture())
    for _ in range(10):
        shop.after(COMMON, hours=1)
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage.name, job.attempts, job.code) == ("blocked", 0, "HTTP402")
