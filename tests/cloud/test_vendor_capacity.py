"""A stand-in that is slower than what it sold answers late, in order, and bills also those who did not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.cloud import vendor_world
from tests.cloud.accounts import Accounts
from tests.cloud.picwish import Picwish
from tests.cloud.vendor import Vendor
from tests.cloud.vendor_capacity import Capacity
from tests.cloud.vendor_world import Pictures, encoded
from tests.cloud.viapi import Viapi
from tests.cloud.viapi_calls import v1

pictures, accounts = vendor_world.pictures, vendor_world.accounts
Call = Callable[[str, float], httpx.Response]
"""By key; with the seconds after which the caller hangs up."""


@pytest.fixture(params=["viapi", "picwish"])
def vendor(request: pytest.FixtureRequest, accounts: Accounts, pictures: Pictures) -> Iterator[tuple[Vendor, Call]]:
    def link(key: str) -> str:
        return pictures.put(key, encoded())

    def viapi(key: str, seconds: float) -> httpx.Response:
        method, query, _ = v1(accounts.owner, "SegmentCommonImage", {"ImageURL": link(key)})
        return httpx.request(method, served.url, params=query, timeout=seconds, trust_env=False)

    def picwish(key: str, seconds: float) -> httpx.Response:
        return httpx.post(
            f"{served.url}/tasks/visual/segmentation",
            data={"image_url": link(key)},
            headers={"Authorization": f"APPCODE {accounts.appcode('picwish')}"},
            timeout=seconds,
            trust_env=False,
        )

    served: Vendor = (
        Viapi(accounts, shanghai={pictures.host}, qps=1000) if request.param == "viapi" else Picwish(accounts, qps=1000)
    )
    yield served, viapi if request.param == "viapi" else picwish
    served.stop()


def test_pictures_are_made_one_after_the_other_and_billed_when_they_are(vendor: tuple[Vendor, Call]) -> None:
    service, call = vendor
    call("uploads/warm.jpg", 20)
    service.ledger.clear()
    service.capacity.per_second = 5
    with ThreadPoolExecutor(4) as pool:
        began = time.time()
        answers = [pool.submit(call, f"uploads/{number}.jpg", 20) for number in range(4)]
        assert [answer.result().status_code for answer in answers] == [200] * 4
    assert [each.at - began > (place + 0.9) / 5 for place, each in enumerate(service.ledger)] == [True] * 4


def test_who_hangs_up_is_billed_and_holds_up_those_who_come_later(vendor: tuple[Vendor, Call]) -> None:
    service, call = vendor
    service.capacity.per_second = 2
    with pytest.raises(httpx.ReadTimeout):
        call("uploads/impatient.jpg", 0.2)
    began = time.time()
    assert call("uploads/patient.jpg", 20).status_code == 200
    assert time.time() - began > 0.6
    assert [each.key for each in service.ledger] == ["uploads/impatient.jpg", "uploads/patient.jpg"]


def test_it_may_change_while_some_stand_in_line_whose_order_stays() -> None:
    capacity, stopped, made = Capacity(), threading.Event(), list[int]()
    capacity.per_second = 4

    def work(number: int) -> None:
        capacity.work(stopped)
        made.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(20)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    capacity.per_second = 1000
    for thread in threads:
        thread.join()
    assert made == [*range(20)]
    assert 0.25 <= time.monotonic() - began < 2


def test_when_it_stops_nobody_waits_any_longer() -> None:
    capacity, stopped = Capacity(), threading.Event()
    capacity.per_second = 0.01
    threads = [threading.Thread(target=capacity.work, args=[stopped]) for _ in range(3)]
    for thread in threads:
        thread.start()
    stopped.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
