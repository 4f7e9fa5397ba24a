"""The roles of a deployment are compared, made, brought up to date and removed, whatever was there and whoever died."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from oss2.models import ServerSideEncryptionRule

from console.account import Account, ApiError
from console.change import Change, carry_out
from console.checks.roles import CHECKS
from console.finding import Finding
from console.roles import plan as roles
from console.roles.plan import compare, plan, removal
from console.roles.ram import call
from console.roles.rights import FUNCTIONS, PREFIX, TRIGGER_ROLE
from shared.messages.message import Message
from tests.cloud.accounts import Accounts, Key
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account, times_killed
from tests.cloud.oss import Oss
from tests.cloud.ram_api import RamApi
from tests.cloud.ram_state import RamState
from tests.cloud.sts import Sts
from tests.unit.console.log_world import ends

GOODS = f"{PREFIX}goods"
SETTINGS = {"OSS_BUCKET": "shop-photos", "JOBS_BUCKET": "shop-jobs"}
QUOTED = re.compile(r"`[^`]+`")
OTHERS_TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["mns.aliyuncs.com"]}}
LOOK = {"Effect": "Allow", "Action": "oss:GetBucketInfo", "Resource": "*"}
OTHERS_POLICY = "AliyunFCInvocationAccess"


class World:
    def __init__(self) -> None:
        self.accounts = Accounts()
        self.product = RamApi(self.accounts)
        self.openapi = OpenApi(self.accounts, Sts(self.accounts), self.product)
        self.oss = Oss(self.accounts)
        for bucket in (*SETTINGS.values(), "new-photos"):
            self.oss.create_bucket(bucket)
        self.sign_in()

    def sign_in(self, key: Key | None = None, **settings: str) -> None:
        """The settings of all, or others; the owner's key, or another one."""
        self.account = account(self.openapi, key or self.accounts.owner, {**SETTINGS, **settings}, self.oss.url)

    def stop(self) -> None:
        self.openapi.stop()
        self.oss.stop()

    @property
    def ram(self) -> RamState:
        return self.accounts.ram

    @property
    def custom(self) -> set[str]:
        return {name for kind, name in self.ram.policies if kind == "Custom"}

    def findings(self) -> list[Finding]:
        (check,) = CHECKS
        return [each for each in check.look(self.account) if isinstance(each, Finding)]

    def apply(self) -> list[Message]:
        said: list[Message] = []
        carry_out(plan(self.account), said.append)
        return said

    def writes(self) -> int:
        return len(self.openapi.changes)

    def times_killed(self, command: Callable[[Account], Iterator[Change]]) -> int:
        return times_killed(self.openapi, lambda: ends(lambda say: carry_out(command(self.account), say)))


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.stop()


@pytest.fixture
def applied(world: World) -> World:
    world.apply()
    return world


def test_an_account_without_roles_gets_all_of_them(world: World) -> None:
    assert {finding.code for finding in world.findings()} == {"MissingRole"}
    said = world.apply()
    assert world.findings() == []
    assert f"create the role `{GOODS}`" in [message.en for message in said]
    needed = [*roles.compare(world.account)]
    assert {*world.ram.roles} == {each.role.name for each in needed}
    assert world.custom == {each.role.policy_name for each in needed}


def test_the_roles_are_those_the_box_holds_its_functions_to(applied: World) -> None:
    read = "oss:GetObject", f"acs:oss:*:{Accounts.uid}:shop-photos/uploads/goods/a.jpg"
    assert applied.accounts.role_allows(GOODS, read)
    assert not applied.accounts.role_allows(f"{PREFIX}general", read)
    assert applied.ram.trusts(GOODS, "fc.aliyuncs.com")
    assert applied.accounts.role_allows(GOODS, ("viapi-imageseg:SegmentCommodity", "*"))


def test_what_is_right_is_left_alone(applied: World) -> None:
    before = applied.writes()
    assert applied.apply() == []
    assert applied.writes() == before


def test_what_would_be_done_is_told_without_doing_it(world: World) -> None:
    steps = [*plan(world.account)]
    assert world.writes() == 0
    assert [step.says for step in steps] == world.apply()


def test_whoever_is_killed_after_any_change_ends_well_when_run_again(world: World) -> None:
    killed = world.times_killed(plan)
    assert killed == world.writes() > 3 * 8
    assert world.findings() == []
    killed = world.times_killed(removal)
    assert killed > 3 * 8
    assert (world.ram.roles, world.custom) == ({}, set())


# Faults that were planted: each is found, named and mended


def policy(world: World) -> Mapping[str, Any]:
    """The custom policy of `goods`."""
    found = world.ram.policies["Custom", GOODS]
    return found.versions[found.default].document


