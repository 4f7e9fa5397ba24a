"""Function Compute and its API, with the roles of a deployment and a bucket `shop-photos`, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from console.account import Account
from console.roles.rights import Deployment
from tests.cloud.accounts import Accounts, Key
from tests.cloud.fc import Fc
from tests.cloud.fc_api import FcApi
from tests.cloud.fc_registry import Neighbours
from tests.cloud.openapi import OpenApi
from tests.cloud.openapi_world import account
from tests.cloud.roles import make_roles
from tests.cloud.sts import Sts

BUCKET = "shop-photos"


@dataclass
class World:
    accounts: Accounts
    fc: Fc
    api: FcApi
    front: OpenApi
    buckets: set[str]
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """By bucket and key."""

    def account(self, key: Key | None = None, /, **settings: str) -> Account:
        """As the console has it, of the owner or of another key."""
        return account(self.front, key or self.accounts.owner, settings)


@contextmanager
def running(
    folder: Path, timer_seconds: float = math.inf, environment: dict[str, str] | None = None
) -> Iterator[World]:
    """`folder` takes the code that is deployed; there is the log project `oss-cutout` only."""
    accounts = Accounts()
    make_roles(accounts, Deployment(accounts.uid, BUCKET))
    fc = Fc(None, accounts=accounts, environment=environment or {}, timer_seconds=timer_seconds)
    buckets, objects = {BUCKET}, dict[tuple[str, str], bytes]()
    neighbours = Neighbours(
        missing_log=lambda project, logstore: (
            "" if project in ("oss-cutout", f"oss-cutout-{Accounts.uid}") else "project"
        ),
        has_bucket=lambda bucket: bucket in buckets,
        fetch=lambda bucket, key: objects.get((bucket, key)),
    )
    api = FcApi(accounts, fc, folder, neighbours)
    front = OpenApi(accounts, Sts(accounts), api)
    try:
        yield World(accounts, fc, api, front, buckets, objects)
    finally:
        front.stop()
        fc.stop()
