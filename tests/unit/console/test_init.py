"""`cutout init`: what it asks, what it offers, and what is in the file afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alibabacloud_credentials.exceptions import CredentialException
from alibabacloud_credentials.provider import DefaultCredentialsProvider
from alibabacloud_credentials.provider.refreshable import Credentials
from typer.testing import CliRunner, Result

from console.init import command
from console.init.questions import QUESTIONS, fault
from console.main import app
from console.settings import KEY, defaults, is_secret, parse
from tests.cloud.accounts import Accounts, Key
from tests.cloud.openapi import OpenApi
from tests.cloud.oss import Oss
from tests.cloud.sls_api import REGION, Sls
from tests.cloud.sts import Sts

APPCODE = "EXAMPLEhidden-appcode-0123456789"


class World:
    """An account with two log projects, and with a bucket in Shanghai and one in Beijing."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        sls = Sls()
        for project in ("a-project", "b-project"):
            sls.elsewhere(project, REGION)
        self.openapi = OpenApi(self.accounts, Sts(self.accounts), sls)
        self.oss = Oss(self.accounts)
        self.oss.create_bucket("photos-a")
        self.oss.create_bucket("far-away", region="cn-beijing")

    @property
    def owner(self) -> Key:
        return self.accounts.owner


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.oss.stop()
    world.openapi.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "oss-cutout.env"


Ask = Callable[..., Result]


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch, file: Path) -> Ask:
    """Runs `cutout init` on a terminal, whose person types `answers`; Alibaba's tools find the key `found` there."""
    monkeypatch.setenv("CLOUD_IN_A_BOX", world.openapi.url)
    monkeypatch.setenv("OSS_PUBLIC_ENDPOINT", world.oss.url)
    monkeypatch.setattr(command, "at_terminal", lambda: True)

    def asked(*answers: str, found: Key | None = world.owner) -> Result:
        def find(provider: object) -> Credentials:
            if found is None:
                raise CredentialException("unable to load credentials from any of the providers in the chain")
            return Credentials(
                access_key_id=found.access_key_id,
                access_key_secret=found.access_key_secret,
                security_token=found.security_token,
                provider_name="default/env",
            )

        monkeypatch.setattr(DefaultCredentialsProvider, "get_credentials", find)
        return run(file, input="".join(f"{answer}\n" for answer in answers))

    return asked


