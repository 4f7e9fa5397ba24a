"""How OSS encrypts the buckets of a deployment ("Server-side encryption")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.account import Account, ApiError, speaking
from console.buckets.plan import both

if TYPE_CHECKING:
    import oss2


def uses_kms(bucket: oss2.Bucket) -> bool:
    """Whether KMS keeps the key of what is written from now on. Raises `ApiError`."""
    return _rule(bucket)[0] == "KMS"


def own_keys(account: Account) -> tuple[str, ...]:
    """The ids of the KMS keys of the user's own; none of a bucket that is not there yet. Raises `ApiError`."""
    found = dict.fromkeys(key_id for bucket in both(account) for key_id in [_own_key(bucket)] if key_id)
    return tuple(found)


def _own_key(bucket: oss2.Bucket) -> str:
    """Empty where OSS has a key of its own: nobody needs a right to use that."""
    try:
        return _rule(bucket)[1]
    except ApiError as refused:
        if refused.code == "NoSuchBucket":
            return ""
        raise


def _rule(bucket: oss2.Bucket) -> tuple[str, str]:
    """The algorithm and the id of the key, either of them empty."""
    with speaking("OSS", "GetBucketInfo"):
        rule = bucket.get_bucket_info().bucket_encryption_rule
    return (rule.sse_algorithm or "", rule.kms_master_keyid or "") if rule else ("", "")
