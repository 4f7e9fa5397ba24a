"""The settings: from the file, else from the environment, else the defaults of s.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.settings import KEY, Settings, defaults, is_secret, parse, read
from tests.cloud.manifest import load

KEY_ID = "LTAI-EXAMPLE0123456789"


def test_the_names_are_those_of_the_manifest_and_of_nothing_else() -> None:
    environment = {name: f"value-of-{name.lower().replace('_', '-')}" for name in defaults()}
    said = str(load(environment=environment))
    assert [name for name, value in environment.items() if value not in said] == []
    assert defaults()["LOG_PROJECT"] == "oss-cutout"
    assert defaults()["OSS_BUCKET"] == ""


def test_what_the_file_says_counts_over_the_environment_and_both_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "oss-cutout.env"
    file.write_text("OSS_BUCKET=of-the-file\n")
    settings = read(file, {"OSS_BUCKET": "of-the-environment", "VIAPI_QPS": " 5 ", "LOG_STORE": " "})
    assert settings.bucket == "of-the-file"
    assert (settings["VIAPI_QPS"], settings["LOG_STORE"]) == ("5", "functions")
    assert "LOG_STORE" not in settings.given


def test_without_a_file_the_environment_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "none", {"OSS_BUCKET": "photos"}).bucket == "photos"


def test_jobs_lie_in_the_bucket_unless_they_have_one_of_their_own() -> None:
    assert Settings({"OSS_BUCKET": "photos"}).jobs_bucket == "photos"
    assert Settings({"OSS_BUCKET": "photos", "JOBS_BUCKET": "jobs"}).jobs_bucket == "jobs"


def test_a_file_may_quote_export_and_comment() -> None:
    text = "# a comment\n\nexport OSS_BUCKET='photos'\n VIAPI_QPS = \"5\" \nPRICES=general/common=0.1\n"
    assert parse(text) == {"OSS_BUCKET": "photos", "VIAPI_QPS": "5", "PRICES": "general/common=0.1"}


def test_the_mark_that_editors_of_windows_begin_a_file_with_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "oss-cutout.env"
    file.write_bytes(b"\xef\xbb\xbfOSS_BUCKET=photos\r\n")
    assert read(file, {}).bucket == "photos"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DAMO_APPCODE EXAMPLEhidden", "line 2 is not NAME=value"),
        ("DAMO_APCODE=EXAMPLEhidden", "line 2: there is no setting DAMO_APCODE; there are .*DAMO_APPCODE.*"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_not_quoted(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        parse(f"OSS_BUCKET=photos\n{line}\n")


def test_a_name_that_no_setting_has_is_refused() -> None:
    with pytest.raises(KeyError):
        Settings({})["OSS_BUKET"]


def test_secrets_are_known_by_their_names_and_left_out_of_what_is_printed() -> None:
    given = {"PICWISH_APPCODE": "EXAMPLEappcode", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "EXAMPLEsecret"}
    token = {"ALIBABA_CLOUD_SECURITY_TOKEN": "EXAMPLEtoken"}
    open_to_all = {"OSS_BUCKET": "photos", "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID}
    settings = Settings(given | token | open_to_all)
    assert settings.secrets == {"EXAMPLEappcode", "EXAMPLEsecret", "EXAMPLEtoken"}
    assert not any(map(is_secret, open_to_all))
    assert "EXAMPLE" not in repr(settings)


def test_the_token_of_a_key_in_the_environment_does_not_go_with_a_key_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "oss-cutout.env"
    file.write_text(f"{KEY[0]}=EXAMPLE-id\n{KEY[1]}=EXAMPLE-secret\n", "utf-8")
    found = read(file, dict(zip(KEY, ("STS.EXAMPLE", "EXAMPLE-other", "EXAMPLE-token"), strict=True)))
    assert found.given == {KEY[0]: "EXAMPLE-id", KEY[1]: "EXAMPLE-secret"}