def run(file: Path, *arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(app, ["init", "--env-file", str(file), *arguments], input=input)


ENTER = ""
SHORTEST = (ENTER, ENTER, ENTER, ENTER, "n", "n", ENTER, "y")
"""To the questions in their order: bucket, log project, logstore, VIAPI, PicWish? DAMO? limit, write?"""


def test_with_an_account_enter_is_enough(ask: Ask, file: Path) -> None:
    done = ask(*SHORTEST)
    assert done.exit_code == 0, done.output
    assert parse(file.read_text()) == {
        "OSS_BUCKET": "photos-a",
        "LOG_PROJECT": "oss-cutout-1234567890123456",
        "LOG_STORE": "functions",
        "VIAPI_QPS": "2",
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert "acs:ram::1234567890123456:root" in done.output
    assert "far-away" not in done.output


def test_what_is_found_is_chosen_by_its_number_or_typed(ask: Ask, file: Path) -> None:
    ask("photos-b", "2", *SHORTEST[2:])
    written = parse(file.read_text())
    assert (written["OSS_BUCKET"], written["LOG_PROJECT"]) == ("photos-b", "b-project")


def test_a_log_project_that_is_not_there_is_not_listed_as_one_that_is(ask: Ask) -> None:
    lines = [line.strip() for line in ask(*SHORTEST).output.splitlines()]
    assert "1  a-project" in lines
    assert "2  b-project" in lines
    assert not any(line.startswith("3  ") for line in lines)


def test_each_question_is_explained_and_the_file_says_it_again(ask: Ask, file: Path) -> None:
    picwish, damo = ("y", APPCODE, "https://picwish.example", ENTER), ("y", APPCODE, "https://damo.example", ENTER)
    done = ask(*SHORTEST[:4], *picwish, *damo, "1000", "y")
    assert done.exit_code == 0, done.output
    written = file.read_text()
    for question in QUESTIONS:
        assert question.explains.en in done.output
        assert f"# {question.explains.en}\n{question.name}=" in written


def test_secrets_are_neither_echoed_nor_shown_and_are_in_the_file(ask: Ask, file: Path, world: World) -> None:
    owner, picwish = world.owner, ("y", APPCODE, ENTER, ENTER)
    done = ask(owner.access_key_id, owner.access_key_secret, *SHORTEST[:4], *picwish, *SHORTEST[5:], found=None)
    assert done.exit_code == 0, done.output
    assert "there is no access key" in done.output
    for secret in (APPCODE, owner.access_key_secret):
        assert secret not in done.output
    written = parse(file.read_text())
    assert (written[KEY[0]], written[KEY[1]]) == (owner.access_key_id, owner.access_key_secret)
    assert written["PICWISH_APPCODE"] == APPCODE


def test_a_wrong_key_is_asked_for_again(ask: Ask, file: Path, world: World) -> None:
    owner, wrong = world.owner, Key("LTAI-EXAMPLE-wrong", "EXAMPLEhidden-secret")
    answers = (owner.access_key_id, wrong.access_key_secret, owner.access_key_id, owner.access_key_secret)
    done = ask(*answers, *SHORTEST, found=wrong)
    assert done.exit_code == 0, done.output
    assert done.output.count("refuses the access key") == 2
    assert wrong.access_key_secret not in done.output
    assert parse(file.read_text())[KEY[1]] == owner.access_key_secret


def test_a_key_that_is_found_is_not_written(ask: Ask, file: Path) -> None:
    ask(*SHORTEST)
    assert not {*KEY} & {*parse(file.read_text())}


def test_without_a_key_all_is_typed(ask: Ask, file: Path) -> None:
    done = ask(ENTER, "photos-b", *SHORTEST[1:], found=None)
    assert done.exit_code == 0, done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-b"


def test_without_a_network_all_is_typed(ask: Ask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_IN_A_BOX", "http://127.0.0.1:9")
    done = ask("photos-b", *SHORTEST[1:])
    assert done.exit_code == 0, done.output
    assert "STS was not reached" in done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-b"


def test_what_the_key_may_not_list_is_typed(ask: Ask, file: Path, world: World) -> None:
    world.accounts.ram.create_role("may-nothing", {"Version": "1", "Statement": []})
    done = ask("photos-b", *SHORTEST[1:], found=world.accounts.assume_role("may-nothing"))
    assert done.exit_code == 0, done.output
    assert "oss:ListBuckets" in done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-b"


def test_a_number_that_the_list_has_not_is_no_name(ask: Ask, file: Path) -> None:
    done = ask("999", *SHORTEST)
    assert "the list ends at 1" in done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-a"


@pytest.mark.parametrize("option", ["VIAPI_QPS=zzz", "DAILY_CALL_LIMIT=zzz"])
def test_a_number_that_is_none_is_said_in_a_sentence(file: Path, option: str) -> None:
    done = run(file, "--yes", "--set", "OSS_BUCKET=photos-b", "--set", option)
    assert done.exit_code == 2
    assert f"{option.partition('=')[0]}: it is a " in done.output
    assert "Input should be" not in done.output
    assert "give another value" in done.output


def test_an_answer_that_is_no_good_is_asked_for_again(ask: Ask, file: Path) -> None:
    done = ask("-", "Photos", "photos-b", ENTER, ENTER, "none", "-1", "5", "n", "n", "many", ENTER, "y")
    assert done.exit_code == 0, done.output
    assert "this one is needed" in done.output
    assert "3 to 63 lower-case letters" in done.output
    written = parse(file.read_text())
    assert (written["OSS_BUCKET"], written["VIAPI_QPS"]) == ("photos-b", "5")


def test_run_again_it_offers_the_old_values_and_keeps_all_else(ask: Ask, file: Path) -> None:
    old = f"# mine\nOSS_BUCKET=photos-b\nPRICES=general/common=0.1\nDAMO_APPCODE={APPCODE}\nDAMO_ENDPOINT=https://d.e\n"
    file.write_text(old)
    again = ask(ENTER, ENTER, ENTER, "7", "n", ENTER, ENTER, ENTER, ENTER, ENTER, "y")
    assert again.exit_code == 0, again.output
    assert file.read_text().startswith(old)
    assert parse(file.read_text())["VIAPI_QPS"] == "7"
    assert "hidden" not in again.output


def test_a_value_and_a_vendor_can_be_taken_away(ask: Ask, file: Path) -> None:
    file.write_text(f"OSS_BUCKET=photos-b\nDAILY_CALL_LIMIT=5\nDAMO_APPCODE={APPCODE}\nDAMO_ENDPOINT=https://d.e\n")
    done = ask(*SHORTEST[:4], "n", "n", "-", "y")
    assert done.exit_code == 0, done.output
    assert {*parse(file.read_text())} == {"OSS_BUCKET", "LOG_PROJECT", "LOG_STORE", "VIAPI_QPS"}
    assert "set, not shown" in done.output


def test_who_says_no_leaves_the_file_as_it_was(ask: Ask, file: Path) -> None:
    file.write_text("OSS_BUCKET=photos-b\n")
    done = ask(*SHORTEST[:-1], "n")
    assert done.exit_code == 1
    assert "VIAPI_QPS" in done.output
    assert file.read_text() == "OSS_BUCKET=photos-b\n"


def test_when_nothing_changes_nothing_is_written(ask: Ask, file: Path) -> None:
    ask(*SHORTEST)
    written = file.stat().st_mtime_ns
    done = ask(*SHORTEST[:-1])
    assert done.exit_code == 0, done.output
    assert "has all of this already" in done.output
    assert file.stat().st_mtime_ns == written


def test_a_file_that_others_can_read_is_made_the_owners_own(ask: Ask, file: Path) -> None:
    ask(*SHORTEST)
    file.chmod(0o644)
    assert "could be read by others" in ask(*SHORTEST[:-1]).output
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_terminal_it_says_what_is_missing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMO_APPCODE", APPCODE)
    for arguments in ((), ("--yes",), ("--json",)):
        done = run(file, *arguments)
        assert done.exit_code == 2
        assert "OSS_BUCKET, DAMO_ENDPOINT" in done.output
    assert not file.exists()


def test_without_a_terminal_somebody_must_have_said_yes(file: Path) -> None:
    done = run(file, "--set", "OSS_BUCKET=photos-b")
    assert done.exit_code == 2
    assert "nobody is there to say yes" in done.output
    assert not file.exists()


def test_for_scripts_options_count_over_the_environment_and_that_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("OSS_BUCKET=of-the-file\nLOG_STORE=of-the-file\nVIAPI_QPS=3\nPRICES=general/common=0.1\n")
    monkeypatch.setenv("OSS_BUCKET", "of-the-environment")
    monkeypatch.setenv("LOG_STORE", "of-the-environment")
    monkeypatch.setenv("PICWISH_APPCODE", APPCODE)
    monkeypatch.setenv(KEY[1], "EXAMPLEhidden-secret")
    done = run(file, "--yes", "--json", "--set", "OSS_BUCKET=of-an-option", "--set", "PRICES=")
    assert done.exit_code == 0, done.output
    assert parse(file.read_text()) == {
        "OSS_BUCKET": "of-an-option",
        "LOG_STORE": "of-the-environment",
        "VIAPI_QPS": "3",
        "PICWISH_APPCODE": APPCODE,
    }
    assert {*json.loads(done.stdout)["changed"]} == {"OSS_BUCKET", "LOG_STORE", "PICWISH_APPCODE", "PRICES"}
    assert "hidden" not in done.output


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("OSS_BUKET=photos", "--set: there is no setting OSS_BUKET; there are OSS_BUCKET, "),
        ("photos", "is not NAME=value"),
        (f"PICWISH_APPCODE={APPCODE}", "PICWISH_APPCODE is a secret"),
    ],
)
def test_an_option_that_is_no_good_is_refused(file: Path, option: str, said: str) -> None:
    done = run(file, "--yes", "--set", option)
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())
    assert APPCODE not in done.output


