"""An order of listing pictures ends with the listing, or lies there to be taken up, whatever happens over it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from shared.cloud.ports import StoredDocument
from shared.errors import CutoutError, Misconfigured, ObjectForbidden, Rejected, Unavailable, Uncertain
from shared.jobs import keys
from shared.jobs.listing_order import ListingOrder, order_in
from shared.jobs.upload import Upload
from shared.pipeline.listing import Lister
from shared.pipeline.listing_rings import MOST_RINGS
from tests.unit.fakes import Died, Shop
from tests.unit.pipeline import listed
from tests.unit.pipeline.listed import LISTED, listing, order_at, orders, upload, work_off, wrong
from tests.unit.viapi_line import LINK

COMMODITY = "uploads/goods/commodity/shoe.jpg"


@pytest.fixture
def shop() -> Shop:
    return listed.listed_shop()


def of_cutouts(request: tuple[str, str]) -> bool:
    return request[0] in ("write", "store") and request[1].startswith((keys.CUTOUTS, keys.ORDERS))


def test_an_order_is_written_before_the_receipt_and_worked_off(shop: Shop) -> None:
    upload(shop)
    assert [name.partition("/")[0] for _, name in filter(of_cutouts, shop.bucket.requests)] == [
        "cutouts",
        "orders",
        "cutouts",
    ]
    receipt = shop.receipt(LISTED)
    assert receipt is not None
    assert receipt.options == {"listing": listed.PRESETS}
    work_off(shop)
    assert (wrong(shop), orders(shop)) == ("", [])


def test_the_listing_says_what_was_made(shop: Shop) -> None:
    upload(shop, COMMODITY, listing="taobao-white+original")
    work_off(shop)
    assert wrong(shop, COMMODITY, presets="taobao-white+original") == ""
    found = listing(shop, COMMODITY)
    assert found is not None
    white, original = found.pictures
    assert (white.width, white.height, white.content_type) == (800, 800, "image/jpeg")
    assert white.scale is not None
    assert white.scale > 4, "the photo is small, and this is said"
    assert (original.width, original.height, original.scale) == (*listed.SIDES, 1.0)
    assert "white" in white.passed
    assert found.verdict in ("ok", "look")
    thing = shop.bucket.things[white.key]
    assert thing.inputs_etag == found.etag, "a result that is brought back under uploads/ is known by it"


def test_metadata_ask_for_a_listing_as_well_and_win(shop: Shop) -> None:
    upload(shop, listing="trimmed")
    work_off(shop)
    assert wrong(shop, presets="trimmed") == ""


def test_a_capabilitys_default_counts_for_what_asks_for_nothing_itself(shop: Shop) -> None:
    shop.pipeline.listings = {"goods/commodity": "original"}
    other = "uploads/goods/commodity/return-form=whiteBK/shoe.jpg"
    upload(shop, COMMODITY)
    upload(shop, other)
    work_off(shop)
    assert wrong(shop, COMMODITY, presets="original") == ""
    assert listing(shop, other) is None


def test_what_cannot_be_combined_buys_nothing(shop: Shop) -> None:
    key = "uploads/goods/commodity/return-form=whiteBK,listing=original/shoe.jpg"
    upload(shop, key)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert (receipt.status, receipt.code, shop.web.sent, orders(shop)) == ("rejected", "NoListing", [], [])


def test_an_empty_cutout_is_not_listed(shop: Shop) -> None:
    shop.web.results[LINK] = listed.nothing()
    shop.upload(LISTED, listed.photo())
    receipt = shop.receipt(LISTED)
    assert receipt is not None
    assert (receipt.code, orders(shop)) == ("EmptyResult", [])


def test_a_cutout_of_another_photo_is_refused_with_a_sentence(shop: Shop) -> None:
    upload(shop)
    cutout = Upload(LISTED).output_key("", "png")
    shop.bucket.things[cutout] = replace(shop.bucket.things[cutout], body=listed.cutout("blue"))
    work_off(shop)
    found = listing(shop)
    assert found is not None
    assert (found.status, found.code, [row.code for row in found.pictures]) == (
        "rejected",
        "AnotherFrame",
        [found.code],
    )
    assert (shop.keys(keys.LISTINGS), orders(shop)) == ([Upload(LISTED).listing_key], [])


def test_an_order_whose_event_comes_twice_or_late_makes_nothing_more(shop: Shop) -> None:
    upload(shop)
    (key,) = orders(shop)
    work_off(shop, key)
    shop.bucket.requests.clear()
    work_off(shop, key)
    assert shop.bucket.requests == [("read", key)]


def test_orders_out_of_order_end_with_the_newest_version(shop: Shop) -> None:
    upload(shop)
    (first,) = orders(shop)
    old = shop.bucket.things[first]
    upload(shop, colour="blue")
    (second,) = {*orders(shop)} - {first}
    work_off(shop, second)
    work_off(shop, first)
    shop.bucket.things[first] = old
    work_off(shop)
    work_off(shop)
    assert (wrong(shop, colour="blue"), orders(shop)) == ("", [])


def test_what_was_deleted_is_not_listed(shop: Shop) -> None:
    upload(shop)
    del shop.bucket.things[LISTED]
    work_off(shop)
    assert (orders(shop), shop.keys(keys.LISTINGS)) == ([], [])
    upload(shop)
    del shop.bucket.things[Upload(LISTED).output_key("", "png")]
    work_off(shop)
    assert (orders(shop), shop.keys(keys.LISTINGS)) == ([], []), "an order whose cutout is gone does not come again"


def test_nothing_is_left_of_a_photo_that_is_deleted_at_any_moment(shop: Shop) -> None:
    upload(shop)
    names = boundaries(shop)
    # It looks whether the photo is there, and deletes the order, with its last requests: what is deleted later is late.
    for number, name in enumerate(names[:-3]):
        shop = listed.listed_shop()
        upload(shop)
        at_boundary(shop, number, partial(shop.bucket.things.pop, LISTED))
        with suppress(Unavailable):  # it was deleted before it was fetched: the next try finds that
            work_off(shop)
        work_off(shop)
        assert (name, shop.keys(keys.LISTINGS), orders(shop)) == (name, [], [])


def test_pictures_of_an_earlier_version_go(shop: Shop) -> None:
    upload(shop, COMMODITY, listing="original+trimmed")
    work_off(shop)
    upload(shop, COMMODITY, colour="blue", listing="original")
    work_off(shop)
    assert wrong(shop, COMMODITY, "blue", "original") == ""


def test_what_a_listing_names_that_is_not_its_own_stays(shop: Shop) -> None:
    upload(shop)
    work_off(shop)
    found = listing(shop)
    assert found is not None
    forged = tuple(row.model_copy(update={"key": Upload(LISTED).receipt_key}) for row in found.pictures)
    shop.bucket.put(
        Upload(LISTED).listing_key, found.model_copy(update={"pictures": forged}).model_dump_json().encode()
    )
    upload(shop, colour="blue")
    work_off(shop)
    assert shop.receipt(LISTED) is not None


def another(shop: Shop, listing: str) -> str:
    """A further order for the same version, as a backfill writes it."""
    (key,) = orders(shop)
    order = order_at(shop, key).model_copy(update={"listing": listing})
    shop.bucket.put(order.key, order.to_json())
    return order.key


def test_orders_of_the_same_version_add_up(shop: Shop) -> None:
    upload(shop)
    another(shop, "trimmed")
    work_off(shop)
    assert wrong(shop, presets="original+trimmed") == ""


def test_orders_of_the_same_version_add_up_at_once(shop: Shop) -> None:
    """But where one is worked off from beginning to end between another's look at the document and its writing it: OSS
    cannot compare and swap. A backfill finds the picture that is then missing in the document."""
    lost = []
    for number, name in enumerate(boundaries(shop)):
        shop = listed.listed_shop()
        upload(shop)
        (key,) = orders(shop)
        second = another(shop, "trimmed")
        at_boundary(shop, number, partial(work_off, shop, second))
        work_off(shop, key)
        if wrong(shop, presets="original+trimmed"):
            lost.append(name)
    document = Upload(LISTED).listing_key
    assert lost == [f"after read {document}", f"before write {document}"]


def at_boundary(shop: Shop, number: int, act: Callable[[], object]) -> list[str]:
    """Have `act` happen once, when the shop's bucket comes to its boundary `number`; the boundaries that it came to."""
    crossed: list[str] = []

    def come_to(when: str, name: str, key: str) -> None:
        crossed.append(f"{when} {name} {key}")
        if len(crossed) == number + 1:
            act()

    shop.bucket.before = lambda name, key: come_to("before", name, key)
    shop.bucket.after = lambda name, key: come_to("after", name, key)
    return crossed


