"""The market's gateway stands in front of two vendors: what it refuses means the same error for both."""

from __future__ import annotations

import pytest

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Misconfigured, NotAccepted, Unavailable, VendorDown
from shared.vendors import market
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from tests.unit.providers import polling_providers
from tests.unit.vendors.answers import NOT_JSON, STAMP, task

APPCODE = "EXAMPLE-appcode"
ROWS = [row for row in CAPABILITIES.values() if row.provider in ("picwish", "damo")]
PROVIDERS = polling_providers()

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def troubles(row: Capability, reply: Reply) -> list[CutoutError]:
    """What a reply means to a call, and to a poll."""
    provider, found = PROVIDERS[row.provider], []
    for read in (lambda: provider.answer(row, reply), lambda: provider.poll_answer(row, "T-1", 0, reply)):
        with pytest.raises(CutoutError) as trouble:
            read()
        found.append(trouble.value)
    return found


def refusal(status: int, code: str, message: str) -> Reply:
    said = {"x-ca-error-code": code, "x-ca-error-message": message, "x-ca-request-id": "G-1"}
    return Reply(status, b"", {name: value for name, value in said.items() if value})


@every_row
@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (429, "T429ID", "Throttled by INNER DOMAIN Flow Control", NotAccepted),
        (403, "T403US", "anything", NotAccepted),
        (403, "", "Throttled by USER Flow Control", NotAccepted),
        (403, "", "throttled by API flow control", NotAccepted),
        (403, "B403MQ", "Api Market Subscription quota exhausted", Misconfigured),
        (403, "", "Api Market Subscription quota exhausted", Misconfigured),
        (403, "", "Quota Exhausted", Misconfigured),
        (403, "", "Quota Expired", Misconfigured),
        (403, "", "User Arrears", Misconfigured),
        (402, "B402XX", "", Misconfigured),
        (401, "A401AC", "Unauthorized", Misconfigured),
        (403, "A403AC", "Invalid AppCode", Misconfigured),
        (400, "", "Invalid AppCode", Misconfigured),
        (404, "I404NF", "API not found", Misconfigured),
        (404, "", "Invalid Url", Misconfigured),
        (404, "I404DO", "", Misconfigured),
        (504, "D504TO", "Backend service request timed out", VendorDown),
        (500, "X500ER", "Service not available", Unavailable),
        (503, "", "Service Unavailable", VendorDown),
    ],
)
def test_a_refusal_of_the_gateways_is_an_error_by_who_must_act(
    row: Capability, status: int, code: str, message: str, expected: type[CutoutError]
) -> None:
    for trouble in troubles(row, refusal(status, code, message)):
        assert type(trouble) is expected
        assert trouble.request_id == "G-1"
        assert trouble.code == (code or f"Gateway{status}")
        assert trouble.message.startswith(f"the market's gateway says: {message}")


@every_row
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("B403MQ", "anything"),
        ("", "Api Market Subscription quota exhausted"),
        ("", "Quota Exhausted"),
        ("", "Quota Expired"),
        ("", "User Arrears"),
        ("", "Expiry of Authorization, quota expired"),
    ],
)
def test_a_package_that_is_used_up_says_what_to_buy(row: Capability, code: str, message: str) -> None:
    for trouble in troubles(row, refusal(403, code, message)):
        assert "buy more calls, or pay what is owed, in the Alibaba Cloud market's console" in trouble.message
        assert "AppCode" not in trouble.message


@every_row
def test_what_the_operator_must_mend_says_where(row: Capability) -> None:
    for trouble in troubles(row, refusal(403, "A403AC", "Invalid AppCode")):
        assert "check the AppCode, the purchase and the address in the market's console" in trouble.message


@every_row
def test_the_gateways_404_is_not_about_a_ticket(row: Capability) -> None:
    """With no code of its own it must not be taken for the vendor's 404: the ticket was bought."""
    for trouble in troubles(row, refusal(404, "", "Not Found")):
        assert type(trouble) is Misconfigured


@every_row
@pytest.mark.parametrize("body", NOT_JSON)
@pytest.mark.parametrize("status", [200, 302, 401, 404, 429, 500, 502, 503, 504])
def test_what_is_neither_json_nor_the_gateways_is_trouble_that_passes(
    row: Capability, status: int, body: bytes
) -> None:
    for trouble in troubles(row, Reply(status, body)):
        assert type(trouble) is (VendorDown if status in (502, 503, 504) else Unavailable)
        assert trouble.code == f"HTTP{status}"
        assert trouble.message.startswith("the vendor's answer is not JSON: ")


def test_what_the_gateway_quotes_of_a_signature_is_not_passed_on() -> None:
    said = "Invalid Signature, Server StringToSign:`POST#x-ca-key:SECRET`"
    for trouble in troubles(ROWS[0], refusal(400, "S400SG", said)):
        assert "SECRET" not in trouble.message


def test_an_answer_of_the_vendors_is_read_whatever_the_gateway_adds() -> None:
    assert market.read(Reply(200, b'{"status": 200}', {"x-ca-request-id": "G-1"}), {}) == {"status": 200}


@every_row
def test_the_appcode_goes_into_the_header_it_belongs_in_and_nowhere_else(row: Capability) -> None:
    provider = PROVIDERS[row.provider]
    for request in (provider.call(row, [task(row)], STAMP), provider.poll(row, "T-1", STAMP)):
        assert request.headers["Authorization"] == f"APPCODE {APPCODE}"
        assert APPCODE not in repr(request)
        assert APPCODE not in f"{request.url} {request.query} {request.form} {request.json}"
