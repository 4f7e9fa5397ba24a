"""What the box's other services say when a function is deployed."""

from __future__ import annotations

import oss2

from tests.cloud.accounts import Accounts
from tests.cloud.fc_registry import REGION, Neighbours
from tests.cloud.sls_api import Sls


def neighbours(accounts: Accounts, oss: str, sls: Sls) -> Neighbours:
    """`oss` is where OSS is."""
    auth = oss2.AuthV4(accounts.owner.access_key_id, accounts.owner.access_key_secret)

    def bucket(name: str) -> oss2.Bucket:
        return oss2.Bucket(auth, oss, name, region=REGION, is_path_style=True)

    def has_bucket(name: str) -> bool:
        try:
            bucket(name).get_bucket_info()
        except oss2.exceptions.NoSuchBucket:
            return False
        return True

    def fetch(name: str, key: str) -> bytes | None:
        try:
            found: bytes = bucket(name).get_object(key).read()
        except oss2.exceptions.NotFound:
            return None
        return found

    return Neighbours(missing_log=sls.missing, has_bucket=has_bucket, fetch=fetch)
