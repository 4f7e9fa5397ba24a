"""A folder's mask, or another companion of a folder: what it means for the photos that lie there already."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.entry import wiring
from shared.entry.oss_events import ObjectCreated, records
from shared.entry.settings import read_settings
from shared.entry.uploads import arrived
from shared.errors import Misconfigured
from shared.jobs.upload import Kind, Upload
from shared.pipeline.backfill_order import Order
from tests.cloud.accounts import Accounts
from tests.pictures import picture
from tests.unit.entry.test_uploads import context, event
from tests.unit.fakes import START, Died, Shop, Thing
from tests.unit.pipeline.test_backfill import Invocations, backfill
from tests.unit.pipeline.test_dispatch import settle
from tests.unit.viapi_line import LINK, ok

FOLDER = "uploads/general/refine-mask/"
MASK = f"{FOLDER}_mask.png"
PHOTOS = [f"{FOLDER}{name}.jpg" for name in "abc"]
OLD, NEW, NEWEST = (picture(form="PNG", mode=mode) for mode in ("L", "1", "P"))
_MASKS = {Thing(body, START).etag: body for body in (OLD, NEW, NEWEST)}


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    return shop


@pytest.fixture
def served(shop: Shop) -> Shop:
    """Each photo was served with the old mask, a minute ago."""
    shop.upload(MASK, OLD)
    for photo in PHOTOS:
        shop.upload(photo, picture())
    settle(shop)
    shop.clock.pass_(minutes=1)
    shop.web.sent.clear()
    shop.bucket.requests.clear()
    return shop


def mask_of(shop: Shop, photo: str) -> bytes:
    """The companion that a photo's result was made with."""
    return _MASKS[shop.bucket.things[Upload(photo).receipt_key].inputs_etag.partition(",")[2]]


def left(shop: Shop) -> list[str]:
    """What is under way."""
    return [key for key in shop.keys("jobs/") if not key.endswith(".lease")]


def is_unconfirmed(shop: Shop) -> bool:
    receipt = shop.receipt(MASK)
    return receipt is not None and receipt.code == "NotConfirmed"


def test_a_folders_mask_costs_its_function_one_request_whatever_the_folder_holds(served: Shop) -> None:
    served.upload(MASK, NEW)
    assert served.bucket.requests == [("write", Upload(MASK).recheck_key)]
    assert left(served) == [Upload(MASK).recheck_key]


def test_photos_that_were_served_with_another_mask_are_served_again(served: Shop) -> None:
    served.upload(MASK, NEW)
    settle(served)
    assert [mask_of(served, photo) for photo in PHOTOS] == [NEW] * 3
    assert len(served.web.sent) == 3
    assert (left(served), served.receipt(MASK)) == ([], None)


def test_photos_that_waited_for_a_mask_are_served_when_the_folders_comes(shop: Shop) -> None:
    for photo in PHOTOS:
        shop.upload(photo, picture())
    shop.upload(MASK, NEW)
    settle(shop)
    assert [mask_of(shop, photo) for photo in PHOTOS] == [NEW] * 3


def test_photos_that_were_refused_for_want_of_a_mask_are_served_when_the_folders_comes(shop: Shop) -> None:
    shop.upload(PHOTOS[0], picture())
    shop.after(PHOTOS[0], minutes=61)
    assert (refused := shop.receipt(PHOTOS[0])) is not None
    assert refused.code == "CompanionMissing"
    shop.upload(MASK, NEW)
    settle(shop)
    assert mask_of(shop, PHOTOS[0]) == NEW


def test_an_event_that_is_told_again_costs_no_call(served: Shop) -> None:
    served.dispatcher.dispatch(Upload(MASK), served.bucket.things[MASK].etag)
    settle(served)
    assert (served.web.sent, left(served), served.receipt(MASK)) == ([], [], None)


def test_a_photo_with_a_mask_of_its_own_and_one_in_another_folder_cost_no_call(served: Shop) -> None:
    own, deeper = f"{PHOTOS[0]}.mask.png", f"{FOLDER}deeper/a.jpg"
    for key in (own, f"{FOLDER}deeper/_mask.png"):
        served.upload(key, OLD)
    served.upload(deeper, picture())
    settle(served)
    served.clock.pass_(minutes=1)
    served.web.sent.clear()
    served.upload(MASK, NEW)
    settle(served)
    assert sorted(served.web.shown_keys("ImageURL")) == PHOTOS[1:]


