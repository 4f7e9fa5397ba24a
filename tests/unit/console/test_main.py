"""The command: its exit codes, one document for machines, and no secret when it ends badly."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from console import command as of_commands
from console import doctor
from console.account import Account, ApiError
from console.command import working
from console.main import app
from console.screen import Screen
from console.settings import KEY, ROOT
from shared.messages.message import Message
from tests.cloud.accounts import Accounts
from tests.cloud.cms_api import Cms
from tests.cloud.openapi import OpenApi
from tests.cloud.oss import Oss
from tests.cloud.ram_api import RamApi
from tests.cloud.sls_alert_center import SlsAlertCenter
from tests.cloud.sls_api import REGION, Sls
from tests.cloud.sts import Sts

SECRET = "EXAMPLEhidden-0123456789"
WEBHOOK = f"https://hook.example/robot?access_token={SECRET}"
ROLES = (["roles", "print"], ["roles", "apply"], ["roles", "remove"])
BACKFILL = ["backfill", '{"prefix": "uploads/"}']
SET_UP = (["init"], ["doctor"], *ROLES, ["alarms"], ["deploy"], ["remove"], ["verify"])
CHANGES = (BACKFILL, ["redo", "--failed"], ["forget", "uploads/a/"], ["upload", ".", "--capability", "general/common"])
ANSWERS = (["status"], ["failed"], ["receipts"], ["spend"], ["watch"], ["report"], ["desk"])
COMMANDS = (*SET_UP, *CHANGES, *ANSWERS)
REFUSED = ApiError("RAM", "GetRole", 403, "NoPermission", "You are not authorized to do this action.", "R-1")
NOT_REACHED = ApiError("STS", "GetCallerIdentity", 0, "ConnectTimeout", "timed out")
KEY_REFUSED = ApiError("STS", "GetCallerIdentity", 400, "SignatureDoesNotMatch", "not matched")
NO_KEY = ApiError("credentials", "GetCredential", 0, "CredentialException", "none")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from console.main import main; main()", *arguments]
    said = {**os.environ, **environment, "COLUMNS": "120"}
    return subprocess.run(command, cwd=ROOT, env=said, capture_output=True, text=True, check=False)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(KEY, ("LTAI-EXAMPLE", SECRET, f"CAIS-{SECRET}"), strict=True):
        monkeypatch.setenv(name, value)


def exit_code(error: BaseException, *, machine: bool = False) -> int:
    """Of a command in which `error` is raised."""

    def fail() -> None:
        with working(machine) as screen:
            screen.hide(SECRET)
            raise error

    with pytest.raises(typer.Exit) as ended:
        fail()
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (REFUSED, 1, "ram:GetRole"),
        (NOT_REACHED, 3, "STS was not reached"),
        (KEY_REFUSED, 3, "STS refuses the access key"),
        (NO_KEY, 3, "there is no access key"),
    ],
)
def test_what_alibaba_cloud_refuses_is_a_sentence_and_an_exit_code(
    error: ApiError, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for machine in (False, True):
        assert exit_code(error, machine=machine) == code
        printed = capsys.readouterr()
        assert said in (json.loads(printed.out)["error"]["what"]["en"] if machine else printed.err)
        assert "Traceback" not in printed.err


def test_a_mistake_of_ours_is_told_without_the_secrets_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(KeyError(SECRET)) == 1
    said = "".join(capsys.readouterr())
    assert "KeyError: '********'" in said
    assert "report it" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backfill", '{"prefx": "uploads/"}'), "there is no field prefx; there are prefix, failed"),
        (("backfill", "prefix"), "it is no JSON"),
        (("backfill", '{"prefix": "goods/"}'), "prefix begins with uploads/"),
        (("verify", "--only", "goods/nonsense"), "no capability is called goods/nonsense; there are "),
    ],
)
def test_an_argument_that_is_no_good_is_said_with_what_there_is(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.replace("│", " ").split())


def test_these_are_all_the_commands() -> None:
    said = run("--help").output
    assert {each[0] for each in COMMANDS} == {*re.findall(r"^│ (\w+) ", said.partition("Commands")[2], re.MULTILINE)}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_takes_the_same_options(command: list[str]) -> None:
    said = run(*command, "--help").output
    assert "--json" in said
    assert "--env-file" in said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_cannot_be_read_is_named(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "oss-cutout.env"
    file.write_text(f"OSS_BUCKET=photos\nDAMO_APPCODE {SECRET}\n")
    done = run(*command, "--env-file", str(file))
    assert done.exit_code == 2
    assert f"{file}: line 2 is not NAME=value" in done.output
    assert SECRET not in done.output


@pytest.mark.parametrize(
    "setting",
    ["OSS_BUCKET=Shop_Photos", "LOG_PROJECT=[/]", "VIAPI_QPS=1e309", "OSS_BUCKET=x # mine", "DAILY_CALL_LIMIT=-1"],
)
@pytest.mark.parametrize("command", [["deploy", "--dry-run"], ["status"]], ids=" ".join)
def test_settings_that_were_written_by_hand_are_held_to_the_rules_of_init(
    setting: str, command: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "oss-cutout.env"
    file.write_text(f"{setting}\n")
    done = run(*command, "--env-file", str(file))
    assert done.exit_code == 2, done.output
    assert setting.partition("=")[0] in done.output


def test_init_writes_into_a_file_and_into_nothing_else(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    for file in (tmp_path, pipe, loop, tmp_path / "no" / "such" / "env"):
        done = run("init", "--yes", "--set", "OSS_BUCKET=photos", "--env-file", str(file))
        assert done.exit_code == 2, done.output
    assert pipe.is_fifo()


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    done = run("doctor", "--env-file", str(tmp_path / "none.env"))
    assert done.exit_code == 2
    assert "none.env" in done.output


@pytest.mark.parametrize(
    "arguments", [["doctr"], ["doctor", "--jsn"], ["doctor", "--only", "no-such-check"], ["roles", "--json"]]
)
def test_a_command_that_is_called_wrongly_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_doctor_gets_the_account_and_its_exit_code_is_the_commands(key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def examined(screen: Screen, account: Account, names: tuple[str, ...]) -> int:
        screen.json({"bucket": account.settings.bucket, "key": account.key[0], "secret": account.key[1]})
        return 1

    monkeypatch.setattr(doctor, "run", examined)
    monkeypatch.setenv("OSS_BUCKET", "photos")
    done = run("doctor", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"bucket": "photos", "key": "LTAI-EXAMPLE", "secret": "********"}


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApi]:
    """Of an account in the box that has nothing but a log project, and sets up a deployment."""
    accounts, sls = Accounts(), Sls()
    oss = Oss(accounts)
    sls.elsewhere(f"oss-cutout-{accounts.uid}", REGION)
    openapi = OpenApi(accounts, Sts(accounts), RamApi(accounts), sls, SlsAlertCenter(sls), Cms())
    key = accounts.owner
    box = {"CLOUD_IN_A_BOX": openapi.url, "OSS_PUBLIC_ENDPOINT": oss.url}
    given = {KEY[0]: key.access_key_id, KEY[1]: key.access_key_secret, "OSS_BUCKET": "shop-photos"}
    for name, value in {**given, **box, "ALARM_WEBHOOK": WEBHOOK}.items():
        monkeypatch.setenv(name, value)
    yield openapi
    openapi.stop()
    oss.stop()


def changes(*arguments: str) -> list[str]:
    """In English, what a command says that it changed."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return [each["en"] for each in json.loads(done.stdout)["changes"]]


