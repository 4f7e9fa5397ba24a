"""What `cutout doctor` finds wrong with a bucket of the local OSS, one planted fault at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import oss2
import pytest
from oss2.models import (
    BucketLifecycle,
    BucketVersioningConfig,
    FilterNot,
    LifecycleExpiration,
    LifecycleFilter,
    LifecycleRule,
    ServerSideEncryptionRule,
    Tagging,
    TaggingRule,
)

from console.account import Account, ApiError
from console.buckets.plan import plan
from console.change import carry_out
from console.checks import bucket_trials, queue
from console.checks.bucket import BUCKET, CHECKS
from console.finding import Fact, Finding
from tests.cloud import oss_world
from tests.cloud.effects import Effect, Moment, unobserved
from tests.cloud.oss_image_actions import READINGS, Reading
from tests.cloud.oss_world import World
from tests.unit.console.test_bucket import account

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

OF_OSS = [check.name for check in CHECKS if "fc" not in check.needs]
"""The checks for which OSS alone is asked."""
OTHER = "9999999999999999"
ALL = {"DAILY_CALL_LIMIT": "1000", "PICWISH_APPCODE": "EXAMPLE"}


def look(account: Account, *names: str) -> tuple[list[Finding], list[Fact]]:
    """What these checks find; where the bucket itself is no good, the others are not made, as `cutout doctor` does."""
    seen = list[Finding | Fact]()
    for check in CHECKS:
        if check.name in names:
            seen += check.look(account)
        if check.name == BUCKET and any(isinstance(each, Finding) for each in seen):
            break
    return [each for each in seen if isinstance(each, Finding)], [each for each in seen if isinstance(each, Fact)]


def only(account: Account) -> Finding:
    """The one fault there is."""
    (found,), _ = look(account, *OF_OSS)
    for text in (found.what, found.leads_to, found.mend):
        assert text.en
        assert re.search("[一-鿿]", text.zh)
        assert "{" not in text.en + text.zh
    return found


def set_up(world: World, **settings: str) -> None:
    carry_out(plan(account(world, **settings), public_copies=True), lambda said: None)


@pytest.fixture
def well(world: World, bucket: oss2.Bucket) -> World:
    """A bucket in which all is as it should be, for every vendor and with a limit of calls a day."""
    set_up(world, **ALL)
    return world


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_nothing_is_found_when_all_is_well(well: World, reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(well.oss, "reading", reading)
    findings, facts = look(account(well, **ALL), *OF_OSS)
    assert findings == []
    turns = "TurnsFirst" if reading.comes_first else "TurnsAsWritten"
    assert [each.code for each in facts] == [turns, "JobsWaiting"]


def test_nothing_is_found_when_jobs_have_a_bucket_of_their_own(well: World) -> None:
    jobs = f"{well.bucket}-jobs"
    well.client().put_bucket_versioning(BucketVersioningConfig("Enabled"))
    settings = {**ALL, "JOBS_BUCKET": jobs}
    set_up(well, **settings)
    assert look(account(well, **settings), *OF_OSS)[0] == []


def test_nothing_is_left_behind_by_what_is_tried(well: World) -> None:
    look(account(well, **ALL), *OF_OSS)
    assert list(oss2.ObjectIteratorV2(well.client())) == []
    tried = [each.key for each in well.oss.requests if each.operation == "PutObject"]
    assert all(key.startswith("work/doctor-") for key in tried)
    assert len(set(tried)) == 2


@pytest.mark.parametrize("stopped", ["PutObject", "GetObject"])
def test_nothing_is_left_behind_by_a_trial_that_failed(well: World, stopped: str) -> None:
    made = list[str]()

    def stopping(effect: Effect, moment: Moment) -> None:
        if (effect.name, moment) == (stopped, "before"):
            made.append(effect.key)
            if stopped == "GetObject" or len(made) > 1:
                raise ConnectionAbortedError

    well.oss.observe = stopping
    try:
        with pytest.raises(ApiError) as failed:
            look(account(well), "turning" if stopped == "GetObject" else "create-once")
    finally:
        well.oss.observe = unobserved
    assert failed.value.action == stopped
    assert list(oss2.ObjectIteratorV2(well.client())) == []


# The bucket itself


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (lambda world, name: None, "BucketMissing"),
        (lambda world, name: world.oss.create_bucket(name, owner=OTHER), "BucketForeign"),
        (lambda world, name: world.oss.create_bucket(name, region="cn-beijing"), "BucketElsewhere"),
    ],
)
@pytest.mark.parametrize("setting", ["OSS_BUCKET", "JOBS_BUCKET"])
def test_a_bucket_that_cannot_be_used_is_found_and_the_setting_that_names_it(
    well: World, plant: Callable[[World, str], None], code: str, setting: str
) -> None:
    name = f"{well.bucket}-planted"
    plant(well, name)
    found = only(account(well, **{setting: name}))
    assert (found.code, found.severity) == (code, "error")
    assert name in found.what.en
    assert setting in found.what.en
    assert setting in found.mend.zh


def test_a_bucket_that_nobody_named_is_found(well: World) -> None:
    assert only(account(well, OSS_BUCKET="")).code == "BucketNotNamed"


def test_a_key_that_may_not_look_is_not_taken_for_a_bucket_that_is_missing(well: World) -> None:
    statement = {"Effect": "Allow", "Action": "oss:GetObject", "Resource": "*"}
    well.accounts.ram.create_role("nobody", {})
    well.accounts.ram.put_policy("nobody", {"Version": "1", "Statement": [statement]})
    well.accounts.ram.attach("nobody", "nobody")
    key = well.accounts.assume_role("nobody")
    named = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }
    assert "oss:GetBucketInfo" in only(account(well, **named)).mend.en


# Versioning, and what it breaks


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_versioning_of_the_bucket_that_keeps_jobs_is_found_and_that_it_breaks_create_once(
    well: World, status: str
) -> None:
    well.client().put_bucket_versioning(BucketVersioningConfig(status))
    findings, _ = look(account(well, **ALL), *OF_OSS)
    assert [(each.code, each.severity) for each in findings] == [
        ("BucketVersioned", "error"),
        ("OverwriteNotRefused", "error"),
    ]
    assert status in findings[0].what.zh
    assert list(oss2.ObjectIteratorV2(well.client())) == []


# Lifecycle


def add_rules(world: World, *rules: LifecycleRule) -> None:
    """Beside those that are there."""
    client = world.client()
    there = client.get_bucket_lifecycle().rules
    client.put_bucket_lifecycle(BucketLifecycle([*there, *rules]), {"x-oss-allow-same-action-overlap": "true"})


def deletion(prefix: str, **more: Any) -> LifecycleRule:
    return LifecycleRule("planted", prefix, **{"expiration": LifecycleExpiration(days=30), **more})


@pytest.mark.parametrize(("lost", "folder"), [("oss-cutout-work", "work/"), ("oss-cutout-calls", "calls/")])
def test_a_rule_of_ours_that_is_missing_is_found(well: World, lost: str, folder: str) -> None:
    client = well.client()
    kept = [each for each in client.get_bucket_lifecycle().rules if each.id != lost]
    client.put_bucket_lifecycle(BucketLifecycle(kept))
    found = only(account(well, **ALL))
    assert (found.code, found.severity) == ("NotExpired", "warning")
    assert folder in found.what.en


def test_without_a_limit_of_calls_no_rule_is_needed_for_them(well: World) -> None:
    well.client().delete_bucket_lifecycle()
    assert "work/" in only(account(well)).what.en


@pytest.mark.parametrize(
    ("folder", "severity"),
    [
        ("uploads/", "warning"),
        ("uploads/goods/", "warning"),
        ("cutouts/", "error"),
        ("jobs/", "error"),
        ("queue/", "error"),
    ],
)
def test_a_rule_of_others_that_deletes_what_is_needed_is_found_and_named(
    well: World, folder: str, severity: str
) -> None:
    add_rules(well, deletion(folder))
    found = only(account(well, **ALL))
    assert (found.code, found.severity) == ("DeletedByRule", severity)
    assert "planted" in found.what.en
    assert f"`{folder}`" in found.what.zh


def test_a_rule_for_the_whole_bucket_deletes_all_of_it(well: World) -> None:
    add_rules(well, deletion(""))
    findings, _ = look(account(well, **ALL), "lifecycle")
    assert [each.code for each in findings] == ["DeletedByRule"] * 4


def tagged() -> Tagging:
    rule = TaggingRule()
    rule.add("kind", "draft")
    return Tagging(rule)


@pytest.mark.parametrize(
    "rule",
    [
        deletion("logs/"),
        deletion("jobs/", status=LifecycleRule.DISABLED),
        deletion("jobs/", tagging=tagged()),
        deletion("cutouts/", filter=LifecycleFilter(object_size_greater_than=1 << 20)),
        deletion("jobs/", expiration=LifecycleExpiration(expired_detete_marker=True)),
        deletion("j", filter=LifecycleFilter([FilterNot("jobs/")])),
    ],
)
def test_a_rule_that_does_not_delete_what_is_needed_is_none_of_our_business(well: World, rule: LifecycleRule) -> None:
    add_rules(well, rule)
    assert look(account(well, **ALL), *OF_OSS)[0] == []


def test_of_a_bucket_for_jobs_only_the_jobs_are_looked_at(well: World) -> None:
    jobs = f"{well.bucket}-jobs"
    settings = {**ALL, "JOBS_BUCKET": jobs}
    set_up(well, **settings)
    add_rules(well, deletion("jobs/"))
    assert look(account(well, **settings), "lifecycle")[0] == []
    client = well.client(bucket=jobs)
    client.put_bucket_lifecycle(BucketLifecycle([*client.get_bucket_lifecycle().rules, deletion("jobs/")]))
    assert [each.code for each in look(account(well, **settings), "lifecycle")[0]] == ["DeletedByRule"]


# Who may read


def test_block_public_access_is_found_where_picwish_is_set_up(well: World) -> None:
    well.client().put_bucket_public_access_block(True)
    assert look(account(well), *OF_OSS)[0] == []
    found = only(account(well, **ALL))
    assert (found.code, found.severity) == ("PublicAccessBlocked", "error")
    assert well.bucket in found.mend.zh


@pytest.fixture
def blocked_for_all(well: World) -> Iterator[World]:
    service = account(well).buckets
    service.put_public_access_block(True)
    yield well
    service.delete_public_access_block()


def test_block_public_access_of_the_whole_account_is_found(blocked_for_all: World) -> None:
    assert only(account(blocked_for_all, **ALL)).code == "PublicAccessBlockedForAll"
    assert look(account(blocked_for_all), *OF_OSS)[0] == []


@pytest.mark.parametrize(
    ("rule", "settings", "codes"),
    [
        (("AES256",), ALL, []),
        (("KMS",), {"DAILY_CALL_LIMIT": "1"}, []),
        (("KMS",), ALL, ["PublicCopiesEncrypted"]),
        (("KMS", "key-1"), {}, []),
        (("KMS", "key-1"), ALL, ["PublicCopiesEncrypted"]),
    ],
)
def test_encryption_with_kms_is_found_where_copies_have_to_be_public(
    well: World, rule: tuple[str, ...], settings: dict[str, str], codes: list[str]
) -> None:
    well.client().put_bucket_encryption(ServerSideEncryptionRule(*rule))
    findings, _ = look(account(well, **settings), *OF_OSS)
    assert [each.code for each in findings] == codes


# The queue


def enqueue(world: World, age: timedelta, stage: str = "waiting") -> None:
    """A job that has been due for so long."""
    moment = datetime.now(timezone.utc) - age
    world.client().put_object(f"queue/{stage}/goods/commodity/{moment:%Y%m%dT%H%M%S.%fZ}/a.jpg", b"")


def test_jobs_that_have_waited_for_longer_than_an_hour_are_found_with_their_number(well: World) -> None:
    for minutes in (-600, 5, 61, 200):
        enqueue(well, timedelta(minutes=minutes))
    found = only(account(well, **ALL))
    assert (found.code, found.severity) == ("QueueStands", "error")
    oldest = datetime.now(timezone.utc) - timedelta(minutes=200)
    assert found.what.en.startswith("jobs that wait: 4, and the first of them was due at ")
    assert f"{oldest:%Y-%m-%dT%H}" in found.what.en


def test_jobs_that_wait_for_less_or_for_something_else_are_counted_and_no_fault(well: World) -> None:
    for minutes in (-600, 5, 59):
        enqueue(well, timedelta(minutes=minutes))
    enqueue(well, timedelta(days=1), "blocked")
    well.client().put_object("queue/waiting/goods/commodity/notes.txt", b"")
    findings, facts = look(account(well, **ALL), "queue")
    assert findings == []
    assert [(each.code, each.what.en) for each in facts] == [("JobsWaiting", "jobs that wait: 3")]


def test_more_jobs_than_a_page_has_are_counted(well: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_PAGE", 2)
    for minutes in range(5):
        enqueue(well, timedelta(minutes=minutes))
    assert look(account(well), "queue")[1][0].what.zh == "5 个任务在排队"


# Turning


def test_turning_that_is_neither_of_what_is_documented_is_found(well: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_trials, "_SCALED", "image/resize,m_fixed,w_6,h_6/auto-orient,1")
    found = only(account(well, **ALL))
    assert (found.code, found.severity) == ("TurnsOtherwise", "warning")
    assert "6 × 6" in found.what.zh
