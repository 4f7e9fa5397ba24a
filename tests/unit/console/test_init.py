"""`cutout init`: what it asks, what it offers, and what is in the file afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import oss2
import pytest
from oss2.models import ListBucketsResult, SimplifiedBucketInfo
from typer.testing import CliRunner, Result

from console.init import dialogue, command as init
from console.account import Account, ApiError, Identity
from console.main import app
from console.init.questions import QUESTIONS, fault
from console.settings import KEY, Settings, defaults, is_secret, parse

APPCODE, SECRET = "EXAMPLEhidden-appcode-0123456789", "EXAMPLEhidden-secret-0123456789"
NO_KEY = ApiError("credentials", "GetCredential", 0, "CredentialException", "no key")
WRONG_KEY = ApiError("STS", "GetCallerIdentity", 404, "InvalidAccessKeyId.NotFound", "not found")
NO_NETWORK = ApiError("STS", "GetCallerIdentity", 0, "ConnectTimeout", "timed out")
FORBIDDEN = ApiError("OSS", "ListBuckets", 403, "AccessDenied", "no")


class Shop:
    """An account in which `keys` are good, with buckets and log projects to choose from."""

    region = Account.region

    def __init__(self, settings: Settings, *, keys: tuple[str, ...], refusal: ApiError, buckets: object) -> None:
        self._id = settings.given.get(KEY[0], "")
        self._secret = settings.given.get(KEY[1], "")
        self._keys, self._refusal = keys, refusal
        self.buckets = SimpleNamespace(list_buckets=self._list_buckets)
        self.sls = SimpleNamespace(list_project=lambda request: request)
        self._buckets = buckets

    @property
    def key(self) -> tuple[str, str, str]:
        if self._id not in self._keys:
            raise self._refusal
        return self._id, self._secret, ""

    identity = Identity("1234567890123456", "acs:ram::1234567890123456:user/deployer")

    def _list_buckets(self, *arguments: object, **named: object) -> ListBucketsResult:
        if isinstance(self._buckets, ApiError):
            raise self._buckets
        found = ListBucketsResult(SimpleNamespace(headers={}, status=200, request_id=""))
        found.is_truncated = False
        found.buckets = [
            SimplifiedBucketInfo(name, f"oss-{region}", 0, "", "", "")
            for name, region in (self._buckets or (("photos-a", "cn-shanghai"), ("far", "cn-beijing")))
        ]
        return found

    def call(self, product: str, action: str, send: Callable[..., object], *arguments: object) -> object:
        projects = [SimpleNamespace(project_name="a-project"), SimpleNamespace(project_name="b-project")]
        return SimpleNamespace(body=SimpleNamespace(projects=projects))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "oss-cutout.env"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, file: Path) -> Callable[..., Result]:
    """Runs `cutout init` on a terminal, whose person types `answers`."""

    def asked(
        *answers: str, keys: tuple[str, ...] = ("",), refusal: ApiError = NO_KEY, buckets: object = None
    ) -> Result:
        monkeypatch.setattr(init, "at_terminal", lambda: True)
        monkeypatch.setattr(
            dialogue, "Account", lambda settings: Shop(settings, keys=keys, refusal=refusal, buckets=buckets)
        )
        return run(file, input="".join(f"{answer}\n" for answer in answers))

    return asked


def run(file: Path, *arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(app, ["init", "--env-file", str(file), *arguments], input=input)


ENTER = ""
SHORTEST = (ENTER, ENTER, ENTER, ENTER, "n", "n", ENTER, "y")
"""To the questions in their order: bucket, log project, logstore, VIAPI, PicWish? DAMO? limit, write?"""


def test_with_an_account_enter_is_enough(ask: Callable[..., Result], file: Path) -> None:
    done = ask(*SHORTEST)
    assert done.exit_code == 0, done.output
    assert parse(file.read_text()) == {
        "OSS_BUCKET": "photos-a",
        "LOG_PROJECT": "oss-cutout",
        "LOG_STORE": "functions",
        "VIAPI_QPS": "2",
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert "acs:ram::1234567890123456:user/deployer" in done.output
    assert "far" not in done.output.split()


def test_what_is_found_is_chosen_by_its_number_or_typed(ask: Callable[..., Result], file: Path) -> None:
    ask("photos-b", "2", *SHORTEST[2:])
    written = parse(file.read_text())
    assert (written["OSS_BUCKET"], written["LOG_PROJECT"]) == ("photos-b", "b-project")


def test_each_question_is_explained_and_the_file_says_it_again(ask: Callable[..., Result], file: Path) -> None:
    picwish, damo = ("y", APPCODE, "https://picwish.example", ENTER), ("y", APPCODE, "https://damo.example", ENTER)
    done = ask(*SHORTEST[:4], *picwish, *damo, "1000", "y")
    assert done.exit_code == 0, done.output
    written = file.read_text()
    for question in QUESTIONS:
        assert question.explains.en in done.output
        assert f"# {question.explains.en}\n{question.name}=" in written


def test_secrets_are_neither_echoed_nor_shown_and_are_in_the_file(ask: Callable[..., Result], file: Path) -> None:
    picwish = ("y", APPCODE, ENTER, ENTER)
    done = ask("LTAI-EXAMPLE", SECRET, *SHORTEST[:4], *picwish, *SHORTEST[5:], keys=("LTAI-EXAMPLE",))
    assert done.exit_code == 0, done.output
    assert "there is no access key" in done.output
    assert "hidden" not in done.output
    written = parse(file.read_text())
    assert (written[KEY[0]], written[KEY[1]], written["PICWISH_APPCODE"]) == ("LTAI-EXAMPLE", SECRET, APPCODE)


def test_a_wrong_key_is_asked_for_again_and_one_that_is_found_is_not_written(
    ask: Callable[..., Result], file: Path
) -> None:
    done = ask("LTAI-wrong", SECRET, "LTAI-EXAMPLE", SECRET, *SHORTEST, keys=("LTAI-EXAMPLE",), refusal=WRONG_KEY)
    assert done.exit_code == 0, done.output
    assert parse(file.read_text())[KEY[0]] == "LTAI-EXAMPLE"
    file.unlink()
    ask(*SHORTEST)
    assert not {*KEY} & {*parse(file.read_text())}


@pytest.mark.parametrize(("refusal", "answers"), [(NO_NETWORK, ()), (NO_KEY, (ENTER,))])
def test_without_an_account_all_is_typed(
    ask: Callable[..., Result], file: Path, refusal: ApiError, answers: tuple[str, ...]
) -> None:
    done = ask(*answers, "photos-b", *SHORTEST[1:], keys=(), refusal=refusal)
    assert done.exit_code == 0, done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-b"


def test_what_the_key_may_not_list_is_typed(ask: Callable[..., Result], file: Path) -> None:
    done = ask("photos-b", *SHORTEST[1:], buckets=FORBIDDEN)
    assert done.exit_code == 0, done.output
    assert "oss:ListBuckets" in done.output
    assert parse(file.read_text())["OSS_BUCKET"] == "photos-b"


def test_an_answer_that_is_no_good_is_asked_for_again(ask: Callable[..., Result], file: Path) -> None:
    done = ask("-", "Photos", "photos-b", ENTER, ENTER, "none", "-1", "5", "n", "n", "many", ENTER, "y")
    assert done.exit_code == 0, done.output
    assert "this one is needed" in done.output
    assert "3 to 63 lower-case letters" in done.output
    written = parse(file.read_text())
    assert (written["OSS_BUCKET"], written["VIAPI_QPS"]) == ("photos-b", "5")


def test_run_again_it_offers_the_old_values_and_keeps_all_else(ask: Callable[..., Result], file: Path) -> None:
    old = f"# mine\nOSS_BUCKET=photos-b\nPRICES=general/common=0.1\nDAMO_APPCODE={APPCODE}\nDAMO_ENDPOINT=https://d.e\n"
    file.write_text(old)
    again = ask(ENTER, ENTER, ENTER, "7", "n", ENTER, ENTER, ENTER, ENTER, ENTER, "y")
    assert again.exit_code == 0, again.output
    assert file.read_text().startswith(old)
    assert parse(file.read_text())["VIAPI_QPS"] == "7"
    assert "hidden" not in again.output


def test_a_value_and_a_vendor_can_be_taken_away(ask: Callable[..., Result], file: Path) -> None:
    file.write_text(f"OSS_BUCKET=photos-b\nDAILY_CALL_LIMIT=5\nDAMO_APPCODE={APPCODE}\nDAMO_ENDPOINT=https://d.e\n")
    done = ask(*SHORTEST[:4], "n", "n", "-", "y")
    assert done.exit_code == 0, done.output
    assert {*parse(file.read_text())} == {"OSS_BUCKET", "LOG_PROJECT", "LOG_STORE", "VIAPI_QPS"}
    assert "set, not shown" in done.output


def test_who_says_no_leaves_the_file_as_it_was(ask: Callable[..., Result], file: Path) -> None:
    file.write_text("OSS_BUCKET=photos-b\n")
    done = ask(*SHORTEST[:-1], "n")
    assert done.exit_code == 1
    assert "VIAPI_QPS" in done.output
    assert file.read_text() == "OSS_BUCKET=photos-b\n"


def test_when_nothing_changes_nothing_is_written(ask: Callable[..., Result], file: Path) -> None:
    ask(*SHORTEST)
    written = file.stat().st_mtime_ns
    done = ask(*SHORTEST[:-1])
    assert done.exit_code == 0, done.output
    assert "has all of this already" in done.output
    assert file.stat().st_mtime_ns == written


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
    monkeypatch.setenv(KEY[1], SECRET)
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
        ("OSS_BUKET=photos", "there is no setting OSS_BUKET"),
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