def boundaries(shop: Shop) -> list[str]:
    upload(shop)
    crossed = at_boundary(shop, -1, lambda: None)
    work_off(shop)
    return crossed


def die() -> None:
    raise Died


def test_a_death_at_every_effect_leaves_the_order_or_the_listing(shop: Shop) -> None:
    names = boundaries(shop)
    assert len(names) > 20
    for number, name in enumerate(names):
        shop = listed.listed_shop()
        upload(shop)
        at_boundary(shop, number, die)
        with pytest.raises(Died):
            work_off(shop)
        assert orders(shop) or not wrong(shop), name
        work_off(shop)
        assert (name, wrong(shop), orders(shop)) == (name, "", [])


def test_a_death_at_every_effect_from_the_photo_on_leaves_the_order_or_the_listing(shop: Shop) -> None:
    shop.bucket.before = shop.bucket.after = lambda name, key: None
    crossed = at_boundary(shop, -1, lambda: None)
    upload(shop)
    assert any("write orders/" in name for name in crossed)
    for number, name in enumerate(crossed):
        shop = listed.listed_shop()
        at_boundary(shop, number, die)
        with pytest.raises(Died):
            upload(shop)
        work_off(shop)
        shop.dispatcher.dispatch(Upload(LISTED), shop.bucket.things[LISTED].etag)
        for _ in range(3):
            shop.clock.pass_(minutes=5)
            shop.worker(shop.clock() + timedelta(minutes=3)).run()
        work_off(shop)
        assert (name, wrong(shop), orders(shop)) == (name, "", [])


