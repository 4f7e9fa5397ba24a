"""Every capability is served by its vendor's stand-in: our dialect on one side of a real connection, and it on the
other."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from uuid import uuid4

import pytest

from shared.cloud.http_client import HttpClient
from shared.cloud.ports import Credentials
from shared.entry import wiring
from shared.entry.settings import Settings, read_settings
from shared.errors import CutoutError
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.protocol import Accepted, Done, Failed, Nonce, Pending, PollingProvider, Provider, Task
from tests.cloud import vendor_world
from tests.cloud.accounts import Accounts
from tests.cloud.effects import unobserved
from tests.cloud.stand_ins import STAND_INS, Common, Surroundings
from tests.cloud.vendor import Vendor
from tests.cloud.vendor_world import Pictures, encoded, portrait

pictures, accounts = vendor_world.pictures, vendor_world.accounts

_PATIENCE = 20.0


@pytest.fixture(scope="module")
def started(pictures: Pictures, accounts: Accounts) -> Iterator[dict[str, Vendor]]:
    common = Common(observe=unobserved, qps=1000, latency=0.0, origin=lambda key: key)
    at = Surroundings(accounts, pictures.host, common, job_seconds=0.0, processing_seconds=0.2)
    vendors = {name: stand_in.start(at) for name, stand_in in STAND_INS.items()}
    yield vendors
    for vendor in vendors.values():
        vendor.stop()


@pytest.fixture(scope="module")
def settings(started: dict[str, Vendor]) -> Settings:
    """As a function gets them in the box."""
    hosts = ",".join(vendor.result_host for vendor in started.values())
    given = {name: value for vendor in started.values() for name, value in vendor.settings().items()}
    return read_settings({**given, "RESULT_HOSTS": hosts})


@pytest.fixture(scope="module")
def http(settings: Settings) -> HttpClient:
    return HttpClient(result_hosts=settings.result_hosts, call_seconds=_PATIENCE, wait_seconds=math.inf)


@pytest.fixture(scope="module")
def providers(settings: Settings, accounts: Accounts) -> dict[str, Provider]:
    owner = accounts.owner
    return wiring.providers(settings, Credentials(owner.access_key_id, owner.access_key_secret))


def task(row: Capability, pictures: Pictures) -> Task:
    """Of a portrait, which has something in it for every capability; what a companion shows is no matter here."""
    photo = portrait()
    links = {field: pictures.put(f"uploads/{row.name}/{role}.jpg", photo) for role, field in row.fields.items()}
    if row.companion and row.companion.same_size:
        links[row.companion.field] = pictures.put(f"uploads/{row.name}/mask.png", encoded("PNG", (600, 600), "L"))
    return Task(links)


def finished(provider: Provider, row: Capability, http: HttpClient, work: Task) -> Done:
    """What comes of a call, polled until it is done. Raises what any part of it raises."""
    answer = provider.answer(row, http.send(provider.call(row, [work], nonce())))
    ends = time.monotonic() + _PATIENCE
    while not isinstance(answer, Done):
        assert isinstance(answer, Accepted)
        assert isinstance(provider, PollingProvider)
        assert time.monotonic() < ends, f"{row.name} is not finished within {_PATIENCE:g} s"
        time.sleep(0.05)
        reply = http.send(provider.poll(row, answer.ticket, nonce()))
        match provider.poll_answer(row, answer.ticket, 0, reply):
            case Done() as done:
                return done
            case Failed(error):
                raise error
            case Pending():
                pass
    return answer


def nonce() -> Nonce:
    return Nonce(datetime.now(timezone.utc), uuid4().hex)


@pytest.mark.parametrize("row", CAPABILITIES.values(), ids=lambda row: row.name)
def test_the_stand_in_serves_every_capability_of_its_vendor(
    row: Capability,
    started: dict[str, Vendor],
    providers: dict[str, Provider],
    http: HttpClient,
    pictures: Pictures,
) -> None:
    where = f"see {STAND_INS[row.provider].written_in}"
    assert providers[row.provider].missing(row) == (), f"`settings` of {row.provider}'s stand-in lacks these; {where}"
    try:
        done = finished(providers[row.provider], row, http, task(row, pictures))
        for picture in done.pictures:
            with http.fetch(picture.url, providers[row.provider].result_hosts, _PATIENCE) as download:
                assert b"".join(download.chunks)
    except CutoutError as error:
        pytest.fail(f"{row.provider}'s stand-in did not serve {row.name} ({error}); {where}")
    assert done.pictures
    billed = started[row.provider].ledger[-1]
    assert billed.key == f"uploads/{row.name}/image.jpg", f"{row.provider}'s stand-in billed another upload; {where}"
