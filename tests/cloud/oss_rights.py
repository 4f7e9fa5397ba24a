"""What a request to OSS takes of whoever signed it: the RAM actions that each operation's page names."""

from __future__ import annotations

from urllib.parse import unquote

from tests.cloud.accounts import Accounts
from tests.cloud.oss_batch import named_keys
from tests.cloud.oss_encryption import Encryption
from tests.cloud.oss_known import unknown
from tests.cloud.oss_replies import Refused
from tests.cloud.oss_request import Asked
from tests.cloud.ram import Right

_READS = ("GetObject", "HeadObject", "GetObjectMeta", "GetSymlink")
_WRITES = ("PutObject", "PostObject", "PutSymlink")


def check_rights(accounts: Accounts, encryption: Encryption, asked: Asked, access_key_id: str) -> None:
    """Raises `Refused` unless the holder of the key may do what is asked for, whether the object is there or not.

    Of several keys in one request all are needed: OSS's page does not say what becomes of the others.
    """
    if unknown(asked):
        return  # which is said, whoever asks
    for right in _needed(asked):
        if not accounts.allows(access_key_id, right):
            message = "You have no right to access this object because of bucket acl."
            raise Refused(403, "AccessDenied", message, "0003-00000001")
    encryption.admit(asked, lambda right: accounts.allows(access_key_id, right))


def _needed(asked: Asked) -> list[Right]:
    def on(action: str, bucket: str, key: str = "") -> Right:
        return f"oss:{action}", f"acs:oss:*:{Accounts.uid}:{bucket}" + (f"/{key}" if key else "")

    def writes(key: str) -> list[Right]:
        acl = [on("PutObjectAcl", asked.bucket, key)] if "x-oss-object-acl" in asked.headers else []
        return [on("PutObject", asked.bucket, key), *acl]

    match asked.operation:
        case name if name in _READS:
            return [on("GetObject", asked.bucket, asked.key)]
        case name if name in _WRITES:
            return writes(asked.subject)
        case "CopyObject":
            bucket, _, key = asked.headers["x-oss-copy-source"].partition("?")[0].lstrip("/").partition("/")
            return [on("GetObject", unquote(bucket), unquote(key)), *writes(asked.key)]
        case "DeleteMultipleObjects":
            return [on("DeleteObject", asked.bucket, key) for key in named_keys(asked)]
        case "ListObjects" | "ListObjectsV2":
            return [on("ListObjects", asked.bucket)]
        case name:
            return [on(name, asked.bucket or "*", asked.key)]