def more_rights(world: World) -> None:
    document = policy(world)
    extra = {"Effect": "Allow", "Action": "oss:PutBucketAcl", "Resource": "acs:oss:*:*:*"}
    world.ram.put_policy(GOODS, {**document, "Statement": [*document["Statement"], extra]})


def fewer_rights(world: World) -> None:
    document = policy(world)
    kept = [each for each in document["Statement"] if "log:PostLogStoreLogs" not in each["Action"]]
    world.ram.put_policy(GOODS, {**document, "Statement": kept})


def trust_another(world: World, name: str = GOODS) -> None:
    role = world.ram.roles[name]
    role.trust = {**role.trust, "Statement": [OTHERS_TRUST]}


def trust_more(world: World) -> None:
    role = world.ram.roles[GOODS]
    role.trust = {**role.trust, "Statement": [*role.trust["Statement"], OTHERS_TRUST]}


def no_role(world: World) -> None:
    del world.ram.roles[GOODS]


def no_policy(world: World) -> None:
    world.ram.detach(GOODS, GOODS)
    del world.ram.policies["Custom", GOODS]


def another_bucket(world: World) -> None:
    world.sign_in(OSS_BUCKET="new-photos")


Plant = Callable[[World], None]
PLANTED: dict[str, tuple[Plant, set[str], str]] = {
    "a role missing": (no_role, {"MissingRole"}, f"`{GOODS}`"),
    "a right too many": (more_rights, {"ExtraRight"}, "`oss:PutBucketAcl` on `acs:oss:*:*:*`"),
    "a right too few": (fewer_rights, {"MissingRight"}, "`log:PostLogStoreLogs` on `acs:log:cn-shanghai:"),
    "another service is trusted": (trust_another, {"MissingTrust", "ExtraTrust"}, "`Service mns.aliyuncs.com`"),
    "one service more is trusted": (trust_more, {"ExtraTrust"}, "`Service mns.aliyuncs.com`"),
    "OSS is not trusted": (
        lambda world: trust_another(world, TRIGGER_ROLE),
        {"MissingTrust"},
        "`Service oss.aliyuncs.com`",
    ),
    "the custom policy missing": (no_policy, {"MissingPolicy"}, f"`{GOODS}`"),
    "the custom policy not attached": (
        lambda world: world.ram.detach(GOODS, GOODS),
        {"MissingPolicy"},
        f"`{GOODS}`",
    ),
    "a system policy missing": (
        lambda world: world.ram.detach(GOODS, "AliyunVIAPIFullAccess", "System"),
        {"MissingPolicy"},
        "`AliyunVIAPIFullAccess`",
    ),
    "a system policy too many": (
        lambda world: world.ram.attach(GOODS, "AliyunOSSFullAccess", "System"),
        {"ExtraPolicy"},
        "`AliyunOSSFullAccess`",
    ),
    "the trigger's policy not attached": (
        lambda world: world.ram.detach(TRIGGER_ROLE, f"{PREFIX}trigger"),
        {"MissingPolicy"},
        f"`{PREFIX}trigger`",
    ),
    "roles of another bucket": (another_bucket, {"MissingRight", "ExtraRight"}, "new-photos/uploads/goods/*"),
}


@pytest.mark.parametrize(("plant", "codes", "named"), PLANTED.values(), ids=PLANTED)
def test_a_fault_is_found_and_mended(applied: World, plant: Plant, codes: set[str], named: str) -> None:
    plant(applied)
    applied.ram.changed()
    found = applied.findings()
    assert {finding.code for finding in found} == codes
    assert any(named in finding.what.en for finding in found)
    for finding in found:
        assert QUOTED.findall(finding.what.en) == QUOTED.findall(finding.what.zh)
    before = applied.writes()
    assert len(applied.apply()) == applied.writes() - before > 0
    assert applied.findings() == []


@pytest.mark.parametrize(("plant", "codes", "named"), PLANTED.values(), ids=PLANTED)
def test_it_is_mended_too_by_one_who_is_killed(applied: World, plant: Plant, codes: set[str], named: str) -> None:
    plant(applied)
    applied.ram.changed()
    assert applied.times_killed(plan) >= 1
    assert applied.findings() == []


def test_only_the_rights_of_the_settings_are_needed(applied: World) -> None:
    applied.sign_in(DAILY_CALL_LIMIT="100")
    (lacks, *_) = applied.findings()
    assert "`oss:PutObject` on `acs:oss:*:1234567890123456:shop-jobs/calls/*`" in lacks.what.en