def test_roles_are_printed_made_kept_and_removed(owner: OpenApi) -> None:
    printed = json.loads(run("roles", "print").stdout)
    planned = changes("roles", "apply", "--dry-run")
    assert [f"create the role `{name}`" in planned for name in printed] == [True] * 10
    assert changes("roles", "apply", "--yes") == planned
    assert changes("roles", "apply", "--yes") == []
    assert "All is as it should be already." in run("roles", "apply", "--yes").output
    taken_away = changes("roles", "remove", "--dry-run")
    assert changes("roles", "apply", "--dry-run") == []
    assert changes("roles", "remove", "--yes") == taken_away
    assert changes("roles", "apply", "--yes") == planned
    assert f"delete the role `{next(iter(printed))}`" in changes("roles", "remove", "--yes")


def test_alarms_tell_a_webhook_whose_address_is_shown_nowhere(owner: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changes("alarms", "--yes")
    assert changes("alarms", "--yes") == []
    assert SECRET not in run("alarms", "--remove", "--yes").output
    monkeypatch.delenv("ALARM_WEBHOOK")
    done = run("alarms", "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)["error"]
    assert told["code"] == "NobodyTold"
    assert "--webhook" in told["mend"]["en"]
    assert run("alarms", "--webhook").exit_code == 2


CHANGING = (["roles", "apply"], ["roles", "remove"], ["alarms"], ["alarms", "--remove"], ["remove"], BACKFILL)


@pytest.mark.parametrize("command", CHANGING, ids=" ".join)
def test_where_nobody_can_be_asked_nothing_is_changed_without_yes(command: list[str], owner: OpenApi) -> None:
    done = run(*command)
    assert done.exit_code == 2
    assert "--yes" in done.output
    assert owner.changes == []


def test_on_a_terminal_what_would_change_is_said_and_asked(owner: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_commands, "at_terminal", lambda: True)
    planned = changes("roles", "apply", "--dry-run")
    refused = CliRunner().invoke(app, ["roles", "apply"], input="what\nn\n")
    assert (refused.exit_code, owner.changes) == (1, [])
    assert planned[0] in refused.output
    assert "say y or n" in refused.output
    assert "Nothing was changed." in refused.output
    left = CliRunner().invoke(app, ["roles", "apply"], input="")
    assert (left.exit_code, owner.changes) == (1, [])
    assert "\nNothing was changed." in left.output
    assert CliRunner().invoke(app, ["roles", "apply"], input="Y\n").exit_code == 0
    assert len(owner.changes) == len(planned)


def test_a_long_question_is_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=True, width=20)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "y")
    question = "Remove the functions, alarms and dashboards?"
    assert of_commands.agrees(Screen(out=console), Message(question, question))
    assert seen.getvalue().split() == question.split()
    assert len(seen.getvalue().splitlines()) == 3


