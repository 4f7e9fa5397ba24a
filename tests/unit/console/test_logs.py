"""The log project, the logstore and its index are made, brought up to date and looked at, whatever was there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alibabacloud_sls20201230 import models

from console.change import Say, carry_out
from console.checks.logs import CHECKS
from console.finding import Finding, Hindered
from console.logs import index as log_index
from console.logs import plan as logs
from tests.cloud.accounts import Accounts
from tests.unit.console.log_world import LOGSTORE, PROJECT, World


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.openapi.stop()


@pytest.fixture
def made(world: World) -> World:
    set_up(world)(lambda message: None)
    return world


def set_up(world: World, **options: Any) -> Callable[[Say], None]:
    return lambda say: carry_out(logs.plan(world.account, world.slept.append), say, **options)


def index_of(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.ask_sls("get_index", PROJECT, LOGSTORE).to_map()
    return found


def write_index(world: World, **more: Any) -> None:
    body = models.Index().from_map({**index_of(world), **more})
    world.ask_sls("update_index", PROJECT, LOGSTORE, models.UpdateIndexRequest(body=body))


def findings(world: World, name: str) -> list[Finding]:
    (check,) = (each for each in CHECKS if each.name == name)
    return [each for each in check.look(world.account) if isinstance(each, Finding)]


def codes(world: World) -> list[str]:
    """Of the checks about the log itself."""
    return [each.code for name in ("log-project", "logstore", "log-index") for each in findings(world, name)]


# Made


def test_in_chinese_a_latin_name_does_not_touch_the_word_before(world: World) -> None:
    said = world.said(set_up(world, dry_run=True))
    assert len(said) == 3
    assert not any(re.search(r"创建[A-Za-z]", each.zh) for each in said)


def test_in_an_empty_account_everything_is_made(world: World) -> None:
    said = world.said(set_up(world))
    assert [message.en for message in said] == [
        "create the log project `shop-log`",
        "create the logstore `functions`",
        "create the index of logstore `functions`",
    ]
    logstore = world.ask_sls("get_log_store", PROJECT, LOGSTORE).to_map()
    assert (logstore["ttl"], logstore["mode"]) == (30, "standard")
    assert codes(world) == []


def test_a_second_time_nothing_is_changed(made: World) -> None:
    before = made.writes
    assert made.said(set_up(made)) == []
    assert made.writes == before


def test_a_dry_run_says_it_and_changes_nothing(world: World) -> None:
    assert len(world.said(set_up(world, dry_run=True))) == 3
    assert world.writes == 0


def test_killed_after_each_change_and_run_again_it_comes_to_its_end(world: World) -> None:
    assert world.times_killed(set_up(world)) == 3
    assert codes(world) == []


def test_a_new_project_that_is_not_known_everywhere_yet_is_waited_for() -> None:
    world = World(lag=7)
    try:
        world.said(set_up(world))
        assert sum(world.slept) == 7 * 3
        assert codes(world) == []
    finally:
        world.openapi.stop()


def test_a_project_that_was_made_by_the_run_before_is_not_taken_for_anothers() -> None:
    world = World(lag=7)
    try:
        assert world.times_killed(set_up(world)) == 3
    finally:
        world.openapi.stop()


@pytest.mark.parametrize(
    ("region", "owner", "where"),
    [("cn-hangzhou", Accounts.uid, "is in cn-hangzhou"), ("cn-shanghai", "2234567890123456", "another account's")],
)
def test_a_name_that_is_taken_is_said(world: World, region: str, owner: str, where: str) -> None:
    world.sls.elsewhere(PROJECT, region, owner)
    with pytest.raises(Hindered) as hindered:
        world.said(set_up(world))
    assert where in hindered.value.finding.what.en
    assert "LOG_PROJECT" in hindered.value.finding.mend.en


# Brought up to date


def test_what_an_index_lacks_is_added_and_what_else_it_has_stays(made: World) -> None:
    keys = {name: key for name, key in index_of(made)["keys"].items() if name != "requestId"}
    write_index(made, keys={**keys, "mine": {"type": "long", "doc_value": True}}, max_text_len=2048)
    (lacks,) = findings(made, "log-index")
    assert (lacks.code, lacks.severity) == ("IndexLacksField", "warning")
    assert "lacks `requestId`, `max_text_len`" in lacks.what.en
    assert [message.en for message in made.said(set_up(made))] == ["update the index of logstore `functions`"]
    assert {*index_of(made)["keys"]} == {*log_index.FIELDS, "mine"}
    assert codes(made) == []


def test_delimiters_are_the_operators_own(made: World) -> None:
    keys = index_of(made)["keys"]
    write_index(made, keys={**keys, "requestId": {**keys["requestId"], "token": [" "]}})
    assert codes(made) == []
    write_index(made, keys={**keys, "message": {**keys["message"], "caseSensitive": False}})
    assert codes(made) == ["IndexLacksField"]


def test_a_logstore_that_is_there_keeps_its_retention(world: World) -> None:
    world.ask_sls("create_project", models.CreateProjectRequest(project_name=PROJECT, description=""))
    own = models.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=180, shard_count=2)
    world.ask_sls("create_log_store", PROJECT, own)
    world.said(set_up(world))
    assert world.ask_sls("get_log_store", PROJECT, LOGSTORE).ttl == 180
    assert codes(world) == []


# Looked at


def test_a_project_that_is_missing_is_found_and_nothing_else_is_said_of_it(world: World) -> None:
    assert codes(world) == ["LogProjectMissing"]


def test_a_project_in_another_region_is_found(world: World) -> None:
    world.sls.elsewhere(PROJECT, "cn-hangzhou")
    assert codes(world) == ["LogProjectElsewhere"]


def test_a_logstore_that_is_missing_is_found(made: World) -> None:
    made.ask_sls("delete_log_store", PROJECT, LOGSTORE)
    assert codes(made) == ["LogstoreMissing"]


def test_an_index_that_is_missing_and_a_logstore_without_sql_are_found(made: World) -> None:
    made.ask_sls("delete_log_store", PROJECT, LOGSTORE)
    cheap = models.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=30, shard_count=1, mode="query")
    made.ask_sls("create_log_store", PROJECT, cheap)
    assert codes(made) == ["LogstoreWithoutSql", "IndexMissing"]


# Removed


def removed(world: World) -> Callable[[Say], None]:
    return lambda say: carry_out(logs.removal(world.account), say)


def test_a_project_that_was_made_here_is_deleted_with_what_is_in_it(made: World) -> None:
    assert [message.en for message in made.said(removed(made))] == [
        "delete the log project `shop-log`, with all that was logged"
    ]
    assert codes(made) == ["LogProjectMissing"]
    assert made.said(removed(made)) == []


def test_a_project_that_was_there_before_stays_and_that_is_said(world: World) -> None:
    world.ask_sls("create_project", models.CreateProjectRequest(project_name=PROJECT, description="mine"))
    world.said(set_up(world))
    assert [message.en.partition(",")[0] for message in world.said(removed(world))] == ["left"]
    assert codes(world) == []
