"""What was bought of a capability is its own number, else the vendor's, and never more than the vendor sells."""

from __future__ import annotations

import pytest

from shared.cloud.ports import Quota
from shared.entry import wiring
from shared.entry.settings import read_settings
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import PollingProvider
from shared.vendors.quotas import Quotas
from tests.unit.providers import CREDENTIALS, VENDORS, environment
from tests.unit.vendors.answers import STAMP, task

USUAL = {vendor: 3.0 + number for number, vendor in enumerate(VENDORS)}
"""What is bought of each vendor here; no two have the same."""
ENVIRONMENT = {
    **environment(),
    **{f"{vendor.upper()}_QPS": f"{number:g}" for vendor, number in USUAL.items()},
    "CAPABILITY_QPS": "goods/commodity=10, general/hd-common=7,picwish/cutout=1,damo/background=0.5",
}
BOUGHT = {
    "goods/commodity": 10,
    "general/hd-common": 7,
    "picwish/cutout": 1,
    "damo/background": 0.5,
    "portrait/hair": 2,
}


def test_a_capability_has_its_own_number_or_the_vendors() -> None:
    quotas = Quotas(5, {"goods/commodity": 10})
    assert quotas.per_second(CAPABILITIES["goods/commodity"]) == 10
    assert quotas.per_second(CAPABILITIES["goods/cloth"]) == 5


@pytest.mark.parametrize(("usual", "expected"), [(10, 2), (2, 2), (0.5, 0.5)])
def test_hair_has_two_calls_a_second_whatever_was_bought_of_the_vendor(usual: float, expected: float) -> None:
    assert Quotas(usual).per_second(CAPABILITIES["portrait/hair"]) == expected


@pytest.mark.parametrize("row", CAPABILITIES.values(), ids=lambda row: row.name)
def test_each_call_draws_on_what_was_bought_of_its_capability(row: Capability) -> None:
    provider = wiring.providers(read_settings(ENVIRONMENT), CREDENTIALS)[row.provider]
    call = provider.call(row, [task(row)], STAMP)
    assert call.quota == Quota(row.action, BOUGHT.get(row.name, USUAL[row.provider]))
    assert provider.quotas.per_second(row) == call.quota.per_second, "settle draws what the calls are spaced by"


def test_polls_have_a_quota_of_their_own_but_for_picwish() -> None:
    polled = {}
    for name in ("general/hd-common", "damo/background", "picwish/cutout"):
        provider = wiring.providers(read_settings(ENVIRONMENT), CREDENTIALS)[CAPABILITIES[name].provider]
        assert isinstance(provider, PollingProvider)
        polled[name] = provider.poll(CAPABILITIES[name], "T", STAMP).quota
    assert polled == {
        "general/hd-common": Quota("GetAsyncJobResult", USUAL["viapi"]),
        "damo/background": Quota("bg-remove/query", USUAL["damo"]),
        "picwish/cutout": Quota("/tasks/visual/segmentation", 1),
    }
