"""Serverless Devs is looked for before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from console import deploy, doctor
from console.account import Account
from console.finding import Hindered
from console.functions import serverless_devs
from console.screen import Screen
from console.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With no program on the path."""
    monkeypatch.setattr(serverless_devs, "HOME", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def hindered() -> str:
    with pytest.raises(Hindered) as caught:
        serverless_devs.find()
    return caught.value.finding.code


def test_without_npm_it_cannot_be_installed(home: Path) -> None:
    assert hindered() == "NoNpm"
    (home / "npm").touch(0o755)
    assert serverless_devs.find()[1] == str(home / "npm")


def test_one_that_is_named_has_to_be_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serverless_devs.PROGRAM, str(home / "s"))
    assert hindered() == "NoServerlessDevs"
    (home / "s").touch(0o644)
    assert hindered() == "NoServerlessDevs"
    (home / "s").chmod(0o755)
    assert serverless_devs.find() == (home / "s", "")


def test_one_that_is_named_from_here_is_run_from_anywhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv(serverless_devs.PROGRAM, "./s")
    (home / "s").touch(0o755)
    assert serverless_devs.find() == (home / "s", "")


def test_what_cannot_be_run_is_said(home: Path) -> None:
    program = home / "s"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with pytest.raises(Hindered, match="cannot be run"):
        serverless_devs.execute([str(program)], lambda line: None, cwd=home)


def test_what_npm_installs_hears_no_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "npm").write_text("#!/bin/sh\nexport -p; exit 3\n")
    (home / "npm").chmod(0o755)
    monkeypatch.setenv("DAMO_APPCODE", "EXAMPLE-hidden")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "EXAMPLE-hidden")
    heard = list[str]()
    with pytest.raises(Hindered):
        serverless_devs.install(heard.append)
    assert any("PATH" in line for line in heard), "its lines are heard"
    assert not [line for line in heard if "EXAMPLE-hidden" in line]


def test_two_do_not_deploy_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serverless_devs, "LOCK", home / "deploying")
    with serverless_devs.alone(), pytest.raises(Hindered) as caught, serverless_devs.alone():
        pytest.fail("both are at work")
    assert caught.value.finding.code == "DeployUnderWay"
    with serverless_devs.alone():
        pass


def test_deploying_without_it_is_refused_before_anything_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda account, chosen: doctor.Diagnosis(()))
    monkeypatch.setattr(doctor.Diagnosis, "exit_code", doctor.WELL)
    monkeypatch.setattr(deploy, "refusals", lambda account, dropped: [])
    monkeypatch.setattr(deploy, "parts", lambda *_, **__: pytest.fail("it went on"))
    with pytest.raises(Hindered):
        deploy.run(Screen(), Account(Settings({"OSS_BUCKET": "photos"})), deploy.Asked(yes=True))
