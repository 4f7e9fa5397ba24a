"""The buckets that a deployment needs, made in the local OSS, and the rules on them, beside those of others."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import oss2
import pytest
from oss2.models import (
    BucketLifecycle,
    FilterNot,
    LifecycleExpiration,
    LifecycleFilter,
    LifecycleRule,
    StorageTransition,
)

from console.account import Account, ApiError
from console.buckets.plan import plan, removal
from console.change import carry_out
from console.settings import Settings
from shared.messages.message import Message
from tests.cloud import oss_world
from tests.cloud.effects import Effect, Moment, unobserved
from tests.cloud.oss_world import World

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


def account(world: World, **settings: str) -> Account:
    """Deploys to the bucket of the test, unless `settings` say another."""
    owner = world.accounts.owner
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": owner.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": owner.access_key_secret,
    }
    given = {"OSS_BUCKET": world.bucket, **key, **settings}
    return Account(Settings(given), {"OSS_PUBLIC_ENDPOINT": world.oss.url, "CLOUD_IN_A_BOX": "http://127.0.0.1:9"})


def rules(bucket: oss2.Bucket) -> dict[str, tuple[str, int]]:
    """Prefix and days of what is deleted, by the rule's name."""
    return {each.id: (each.prefix, each.expiration.days) for each in bucket.get_bucket_lifecycle().rules}


def told(bucket: oss2.Bucket) -> list[bytes]:
    """Each rule as OSS words it."""
    whole = ElementTree.fromstring(bucket._get_bucket_config("lifecycle").read())
    return [ElementTree.tostring(each) for each in whole]


def delete(name: str, prefix: str, days: int, **more: Any) -> LifecycleRule:
    return LifecycleRule(name, prefix, expiration=LifecycleExpiration(days=days), **more)


def put(bucket: oss2.Bucket, *rules: LifecycleRule) -> None:
    bucket.put_bucket_lifecycle(BucketLifecycle([*rules]))


def done(account: Account, **asked: bool) -> list[Message]:
    """What was said of what was done; afterwards nothing is missing."""
    said = list[Message]()
    carry_out(plan(account, **asked), said.append)
    assert plan(account, **asked) == []
    return said


def test_a_bucket_that_is_missing_is_made_in_shanghai_private_and_with_its_rule(world: World) -> None:
    name = f"{world.bucket}-new"
    said = [each.en for each in done(account(world, OSS_BUCKET=name))]
    made = world.client(bucket=name)
    info = made.get_bucket_info()
    assert (info.location, info.acl.grant, info.versioning_status) == ("oss-cn-shanghai", "private", None)
    assert made.get_bucket_public_access_block().block_public_access is True
    assert rules(made) == {"oss-cutout-work": ("work/", 1)}
    assert said == [
        f"make the bucket {name} in cn-shanghai: private, without versioning",
        f"in the bucket {name}, delete what lies under work/ 24 hours after it was written: lifecycle rules, beside "
        "those that are there",
    ]


def test_a_plan_changes_nothing(world: World) -> None:
    name = f"{world.bucket}-planned"
    world.oss.requests.clear()
    changes = plan(account(world, OSS_BUCKET=name, DAILY_CALL_LIMIT="100", PICWISH_APPCODE="x"), public_copies=True)
    assert len(changes) == 3
    assert all(each.says.en and each.says.zh for each in changes)
    assert {request.method for request in world.oss.requests} == {"GET"}


def test_with_a_bucket_for_jobs_each_has_the_rules_of_what_lies_there(world: World, bucket: oss2.Bucket) -> None:
    jobs = f"{world.bucket}-jobs"
    done(account(world, JOBS_BUCKET=jobs, DAILY_CALL_LIMIT="1000"))
    assert rules(bucket) == {"oss-cutout-work": ("work/", 1)}
    assert rules(world.client(bucket=jobs)) == {"oss-cutout-calls": ("calls/", 2)}


def test_with_one_bucket_it_has_both_rules(world: World, bucket: oss2.Bucket) -> None:
    assert len(done(account(world, DAILY_CALL_LIMIT="1000"))) == 1
    assert rules(bucket) == {"oss-cutout-work": ("work/", 1), "oss-cutout-calls": ("calls/", 2)}


def test_what_is_there_already_is_not_written_again(world: World) -> None:
    done(account(world))
    world.oss.requests.clear()
    assert done(account(world)) == []
    assert {request.method for request in world.oss.requests} == {"GET"}


def test_rules_of_others_stay_as_they_are(world: World, bucket: oss2.Bucket) -> None:
    seen = StorageTransition(30, None, "IA", is_access_time=True, return_to_std_when_visit=False, allow_small_file=True)
    excepted = LifecycleFilter([FilterNot("logs/kept/")], 500, 64_000)
    put(
        bucket,
        LifecycleRule("seen", "videos/", storage_transitions=[seen]),
        delete("logs", "logs/", 400, filter=excepted),
        delete("off", "tmp/", 1, status=LifecycleRule.DISABLED),
    )
    before = told(bucket)
    done(account(world))
    assert told(bucket)[:-1] == before


