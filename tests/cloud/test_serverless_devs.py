"""The stand-in of `s` deploys s.yaml as the component does, and falls into the traps that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud import serverless_devs
from tests.cloud.acs3 import Refused
from tests.cloud.fc_world import BUCKET, World, running
from tests.cloud.function import Configuration, Function
from tests.cloud.machine import Machine, as_serverless_devs_has_it
from tests.cloud.manifest import load
from tests.cloud.openapi import Call
from tests.cloud.snippets import stage

SETTINGS = {"OSS_BUCKET": BUCKET, "PICWISH_APPCODE": "EXAMPLE-appcode"}
ECHO = "def handler(event, context): return b'ordered: ' + event"


class Deployer(Machine):
    """Knows what became of it."""

    def __init__(self, folder: Path, world: World) -> None:
        super().__init__(folder, world.accounts, world.front.url, SETTINGS)
        stage(folder / ".build", {"backfill": ECHO})
        self.world = world

    def sent(self) -> list[tuple[str, str]]:
        """What was changed since, in order: the action and the function."""
        writes = [call for call in self.world.front.calls if call.action in self.world.api.writes]
        self.world.front.calls.clear()
        return [
            (call.action, call.body["functionName"] if call.action == "CreateFunction" else call.path.split("/")[3])
            for call in writes
        ]

    def deployed(self) -> dict[str, Function]:
        return {name: each.function for name, each in self.world.api.registry.deployed.items()}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Deployer]:
    with running(tmp_path / "code") as world:
        yield Deployer(tmp_path / "machine", world)


def test_an_empty_account_gets_what_the_file_says_in_its_order(machine: Deployer) -> None:
    done = machine.s("deploy", "-y")
    assert done.returncode == 0, done.stdout
    wanted = load(environment=SETTINGS).functions
    settle, *others = [function.deployed_name for function in wanted.values()]
    sent = machine.sent()
    assert [name for action, name in sent if action == "CreateFunction"] == [settle, *others]
    assert [action for action, name in sent if name == settle] == [
        "CreateFunction",
        *["CreateTrigger"] * 2,
        "PutAsyncInvokeConfig",
        "PutConcurrencyConfig",
    ]
    found = machine.deployed()
    for function in wanted.values():
        deployed = found[function.deployed_name]
        assert all(getattr(deployed, name) == getattr(function, name) for name in Configuration.model_fields)
        assert deployed.triggers == function.triggers
        assert deployed.limits.model_dump() == function.asynchronous.model_dump(exclude={"qualifier"})
        assert deployed.most_instances == function.concurrency.reserved
        assert (Path(deployed.code) / "index.py").is_file()


def test_what_is_as_it_should_be_is_sent_again_unasked_but_for_the_code(machine: Deployer) -> None:
    machine.s("deploy", "-y")
    machine.sent()
    assert machine.s("deploy").returncode == 0
    codes = [call.body for call in machine.world.front.calls if call.action == "UpdateFunction"]
    assert codes
    assert not any("code" in body for body in codes)
    assert {action for action, _ in machine.sent()} == {
        "UpdateFunction",
        "UpdateTrigger",
        "PutAsyncInvokeConfig",
        "PutConcurrencyConfig",
    }


def test_a_difference_is_asked_about_and_without_a_terminal_that_is_the_end_of_it(machine: Deployer) -> None:
    machine.s("deploy", "-y")
    machine.sent()
    asked = machine.s("deploy", VIAPI_QPS="9")
    assert asked.returncode == 0
    assert "was changed, please confirm before deployment" in asked.stdout
    assert machine.sent() == []
    assert machine.s("deploy", "-y", VIAPI_QPS="9").returncode == 0
    assert machine.deployed()["oss-cutout-goods"].environment["VIAPI_QPS"] == "9"


def test_a_trigger_stays_on_the_bucket_that_it_was_made_for_until_it_is_removed(machine: Deployer) -> None:
    machine.world.buckets.add("other-photos")
    machine.s("deploy", "-y")

    def buckets() -> set[str]:
        return {each.bucket for function in machine.deployed().values() for each in function.oss_triggers}

    moved = machine.s("deploy", "-y", OSS_BUCKET="other-photos")
    assert moved.returncode == 0, moved.stdout
    assert buckets() == {BUCKET}
    assert machine.deployed()["oss-cutout-goods"].environment["OSS_BUCKET"] == "other-photos"
    assert machine.s("remove", "--trigger", "-y").returncode == 0
    assert buckets() == set()
    assert len(machine.deployed()) == len(load().functions)
    machine.s("deploy", "-y", OSS_BUCKET="other-photos")
    assert buckets() == {"other-photos"}


def test_secrets_are_printed_and_kept(machine: Deployer) -> None:
    assert "EXAMPLE-appcode" in machine.s("deploy", "-y").stdout
    logs = list((machine.folder / ".s" / "logs").rglob("*.log"))
    assert any("EXAMPLE-appcode" in log.read_text("utf-8") for log in logs)
    home = machine.folder / "elsewhere"
    machine.s("deploy", "-y", serverless_devs_config_home=str(home))
    assert list((home / ".s" / "logs").rglob("*.log"))


def test_removing_asks_and_leaves_nothing(machine: Deployer) -> None:
    machine.s("deploy", "-y")
    machine.sent()
    asked = machine.s("remove")
    assert (asked.returncode, machine.sent()) == (0, [])
    assert machine.s("remove", "-y").returncode == 0
    assert machine.deployed() == {}
    assert machine.s("remove", "-y").returncode == 0, "there is nothing left to remove"


def test_a_function_that_cannot_be_removed_is_told_and_no_failure(machine: Deployer) -> None:
    machine.s("deploy", "-y")
    machine.world.front.before = _refuse
    done = machine.s("goods", "remove", "-y")
    assert done.returncode == 0
    assert "remove error" in done.stdout
    assert "oss-cutout-goods" in machine.deployed()


def _refuse(call: Call) -> None:
    if call.action == "DeleteTrigger":
        raise Refused(409, "ConcurrentUpdateError", "the trigger is being changed")


def test_one_resource_is_invoked_and_its_answer_printed(machine: Deployer) -> None:
    machine.s("deploy", "-y")
    order = json.dumps({"prefix": "uploads/goods/", "dry_run": True})
    done = machine.s("backfill", "invoke", "-e", order)
    assert done.returncode == 0
    assert f"ordered: {order}" in done.stdout
    machine.s("backfill", "invoke", "-e", order, "--invocation-type", "Async")
    machine.world.fc.quiet(10)
    assert [done.outcome for done in machine.world.fc.invocations] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "words"),
    [
        (["deploy", "-y"], {"OSS_BUCKET": ""}, 1, "env('OSS_BUCKET') not found"),
        (["deploy", "-y", "-t", "none.yaml"], {}, 1, "none.yaml"),
        (["deploy", "-y", "-a", "default"], {}, 1, "config('AccountID') not found"),
        (["nobody", "deploy", "-y"], {}, 1, "nobody"),
        (["publish"], {}, 1, "unknown command"),
        (["deploy", "-y"], {"LOG_PROJECT": "none"}, 101, "project 'none' does not exist"),
        (["deploy", "-y"], {"PRICES": "x" * 4096}, 101, "4096 is the most"),
    ],
)
def test_what_goes_wrong_is_said_with_a_status(
    machine: Deployer, arguments: list[str], settings: dict[str, str], status: int, words: str
) -> None:
    done = machine.s(*arguments, **settings)
    assert done.returncode == status
    assert words in done.stdout
    assert machine.deployed() == {}


def test_keys_come_from_the_environment_or_are_kept(machine: Deployer) -> None:
    flat = as_serverless_devs_has_it(machine.world.accounts.owner)
    assert machine.s("goods", "deploy", "-y", default_serverless_devs_key="", **flat).returncode == 0
    added = [part for name, value in flat.items() for part in (f"--{name}", value)]
    assert machine.s("config", "add", "-a", "mine", *added, "-f").returncode == 0
    assert machine.s("goods", "deploy", "-y", "-a", "mine", default_serverless_devs_key="").returncode == 0
    assert list(machine.deployed()) == ["oss-cutout-goods"]


def test_a_temporary_key_does_what_its_role_may(machine: Deployer) -> None:
    key = as_serverless_devs_has_it(machine.world.accounts.assume_role("oss-cutout-goods"))
    done = machine.s("goods", "deploy", "-y", default_serverless_devs_key=json.dumps(key))
    assert done.returncode == 101
    assert "AccessDenied" in done.stdout


def test_it_says_its_version(machine: Deployer) -> None:
    assert serverless_devs.VERSION in machine.s("--version").stdout