def test_versions_of_a_policy_make_room_for_new_ones(applied: World) -> None:
    less = json.dumps({**policy(applied), "Statement": policy(applied)["Statement"][:1]})
    for _ in range(4):
        new = {"policy_name": GOODS, "policy_document": less, "set_as_default": True}
        call(applied.account, "create_policy_version", new)
    applied.apply()
    assert applied.findings() == []
    assert [*applied.ram.policies["Custom", GOODS].versions] == ["v2", "v3", "v4", "v5", "v6"]


# A bucket that is encrypted with a KMS key of the user's own


@pytest.mark.parametrize("encrypted", SETTINGS.values())
def test_roles_may_use_the_key_of_a_bucket_for_as_long_as_it_is_that_of_the_bucket(
    applied: World, encrypted: str
) -> None:
    bucket = applied.account.bucket(encrypted)
    bucket.put_bucket_encryption(ServerSideEncryptionRule("KMS", "key-1"))
    found = applied.findings()
    assert {finding.code for finding in found} == {"MissingRight"}
    assert {finding.what.en.count("`acs:kms:cn-shanghai:1234567890123456:key/key-1`") for finding in found} == {6}
    assert len(found) == len(FUNCTIONS)
    assert len(applied.apply()) == len(FUNCTIONS), "OSS, which invokes functions, reads nothing"
    assert applied.findings() == []
    function = account(applied.openapi, applied.accounts.assume_role(GOODS), {}, applied.oss.url).bucket(encrypted)
    key = "cutouts/goods/a.png" if encrypted == "shop-photos" else "jobs/goods/a.json"
    function.put_object(key, b"here")
    assert function.get_object(key).read() == b"here"
    assert bucket.head_object(key).headers["x-oss-server-side-encryption-key-id"] == "key-1"

    bucket.delete_bucket_encryption()
    assert {finding.code for finding in applied.findings()} == {"ExtraRight"}
    applied.apply()
    assert applied.findings() == []


def test_with_a_key_of_osss_own_no_right_is_needed(applied: World) -> None:
    applied.account.bucket().put_bucket_encryption(ServerSideEncryptionRule("KMS"))
    assert applied.findings() == []


# What is not this project's alone


@pytest.fixture
def shared(world: World) -> World:
    """An account in which Alibaba's console has made the trigger's role for others."""
    world.ram.create_role("AliyunOSSEventNotificationRole", {"Version": "1", "Statement": [OTHERS_TRUST]})
    world.ram.attach(TRIGGER_ROLE, OTHERS_POLICY, "System")
    return world


def test_the_trigger_s_role_keeps_what_others_gave_it(shared: World) -> None:
    shared.apply()
    assert shared.findings() == []
    assert {*shared.ram.roles[TRIGGER_ROLE].attached} == {("System", OTHERS_POLICY), ("Custom", f"{PREFIX}trigger")}
    assert shared.ram.trusts(TRIGGER_ROLE, "mns.aliyuncs.com")
    assert shared.ram.trusts(TRIGGER_ROLE, "oss.aliyuncs.com")


def test_the_trigger_s_role_is_left_while_others_use_it(shared: World) -> None:
    shared.apply()
    said: list[Message] = []
    carry_out(removal(shared.account), said.append)
    assert {*shared.ram.roles} == {TRIGGER_ROLE}
    assert {*shared.ram.roles[TRIGGER_ROLE].attached} == {("System", OTHERS_POLICY)}
    assert f"`{TRIGGER_ROLE}`" in said[-1].en
    assert shared.custom == set()


def test_a_policy_that_others_have_taken_up_is_left(applied: World) -> None:
    applied.ram.create_role("theirs", {"Version": "1", "Statement": [OTHERS_TRUST]})
    applied.ram.attach("theirs", GOODS)
    said: list[Message] = []
    carry_out(removal(applied.account), said.append)
    assert ({*applied.ram.roles}, applied.custom) == ({"theirs"}, {GOODS})
    assert "left, since others use it: the policy `oss-cutout-goods`" in [message.en for message in said]


def test_removing_what_is_not_there_does_nothing(world: World) -> None:
    carry_out(removal(world.account), lambda message: None)
    assert world.writes() == 0


def test_without_a_bucket_there_is_nothing_to_be_said(world: World) -> None:
    world.sign_in(OSS_BUCKET="")
    with pytest.raises(ValueError, match="OSS_BUCKET"):
        world.apply()


def test_who_may_not_look_is_told(applied: World) -> None:
    applied.ram.create_role("nobody", {"Version": "1", "Statement": [OTHERS_TRUST]})
    applied.ram.put_policy("look", {"Version": "1", "Statement": [LOOK]})
    applied.ram.attach("nobody", "look")
    applied.sign_in(applied.accounts.assume_role("nobody"))
    with pytest.raises(ApiError) as caught:
        [*compare(applied.account)]
    assert (caught.value.status, caught.value.code) == (403, "NoPermission")
