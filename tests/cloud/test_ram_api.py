"""RAM and STS by their API: what they show, what they refuse, and that the box holds to it. Alibaba's SDKs ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from console.account import Account, ApiError
from console.roles.ram import call
from tests.cloud.accounts import Accounts
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account
from tests.cloud.ram_api import RamApi
from tests.cloud.sts import Sts

PHOTOS = f"acs:oss:*:{Accounts.uid}:shop-photos/*"
READ = ("oss:GetObject", f"acs:oss:*:{Accounts.uid}:shop-photos/a.jpg")
TRUST = json.dumps(
    {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["fc.aliyuncs.com"]}}],
    }
)
READER = {"policy_name": "reader", "policy_type": "Custom"}


def document(action: str = "oss:GetObject", resource: Any = PHOTOS, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": resource, **more}
    return json.dumps({"Version": "1", "Statement": [statement]})


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def openapi(accounts: Accounts) -> Iterator[OpenApi]:
    openapi = OpenApi(accounts, Sts(accounts), RamApi(accounts))
    yield openapi
    openapi.stop()


class Client:
    def __init__(self, account: Account) -> None:
        self._account = account

    def __call__(self, action: str, **parameters: Any) -> Any:
        return call(self._account, action, parameters)

    def refused(self, action: str, **parameters: Any) -> tuple[int, str]:
        with pytest.raises(ApiError) as caught:
            self(action, **parameters)
        return caught.value.status, caught.value.code


@pytest.fixture
def ram(openapi: OpenApi, accounts: Accounts) -> Client:
    return Client(account(openapi, accounts.owner, {}))


@pytest.fixture
def reader(ram: Client) -> Client:
    """With a role and a policy called so, which is attached to it."""
    ram("create_role", role_name="reader", assume_role_policy_document=TRUST, description="reads")
    ram("create_policy", policy_name="reader", policy_document=document())
    ram("attach_policy_to_role", role_name="reader", **READER)
    return ram


# Who am I


def test_the_owner_of_the_account(openapi: OpenApi, accounts: Accounts) -> None:
    found = account(openapi, accounts.owner, {}).identity
    assert (found.uid, found.arn) == (accounts.uid, f"acs:ram::{accounts.uid}:root")


def test_a_role(openapi: OpenApi, accounts: Accounts, reader: Client) -> None:
    found = account(openapi, accounts.assume_role("reader"), {}).identity
    assert found.uid == accounts.uid
    assert found.arn.startswith(f"acs:ram::{accounts.uid}:assumed-role/reader/")


# One state


def test_the_box_holds_to_what_the_api_has_set(accounts: Accounts, reader: Client) -> None:
    assert accounts.role_allows("reader", READ)
    reader("create_policy_version", policy_name="reader", policy_document=document("oss:PutObject"))
    assert accounts.role_allows("reader", READ)
    reader("set_default_policy_version", policy_name="reader", version_id="v2")
    assert not accounts.role_allows("reader", READ)
    reader("attach_policy_to_role", role_name="reader", policy_name="AliyunOSSFullAccess", policy_type="System")
    assert accounts.role_allows("reader", READ)


def test_a_role_that_is_gone_may_do_nothing(accounts: Accounts, reader: Client) -> None:
    reader("detach_policy_from_role", role_name="reader", **READER)
    reader("delete_role", role_name="reader")
    assert not accounts.role_allows("reader", READ)
    assert not accounts.ram.trusts("reader", "fc.aliyuncs.com")


def test_whom_a_role_trusts(accounts: Accounts, reader: Client) -> None:
    assert accounts.ram.trusts("reader", "fc.aliyuncs.com")
    trust = TRUST.replace("fc.aliyuncs.com", "oss.aliyuncs.com")
    reader("update_role", role_name="reader", new_assume_role_policy_document=trust)
    assert not accounts.ram.trusts("reader", "fc.aliyuncs.com")
    assert accounts.ram.trusts("reader", "oss.aliyuncs.com")


# Roles


def test_a_role_is_shown_as_it_was_made(reader: Client) -> None:
    role = reader("get_role", role_name="READER").role
    assert (role.role_name, role.arn) == ("reader", f"acs:ram::{Accounts.uid}:role/reader")
    assert role.description == "reads"
    assert json.loads(role.assume_role_policy_document) == json.loads(TRUST)


def test_roles_are_listed_by_the_page(ram: Client) -> None:
    names = [f"role-{number}" for number in range(5)]
    for name in names:
        ram("create_role", role_name=name, assume_role_policy_document=TRUST)
    found, marker = [], None
    while True:
        page = ram("list_roles", max_items=2, marker=marker)
        found += [role.role_name for role in page.roles.role]
        if not page.is_truncated:
            break
        marker = page.marker
    assert found == names


def test_what_is_attached_is_listed_on_either_side(reader: Client) -> None:
    attached = reader("list_policies_for_role", role_name="reader").policies.policy
    assert [(each.policy_type, each.policy_name) for each in attached] == [("Custom", "reader")]
    assert [each.role_name for each in reader("list_entities_for_policy", **READER).roles.role] == ["reader"]
    assert reader("get_policy", **READER).policy.attachment_count == 1


def test_a_role_has_five_custom_policies_at_most(reader: Client) -> None:
    for number in range(5):
        reader("create_policy", policy_name=f"more-{number}", policy_document=document())
    attach = [{"role_name": "reader", "policy_name": f"more-{number}", "policy_type": "Custom"} for number in range(5)]
    for each in attach[:4]:
        reader("attach_policy_to_role", **each)
    assert reader.refused("attach_policy_to_role", **attach[4]) == (409, "LimitExceeded.Role.Policy")


# Policies


def test_a_policy_has_five_versions_at_most_of_which_the_oldest_can_make_room(reader: Client) -> None:
    new = {"policy_name": "reader", "policy_document": document("oss:PutObject")}
    for _ in range(4):
        reader("create_policy_version", **new)
    assert reader.refused("create_policy_version", **new) == (409, "LimitExceeded.Policy.Version")
    rotate = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
    added = reader("create_policy_version", rotate_strategy=rotate, set_as_default=True, **new).policy_version
    assert (added.version_id, added.is_default_version) == ("v6", True)
    versions = reader("list_policy_versions", **READER).policy_versions.policy_version
    assert [each.version_id for each in versions] == ["v1", "v3", "v4", "v5", "v6"]
    assert [each.version_id for each in versions if each.is_default_version] == ["v6"]
    shown = reader("get_policy", **READER).default_policy_version.policy_document
    assert json.loads(shown) == json.loads(document("oss:PutObject"))


def test_versions_are_deleted_one_by_one_or_with_their_policy(reader: Client) -> None:
    for _ in range(2):
        reader("create_policy_version", policy_name="reader", policy_document=document())
    assert reader.refused("delete_policy_version", policy_name="reader", version_id="v1") == (
        409,
        "DeleteConflict.Policy.Version.Default",
    )
    reader("delete_policy_version", policy_name="reader", version_id="v2")
    reader("detach_policy_from_role", role_name="reader", **READER)
    assert reader.refused("delete_policy", policy_name="reader") == (409, "DeleteConflict.Policy.Version")
    reader("delete_policy", policy_name="reader", cascading_delete=True)
    assert reader.refused("get_policy", **READER) == (404, "EntityNotExist.Policy")


# What is refused

GONE = {"policy_name": "gone", "policy_type": "Custom"}
CREATE = {"role_name": "new", "assume_role_policy_document": TRUST}


@pytest.mark.parametrize(
    ("action", "parameters", "says"),
    [
        ("create_role", CREATE | {"role_name": "reader"}, (409, "EntityAlreadyExists.Role")),
        ("create_role", CREATE | {"role_name": "Reader"}, (409, "EntityAlreadyExists.Role")),
        ("create_role", CREATE | {"role_name": "a_b"}, (400, "InvalidParameter.RoleName.InvalidChars")),
        ("create_role", CREATE | {"role_name": "a" * 65}, (400, "InvalidParameter.RoleName.Length")),
        ("create_role", CREATE | {"description": "a" * 1025}, (400, "InvalidParameter.Description.Length")),
        ("create_role", {"role_name": "new"}, (400, "MissingAssumeRolePolicyDocument")),
        ("create_role", CREATE | {"assume_role_policy_document": document()}, (400, "MalformedPolicyDocument")),
        ("create_role", CREATE | {"assume_role_policy_document": "{}"}, (400, "MalformedPolicyDocument")),
        ("get_role", {"role_name": "gone"}, (404, "EntityNotExist.Role")),
        ("update_role", {"role_name": "gone"}, (404, "EntityNotExist.Role")),
        ("delete_role", {"role_name": "gone"}, (404, "EntityNotExist.Role")),
        ("delete_role", {"role_name": "reader"}, (409, "DeleteConflict.Role.Policy")),
        ("list_roles", {"max_items": 1001}, (400, "InvalidParameter.MaxItems")),
        ("list_policies_for_role", {"role_name": "gone"}, (404, "EntityNotExist.Role")),
        ("attach_policy_to_role", {"role_name": "reader", **READER}, (409, "EntityAlreadyExists.Role.Policy")),
        ("attach_policy_to_role", {"role_name": "reader", **GONE}, (404, "EntityNotExist.Policy")),
        ("attach_policy_to_role", {"role_name": "gone", **READER}, (404, "EntityNotExist.Role")),
        (
            "attach_policy_to_role",
            {"role_name": "reader", "policy_name": "reader", "policy_type": "Mine"},
            (400, "InvalidParameter.PolicyType"),
        ),
        (
            "detach_policy_from_role",
            {"role_name": "reader", "policy_name": "AliyunOSSFullAccess", "policy_type": "System"},
            (404, "EntityNotExist.Role.Policy"),
        ),
        (
            "create_policy",
            {"policy_name": "reader", "policy_document": document()},
            (409, "EntityAlreadyExists.Policy"),
        ),
        (
            "create_policy",
            {"policy_name": "a.b", "policy_document": document()},
            (400, "InvalidParameter.PolicyName.InvalidChars"),
        ),
        (
            "create_policy",
            {"policy_name": "a" * 129, "policy_document": document()},
            (400, "InvalidParameter.PolicyName.Length"),
        ),
        (
            "create_policy",
            {"policy_name": "new", "policy_document": document(resource=[PHOTOS] * 200)},
            (400, "InvalidParameter.PolicyDocument.Length"),
        ),
        ("delete_policy", {"policy_name": "reader"}, (409, "DeleteConflict.Role.Policy")),
        ("delete_policy", {"policy_name": "gone"}, (404, "EntityNotExist.Policy")),
        (
            "set_default_policy_version",
            {"policy_name": "reader", "version_id": "v9"},
            (404, "EntityNotExist.Policy.Version"),
        ),
        (
            "set_default_policy_version",
            {"policy_name": "reader", "version_id": "9"},
            (400, "InvalidParameter.VersionId.Format"),
        ),
    ],
)
def test_what_ram_does_not_take_is_refused(
    reader: Client, action: str, parameters: dict[str, Any], says: tuple[int, str]
) -> None:
    assert reader.refused(action, **parameters) == says


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        '{"Version": "1"}',
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Version": "1", "Statement": []}',
        document("GetObject"),
        document(resource="shop-photos/*"),
        document(Effect="Maybe"),
        document(Principal={"Service": "fc.aliyuncs.com"}),
    ],
)
def test_a_policy_that_says_nothing_to_ram_is_refused(ram: Client, text: str) -> None:
    assert ram.refused("create_policy", policy_name="new", policy_document=text) == (400, "MalformedPolicyDocument")


def test_who_has_no_right_is_refused(openapi: OpenApi, accounts: Accounts, reader: Client) -> None:
    someone = Client(account(openapi, accounts.assume_role("reader"), {}))
    assert someone.refused("get_role", role_name="reader") == (403, "NoPermission")
    allowed = f"acs:ram:*:{accounts.uid}:role/reader"
    reader("create_policy", policy_name="looker", policy_document=document("ram:GetRole", allowed))
    reader("attach_policy_to_role", role_name="reader", policy_name="looker", policy_type="Custom")
    assert someone("get_role", role_name="reader").role.role_name == "reader"
    assert someone.refused("delete_role", role_name="reader") == (403, "NoPermission")
