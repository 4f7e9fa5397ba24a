"""The lifecycle rules of the local OSS's buckets, set and read by Alibaba's own client."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import (
    AbortMultipartUpload,
    BucketLifecycle,
    LifecycleExpiration,
    LifecycleFilter,
    LifecycleRule,
    StorageTransition,
)

from tests.cloud import oss_world
from tests.cloud.oss_world import refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

OVERLAP = {"x-oss-allow-same-action-overlap": "true"}


def deletion(name: str, prefix: str, days: int = 1) -> LifecycleRule:
    return LifecycleRule(name, prefix, expiration=LifecycleExpiration(days=days))


def move(name: str, prefix: str, days: int, storage: str = "IA", **more: Any) -> LifecycleRule:
    return LifecycleRule(name, prefix, storage_transitions=[StorageTransition(days, None, storage, **more)])


def put(bucket: oss2.Bucket, *rules: LifecycleRule, headers: dict[str, str] | None = None) -> None:
    bucket.put_bucket_lifecycle(BucketLifecycle([*rules]), headers)


def raw(bucket: oss2.Bucket, body: str) -> tuple[int, str, str]:
    """How a document is refused: status, code and EC."""
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_bucket_lifecycle(body)
    error = raised.value
    return error.status, error.code, error.details.get("EC", "")


def rule(*inside: str, status: str = "<Status>Enabled</Status>", prefix: str = "<Prefix>a/</Prefix>") -> str:
    return f"<LifecycleConfiguration><Rule>{prefix}{status}{''.join(inside)}</Rule></LifecycleConfiguration>"


DELETE = "<Expiration><Days>1</Days></Expiration>"


def test_rules_are_told_as_they_were_set_and_setting_replaces_all(bucket: oss2.Bucket) -> None:
    excepted = LifecycleFilter([oss2.models.FilterNot("logs/kept/")], 500, 64_000)
    old = LifecycleRule("old", "logs/", expiration=LifecycleExpiration(days=400), filter=excepted)
    parts = LifecycleRule("parts", "", LifecycleRule.DISABLED, abort_multipart_upload=AbortMultipartUpload(days=7))
    put(bucket, old, parts, move("cold", "videos/", 30))
    first, second, third = bucket.get_bucket_lifecycle().rules
    assert (first.id, first.prefix, first.status, first.expiration.days) == ("old", "logs/", "Enabled", 400)
    assert (first.filter.filter_not[0].prefix, first.filter.object_size_less_than) == ("logs/kept/", 64_000)
    assert (second.status, second.abort_multipart_upload.days) == ("Disabled", 7)
    assert [(each.days, each.storage_class) for each in third.storage_transitions] == [(30, "IA")]
    put(bucket, deletion("new", "work/"))
    assert [each.id for each in bucket.get_bucket_lifecycle().rules] == ["new"]


def test_without_rules_there_is_nothing_to_read(bucket: oss2.Bucket) -> None:
    assert refusal(bucket.get_bucket_lifecycle) == (404, "NoSuchLifecycle")
    put(bucket, deletion("work", "work/"))
    bucket.delete_bucket_lifecycle()
    assert refusal(bucket.get_bucket_lifecycle) == (404, "NoSuchLifecycle")
    bucket.delete_bucket_lifecycle()


def test_a_rule_without_a_name_is_given_one(bucket: oss2.Bucket) -> None:
    put(bucket, deletion("", "a/"), deletion("", "b/"))
    names = [each.id for each in bucket.get_bucket_lifecycle().rules]
    assert all(names)
    assert len(set(names)) == 2


def test_what_goes_by_the_last_access_is_told_with_a_moment_that_cannot_be_set(bucket: oss2.Bucket) -> None:
    put(bucket, move("seen", "a/", 30, is_access_time=True, return_to_std_when_visit=False))
    assert bucket.get_bucket_lifecycle().rules[0].atime_base > 0
    told = bucket._get_bucket_config("lifecycle").read().decode()
    assert raw(bucket, told) == (400, "MalformedXML", "")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([deletion("a", "work/"), deletion("b", "work/x/")], "0014-00000084"),
        ([deletion("a", ""), deletion("b", "work/")], "0014-00000084"),
        ([move("a", "test", 30), move("b", "test/log", 60)], "0014-00000079"),
        ([move("a", "test", 120), move("b", "test/log", 60, "Archive")], "0014-00000082"),
        ([move("a", "", 30), deletion("b", "work/", 1)], "0014-00000082"),
    ],
)
def test_rules_whose_prefixes_overlap_are_refused_unless_they_may(
    bucket: oss2.Bucket, rules: list[LifecycleRule], code: str
) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument) as refused:
        put(bucket, *rules)
    assert refused.value.details["EC"] == code
    put(bucket, *rules, headers=OVERLAP)
    assert len(bucket.get_bucket_lifecycle().rules) == 2


def test_rules_that_overlap_and_do_different_things_in_their_order_are_taken(bucket: oss2.Bucket) -> None:
    put(bucket, move("a", "test", 30), move("b", "test/log", 60, "Archive"), deletion("c", "test/log/cache", 90))


def test_the_same_prefix_twice_is_refused_even_where_prefixes_may_overlap(bucket: oss2.Bucket) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument) as refused:
        put(bucket, deletion("a", "test", 200), move("b", "test", 100), headers=OVERLAP)
    assert refused.value.details["EC"] == "0014-00000085"


def test_rules_for_objects_with_tags_may_have_any_prefix(bucket: oss2.Bucket) -> None:
    tags = oss2.models.TaggingRule()
    tags.add("kind", "draft")
    drafts = LifecycleRule("b", "work/", expiration=LifecycleExpiration(days=9), tagging=oss2.models.Tagging(tags))
    put(bucket, deletion("a", "work/"), drafts)
    assert bucket.get_bucket_lifecycle().rules[1].tagging.tag_set.tagging_rule == {"kind": "draft"}


def test_a_thousand_rules_are_taken_and_no_more(bucket: oss2.Bucket) -> None:
    rules = [deletion(f"r{number}", f"{number:04}/") for number in range(1001)]
    put(bucket, *rules[:1000])
    assert refusal(put, bucket, *rules) == (400, "InvalidArgument")
    assert len(bucket.get_bucket_lifecycle().rules) == 1000


@pytest.mark.parametrize(
    ("body", "code", "ec"),
    [
        ("<LifecycleConfiguration><Rule>", "MalformedXML", "0014-00000011"),
        (f"<Lifecycle>{rule(DELETE)}</Lifecycle>", "MalformedXML", "0014-00000011"),
        ("<LifecycleConfiguration/>", "MalformedXML", "0014-00000013"),
        ("<LifecycleConfiguration><Rules/></LifecycleConfiguration>", "MalformedXML", "0014-00000015"),
        (rule(DELETE, "<Colour>red</Colour>"), "MalformedXML", ""),
        (rule(DELETE, DELETE), "MalformedXML", "0014-00000089"),
        (rule(DELETE, status=""), "MalformedXML", "0014-00000088"),
        (rule(DELETE, status="<Status>On</Status>"), "InvalidArgument", "0014-00000024"),
        (rule(), "MalformedXML", ""),
        (rule("<Expiration/>"), "MalformedXML", "0014-00000060"),
        (
            rule(
                "<Expiration><Days>1</Days><CreatedBeforeDate>2026-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>"
            ),
            "MalformedXML",
            "0014-00000061",
        ),
        (rule("<Expiration><Days>0</Days></Expiration>"), "InvalidArgument", "0014-00000086"),
        (rule("<Expiration><Days>-1</Days></Expiration>"), "InvalidArgument", "0014-00000086"),
        (
            rule("<Expiration><CreatedBeforeDate>2026-01-01</CreatedBeforeDate></Expiration>"),
            "InvalidArgument",
            "",
        ),
        (rule("<Transition><Days>1</Days></Transition>"), "MalformedXML", "0014-00000088"),
        (
            rule("<Transition><Days>1</Days><StorageClass>Glacier</StorageClass></Transition>"),
            "InvalidArgument",
            "",
        ),
        (
            rule(
                "<Transition><Days>1</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime></Transition>"
            ),
            "MalformedXML",
            "0014-00000052",
        ),
        (
            rule("<Transition><Days>9</Days><StorageClass>IA</StorageClass></Transition>", DELETE),
            "InvalidArgument",
            "0014-00000082",
        ),
        (rule(DELETE, "<Filter><Not/></Filter>"), "MalformedXML", "0014-00000088"),
        (
            rule(DELETE, "<Filter><Not><Prefix>a/b</Prefix></Not><Not><Prefix>a/c</Prefix></Not></Filter>"),
            "MalformedXML",
            "0014-00000089",
        ),
        (rule(DELETE, "<Filter><Not><Prefix>b/</Prefix></Not></Filter>"), "InvalidArgument", ""),
        (rule(DELETE, "<Filter><Not><Prefix>a/</Prefix></Not></Filter>"), "InvalidArgument", ""),
        (rule(DELETE, "<Tag><Key>kind</Key></Tag>"), "MalformedXML", "0014-00000088"),
    ],
)
def test_a_document_that_says_no_rule_is_refused(bucket: oss2.Bucket, body: str, code: str, ec: str) -> None:
    assert raw(bucket, body) == (400, code, ec)
    assert refusal(bucket.get_bucket_lifecycle) == (404, "NoSuchLifecycle")


def test_two_rules_of_one_name_are_refused_and_a_name_that_is_too_long(bucket: oss2.Bucket) -> None:
    assert refusal(put, bucket, deletion("a", "a/"), deletion("a", "b/")) == (400, "InvalidArgument")
    assert refusal(put, bucket, deletion("x" * 256, "a/")) == (400, "InvalidArgument")
    put(bucket, deletion("x" * 255, "a/"))
