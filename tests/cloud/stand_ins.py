"""The vendors' stand-ins, one row a vendor: the box starts these, and tests compare them with the capabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from shared.vendors.capability import Capability
from tests.cloud import damo_apis, picwish, picwish_work, tables, viapi_actions
from tests.cloud.accounts import Accounts
from tests.cloud.damo import Damo
from tests.cloud.effects import Observer
from tests.cloud.picwish import Picwish
from tests.cloud.tables import Takes
from tests.cloud.vendor import Vendor
from tests.cloud.viapi import Viapi


class Common(TypedDict):
    """What every `Vendor` takes, as it describes it."""

    observe: Observer
    qps: float
    latency: float
    origin: Callable[[str], str]


@dataclass(frozen=True)
class Surroundings:
    """Where a stand-in is started, and how long its work takes."""

    accounts: Accounts
    oss_host: str
    """`host:port` of the bucket that it fetches pictures from."""
    common: Common
    job_seconds: float
    """What a job takes of a vendor that is always polled."""
    processing_seconds: float
    """What a task takes of a vendor that mostly answers at once."""


@dataclass(frozen=True)
class StandIn:
    """`start` makes one that serves until its `stop()`."""

    start: Callable[[Surroundings], Vendor]
    actions: frozenset[str]
    """What it can do, spelt as `Capability.action` is."""
    written_in: str
    """The file that lists them."""
    takes: Callable[[str], Takes]
    """What one of them takes, by the vendor's manual."""


STAND_INS: dict[str, StandIn] = {
    "viapi": StandIn(
        lambda at: Viapi(at.accounts, shanghai={at.oss_host}, job_seconds=at.job_seconds, **at.common),
        frozenset(viapi_actions.ACTIONS),
        "tests/cloud/viapi_actions.py",
        tables.viapi,
    ),
    "picwish": StandIn(
        lambda at: Picwish(at.accounts, processing_seconds=at.processing_seconds, **at.common),
        frozenset(picwish.ROOT + name for name in picwish_work.ACTIONS),
        "tests/cloud/picwish_work.py",
        tables.picwish,
    ),
    "damo": StandIn(
        lambda at: Damo(at.accounts, job_seconds=at.job_seconds, **at.common),
        frozenset(damo_apis.APIS),
        "tests/cloud/damo_apis.py",
        tables.damo,
    ),
}
"""By the name of the vendor in `shared.entry.wiring`."""


def taken(row: Capability) -> Takes:
    """What the vendor takes of an upload for `row`, whatever the row says."""
    return STAND_INS[row.provider].takes(row.action)
