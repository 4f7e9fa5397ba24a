"""The roles that are made from the table of rights: against s.yaml, and within what RAM takes."""

from __future__ import annotations

import json

from console.roles.rights import (
    FUNCTIONS,
    MOST_CHARACTERS,
    PREFIX,
    TRIGGER_ROLE,
    Deployment,
    Role,
    documents,
    roles,
)
from tests.cloud.manifest import load

DEPLOYMENT = Deployment("1234567890123456", "shop-photos", "shop-jobs", counts_calls=True)


def found(deployment: Deployment = DEPLOYMENT) -> dict[str, Role]:
    return {role.name: role for role in roles(deployment)}


def test_every_function_has_a_role_and_every_role_its_function() -> None:
    manifest = load()
    assert {function.role_name for function in manifest.functions.values()} == {*found()} - {TRIGGER_ROLE}
    assert {*manifest.functions} == {*FUNCTIONS}
    triggers = [trigger for function in manifest.functions.values() for trigger in function.oss_triggers]
    assert {trigger.invocation_role.rpartition("/")[2] for trigger in triggers} == {TRIGGER_ROLE}


def test_policies_are_as_short_as_ram_wants_them() -> None:
    longest = Deployment(
        "1234567890123456", "b" * 63, "j" * 63, True, "p" * 63, "l" * 63, kms_keys=("k" * 64, "m" * 64)
    )
    for role in roles(longest):
        assert len(json.dumps(role.policy)) <= MOST_CHARACTERS, role.name


def test_the_services_that_may_assume_a_role() -> None:
    for name, role in found().items():
        service = "oss.aliyuncs.com" if name == TRIGGER_ROLE else "fc.aliyuncs.com"
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}
        assert role.trust == {"Version": "1", "Statement": [statement]}


def test_jobs_lie_in_their_own_bucket_if_there_is_one() -> None:
    policy = json.dumps(found()[f"{PREFIX}goods"].policy)
    assert "shop-jobs/jobs/goods/*" in policy
    assert "shop-photos/uploads/goods/*" in policy
    assert "shop-photos/jobs" not in policy
    assert "shop-photos/jobs/goods/*" in json.dumps(found(Deployment("1", "shop-photos"))[f"{PREFIX}goods"].policy)


def test_calls_are_counted_only_where_they_are_limited() -> None:
    assert "calls/*" in json.dumps(found()[f"{PREFIX}goods"].policy)
    assert "calls/*" not in json.dumps(found(Deployment("1", "shop-photos"))[f"{PREFIX}goods"].policy)


def test_a_kms_key_may_be_used_only_where_a_bucket_is_encrypted_with_it() -> None:
    with_key = found(Deployment("1", "shop-photos", kms_keys=("key-1",)))
    for name, role in with_key.items():
        assert ("key/key-1" in json.dumps(role.policy)) == (name != TRIGGER_ROLE)
    assert "kms:" not in json.dumps([role.policy for role in found().values()])


def test_an_administrator_gets_all_that_makes_a_role() -> None:
    goods = found()[f"{PREFIX}goods"]
    told = documents(DEPLOYMENT)
    assert {*told} == {*found()}
    assert told[goods.name] == {
        "trust": goods.trust,
        "policy_name": goods.name,
        "policy": goods.policy,
        "system_policies": ["AliyunVIAPIFullAccess"],
    }