@pytest.mark.parametrize("dies", [False, True], ids=["and it goes on", "and it dies with the next change"])
def test_a_version_that_comes_at_any_moment_is_the_one_that_is_listed(shop: Shop, dies: bool) -> None:
    """Its whole life passes while an instance works for the one before; what is left to do is then done."""
    for number, name in enumerate(boundaries(shop)):
        shop = listed.listed_shop()
        upload(shop)
        (first,) = orders(shop)

        def other_life(shop: Shop = shop, first: str = first) -> None:
            upload(shop, colour="blue")
            work_off(shop, *({*orders(shop)} - {first}))
            if dies:
                shop.bucket.after = _dies_with_a_change

        at_boundary(shop, number, other_life)
        with suppress(Died, CutoutError):
            work_off(shop, first)
        shop.bucket.after = lambda name, key: None
        work_off(shop)
        work_off(shop)
        assert (name, wrong(shop, colour="blue"), orders(shop)) == (name, "", [])


def _dies_with_a_change(name: str, key: str) -> None:
    if name in ("store", "write", "delete"):
        raise Died


@pytest.mark.parametrize("error", [Misconfigured("AccessDenied", "no"), Uncertain("OssUnreachable", "no answer")])
def test_an_order_that_cannot_be_worked_off_now_stays(shop: Shop, error: CutoutError) -> None:
    upload(shop)

    def fail(name: str, key: str) -> None:
        if name == "store":
            raise error

    shop.bucket.before = fail
    with pytest.raises(type(error)):
        work_off(shop)
    assert orders(shop)
    shop.bucket.before = lambda name, key: None
    work_off(shop)
    assert (wrong(shop), orders(shop)) == ("", [])


def test_while_orders_may_not_be_written_nothing_is_bought_again_and_then_the_listing_comes(shop: Shop) -> None:
    shop.bucket.unwritable = keys.ORDERS
    upload(shop)
    job = shop.job(LISTED)
    assert job is not None
    assert (job.stage.name, shop.receipt(LISTED)) == ("unstored", None)
    for _ in range(3):
        shop.after(LISTED, minutes=11)
    assert (len(shop.web.sent), len(shop.web.fetched), orders(shop)) == (1, 1, [])
    shop.bucket.unwritable = ""
    shop.after(LISTED, minutes=11)
    shop.worker(shop.clock() + timedelta(minutes=1)).run()
    work_off(shop)
    assert (len(shop.web.sent), wrong(shop), orders(shop)) == (1, "", [])


def rung(shop: Shop, rings: int) -> ListingOrder:
    (key,) = orders(shop)
    order = order_at(shop, key).model_copy(update={"rings": rings})
    shop.bucket.put(key, order.to_json())
    return order


def test_an_order_that_no_instance_survives_ends_with_a_document_that_says_so(shop: Shop) -> None:
    upload(shop)
    rung(shop, MOST_RINGS + 1)

    def fatal(name: str, key: str) -> None:
        if name == "download":
            raise Died

    shop.bucket.before = fatal
    with pytest.raises(Died):
        work_off(shop)
    found = listing(shop)
    assert found is not None
    assert (found.status, found.code, orders(shop)) == ("failed", "NotListed", [])
    assert "6" in found.message


def test_an_order_that_only_waited_is_tried_before_it_is_given_up(shop: Shop) -> None:
    upload(shop)
    rung(shop, MOST_RINGS + 1)
    work_off(shop)
    assert (wrong(shop), orders(shop)) == ("", [])


