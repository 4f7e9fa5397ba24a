"""Policies are read as RAM's page "Policy elements" says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.ram import SYSTEM_POLICIES, Policies

OBJECTS = "acs:oss:*:1234567890123456:shop-photos/uploads/goods/*"
READS = {"Effect": "Allow", "Action": ["oss:GetObject"], "Resource": [OBJECTS]}


def policies(*statements: dict[str, Any]) -> Policies:
    return Policies({"Version": "1", "Statement": [*statements]})


def shoe(key: str = "uploads/goods/shoe.jpg", bucket: str = "shop-photos", uid: str = "1234567890123456") -> str:
    return f"acs:oss:*:{uid}:{bucket}/{key}"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("oss:GetObject", shoe(), True),
        ("oss:GetObject", shoe("uploads/goods/a\nb/shoe.jpg"), True),
        ("oss:PutObject", shoe(), False),
        ("oss:GetObjectAcl", shoe(), False),
        ("oss:GetObject", shoe("uploads/general/shoe.jpg"), False),
        ("oss:GetObject", shoe("uploads/goods"), False),
        ("oss:GetObject", shoe(bucket="shop-photos-2"), False),
        ("oss:GetObject", shoe(uid="2234567890123456"), False),
    ],
)
def test_what_no_statement_allows_is_refused(action: str, resource: str, allowed: bool) -> None:
    assert policies(READS).allows((action, resource)) is allowed


def test_a_deny_counts_before_any_allow() -> None:
    denied = {"Effect": "Deny", "Action": "oss:*", "Resource": f"{OBJECTS}secret/*"}
    for order in ((READS, denied), (denied, READS)):
        assert policies(*order).allows(("oss:GetObject", shoe()))
        assert not policies(*order).allows(("oss:GetObject", shoe("uploads/goods/secret/shoe.jpg")))


def test_what_is_not_known_here_is_refused_and_not_passed_over() -> None:
    with pytest.raises(AssertionError, match="Condition"):
        policies({**READS, "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}})


def test_what_was_used_is_told_as_it_is_written() -> None:
    several = {"Effect": "Allow", "Action": ["oss:GetObject", "oss:PutObject"], "Resource": [OBJECTS, "acs:oss:*:*:b"]}
    assert policies(several).uses(("oss:GetObject", shoe())) == {("oss:GetObject", OBJECTS)}
    assert len([*policies(several).granted()]) == 4


def test_viapis_policy_is_about_viapi_only() -> None:
    viapi = Policies(SYSTEM_POLICIES["AliyunVIAPIFullAccess"])
    assert viapi.allows(("viapi-imageseg:SegmentHair", "*"))
    assert not viapi.allows(("oss:GetObject", shoe()))
