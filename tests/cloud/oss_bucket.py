"""What a bucket tells of itself: where it lies, whose it is, whether it has versions. All are private."""

from __future__ import annotations

from tests.cloud.accounts import Accounts
from tests.cloud.oss_replies import Content, Reply, xml_reply
from tests.cloud.oss_signature import REGION

OWNER: Content = [("ID", Accounts.uid), ("DisplayName", Accounts.uid)]
_PRIVATE: Content = [("Grant", "private")]


def location() -> Reply:
    return xml_reply("LocationConstraint", f"oss-{REGION}")


def acl() -> Reply:
    return xml_reply("AccessControlPolicy", [("Owner", OWNER), ("AccessControlList", _PRIVATE)])


def versioning(status: str) -> Reply:
    return xml_reply("VersioningConfiguration", [("Status", status)] if status else [])


def info(bucket: str, *, versioning: str, block_public_access: bool) -> Reply:
    facts: list[tuple[str, Content]] = [
        ("Name", bucket),
        ("CreationDate", "2026-01-01T00:00:00.000Z"),
        ("Location", f"oss-{REGION}"),
        ("ExtranetEndpoint", f"oss-{REGION}.aliyuncs.com"),
        ("IntranetEndpoint", f"oss-{REGION}-internal.aliyuncs.com"),
        ("StorageClass", "Standard"),
        ("DataRedundancyType", "ZRS"),
        ("Owner", OWNER),
        ("AccessControlList", _PRIVATE),
        ("BlockPublicAccess", str(block_public_access).lower()),
    ]
    if versioning:
        facts.append(("Versioning", versioning))
    return xml_reply("BucketInfo", [("Bucket", facts)])
