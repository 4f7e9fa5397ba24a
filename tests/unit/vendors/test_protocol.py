"""What the pipeline relies on, of every vendor that the wiring knows: the contract of `Provider`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import get_type_hints

import pytest

from shared.cloud.ports import Reply
from shared.entry import wiring
from shared.entry.settings import Settings
from shared.errors import CutoutError, Misconfigured, NotAccepted, VendorDown
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done, Failed, Pending, PollingProvider
from tests.unit.providers import CREDENTIALS, VENDORS, polling_providers, providers, settings_of
from tests.unit.vendors.answers import NOT_JSON, STAMP, task

PROVIDERS, POLLING = providers(), polling_providers()
ROWS = [row for row in CAPABILITIES.values() if row.provider in VENDORS]

NO_ANSWERS = (b"{}", b'{"data": 1, "Data": 1}', b'{"code": [], "status": {}}')
"""JSON, and nothing that any vendor says."""

every_vendor = pytest.mark.parametrize("vendor", VENDORS)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
every_polled_row = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.provider in POLLING], ids=lambda row: row.name
)


@every_vendor
def test_a_vendor_says_how_long_its_links_and_its_work_last(vendor: str) -> None:
    provider = PROVIDERS[vendor]
    assert provider.quotas.usual > 0
    assert isinstance(provider.result_hosts, tuple)
    assert provider.links_live > 0
    assert vendor not in POLLING or POLLING[vendor].works_for > 0


@every_vendor
def test_a_vendor_that_may_accept_a_task_can_be_polled(vendor: str) -> None:
    may_accept = get_type_hints(type(PROVIDERS[vendor]).answer)["return"] is not Done
    asynchronous = any(row.asynchronous for row in ROWS if row.provider == vendor)
    polled = isinstance(PROVIDERS[vendor], PollingProvider)
    assert polled or not may_accept, f"{vendor}: write `poll` and `poll_answer`, or `answer(…) -> Done`"
    assert polled or not asynchronous, f"{vendor} has asynchronous capabilities: write `poll` and `poll_answer`"


@every_row
def test_settings_that_are_missing_are_named_as_the_environment_spells_them(row: Capability) -> None:
    bare = wiring.providers(Settings(), CREDENTIALS)[row.provider]
    assert set(bare.missing(row)) <= {*settings_of(row.provider)}
    assert PROVIDERS[row.provider].missing(row) == ()


@every_row
def test_a_call_shows_every_picture_of_every_task_and_draws_on_the_capabilitys_quota(row: Capability) -> None:
    tasks = [task(row, number) for number in range(row.batch)]
    request = PROVIDERS[row.provider].call(row, tasks, STAMP)
    assert request.url.startswith("https://")
    assert request.quota.per_second == PROVIDERS[row.provider].quotas.per_second(row)
    said = repr((request.url, request.query, request.form, request.json))
    assert all(link in said for each in tasks for link in each.links.values())


@every_row
def test_a_call_has_the_options_as_the_vendor_spells_them(row: Capability) -> None:
    (option, *_) = row.options.values() or [None]
    if option is None:
        return
    request = PROVIDERS[row.provider].call(row, [task(row, options={option.field: "EXAMPLE-value"})], STAMP)
    said = repr((request.query, request.form, request.json))
    assert option.field in said
    assert "EXAMPLE-value" in said


@every_row
def test_the_same_tasks_make_the_same_call_but_for_its_nonce(row: Capability) -> None:
    provider, tasks = PROVIDERS[row.provider], [task(row)]
    assert provider.call(row, tasks, STAMP) == provider.call(row, tasks, STAMP)
    assert provider.call(row, tasks, replace(STAMP, nonce="another")).quota == provider.call(row, tasks, STAMP).quota


@every_row
def test_a_reply_that_is_no_answer_raises_a_foreseen_error(row: Capability) -> None:
    for body, status in product((*NOT_JSON, *NO_ANSWERS), (200, 404, 500, 503)):
        with pytest.raises(CutoutError) as trouble:
            PROVIDERS[row.provider].answer(row, Reply(status, body))
        assert trouble.value.code
        assert trouble.value.message


@every_row
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_payment_required_is_the_operators_to_mend(row: Capability, body: bytes) -> None:
    with pytest.raises(Misconfigured):
        PROVIDERS[row.provider].answer(row, Reply(402, body))


@every_row
def test_a_gateway_that_fails_is_tried_again(row: Capability) -> None:
    with pytest.raises(VendorDown) as trouble:
        PROVIDERS[row.provider].answer(row, Reply(502, b"<html>502 Bad Gateway</html>"))
    assert not isinstance(trouble.value, NotAccepted), "nobody knows whether the call was bought"


@every_polled_row
def test_a_poll_names_its_ticket_and_keeps_to_a_quota(row: Capability) -> None:
    provider = POLLING[row.provider]
    request = provider.poll(row, "T-1", STAMP)
    assert "T-1" in repr((request.url, request.query, request.form, request.json))
    assert 0 < request.quota.per_second <= provider.quotas.usual


@every_polled_row
def test_a_reply_that_is_no_answer_to_a_poll_raises_or_ends_the_task(row: Capability) -> None:
    for body in (*NOT_JSON, *NO_ANSWERS[:2]):
        with suppress(CutoutError):
            assert isinstance(POLLING[row.provider].poll_answer(row, "T-1", 0, Reply(200, body)), Failed)


def test_the_protocol_lists_every_kind_of_answer() -> None:
    assert get_type_hints(PollingProvider.answer)["return"] == Done | Accepted
    assert get_type_hints(PollingProvider.poll_answer)["return"] == Done | Pending | Failed
