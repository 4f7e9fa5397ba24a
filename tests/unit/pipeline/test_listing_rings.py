"""Orders of listing pictures that nobody works off are rung for: the oldest first, a few at once, and not for ever."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from shared.errors import Unavailable, Uncertain
from shared.jobs.listing_order import ListingOrder
from shared.pipeline.listing_rings import FIRST_PAUSE, MOST_RINGS, ring
from tests.cloud.manifest import load
from tests.unit.fakes import START, Shop
from tests.unit.pipeline.listed import listed_shop, order_at, orders, work_off


@pytest.fixture
def shop() -> Shop:
    return listed_shop()


def order(shop: Shop, name: str = "shoe.jpg", rings: int = 0) -> str:
    found = ListingOrder(
        source=f"uploads/goods/commodity/{name}",
        etag="1",
        uploaded_at=START,
        inputs_etag="1",
        cutout=f"cutouts/goods/commodity/{name}.png",
        capability="goods/commodity",
        listing="original",
        ordered_at=START,
        rings=rings,
    )
    shop.bucket.put(found.key, found.to_json())
    return found.key


def told(shop: Shop) -> list[str]:
    """Of which orders OSS tells the function `listing` when settle has rung once."""
    shop.bucket.requests.clear()
    ring(shop.bucket, shop.clock)
    return [key for name, key in shop.bucket.requests if name == "write"]


def test_where_there_is_no_order_it_costs_one_request(shop: Shop) -> None:
    ring(shop.bucket, shop.clock)
    assert shop.bucket.requests == [("list", "orders/")]


def test_pauses_double_until_an_order_is_given_up(shop: Shop) -> None:
    key, minutes, rang = order(shop), 0, []
    while order_at(shop, key).rings <= MOST_RINGS:
        shop.clock.pass_(minutes=1)
        minutes += 1
        rang += [minutes] if told(shop) else []
    assert rang == [10, 30, 70, 150, 310, 470]
    work_off(shop)
    assert orders(shop) == []


def test_orders_are_rung_for_even_when_their_function_has_been_down_for_months(shop: Shop) -> None:
    key = order(shop)
    for _ in range(1000):
        shop.clock.pass_(minutes=160)
        assert told(shop) == [key]
    assert order_at(shop, key).rings == 1000


def test_a_thousand_orders_at_once_are_rung_for_a_few_at_a_time_and_the_oldest_first(shop: Shop) -> None:
    names = []
    for number in range(1000):
        names.append(order(shop, f"{number * 7 % 1000:03}.jpg"))
        shop.clock.pass_(seconds=0.1)
    shop.clock.pass_(seconds=FIRST_PAUSE.total_seconds())
    rang: list[str] = []
    for _ in range(50):
        each = told(shop)
        assert len(each) == 20
        rang += each
        shop.clock.pass_(seconds=1)
    assert rang == names
    assert Counter(order_at(shop, key).rings for key in names) == {1: 1000}


def test_those_that_are_not_due_do_not_keep_others_from_their_ring(shop: Shop) -> None:
    for number in range(50):
        order(shop, f"{number}.jpg", rings=MOST_RINGS)
    shop.clock.pass_(minutes=1)
    late = order(shop, "z.jpg")
    shop.clock.pass_(minutes=10)
    assert told(shop) == [late]


def test_an_order_that_is_worked_off_meanwhile_is_not_rung_for(shop: Shop) -> None:
    key = order(shop)
    shop.clock.pass_(minutes=11)

    def worked_off(name: str, _: str) -> None:
        if name == "list":
            del shop.bucket.things[key]

    shop.bucket.after = worked_off
    assert told(shop) == []


def test_what_is_no_order_is_rung_for_as_it_is_and_ends(shop: Shop) -> None:
    shop.bucket.put("orders/goods/notes.txt", b"mine")
    shop.clock.pass_(minutes=11)
    assert told(shop) == ["orders/goods/notes.txt"]
    assert shop.bucket.things["orders/goods/notes.txt"].body == b"mine"
    work_off(shop)
    assert orders(shop) == []


def test_settle_goes_on_where_oss_does_not_let_it_ring(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    order(shop)
    shop.clock.pass_(minutes=11)

    def fail(name: str, key: str) -> None:
        raise Unavailable("OssFailed", "out of order")

    shop.bucket.before = fail
    ring(shop.bucket, shop.clock)
    assert "orders_rung" in caplog.text


def test_function_compute_has_ended_all_its_tries_before_the_first_ring() -> None:
    function = load().functions["listing"]
    tries = 1 + function.limits.retries
    assert timedelta(seconds=tries * function.timeout) < FIRST_PAUSE


def test_an_order_is_written_again_only_while_it_lies_there(shop: Shop) -> None:
    key = order(shop)
    shop.clock.pass_(minutes=11)
    answer = iter([True])

    def lose_the_answer(name: str, _: str) -> None:
        if name == "write" and next(answer, False):
            shop.bucket.things.pop(key)
            raise Uncertain("OssUnreachable", "no answer")

    shop.bucket.after = lose_the_answer
    assert told(shop) == [key]
    assert orders(shop) == []