def test_an_event_whose_key_is_spelt_in_another_way_reaches_the_mask(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask, photo = f"{FOLDER}红/_mask.png", f"{FOLDER}红/a.jpg"
    shop.bucket.put(photo, picture())
    (record,) = records(event(quote(mask), eTag=shop.bucket.put(mask, NEW)))
    monkeypatch.setattr(wiring, "parts", lambda *given, **named: SimpleNamespace(dispatcher=shop.dispatcher))
    arrived("general", ObjectCreated.model_validate(record), read_settings({}), context(Accounts().owner))
    settle(shop)
    assert mask_of(shop, photo) == NEW
    assert left(shop) == []


_NAMES = st.sets(st.text("a-.0", min_size=1, max_size=4), min_size=1).map(
    lambda names: sorted(f"{FOLDER}{name}" for name in names if Upload(FOLDER + name).kind is Kind.PICTURE)
)


@given(_NAMES, st.data())
def test_whatever_the_photos_are_called_those_are_found_that_have_no_newer_receipt(
    names: list[str], data: st.DataObject
) -> None:
    shop = Shop()
    newer = data.draw(st.sets(st.sampled_from(names))) if names else set()
    for name in names:
        shop.bucket.put(name, b"x")
    for name in sorted({*names} - newer)[::2]:
        shop.bucket.put(Upload(name).receipt_key, b"{}")
    shop.upload(MASK, NEW)
    shop.clock.pass_(seconds=1)
    for name in newer:
        shop.bucket.put(Upload(name).receipt_key, b"{}")
    shop.dispatcher.recheck(Upload(MASK))
    assert {entry.upload.key for entry in shop.pipeline.jobs.heads()} == {*names} - newer


# ---------------------------------------------------------------- while it goes on


def test_what_a_death_left_of_a_folder_is_done_when_the_lease_is_over(served: Shop) -> None:
    served.upload(MASK, NEW)

    def die(name: str, key: str) -> None:
        if (name, key) == ("create", Upload(PHOTOS[1]).job_key):
            raise Died

    served.bucket.before = die
    with pytest.raises(Died):
        settle(served)
    served.bucket.before = lambda name, key: None
    served.clock.pass_(minutes=3)
    settle(served)
    assert [mask_of(served, photo) for photo in PHOTOS] == [NEW] * 3
    assert len(served.web.sent) == 3


def test_a_mask_that_is_replaced_once_more_while_the_folder_is_looked_at_is_the_one_that_counts(served: Shop) -> None:
    served.upload(MASK, NEW)

    def replace(name: str, key: str) -> None:
        if (name, key) == ("create", Upload(PHOTOS[1]).job_key):
            served.bucket.before = lambda name, key: None
            served.clock.pass_(seconds=1)
            served.upload(MASK, NEWEST)

    served.bucket.before = replace
    settle(served)
    assert [mask_of(served, photo) for photo in PHOTOS] == [NEWEST] * 3
    assert len(served.web.sent) == 3
    assert left(served) == []


def test_a_photo_that_is_being_served_when_the_mask_comes_is_served_again_afterwards(served: Shop) -> None:
    def replace(request: object) -> None:
        served.web.before = lambda request: None
        served.clock.pass_(seconds=1)
        served.upload(MASK, NEW)
        served.clock.pass_(seconds=1)

    served.web.before = replace
    late = f"{FOLDER}late.jpg"
    served.upload(late, picture())
    assert mask_of(served, late) == OLD
    settle(served)
    assert mask_of(served, late) == NEW
    assert sorted(served.web.shown_keys("ImageURL")) == sorted([*PHOTOS, late, late])


@pytest.mark.parametrize("at", ["before", "while"])
def test_a_mask_that_is_deleted_means_nothing_any_more(served: Shop, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pipeline.folders.MOST_UNASKED", 2)
    served.upload(MASK, NEW)

    def delete(name: str, key: str) -> None:
        if (name, key) == ("list", FOLDER):
            served.bucket.things.pop(MASK, None)

    if at == "before":
        del served.bucket.things[MASK]
    served.bucket.before = delete
    settle(served)
    assert (served.web.sent, left(served), served.receipt(MASK)) == ([], [], None)


# ---------------------------------------------------------------- more than anybody asked for


def test_a_mask_for_20_000_photos_buys_nothing_and_says_how_to_order_it(shop: Shop) -> None:
    for number in range(20_000):
        photo = f"{FOLDER}{number:05}.jpg"
        shop.bucket.put(photo, b"x")
        shop.bucket.put(Upload(photo).receipt_key, b"{}")
    shop.clock.pass_(minutes=1)
    shop.upload(MASK, NEW)
    assert len(shop.bucket.requests) == 1
    settle(shop)
    assert len(shop.bucket.requests) < 40, "besides the pages of listings"
    assert (shop.web.sent, left(shop), shop.keys("queue/waiting")) == ([], [], [])
    receipt = shop.receipt(MASK)
    assert receipt is not None
    assert (receipt.status, receipt.code, receipt.attempts, receipt.price_yuan) == ("rejected", "NotConfirmed", 0, 0.0)
    assert receipt.etag == shop.bucket.things[MASK].etag
    order = '{"prefix": "uploads/general/refine-mask/", "confirm": true}'
    for said in (receipt.message, receipt.message_zh):
        assert {"20,000", "1,000", order} <= {*re.findall(r"\d+,\d+|\{.*\}", said)}


def test_20_000_photos_that_have_only_just_come_are_left_to_their_own_events(shop: Shop) -> None:
    for number in range(20_000):
        shop.bucket.put(f"{FOLDER}{number:05}.jpg", b"x")
    shop.upload(MASK, NEW)
    settle(shop)
    assert (shop.web.sent, left(shop), shop.receipt(MASK)) == ([], [], None)
    assert len(shop.bucket.requests) < 40


@pytest.fixture
def unconfirmed(served: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A new mask has come, and there are more photos than are served again unasked."""
    monkeypatch.setattr("shared.pipeline.folders.MOST_UNASKED", 2)
    served.upload(MASK, NEW)
    settle(served)
    assert is_unconfirmed(served)
    assert served.web.sent == []
    served.clock.pass_(minutes=1)
    return served


def order_in(shop: Shop) -> Order:
    """What the mask's receipt says is to be ordered."""
    receipt = shop.receipt(MASK)
    assert receipt is not None
    (order,) = re.findall(r"\{.*\}", receipt.message)
    return Order.model_validate_json(order)


@pytest.mark.parametrize("invoked", [True, False])
def test_the_backfill_that_the_receipt_names_serves_them_all_and_ends_the_receipt(
    unconfirmed: Shop, invoked: bool
) -> None:
    shop, functions = unconfirmed, Invocations()
    functions.refusal = None if invoked else Misconfigured("AccessDenied", "no")
    order = order_in(shop)
    assert backfill(shop, functions, order.model_copy(update={"dry_run": True})).found == 4, "the mask is one of them"
    assert is_unconfirmed(shop)
    report = backfill(shop, functions, order)
    assert (report.set_going, report.queued) == (4, 1 if invoked else 4)
    told = functions.keys()
    assert told == (PHOTOS if invoked else [])
    settle(shop)
    assert shop.receipt(MASK) is None, "although the functions have yet to begin"
    for photo in told:
        shop.dispatcher.dispatch(Upload(photo), shop.bucket.things[photo].etag)
    assert [mask_of(shop, photo) for photo in PHOTOS] == [NEW] * 3
    assert len(shop.web.sent) == 3
    shop.clock.pass_(minutes=1)
    assert backfill(shop, functions, order).found == 0


def test_a_mask_that_came_after_the_backfill_had_listed_asks_for_one_of_its_own(unconfirmed: Shop) -> None:
    shop, functions = unconfirmed, Invocations()

    def replace(name: str, key: str) -> None:
        if name == "create":  # the backfill sets the mask going
            shop.bucket.before = lambda name, key: None
            shop.bucket.put(MASK, NEWEST)

    shop.bucket.before = replace
    backfill(shop, functions, order_in(shop))
    settle(shop)
    assert is_unconfirmed(shop)


def test_a_photo_that_comes_while_the_receipt_asks_is_served_with_the_new_mask(unconfirmed: Shop) -> None:
    late = f"{FOLDER}late.jpg"
    unconfirmed.upload(late, picture())
    assert mask_of(unconfirmed, late) == NEW
    settle(unconfirmed)
    assert len(unconfirmed.web.sent) == 1
    assert is_unconfirmed(unconfirmed)


def test_a_receipt_that_asks_is_replaced_by_the_next_masks(unconfirmed: Shop) -> None:
    unconfirmed.upload(MASK, NEWEST)
    settle(unconfirmed)
    receipt = unconfirmed.receipt(MASK)
    assert receipt is not None
    assert receipt.etag == unconfirmed.bucket.things[MASK].etag


def test_a_receipt_that_asks_goes_when_a_newer_mask_finds_few_photos(unconfirmed: Shop) -> None:
    del unconfirmed.bucket.things[PHOTOS[2]]
    unconfirmed.upload(MASK, NEWEST)
    settle(unconfirmed)
    assert unconfirmed.receipt(MASK) is None
    assert len(unconfirmed.web.sent) == 2


def test_a_document_of_a_folder_is_treated_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.pipeline.folders.MOST_UNASKED", 2)
    shop, document = Shop(), "uploads/picwish/watermark/_rectangles.json"
    for name in "abc":
        photo = f"uploads/picwish/watermark/{name}.jpg"
        shop.bucket.put(photo, picture())
        shop.bucket.put(Upload(photo).receipt_key, b"{}")
    shop.clock.pass_(minutes=1)
    shop.upload(document, json.dumps([{"x": 0, "y": 0, "width": 9, "height": 9}]).encode())
    settle(shop)
    receipt = shop.receipt(document)
    assert receipt is not None
    assert receipt.code == "NotConfirmed"
    assert shop.web.sent == []
