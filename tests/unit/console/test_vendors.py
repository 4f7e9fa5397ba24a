"""The vendors of the market: settings that cannot be right, and addresses that nobody answers at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.account import Account
from console.checks import vendors
from console.finding import Fact, Finding
from console.settings import Settings
from shared.cloud import tls
from tests.cloud.tls_address import TlsAddress
from tests.unit.cloud import certificates

APPCODE = "EXAMPLE0123456789abcdef0123456789"
DAMO = {"DAMO_APPCODE": APPCODE, "DAMO_ENDPOINT": "https://damo.example"}
PICWISH = {"PICWISH_APPCODE": APPCODE, "PICWISH_WATERMARK_ENDPOINT": "https://watermark.example"}


def seen(name: str, **given: str) -> list[Finding | Fact]:
    """By the check called so, with these settings."""
    (check,) = (each for each in vendors.CHECKS if each.name == name)
    return list(check.look(Account(Settings(given), {})))


def codes(name: str, **given: str) -> list[str]:
    return [each.code for each in seen(name, **given)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["VendorNotSetUp", "VendorNotSetUp"]),
        (DAMO, ["VendorNotSetUp", "VendorSetUp"]),
        (DAMO | PICWISH, ["VendorSetUp", "VendorSetUp"]),
    ],
)
def test_which_vendors_are_set_up_is_no_fault(given: dict[str, str], expected: list[str]) -> None:
    assert codes("vendors", **given) == expected


@pytest.mark.parametrize(
    ("given", "severity", "lacking", "waiting"),
    [
        ({"DAMO_APPCODE": APPCODE}, "error", "DAMO_ENDPOINT", "damo/matting"),
        ({"DAMO_ENDPOINT": "https://damo.example"}, "error", "DAMO_APPCODE", "damo/matting"),
        ({"PICWISH_APPCODE": APPCODE}, "warning", "PICWISH_WATERMARK_ENDPOINT", "picwish/watermark"),
        ({"PICWISH_WATERMARK_ENDPOINT": "https://w.example"}, "error", "PICWISH_APPCODE", "picwish/cutout"),
    ],
)
def test_a_half_of_what_a_vendor_needs(given: dict[str, str], severity: str, lacking: str, waiting: str) -> None:
    (found,) = (each for each in seen("vendors", **given) if isinstance(each, Finding))
    assert (found.code, found.severity) == ("VendorIncomplete", severity)
    assert f"`{lacking}` is not" in found.what.en
    assert f"`{lacking}`" in found.what.zh
    assert f"`{waiting}`" in found.leads_to.en


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DAMO_APPCODE", f"{APPCODE[:9]} {APPCODE[9:]}", "blank"),
        ("DAMO_APPCODE", f'"{APPCODE}', "quotation mark"),
        ("DAMO_APPCODE", f"ＥＸＡＭＰＬＥ{APPCODE}", "full-width"),
        ("DAMO_APPCODE", f"APPCODE {APPCODE}", "the word APPCODE"),
        ("DAMO_ENDPOINT", "damo.example", "https://<host>"),
        ("DAMO_ENDPOINT", "https：//damo.example", "https://<host>"),
        ("DAMO_ENDPOINT", "https://damo.example:port", "https://<host>"),
        ("DAMO_ENDPOINT", "https://damo.example/api/v1/inst-mat/submit", "the path of an API"),
        ("PICWISH_WATERMARK_ENDPOINT", "https://w.example/tasks/visual/watermark", "the path of an API"),
    ],
)
def test_what_cannot_be_right_is_named_and_not_shown(name: str, value: str, why: str) -> None:
    given = DAMO | PICWISH | {name: value}
    (found,) = (each for each in seen("vendors", **given) if isinstance(each, Finding))
    assert (found.code, found.severity) == ("SettingMalformed", "error")
    assert name in found.what.en
    assert why in found.what.en
    assert APPCODE[9:] not in repr(found)


def test_settings_that_functions_would_end_at() -> None:
    (found,) = seen("settings", PRICES="goods/shoes=1", CAPABILITY_QPS="portrait/hair=9")
    assert isinstance(found, Finding)
    assert found.code == "SettingsWrong"
    assert "there is no capability goods/shoes" in found.what.en
    assert "portrait/hair=9 is over 2" in found.what.zh
    assert codes("settings", PRICES="goods/commodity=0.003") == []


# ---------------------------------------------------------------- addresses


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsAddress]:
    """One with a certificate that is trusted, and the only one that is."""
    own = certificates.made(tmp_path / "own.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    tls.trusted.cache_clear()
    with TlsAddress(own) as listening:
        yield listening
    tls.trusted.cache_clear()


def test_a_handshake_is_all_that_an_address_gets(address: TlsAddress) -> None:
    assert codes("addresses", DAMO_APPCODE=APPCODE, DAMO_ENDPOINT=address.url) == []
    assert address.heard() == [b""]


def test_a_vendor_that_is_not_set_up_is_not_asked(address: TlsAddress) -> None:
    assert codes("addresses", DAMO_ENDPOINT=address.url) == []
    assert address.heard() == []


def test_a_certificate_that_is_not_to_be_trusted(address: TlsAddress, tmp_path: Path) -> None:
    with TlsAddress(certificates.made(tmp_path / "other.pem")) as other:
        (found,) = seen("addresses", DAMO_APPCODE=APPCODE, DAMO_ENDPOINT=other.url)
    assert isinstance(found, Finding)
    assert (found.code, found.severity) == ("VendorCertificate", "error")
    assert "127.0.0.1 is not to be trusted" in found.what.en
    assert "DAMO_ENDPOINT" in found.mend.zh


def test_an_address_that_nobody_answers_at(address: TlsAddress) -> None:
    address.stop()
    (found,) = seen("addresses", DAMO_APPCODE=APPCODE, DAMO_ENDPOINT=address.url)
    assert isinstance(found, Finding)
    assert (found.code, found.severity) == ("VendorUnreachable", "warning")
    assert "127.0.0.1 was not reached" in found.what.en


def test_an_address_without_encryption(address: TlsAddress) -> None:
    (found,) = seen("addresses", DAMO_APPCODE=APPCODE, DAMO_ENDPOINT=address.url.replace("https", "http"))
    assert isinstance(found, Finding)
    assert (found.code, found.severity) == ("VendorUnencrypted", "warning")