def test_for_scripts_a_value_that_is_no_good_is_refused(file: Path) -> None:
    done = run(file, "--yes", "--set", "OSS_BUCKET=photos", "--set", "CAPABILITY_QPS=general/none=2")
    assert done.exit_code == 2
    assert "there is no capability general/none" in done.output
    assert not file.exists()


def test_a_file_that_cannot_be_read_is_left_alone(file: Path) -> None:
    file.write_text("OSS_BUCKET photos\n")
    done = run(file, "--yes", "--set", "OSS_BUCKET=photos")
    assert done.exit_code == 2
    assert "line 1 is not NAME=value" in done.output
    assert file.read_text() == "OSS_BUCKET photos\n"


GOOD = {
    "OSS_BUCKET": ("abc", "a" * 63, "0-9"),
    "JOBS_BUCKET": ("jobs",),
    "LOG_PROJECT": ("oss-cutout",),
    "LOG_STORE": ("a_b",),
    "DAMO_ENDPOINT": ("https://damo.example", "http://127.0.0.1:8080/x"),
    "VIAPI_QPS": ("2", "0.5"),
    "DAILY_CALL_LIMIT": ("0", "1000"),
    "CAPABILITY_QPS": ("general/common=5",),
    "DAMO_APPCODE": ("EXAMPLE0123",),
}
BAD = {
    "OSS_BUCKET": ("ab", "a" * 64, "Photos", "a_b", "-ab", "ab-", "a.b", "photos\n"),
    "JOBS_BUCKET": ("jobs/",),
    "LOG_PROJECT": ("a_b", "ab"),
    "LOG_STORE": ("_ab", "ab"),
    "PICWISH_WATERMARK_ENDPOINT": ("damo.example", "https://", "https://a b"),
    "VIAPI_QPS": ("0", "-1", "two"),
    "DAILY_CALL_LIMIT": ("-1", "0.5"),
    "CAPABILITY_QPS": ("general/common", "general/none=1"),
    "DAMO_APPCODE": ("EXAMPLE'0123", "EXAMPLE\n"),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_good_value_has_no_fault(name: str, value: str) -> None:
    assert fault(name, value) is None


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_has_one_in_both_languages(name: str, value: str) -> None:
    wrong = fault(name, value)
    assert wrong is not None
    assert wrong.en != wrong.zh
    assert not is_secret(name) or value not in wrong.en


def test_what_is_asked_for_is_what_the_manifest_takes() -> None:
    assert {each.name for each in QUESTIONS} <= {*defaults()}
    assert {name for name in defaults() if is_secret(name)} <= {each.name for each in QUESTIONS if each.needed}