@pytest.mark.parametrize("address", ["notaurl", "https://", "https://hook.example/a b"])
def test_an_address_that_is_none_is_refused_before_anything_is_made(
    address: str, owner: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALARM_WEBHOOK", address)
    done = run("alarms", "--yes", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "Webhook"
    assert owner.changes == []


WITH_KEY = (["doctor"], ["roles", "apply", "--yes"], ["roles", "print"], ["alarms", "--yes"], ["deploy", "--yes"])


@pytest.mark.parametrize("command", [*WITH_KEY, ["remove", "--yes"], ["verify", "--yes"]], ids=" ".join)
def test_a_key_that_is_refused_is_exit_code_3_everywhere(
    command: list[str], owner: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY[1], SECRET)
    done = run(*command)
    assert done.exit_code == 3, done.output
    assert "refuses the access key" in done.output


def test_interrupted_it_says_that_it_can_be_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(KeyboardInterrupt()) == 130
    assert "run it again" in capsys.readouterr().err


@pytest.mark.parametrize("command", [*ROLES, ["deploy"], ["remove"]], ids=" ".join)
def test_a_setting_that_is_needed_is_named(command: list[str], key: None) -> None:
    done = run(*command)
    assert done.exit_code == 2
    assert "OSS_BUCKET is not set" in done.output


def test_it_says_its_release() -> None:
    said = run("--version").output.strip()
    assert f'\nversion = "{said}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert "Sets oss-cutout up" in run("--help").output


def test_without_a_command_it_says_what_there_is() -> None:
    assert "doctor" in run().output


def test_in_a_chinese_environment_its_help_is_chinese() -> None:
    assert "检查问题" in program("--help", LC_ALL="zh_CN.UTF-8").stdout
    assert "检查问题" not in program("--help", LC_ALL="C.UTF-8").stdout


def test_help_imports_no_sdk() -> None:
    tell = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from console.main import main; main()"
    done = subprocess.run([sys.executable, "-c", tell, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert "rich" in imported
    assert not {name for name in imported if name.startswith(("alibabacloud", "oss2", "httpx", "Tea", "darabonba"))}


def test_make_writes_a_command_that_is_this_projects_wherever_it_is_called(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "the project", tmp_path / "elsewhere"
    binaries = project / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("console", "shared", "s.yaml", "requirements-console.txt"):
        (project / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Makefile", project)
    (binaries / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (binaries / "python").chmod(0o755)
    for stamp in (".made", ".console"):
        (project / ".venv" / stamp).touch()
    subprocess.run(["make", "--silent", "console"], cwd=project, capture_output=True, check=True)
    (elsewhere / "console").mkdir(parents=True)
    (elsewhere / "console" / "main.py").write_text("raise SystemExit('another project')\n")
    done = subprocess.run(
        [binaries / "cutout", "doctor", "--help"], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--env-file" in done.stdout


def test_for_machines_what_keeps_a_trial_from_beginning_is_the_document(
    owner: OpenApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY[1], SECRET)
    done = run("verify", "--yes", "--json")
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["KeyRefused"]


def test_a_terminal_that_cannot_show_a_letter_gets_its_code_in_place_of_it() -> None:
    done = program("--help", LC_ALL="zh_CN.UTF-8", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "\\u68c0\\u67e5" in done.stdout


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_ended_by_a_signal_it_ends_the_tool_that_it_runs() -> None:
    tool = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    lines = (
        "import sys; from console import main; from console.functions.serverless_devs import execute",
        f"main.app = lambda **_: execute([sys.executable, '-c', {tool!r}], lambda line: print(line, flush=True))",
        "main.main()",
    )
    with subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout
        started = int(running.stdout.readline())
        running.terminate()
        running.wait()
    for _ in range(100):
        if not _runs(started):
            return
        time.sleep(0.1)
    os.kill(started, signal.SIGKILL)
    pytest.fail("the tool went on")


def test_the_desk_ends_well_when_it_is_interrupted(tmp_path: Path) -> None:
    environment = {
        "OSS_BUCKET": "photos",
        "OSS_PUBLIC_ENDPOINT": "http://127.0.0.1:9",
        "XDG_CACHE_HOME": str(tmp_path),
        **dict(zip(KEY, ("LTAI-EXAMPLE", SECRET, ""), strict=True)),
    }
    command = [sys.executable, "-c", "from console.main import main; main()", "desk", "--no-browser", "--json"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        assert json.loads("".join(first))["address"].startswith("http://127.0.0.1:")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")
