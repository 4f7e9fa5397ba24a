"""The checks of functions find each thing that can be wrong with them, say which, and are silent when all is well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.account import Account, ApiError
from console.checks.functions import CHECKS
from console.finding import Fact, Finding
from console.functions import deployed
from console.functions.manifest import functions
from console.roles.rights import PREFIX
from tests.cloud.fc_world import BUCKET, World, running
from tests.cloud.machine import as_serverless_devs_has_it
from tests.cloud.serverless_devs_fc3 import Component, client
from tests.cloud.snippets import stage
from tests.unit.console.function_faults import FAULTS

SETTINGS = {"OSS_BUCKET": BUCKET, "PICWISH_APPCODE": "EXAMPLE-appcode"}
SAID = {
    "FunctionMissing": "there is no function `oss-cutout-backfill`",
    "FunctionDiffers": "`oss-cutout-goods`: `runtime`, `timeout` not as in s.yaml",
    "EnvironmentDiffers": "`oss-cutout-goods`: the variables `LOG_LEVEL`, `VIAPI_QPS` are not as in the settings",
    "ReleaseDiffers": "`oss-cutout-goods` are of the release 0.0.9; this is 0.1.0",
    "ConcurrencyDiffers": "`oss-cutout-settle`: reservedConcurrency is not as in s.yaml",
    "AsyncConfigDiffers": "`oss-cutout-settle`: asyncInvokeConfig is not as in s.yaml",
    "TriggerMissing": "`oss-cutout-settle` has no trigger `wake`",
    "TriggerElsewhere": "the trigger `uploads` of `oss-cutout-goods` is on `old-photos`, and not on `shop-photos`",
    "TriggerDiffers": "the trigger `uploads` of `oss-cutout-goods` is not as in s.yaml: `events`",
    "TimerOff": "the timer `every-minute` of `oss-cutout-settle` is off",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "code") as world:
        world.buckets.add("old-photos")
        yield world


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A folder with the folders that s.yaml names."""
    (tmp_path / ".build").mkdir()
    stage(tmp_path / ".build", {})
    return tmp_path


def deploy(world: World, builds: Path, account: Account) -> None:
    client_of = client(as_serverless_devs_has_it(world.accounts.owner), {"CLOUD_IN_A_BOX": world.front.url})
    for props in functions(account).values():
        Component(client_of, dict(props), builds, lambda line: None).deploy(lambda question: True)


def test_without_a_setting_the_log_project_has_the_accounts_number(world: World) -> None:
    props = functions(world.account(**SETTINGS))
    assert {each["logConfig"]["project"] for each in props.values()} == {"oss-cutout-1234567890123456"}


def found(account: Account) -> list[Finding | Fact]:
    return [each for check in CHECKS for each in check.look(account)]


def codes(account: Account) -> list[str]:
    return [each.code for each in found(account)]


def test_nothing_is_found_when_all_is_well(world: World, builds: Path) -> None:
    account = world.account(**SETTINGS)
    deploy(world, builds, account)
    assert found(account) == []
    assert f"{PREFIX}picwish" in deployed.functions(account)
    assert f"{PREFIX}damo" not in deployed.functions(account), "there is no AppCode for it"


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_is_found_and_named_and_nothing_else(world: World, builds: Path, code: str) -> None:
    account = world.account(**SETTINGS)
    deploy(world, builds, account)
    FAULTS[code](account.fc)
    [finding] = found(account)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.what.en) == (code, SAID[code])
    for message in (finding.what, finding.leads_to, finding.mend):
        assert any("一" <= letter <= "鿿" for letter in message.zh) or message.zh == "`cutout deploy`"
    assert "cutout deploy" in finding.mend.en


def test_an_account_without_functions_is_one_finding(world: World) -> None:
    assert codes(world.account(**SETTINGS)) == ["NotDeployed"]


def test_settings_that_changed_since_are_found_without_a_value(world: World, builds: Path) -> None:
    deploy(world, builds, world.account(**SETTINGS))
    [finding] = found(world.account(**SETTINGS, PRICES="goods/commodity=0.003"))
    assert isinstance(finding, Finding)
    assert finding.code == "EnvironmentDiffers"
    assert all(f"`{PREFIX}{name}`" in finding.what.en for name in ("goods", "settle", "backfill"))
    [finding] = found(world.account(**SETTINGS | {"PICWISH_APPCODE": "EXAMPLE-another"}))
    assert "PICWISH_APPCODE" in str(finding)
    assert "EXAMPLE" not in str(finding)


def test_triggers_that_stayed_on_the_old_bucket_are_all_named(world: World, builds: Path) -> None:
    deploy(world, builds, world.account(**SETTINGS | {"OSS_BUCKET": "old-photos"}))
    account = world.account(**SETTINGS)
    deploy(world, builds, account)
    assert codes(account) == ["TriggerElsewhere"] * 7, "of settle, the four of VIAPI's, picwish and listing"


def test_without_a_bucket_there_is_nothing_to_compare(world: World) -> None:
    assert found(world.account()) == []


def test_a_key_that_may_not_look_is_an_error_of_the_api(world: World) -> None:
    account = world.account(world.accounts.assume_role(f"{PREFIX}goods"), **SETTINGS)
    with pytest.raises(ApiError, match="AccessDenied"):
        found(account)