@pytest.mark.parametrize("body", [b"", b"{}", b"no order"])
def test_what_is_no_order_is_deleted(shop: Shop, body: bytes) -> None:
    shop.bucket.put("orders/goods/commodity/a.jpg.0.json", body)
    work_off(shop)
    assert orders(shop) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"cutout": ""},
        {"cutout": "cutouts/goods/commodity/other.jpg.png"},
        {"source": "foo"},
        {"source": keys.UPLOADS + "x" * 973},
    ],
    ids=["no cutout", "another one's cutout", "no upload", "an upload that no function takes"],
)
def test_an_order_that_no_function_writes_is_none(shop: Shop, forged: dict[str, str]) -> None:
    upload(shop)
    (key,) = orders(shop)
    order = order_at(shop, key).model_copy(update=forged)
    assert order_in(StoredDocument(order.to_json(), "", ""), order.key) is None


def test_an_order_under_another_ones_name_is_none(shop: Shop) -> None:
    upload(shop)
    (key,) = orders(shop)
    shop.bucket.put("orders/goods/commodity/other.jpg.0.json", shop.bucket.things.pop(key).body)
    work_off(shop)
    assert (orders(shop), shop.keys(keys.LISTINGS)) == ([], [])


def test_no_order_is_read_from_an_absent_key(shop: Shop) -> None:
    assert not Lister(shop.bucket, listed.MEMORY, shop.clock).work_off("orders/goods/commodity/a.jpg.0.json")


def test_a_photo_that_was_archived_after_it_was_cut_out_ends_with_a_document_that_says_so(shop: Shop) -> None:
    upload(shop)

    def archived(name: str, key: str) -> None:
        if name in ("peek", "download") and key == LISTED:
            raise Rejected("InvalidObjectState", "it is archived")

    shop.bucket.before = archived
    work_off(shop)
    found = listing(shop)
    assert found is not None
    assert (found.status, found.code, orders(shop)) == ("rejected", "InvalidObjectState", [])


def test_pictures_that_are_there_stay_told_of_when_the_photo_was_archived_since(shop: Shop) -> None:
    upload(shop)
    further = another(shop, "trimmed")
    work_off(shop, *({*orders(shop)} - {further}))

    def archived(name: str, key: str) -> None:
        if name == "peek" and key == LISTED:
            raise Rejected("InvalidObjectState", "it is archived")

    shop.bucket.before = archived
    work_off(shop)
    work_off(shop)
    found = listing(shop)
    assert found is not None
    assert [(row.preset, row.code) for row in found.pictures] == [("original", ""), ("trimmed", "InvalidObjectState")]
    assert (found.status, orders(shop)) == ("done", [])


def test_an_order_of_a_photo_that_may_not_be_read_is_given_up_as_others_are(shop: Shop) -> None:
    upload(shop)
    shop.bucket.forbidden.add(LISTED)
    with pytest.raises(ObjectForbidden):
        work_off(shop)
    rung(shop, MOST_RINGS + 1)
    work_off(shop)
    found = listing(shop)
    assert found is not None
    assert (found.status, found.code, orders(shop)) == ("failed", "NotListed", [])


def test_nothing_is_made_of_one_versions_photo_and_another_ones_cutout(shop: Shop) -> None:
    """Also when the later version asks for no listing, and so never takes the place of this one's."""
    upload(shop, COMMODITY, listing="original")

    def overwrite(name: str, key: str) -> None:
        if (name, key) == ("download", COMMODITY):
            shop.bucket.before = lambda name, key: None
            shop.bucket.put(COMMODITY, listed.photo(form="PNG"))

    shop.bucket.before = overwrite
    work_off(shop)
    work_off(shop)
    assert (shop.keys(keys.LISTINGS), orders(shop)) == ([], [])


def test_receipts_about_each_other_do_not_order_listings_without_end(shop: Shop) -> None:
    """As where folders were renamed, or a backup was restored to another place."""
    one, other = LISTED, LISTED.replace("shoe", "boot")
    upload(shop, one)
    order = order_at(shop, orders(shop)[0])
    upload(shop, other)
    work_off(shop)
    things, receipts = shop.bucket.things, (Upload(one).receipt_key, Upload(other).receipt_key)
    things[receipts[0]], things[receipts[1]] = things[receipts[1]], things[receipts[0]]
    for key in (one, other):
        shop.bucket.put(key, listed.photo("blue"))
    shop.bucket.put(order.key, order.to_json())
    work_off(shop)
    assert orders(shop) == []