@pytest.mark.parametrize(
    "theirs",
    [delete("all", "", 900), LifecycleRule("all", "", storage_transitions=[StorageTransition(60, None, "IA")])],
)
def test_a_rule_of_others_for_the_whole_bucket_does_not_stand_in_the_way(
    world: World, bucket: oss2.Bucket, theirs: LifecycleRule
) -> None:
    put(bucket, theirs)
    done(account(world))
    assert [each.id for each in bucket.get_bucket_lifecycle().rules] == ["all", "oss-cutout-work"]


def test_a_rule_that_somebody_made_by_hand_for_the_same_is_left(world: World, bucket: oss2.Bucket) -> None:
    put(bucket, delete("by-hand", "work/", 1))
    assert done(account(world)) == []
    assert rules(bucket) == {"by-hand": ("work/", 1)}


@pytest.mark.parametrize(
    "other",
    [
        delete("by-hand", "work/", 7),
        delete("by-hand", "work/", 1, status=LifecycleRule.DISABLED),
        delete("by-hand", "work/old/", 1),
        delete("oss-cutout-work", "wrk/", 1),
    ],
)
def test_another_rule_on_our_folder_or_of_our_name_gives_way(
    world: World, bucket: oss2.Bucket, other: LifecycleRule
) -> None:
    put(bucket, other)
    done(account(world))
    assert rules(bucket) == {"oss-cutout-work": ("work/", 1)}


def test_block_public_access_is_switched_off_only_for_picwish_and_when_asked(world: World, bucket: oss2.Bucket) -> None:
    def blocks() -> bool:
        return bool(bucket.get_bucket_public_access_block().block_public_access)

    bucket.put_bucket_public_access_block(True)
    done(account(world), public_copies=True)
    done(account(world, PICWISH_APPCODE="EXAMPLE"))
    assert blocks()
    said = done(account(world, PICWISH_APPCODE="EXAMPLE"), public_copies=True)
    assert [("Block Public Access" in each.en, "阻止公共访问" in each.zh) for each in said] == [(True, True)]
    assert not blocks()


def test_a_bucket_that_is_made_now_lets_picwish_read_when_asked(world: World) -> None:
    name = f"{world.bucket}-public"
    done(account(world, OSS_BUCKET=name, PICWISH_APPCODE="EXAMPLE"), public_copies=True)
    assert world.client(bucket=name).get_bucket_public_access_block().block_public_access is False


def test_a_bucket_of_another_account_is_refused(world: World) -> None:
    name = f"{world.bucket}-taken"
    world.oss.create_bucket(name, owner="9999999999999999")
    with pytest.raises(ApiError) as refused:
        plan(account(world, OSS_BUCKET=name))
    assert (refused.value.action, refused.value.code) == ("GetBucketInfo", "AccessDenied")


def test_rules_that_somebody_else_replaced_meanwhile_are_missed(world: World, bucket: oss2.Bucket) -> None:
    witness = world.client()

    def replaced(effect: Effect, moment: Moment) -> None:
        if (effect.name, moment) == ("PutBucketLifecycle", "after"):
            witness.delete_bucket_lifecycle()

    world.oss.observe = replaced
    try:
        with pytest.raises(ApiError) as refused:
            done(account(world))
    finally:
        world.oss.observe = unobserved
    assert (refused.value.code, refused.value.message) == (
        "RulesLost",
        "these rules are not there afterwards: oss-cutout-work",
    )


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_was_cut_short_at_any_request_is_finished_by_the_next(world: World, moment: Moment) -> None:
    settings = {"DAILY_CALL_LIMIT": "9", "PICWISH_APPCODE": "EXAMPLE"}
    for cut in range(100):
        names = {"OSS_BUCKET": f"{world.bucket}-{cut}", "JOBS_BUCKET": f"{world.bucket}-{cut}-jobs"}
        left = [cut]

        def cutting(effect: Effect, at: Moment, left: list[int] = left) -> None:
            if at == moment:
                left[0] -= 1
                if left[0] == -1:
                    raise ConnectionAbortedError

        world.oss.observe = cutting
        try:
            done(account(world, **settings, **names), public_copies=True)
        except ApiError:
            pass
        else:
            break
        finally:
            world.oss.observe = unobserved
        done(account(world, **settings, **names), public_copies=True)
        for name in names.values():
            world.client(bucket=name).delete_bucket()
    assert cut > 12, "it was cut short at each of its requests"


# Taking away


def test_what_was_made_is_taken_away_and_the_rules_of_others_stay(world: World, bucket: oss2.Bucket) -> None:
    jobs = f"{world.bucket}-jobs"
    made = account(world, JOBS_BUCKET=jobs, DAILY_CALL_LIMIT="9")
    put(bucket, delete("logs", "logs/", 400))
    done(made)
    said = list[Message]()
    carry_out(removal(made), said.append)
    assert list(removal(made)) == []
    assert rules(bucket) == {"logs": ("logs/", 400)}
    with pytest.raises(oss2.exceptions.NoSuchLifecycle):
        world.client(bucket=jobs).get_bucket_lifecycle()
    assert [each.en for each in said] == [
        f"delete the lifecycle rules oss-cutout-work of the bucket {world.bucket}",
        f"delete the lifecycle rules oss-cutout-calls of the bucket {jobs}",
    ]


def test_of_a_bucket_that_is_not_there_nothing_is_to_be_taken_away(world: World) -> None:
    assert list(removal(account(world, OSS_BUCKET=f"{world.bucket}-none"))) == []
