"""Told twice, late, or out of order: an upload is paid for once, and a new version is new work."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.errors import Unavailable
from shared.jobs import keys
from shared.jobs.job import Waiting
from shared.jobs.upload import Upload
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, HD, LINK, MASK, PAIR, SUBMITTED, THROTTLED, VEHICLE, ok, refused, status

shop = viapi_line.shop


def told_late(shop: Shop, key: str, etag: str, seconds: float = 9) -> None:
    shop.dispatcher.dispatch(Upload(key), etag, shop.clock() - timedelta(seconds=seconds))


def settle(shop: Shop) -> None:
    ends = shop.clock() + timedelta(minutes=3)
    shop.worker(ends).run()


def test_an_event_told_again_is_not_paid_for_again(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    shop.clock.pass_(hours=1)
    shop.dispatcher.dispatch(Upload(COMMON), shop.bucket.things[COMMON].etag)
    assert len(shop.web.sent) == 1
    assert shop.keys("jobs/") == []


def test_an_event_told_again_while_the_first_is_under_way_leaves_it_alone(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    first = shop.pipeline.jobs.claim(Upload(COMMON), etag)
    assert first is not None
    shop.dispatcher.dispatch(Upload(COMMON), etag)
    assert shop.job(COMMON) == first
    assert shop.keys("jobs/") == [Upload(COMMON).job_key, Upload(COMMON).recheck_key], (
        "it may have been uploaded again, as it was"
    )
    assert shop.web.sent == []


def test_a_late_event_that_finds_a_re_upload_of_the_same_bytes_does_not_swallow_it(shop: Shop) -> None:
    old, new = picture(), picture(800, 600)
    shop.upload(COMMON, old)
    late = shop.bucket.things[COMMON].etag
    shop.upload(COMMON, new)

    def again(name: str, key: str) -> None:
        if name == "delete":
            shop.bucket.before = lambda name, key: None
            shop.upload(COMMON, old)

    shop.bucket.before = again
    shop.dispatcher.dispatch(Upload(COMMON), late)
    shop.dispatcher.recheck(Upload(COMMON))
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == late


def test_a_new_version_is_new_work_and_replaces_what_the_old_one_left(shop: Shop) -> None:
    shop.web.always = ok(Elements=[{"ImageURL": LINK}, {"ImageURL": LINK + "2"}])
    shop.upload(VEHICLE, picture())
    shop.web.always = ok(Elements=[{"ImageURL": LINK}])
    shop.upload(VEHICLE, picture(800, 600))
    receipt = shop.receipt(VEHICLE)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[VEHICLE].etag
    assert shop.keys("cutouts/") == [
        "cutouts/general/vehicle/street.jpg.json",
        "cutouts/general/vehicle/street.jpg.png",
    ]


def test_a_late_event_of_an_old_version_changes_nothing(shop: Shop) -> None:
    old = shop.bucket.put(COMMON, picture())
    shop.upload(COMMON, picture(800, 600))
    before = dict(shop.bucket.things)
    shop.dispatcher.dispatch(Upload(COMMON), old)
    assert shop.bucket.things == before
    assert len(shop.web.sent) == 1


def test_a_new_version_that_comes_while_the_old_one_is_bought_is_looked_at_afterwards(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    shop.upload(HD, picture(800, 600))
    assert Upload(HD).recheck_key in shop.bucket.things
    shop.web.always = status("PROCESS_SUCCESS", Result=json.dumps({"ImageUrl": LINK}))
    shop.after(HD, minutes=1)
    shop.web.always = SUBMITTED
    shop.dispatcher.recheck(Upload(HD))
    assert Upload(HD).recheck_key not in shop.bucket.things
    job = shop.job(HD)
    assert job is not None
    assert job.etag == shop.bucket.things[HD].etag


def test_a_new_version_that_comes_while_the_old_one_waits_takes_its_place(shop: Shop) -> None:
    shop.not_accepted(COMMON, picture(), THROTTLED)
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture(800, 600))
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert [key for key in shop.keys("jobs/") if not key.endswith(".lease")] == []


def test_uploading_what_was_refused_once_more_asks_for_another_try(shop: Shop) -> None:
    shop.web.always = refused("InvalidImage.Content")
    shop.upload(COMMON, picture())
    shop.dispatcher.dispatch(Upload(COMMON), shop.bucket.things[COMMON].etag)
    assert len(shop.web.sent) == 1, "the same event again is no new upload"
    shop.clock.pass_(minutes=1)
    shop.web.always = ok(ImageURL=LINK)
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.status == "done"


def test_somebody_elses_file_in_the_receipts_place_is_replaced(shop: Shop) -> None:
    shop.bucket.put(Upload(COMMON).receipt_key, b"{}")
    shop.upload(COMMON, picture())
    assert shop.receipt(COMMON) is not None


# -------------------------------------------------------------------- those that join the queue


def test_a_late_event_joins_the_queue_with_two_writes_and_a_bell_and_no_look_at_the_picture(shop: Shop) -> None:
    told_late(shop, COMMON, shop.bucket.put(COMMON, picture()))
    (turn,) = shop.pipeline.jobs.heads()
    assert shop.bucket.requests[:3] == [("create", Upload(COMMON).job_key), ("write", turn.key), ("write", keys.WAKE)]
    assert shop.bucket.requests[3:] == [("list", keys.QUEUE)], "that was this test"
    job = shop.job(COMMON)
    assert job is not None
    assert (job.stage, job.code, job.lease_until) == (Waiting(keeps_place=True), "QuotaTaken", None)
    assert shop.web.sent == []


def test_those_behind_it_join_the_queue_without_a_bell_however_soon_they_are_told(shop: Shop) -> None:
    told_late(shop, COMMON, shop.bucket.put(COMMON, picture()))
    second = "uploads/general/common/second.jpg"
    shop.bucket.requests.clear()
    shop.upload(second, picture())
    assert [name for name, _ in shop.bucket.requests] == ["create", "write"]
    shop.upload(HD, picture())
    assert len(shop.web.sent) == 1, "another capability's quota is nobody's"


def test_an_event_in_time_is_served_at_once(shop: Shop) -> None:
    told_late(shop, COMMON, shop.bucket.put(COMMON, picture()), seconds=4.9)
    assert shop.receipt(COMMON) is not None


def test_who_is_turned_away_rings_and_the_next_one_joins_him(shop: Shop) -> None:
    shop.web.answers = [THROTTLED]
    shop.upload(COMMON, picture())
    assert shop.bucket.requests[-1] == ("write", keys.WAKE)
    second = "uploads/general/common/second.jpg"
    shop.clock.pass_(seconds=1)
    shop.upload(second, picture())
    assert len(shop.web.sent) == 1
    assert [turn.upload.key for turn in shop.pipeline.jobs.heads()] == [COMMON, second]


def test_settle_is_called_for_a_ticket_and_not_for_what_is_done(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    assert keys.WAKE not in shop.bucket.things
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    assert keys.WAKE in shop.bucket.things


@pytest.mark.parametrize("key", ["uploads/general/common/100%.jpg", "uploads/general/common/a%20b.jpg"])
def test_a_late_event_of_a_name_with_a_percent_sign_is_looked_at_for_it_may_be_another_spelling(
    shop: Shop, key: str
) -> None:
    told_late(shop, "uploads/general/common/not%20there.jpg", "0" * 32)
    assert shop.keys("queue/") == []
    told_late(shop, key, shop.bucket.put(key, picture()))
    assert [turn.upload.key for turn in shop.pipeline.jobs.heads()] == [key]
    assert shop.web.sent == [], "it does not pass the queue by"


@pytest.mark.parametrize("seconds", [0, 9])
def test_a_name_that_could_not_be_looked_at_may_be_another_spelling(shop: Shop, seconds: float) -> None:
    def falter(name: str, key: str) -> None:
        if name == "peek":
            raise Unavailable("OssUnreachable", "not reached")

    shop.bucket.before = falter
    at = shop.clock() - timedelta(seconds=seconds)
    assert not shop.dispatcher.dispatch(Upload("uploads/general/common/a%20b.jpg"), "0" * 32, at)


def test_a_second_pictures_late_event_is_no_upload_of_its_own(shop: Shop) -> None:
    shop.bucket.put(PAIR, picture())
    told_late(shop, MASK, shop.bucket.put(MASK, picture(form="PNG", mode="L")))
    assert [turn.upload.key for turn in shop.pipeline.jobs.heads()] == [PAIR]
    assert shop.web.sent == [], "and does not have the pair pass the queue by"
    settle(shop)
    assert (shop.receipt(PAIR) is not None, shop.receipt(MASK)) == (True, None)


def test_what_is_told_again_while_it_is_queued_changes_nothing(shop: Shop) -> None:
    etag = shop.bucket.put(COMMON, picture())
    told_late(shop, COMMON, etag)
    before = dict(shop.bucket.things)
    shop.clock.pass_(seconds=1)
    shop.dispatcher.dispatch(Upload(COMMON), etag)
    told_late(shop, COMMON, etag)
    assert shop.bucket.things == before
    settle(shop)
    assert len(shop.web.sent) == 1
    assert (shop.keys("jobs/"), shop.keys("queue/")) == ([], [keys.OWNER])


def test_a_new_version_of_what_is_queued_is_served_as_it_is_when_its_turn_comes(shop: Shop) -> None:
    told_late(shop, COMMON, shop.bucket.put(COMMON, picture()))
    (turn,) = shop.pipeline.jobs.heads()
    shop.clock.pass_(seconds=1)
    shop.upload(COMMON, picture(800, 600))
    assert [*shop.pipeline.jobs.heads()] == [turn], "it keeps its place"
    settle(shop)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag
    assert len(shop.web.sent) == 1


def test_a_late_event_of_what_was_served_meanwhile_is_not_paid_for_again(shop: Shop) -> None:
    shop.upload(COMMON, picture())
    told_late(shop, COMMON, shop.bucket.things[COMMON].etag)
    settle(shop)
    assert len(shop.web.sent) == 1
    assert shop.keys("jobs/") == []


def test_a_late_event_of_what_is_gone_leaves_nothing(shop: Shop) -> None:
    told_late(shop, COMMON, "0" * 32)
    settle(shop)
    assert (shop.web.sent, shop.keys("jobs/"), shop.keys("cutouts/")) == ([], [], [])


def test_a_late_event_of_what_is_bought_already_is_news_to_its_job(shop: Shop) -> None:
    shop.web.always = SUBMITTED
    shop.upload(HD, picture())
    told_late(shop, HD, shop.bucket.put(HD, picture(800, 600)))
    assert Upload(HD).recheck_key in shop.bucket.things
    assert len(shop.web.sent) == 1


def test_what_was_begun_by_us_when_only_the_answer_was_lost_gets_its_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = shop.bucket.create

    def lost(key: str, body: bytes) -> bool:
        really(key, body)
        return False

    monkeypatch.setattr(shop.bucket, "create", lost)
    told_late(shop, COMMON, shop.bucket.put(COMMON, picture()))
    assert [turn.upload.key for turn in shop.pipeline.jobs.heads()] == [COMMON]


def test_an_upload_whose_event_waited_for_this_instances_call_joins_the_queue(shop: Shop) -> None:
    waiting, happened = "uploads/general/common/waiting.jpg", shop.clock()
    shop.clock.pass_(seconds=2)
    shop.upload(COMMON, picture())
    shop.dispatcher.dispatch(Upload(waiting), shop.bucket.put(waiting, picture()), happened)
    job = shop.job(waiting)
    assert job is not None
    assert (job.code, [entry.upload.key for entry in shop.pipeline.jobs.heads()]) == ("QuotaTaken", [waiting])


def test_while_what_was_bought_cannot_be_stored_what_is_uploaded_joins_the_queue_as_long_as_settle_says_so(
    shop: Shop,
) -> None:
    shop.bucket.unwritable = keys.CUTOUTS
    shop.upload(COMMON, picture())
    assert shop.bucket.requests[-1] == ("write", keys.WAKE)
    for number in range(5):
        shop.clock.pass_(minutes=1)
        settle(shop)
        shop.upload(f"uploads/general/common/{number}.jpg", picture())
    assert len(shop.web.sent) == 1
