"""From an empty account to a cutout, and back: `cutout deploy` and `cutout remove`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from console.account import BOX
from console.functions import plan, serverless_devs
from console.main import app
from console.settings import KEY, defaults, is_secret
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.box import Cloud
from tests.cloud.machine import Machine
from tests.cloud.openapi import Call
from tests.cloud.openapi_world import times_killed
from tests.scenarios.shop import Shop, photo, subject_share


class Operator:
    """Somebody with the owner's key and the settings of the box, on a machine of their own."""

    def __init__(self, cloud: Cloud, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.cloud = cloud
        self.said: list[str] = []
        given = cloud.settings()
        self.settings = {name: given[name] for name in defaults() if given.get(name)}
        self.machine = Machine(folder, cloud.accounts, cloud.openapi.url, self.settings)
        for name in (*defaults(), *KEY):
            patch.delenv(name, raising=False)
        for name, value in {**given, **dict(zip(KEY, _parts(cloud), strict=True))}.items():
            patch.setenv(name, value)
        patch.setenv(BOX, cloud.openapi.url)
        patch.setattr(serverless_devs, "HOME", folder)
        patch.setattr(serverless_devs, "MANIFEST", folder / ".build" / "s.yaml")
        patch.setenv(serverless_devs.PROGRAM, str(folder / "s"))
        patch.setattr(plan, "_build", lambda watch: self.machine.build())
        self._file = str(folder / "oss-cutout.env")
        Path(self._file).touch()

    def cutout(self, *arguments: str) -> Result:
        result = CliRunner().invoke(app, [*arguments, "--env-file", self._file])
        self.said.append(result.output)
        return result

    def times_killed(self, *arguments: str, every: int) -> int:
        return times_killed(self.cloud.openapi, lambda: self._ends(*arguments), every)

    def _ends(self, *arguments: str) -> bool:
        code = self.cutout(*arguments).exit_code
        assert code in (0, 1, 3), self.said[-1]
        return code == 0


def _parts(cloud: Cloud) -> tuple[str, str, str]:
    owner = cloud.accounts.owner
    return owner.access_key_id, owner.access_key_secret, ""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(empty=True, timer_seconds=5) as cloud:
        yield cloud


@pytest.fixture
def operator(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(cloud, tmp_path / "machine", monkeypatch)


def left_in(cloud: Cloud) -> Mapping[str, object]:
    ram = cloud.accounts.ram
    return {
        "functions": [*cloud.fc_api.registry.deployed],
        "roles": [*ram.roles],
        "policies": [name for kind, name in ram.policies if kind == "Custom"],
        "log": cloud.sls.missing(f"oss-cutout-{cloud.accounts.uid}", "functions"),
        "instances": cloud.fc.instance_pids(),
    }


EMPTY = {"functions": [], "roles": [], "policies": [], "log": "project", "instances": []}


def test_an_account_is_empty_serves_photos_and_is_empty_again(cloud: Cloud, operator: Operator) -> None:
    shop = Shop(cloud)
    shop.upload("uploads/goods/commodity/early.jpg", photo())
    assert left_in(cloud) == EMPTY
    deployed = operator.cutout("deploy", "--yes", "--public-copies")
    assert deployed.exit_code == 0, deployed.output
    assert f"Deployed. Upload a photo to oss://{cloud.bucket}/" in deployed.output

    for key in ("uploads/goods/commodity/a.jpg", "uploads/picwish/cutout/a.jpg", "uploads/damo/background/a.jpg"):
        receipt = shop.wait(shop.upload(key, photo()))
        assert (key, receipt.status) == (key, "done")
        assert 0.05 < subject_share(shop.picture(receipt)) < 0.95
    ordered = operator.cutout("backfill", '{"prefix": "uploads/goods/"}', "--yes", "--json")
    assert json.loads(ordered.output)["set_going"] == 1
    assert shop.wait("uploads/goods/commodity/early.jpg").status == "done"

    again = operator.cutout("deploy", "--dry-run")
    assert again.exit_code == 0, again.output
    assert "nothing else is to be changed" in again.output
    assert again.output.count("\n") == 3, "build, deploy, and that sentence"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAILY_CALL_LIMIT", "7")
        planned = json.loads(operator.cutout("deploy", "--dry-run", "--json").output)["changes"]
    assert "the variables `DAILY_CALL_LIMIT` are not as in the settings" in planned[-1]["en"]
    removed = operator.cutout("remove", "--yes")
    assert removed.exit_code == 0, removed.output
    assert left_in(cloud) == EMPTY
    done = len(cloud.fc.invocations)
    shop.upload("uploads/goods/commodity/late.jpg", photo())
    cloud.fc.quiet(5)
    assert len(cloud.fc.invocations) == done


@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_after_any_change_deploying_and_removing_come_to_their_end(
    cloud: Cloud, operator: Operator, every: int
) -> None:
    assert operator.times_killed("deploy", "--yes", "--public-copies", every=every) >= 40 // every
    receipt = Shop(cloud).wait(Shop(cloud).upload("uploads/general/common/a.jpg", photo()))
    assert receipt.status == "done"
    assert operator.times_killed("remove", "--yes", every=every) >= 40 // every
    assert left_in(cloud) == EMPTY


def test_verifying_sends_a_photo_through_every_capability_and_answers_what_it_can(
    cloud: Cloud, operator: Operator, tmp_path: Path
) -> None:
    operator.cutout("deploy", "--yes", "--public-copies")
    verified = operator.cutout("verify", "--yes", "--report", str(tmp_path / "verified"))
    assert verified.exit_code == 0, verified.output
    (page,) = (tmp_path / "verified").glob("*.json")
    report = json.loads(page.read_text("utf-8"))
    assert {each["capability"] for each in report["capabilities"]} == {*CAPABILITIES}
    assert {each["status"] for each in report["capabilities"]} == {"done"}
    answers = {each["name"]: each["answer"] for each in report["beliefs"]}
    assert answers.pop("turns-first") == "no", "the box does as it is written, unless told otherwise"
    assert answers.pop("short-cold-starts") in ("yes", "no"), "it is this machine's"
    assert {*answers.values()} == {"yes"}
    assert all(0.01 < each["subject"] < 0.99 for each in report["capabilities"])
    assert report["where"] == "a cloud in a box"
    for said in (cloud.bucket, cloud.accounts.uid, _parts(cloud)[0]):
        assert said not in page.read_text("utf-8")


def refuse_updates(call: Call) -> None:
    if call.action == "UpdateFunction":
        raise ConnectionAbortedError


def test_no_secret_is_said_or_kept_or_an_argument_of_a_process(
    cloud: Cloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, commands = subprocess.Popen.__init__, list[str]()

    def noted(process: subprocess.Popen[Any], arguments: Any, *more: Any, **options: Any) -> None:
        commands.append(arguments if isinstance(arguments, str) else " ".join(map(str, arguments)))
        begin(process, arguments, *more, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", noted)
    for arguments in (
        ("deploy", "--dry-run"),
        ("deploy", "--yes", "--public-copies"),
        ("doctor",),
        ("remove", "--yes"),
    ):
        operator.cutout(*arguments)
    # What Serverless Devs printed is shown when it fails; of what has changed, it prints the values.
    operator.cutout("deploy", "--yes", "--public-copies")
    monkeypatch.setenv("PICWISH_APPCODE", another := "EXAMPLE-another-appcode")
    cloud.openapi.before = refuse_updates
    assert operator.cutout("deploy", "--yes", "--public-copies").exit_code == 1
    assert '"PICWISH_APPCODE": "********"' in operator.said[-1]
    secrets = {value for name, value in operator.settings.items() if is_secret(name)} | {_parts(cloud)[1], another}
    assert len(secrets) == 4
    kept = [path.read_text("utf-8", "replace") for path in operator.machine.folder.rglob("*") if path.is_file()]
    assert any("deploy" in command for command in commands)
    for secret in secrets:
        assert not any(secret in text for text in (*operator.said, *kept, *commands))


def test_a_setting_that_was_there_before_and_is_missing_now_stops_it(
    cloud: Cloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.cutout("deploy", "--yes", "--public-copies")
    names = ("PICWISH_APPCODE", "PICWISH_WATERMARK_ENDPOINT")
    for name in names:
        monkeypatch.delenv(name)
    before = len(cloud.openapi.changes)
    refused = operator.cutout("deploy", "--yes")
    assert refused.exit_code == 1
    assert all(f"--drop {name}" in " ".join(refused.output.split()) for name in names)
    assert len(cloud.openapi.changes) == before

    dropped = operator.cutout("deploy", "--yes", *(word for name in names for word in ("--drop", name)))
    assert dropped.exit_code == 0, dropped.output
    assert "oss-cutout-picwish" not in cloud.fc_api.registry.deployed
    assert "oss-cutout-damo" in cloud.fc_api.registry.deployed


def test_another_bucket_gets_the_triggers(cloud: Cloud, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.cutout("deploy", "--yes", "--public-copies")
    monkeypatch.setenv("OSS_BUCKET", "other-photos")
    moved = operator.cutout("deploy", "--yes", "--public-copies")
    assert moved.exit_code == 0, moved.output
    assert operator.cutout("doctor").exit_code == 0
    # Its role had become the new bucket's a moment before it had.
    assert {role for role, _ in cloud.accounts.refused} <= {"oss-cutout-settle"}
    cloud.accounts.refused.clear()
