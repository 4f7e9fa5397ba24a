"""Other people's triggers on the bucket, found through Function Compute's API in the box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.checks.triggers import CHECKS, OssTrigger
from console.finding import Fact, Finding
from tests.cloud.fc_others import PUT, add_trigger
from tests.cloud.fc_world import BUCKET, World, running
from tests.cloud.manifest import LEAST, load

POST, ANY = "oss:ObjectCreated:PostObject", "oss:ObjectCreated:*"
SETTINGS = {"OSS_BUCKET": BUCKET, "PICWISH_APPCODE": "EXAMPLE", "DAMO_APPCODE": "EXAMPLE"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path) as world:
        yield world


def found(world: World, **settings: str) -> list[Finding | Fact]:
    (check,) = CHECKS
    return list(check.look(world.account(None, **{**SETTINGS, **settings})))


def plant(world: World, function: str, prefix: str, suffix: str = "", event: str = PUT) -> None:
    """A function with a trigger called `theirs`."""
    add_trigger(world.account().fc, function, BUCKET, prefix, suffix, event)


def test_nothing_is_found_when_there_is_nobody_else(world: World) -> None:
    plant(world, "oss-cutout-goods", "uploads/goods/")
    assert found(world) == []


@pytest.mark.parametrize(
    ("prefix", "suffix", "event", "folder"),
    [
        ("uploads/goods/", "", PUT, "uploads/goods/"),
        ("uploads/goods/red/", ".jpg", ANY, "uploads/goods/"),
        ("wa", "", PUT, "wake/"),
    ],
)
def test_a_trigger_that_overlaps_ours_is_found_and_named(
    world: World, prefix: str, suffix: str, event: str, folder: str
) -> None:
    plant(world, "thumbnails", prefix, suffix, event)
    (finding,) = found(world)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.severity) == ("TriggersOverlap", "error")
    assert finding.what.en.startswith(f"the trigger theirs of the function thumbnails, for the prefix `{prefix}`")
    assert finding.what.en.endswith(f"overlaps ours for {folder}")
    assert "thumbnails" in finding.what.zh


@pytest.mark.parametrize(
    ("prefix", "event"),
    [("cutouts/", PUT), ("wake/", POST), ("uploads/other/", PUT), ("uploads/goods/", "oss:ObjectCreated:AppendObject")],
)
def test_a_trigger_that_has_nothing_to_do_with_ours_is_no_fault(world: World, prefix: str, event: str) -> None:
    plant(world, "thumbnails", prefix, event=event)
    assert found(world) == []


def test_a_trigger_on_another_bucket_is_no_fault(world: World) -> None:
    plant(world, "thumbnails", "uploads/")
    assert len(found(world)) == 1
    assert found(world, OSS_BUCKET="another-bucket") == []


def test_what_is_not_set_up_overlaps_nothing(world: World) -> None:
    plant(world, "thumbnails", "uploads/picwish/")
    assert len(found(world)) == 1
    assert found(world, PICWISH_APPCODE="") == []


def test_an_eleventh_trigger_is_found_before_it_is_made_with_the_names_of_those_in_its_way(world: World) -> None:
    for number in range(2):
        plant(world, f"theirs-{number}", f"other/{number}/")
    assert found(world) == []
    plant(world, "theirs-2", "other/2/")
    (finding,) = found(world)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.severity) == ("TriggersTooMany", "error")
    assert "3 of others (theirs-0/theirs, theirs-1/theirs, theirs-2/theirs), and 8 of ours" in finding.what.en


def test_ours_do_not_overlap_each_other() -> None:
    manifest = load(environment={**LEAST, **SETTINGS})
    ours = [
        OssTrigger(name, each.name, tuple(each.config.events), each.affixes.prefix, each.affixes.suffix)
        for name, function in manifest.functions.items()
        for each in function.oss_triggers
    ]
    assert len(ours) == 8
    assert [(one, two) for one in ours for two in ours if one is not two and one.overlaps(two)] == []
