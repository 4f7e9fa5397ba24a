"""What was there before, or was never told of, is set going: by invocation, or by settle when that is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.cloud.ports import ListedObject, Request
from shared.entry.oss_events import ObjectCreated, created, records
from shared.entry.timeouts import Timeouts
from shared.errors import Misconfigured, Unavailable
from shared.jobs import keys
from shared.jobs.backlog import BacklogOwner
from shared.jobs.upload import Upload
from shared.pipeline.backfill import Backfill
from shared.pipeline.backfill_order import Order, Report
from shared.pipeline.unserved import LONGEST_RUN
from tests.cloud.manifest import load
from tests.pictures import picture
from tests.unit import viapi_line
from tests.unit.fakes import Shop
from tests.unit.viapi_line import COMMON, THROTTLED, ok

shop = viapi_line.shop
ALL = Order()


class Invocations:
    """Somebody's functions: remembers what they were told; `refusal` is raised instead when set."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.refusal: Misconfigured | None = None
        self.tried = 0

    def invoke(self, group: str, event: bytes) -> None:
        self.tried += 1
        if self.refusal:
            raise self.refusal
        (record,) = records(event)
        self.told.append((group, record))

    def keys(self) -> list[str]:
        return sorted(ObjectCreated.model_validate(event).key for _, event in self.told)


@pytest.fixture
def functions() -> Invocations:
    return Invocations()


def event(upload: ListedObject) -> bytes:
    return created("cn-shanghai", "shop-photos", upload.key, upload.size, upload.etag, time=upload.modified)


def backfill(shop: Shop, functions: Invocations, order: Order = ALL) -> Report:
    backlog_owner = BacklogOwner(shop.bucket, shop.bucket, shop.clock)
    jobs, prices = shop.pipeline.jobs, shop.pipeline.prices
    lasts = timedelta(minutes=50)
    told = Backfill(
        shop.bucket, jobs, backlog_owner, functions, prices=prices, event=event, clock=shop.clock, lasts=lasts
    )
    return told.run(order)


def settle(shop: Shop) -> None:
    ends = shop.clock() + timedelta(minutes=30)
    shop.worker(ends).run()


def queued(shop: Shop) -> list[str]:
    return [turn.upload.key for turn in shop.pipeline.jobs.heads()]


def numbered(count: int, folder: str = "uploads/general/common/") -> list[str]:
    return [f"{folder}{number:04}.jpg" for number in range(count)]


def test_an_upload_nobody_was_told_of_is_told_to_the_function_that_owns_it(shop: Shop, functions: Invocations) -> None:
    etag = shop.bucket.put(COMMON, picture())
    report = backfill(shop, functions)
    ((group, told),) = functions.told
    heard = ObjectCreated.model_validate(told)
    assert (group, heard.bucket, heard.key, heard.etag) == ("general", "shop-photos", COMMON, etag)
    assert heard.size == len(picture())
    assert told["eventTime"] == "2026-11-21T08:00:00.000Z", "in whole seconds, as OSS tells it"
    assert (report.found, report.set_going, report.left) == (1, 1, 0)
    assert shop.keys(keys.BACKFILL) == []


def test_what_has_a_current_receipt_or_a_job_is_left_alone(shop: Shop, functions: Invocations) -> None:
    shop.upload(COMMON, picture())
    shop.web.always = THROTTLED
    shop.upload("uploads/general/common/waiting.jpg", picture())
    for name in ("_mask.png", ".hidden.png"):
        shop.bucket.put(f"uploads/general/common/{name}", b"x")
    shop.bucket.put("uploads/general/common/empty.png", b"")
    # One that is as old as its upload, to the second, is told again: whoever hears of it will see that it stands.
    things, key = shop.bucket.things, Upload(COMMON).receipt_key
    things[key] = replace(things[key], modified=things[key].modified + timedelta(seconds=1))
    report = backfill(shop, functions)
    assert (report.found, report.passed_over) == (0, {"under_way": 1})
    assert report.message == "0 found; set going: 0; passed over: 1 (has a job already)"
    assert report.message_zh == "找到 0 个；已开始处理：0 个；已跳过：1 个（正在处理）"


def test_a_version_that_came_during_the_last_ones_run_and_whose_event_was_lost_is_found(
    shop: Shop, functions: Invocations
) -> None:
    def overwritten(request: Request) -> None:
        shop.clock.pass_(seconds=1)
        shop.bucket.put(COMMON, picture(800, 600))
        shop.clock.pass_(minutes=11)

    shop.web.before = overwritten
    shop.upload(COMMON, picture())
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag != shop.bucket.things[COMMON].etag, "and the receipt is younger"
    assert backfill(shop, functions).set_going == 1
    assert functions.keys() == [COMMON]
    shop.web.before = lambda request: None
    shop.dispatcher.dispatch(Upload(COMMON), shop.bucket.things[COMMON].etag)
    receipt = shop.receipt(COMMON)
    assert receipt is not None
    assert receipt.etag == shop.bucket.things[COMMON].etag
    shop.clock.pass_(seconds=1)
    assert backfill(shop, functions).found == 0


def test_a_receipt_is_read_only_if_a_run_that_wrote_it_may_have_looked_before_the_upload_came(
    shop: Shop, functions: Invocations
) -> None:
    late, early = numbered(2)
    for key in (late, early):
        assert shop.pipeline.jobs.enqueue(Upload(key), shop.bucket.put(key, picture()))
        shop.clock.pass_(minutes=15)
    settle(shop)
    things = shop.bucket.things
    things[early] = replace(things[early], modified=things[early].modified + timedelta(minutes=5))
    shop.bucket.requests.clear()
    assert backfill(shop, functions).found == 0
    read = {key for name, key in shop.bucket.requests if name == "read" and key.startswith(keys.CUTOUTS)}
    assert read == {Upload(early).receipt_key}


def test_no_function_but_backfill_holds_a_job_for_longer_than_a_run_is_said_to_take() -> None:
    timeouts = {name: function.timeout for name, function in load().functions.items() if name != "backfill"}
    leases = {name: timedelta(seconds=Timeouts.within(timeout).lease) for name, timeout in timeouts.items()}
    second = timedelta(seconds=1)  # by which two times that OSS tells in whole seconds may be off
    assert max(leases.values()) + second <= LONGEST_RUN, leases


def test_an_overwritten_upload_and_a_newer_mask_count(shop: Shop, functions: Invocations) -> None:
    pair = "uploads/general/refine-mask/a.jpg"
    shop.bucket.put(f"{pair}.mask.png", picture(form="PNG"))
    shop.web.always = ok(Elements=[{"ImageURL": viapi_line.LINK}])
    shop.upload(pair, picture())
    shop.upload(COMMON, picture())
    assert shop.receipt(pair) is not None
    shop.clock.pass_(seconds=5)
    shop.bucket.put(f"{pair}.mask.png", picture(form="PNG", mode="L"))
    shop.bucket.put(COMMON, picture(40, 60))
    backfill(shop, functions)
    assert functions.keys() == [COMMON, pair], "and not the mask, which is served with its picture"


def test_the_mask_of_a_mask_counts_and_the_mask_that_is_served_does_not(shop: Shop, functions: Invocations) -> None:
    pair = "uploads/general/refine-mask/a.jpg"
    stray = f"{pair}.mask.png.mask.png"
    shop.bucket.put(f"{pair}.mask.png", picture(form="PNG"))
    shop.web.always = ok(Elements=[{"ImageURL": viapi_line.LINK}])
    etag = shop.bucket.put(pair, picture())
    shop.clock.pass_(seconds=1)
    shop.dispatcher.dispatch(Upload(pair), etag)
    shop.bucket.put(stray, picture(form="PNG"))
    backfill(shop, functions)
    assert functions.keys() == [stray]


def test_a_dry_run_counts_and_prices_and_changes_nothing(shop: Shop, functions: Invocations) -> None:
    for key in (*numbered(3, "uploads/portrait/hd-body/"), "uploads/damo/background/a.jpg", COMMON):
        shop.bucket.put(key, picture())
    before = dict(shop.bucket.things)
    report = backfill(shop, functions, Order(dry_run=True))
    assert (report.found, report.price_yuan, report.unpriced, report.set_going) == (5, 0.021, 2, 0)
    assert "the price of 2 is not known: PRICES can say what your account pays" in report.message
    assert (shop.bucket.things, functions.told, shop.web.sent) == (before, [], [])


def test_a_dry_run_counts_with_the_accounts_own_prices(functions: Invocations) -> None:
    shop = Shop(prices={"goods/commodity": 0.003, "portrait/hd-body": 0.004})
    for key in ("uploads/portrait/hd-body/a.jpg", *numbered(2, "uploads/goods/commodity/")):
        shop.bucket.put(key, picture())
    report = backfill(shop, functions, Order(dry_run=True))
    assert (report.price_yuan, report.unpriced) == (0.01, 0)
    assert "PRICES" not in report.message


def test_a_price_that_is_known_of_nothing_is_none(shop: Shop, functions: Invocations) -> None:
    assert backfill(shop, functions, Order(dry_run=True)).price_yuan == 0.0
    shop.bucket.put(COMMON, picture())
    report = backfill(shop, functions, Order(dry_run=True))
    assert (report.price_yuan, report.unpriced) == (None, 1)
    assert json.loads(report.model_dump_json())["price_yuan"] is None


def test_many_are_refused_without_a_confirmation(shop: Shop, functions: Invocations) -> None:
    for key in numbered(11):
        shop.bucket.put(key, b"x")
    report = backfill(shop, functions, Order(confirm_over=10))
    assert (report.found, report.set_going, functions.told) == (11, 0, [])
    assert '"confirm": true' in report.message
    assert backfill(shop, functions, Order(confirm_over=10, confirm=True)).set_going == 11


def test_only_what_is_below_the_prefix_is_looked_at(shop: Shop, functions: Invocations) -> None:
    for key in (COMMON, "uploads/goods/commodity/a.jpg"):
        shop.bucket.put(key, picture())
    backfill(shop, functions, Order(prefix="uploads/goods/"))
    assert functions.keys() == ["uploads/goods/commodity/a.jpg"]


@pytest.mark.parametrize("wrong", [{"prefix": "cutouts/"}, {"prefix": ""}, {"dryrun": True}, {"confirm_over": "many"}])
def test_an_order_that_says_anything_else_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Order.model_validate_json(json.dumps(wrong))


def test_when_the_platform_refuses_the_uploads_are_queued_and_settle_is_rung_for_at_each_step(
    shop: Shop, functions: Invocations
) -> None:
    functions.refusal = Misconfigured("AccessDenied", "Function Compute refuses the invocation: no")
    uploads = numbered(130)
    for key in uploads:
        shop.bucket.put(key, picture())
    report = backfill(shop, functions)
    assert (report.set_going, report.queued, report.left) == (130, 130, 0)
    assert "queued for settle: 130, since Function Compute refuses the invocation: no" in report.message
    assert functions.tried <= 16, "those under way at the first refusal, and no more"
    assert queued(shop) == uploads[:100], "in their order, of which one look shows as many"
    assert shop.bucket.requests.count(("write", keys.WAKE)) == 2, "a step has 100"
    assert (shop.web.sent, shop.keys("cutouts/")) == ([], []), "nothing is worked on here"
    assert {name for name, _ in shop.bucket.requests} <= {"list", "read", "create", "write", "delete"}
    shop.clock.pass_(seconds=1)  # a receipt of the same second would be looked at once more
    settle(shop)
    assert all(shop.receipt(key) is not None for key in uploads)
    assert len(shop.web.sent) == 130
    assert backfill(shop, functions).found == 0


def test_what_is_queued_already_is_not_found_again(shop: Shop, functions: Invocations) -> None:
    functions.refusal = Misconfigured("AccessDenied", "no")
    shop.bucket.put(COMMON, picture())
    assert backfill(shop, functions).queued == 1
    again = backfill(shop, functions)
    assert (again.found, again.queued) == (0, 0)
    assert queued(shop) == [COMMON]


@pytest.mark.parametrize("key", ["uploads/general/common/100%25 红.jpg", "uploads/goods/a.jpg"])
def test_a_name_with_a_percent_sign_or_without_a_capability_is_queued_as_it_is(
    shop: Shop, functions: Invocations, key: str
) -> None:
    functions.refusal = Misconfigured("AccessDenied", "no")
    shop.bucket.put(key, picture())
    backfill(shop, functions)
    settle(shop)
    receipt = shop.receipt(key)
    assert receipt is not None
    assert receipt.source == key


def test_a_queued_mask_is_served_with_its_picture_and_one_that_has_none_is_told_so(
    shop: Shop, functions: Invocations
) -> None:
    functions.refusal = Misconfigured("AccessDenied", "no")
    pair, lonely, folder = (f"uploads/general/refine-mask/{name}.jpg" for name in ("a", "lonely", "b/c"))
    for key in (pair, folder):
        shop.bucket.put(key, picture())
    for mask in (f"{pair}.mask.png", f"{lonely}.mask.png", "uploads/general/refine-mask/b/_mask.png"):
        shop.bucket.put(mask, picture(form="PNG"))
    shop.web.always = ok(Elements=[{"ImageURL": viapi_line.LINK}])
    assert backfill(shop, functions).queued == 3
    settle(shop)
    for key in (pair, folder):
        assert (receipt := shop.receipt(key)) is not None
        assert receipt.status == "done"
    shop.clock.pass_(hours=2)
    settle(shop)
    assert (told := shop.receipt(f"{lonely}.mask.png")) is not None
    assert told.code == "PictureMissing"
    assert len(shop.web.sent) == 2


def test_a_job_that_was_begun_since_the_listing_hears_that_there_may_be_something_newer(
    shop: Shop, functions: Invocations
) -> None:
    functions.refusal = Misconfigured("AccessDenied", "no")
    etag = shop.bucket.put(COMMON, picture())

    def begun(name: str, key: str) -> None:
        if name == "create":
            shop.bucket.before = lambda name, key: None
            shop.pipeline.jobs.claim(Upload(COMMON), etag)

    shop.bucket.before = begun
    assert backfill(shop, functions).set_going == 1
    assert Upload(COMMON).recheck_key in shop.bucket.things


def test_a_backfill_that_ran_out_of_time_goes_on_where_it_stopped(
    shop: Shop, functions: Invocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = numbered(250)
    for key in uploads:
        shop.bucket.put(key, b"x")
    invoke = functions.invoke

    def slow(group: str, told: bytes) -> None:
        invoke(group, told)
        # By its name, and not by a count, which the threads share: two of them may step over any number.
        if uploads[130].encode() in told:
            shop.clock.pass_(hours=1)

    monkeypatch.setattr(functions, "invoke", slow)
    report = backfill(shop, functions)
    assert (report.set_going, report.left) == (200, 50)
    again = backfill(shop, functions)
    assert (again.set_going, again.left) == (50, 0)
    assert functions.keys() == uploads, "each was told once"
    assert shop.keys(keys.BACKFILL) == []


def test_where_an_old_one_stopped_is_forgotten_after_a_day(shop: Shop, functions: Invocations) -> None:
    for key in numbered(3):
        shop.bucket.put(key, b"x")
    state = {"last": numbered(3)[1], "set_going": 2, "at": shop.clock.now.isoformat()}
    shop.bucket.put(keys.progress(keys.UPLOADS), json.dumps(state).encode())
    assert backfill(shop, functions).set_going == 1
    shop.bucket.put(keys.progress(keys.UPLOADS), json.dumps(state).encode())
    shop.clock.pass_(days=2)
    assert backfill(shop, functions).set_going == 3


def test_a_key_that_is_too_long_is_named_and_passed_over(
    shop: Shop, functions: Invocations, caplog: pytest.LogCaptureFixture
) -> None:
    long = f"uploads/general/common/{'x' * 980}.jpg"
    shop.bucket.put(long, picture())
    report = backfill(shop, functions)
    assert (report.found, report.passed_over) == (0, {"key_too_long": 1})
    assert "passed over: 1 (the name is too long for a receipt)" in report.message
    assert caplog.text.count(long) == 1


def test_what_no_function_owns_is_passed_over_and_does_not_make_the_platform_refuse(
    shop: Shop, functions: Invocations
) -> None:
    misplaced = "uploads/goods/a.jpg"  # its function tells whoever put it there
    for key in ("uploads/stray.jpg", "uploads/garden/plant/a.jpg", misplaced, COMMON):
        shop.bucket.put(key, picture())
    report = backfill(shop, functions)
    assert (report.found, report.passed_over) == (2, {"no_function": 2})
    assert report.message.endswith("; passed over: 2 (no function serves its folder)")
    assert functions.keys() == [COMMON, misplaced]


def test_a_dry_run_and_a_refusal_say_what_would_be_passed_over(shop: Shop, functions: Invocations) -> None:
    for key in ("uploads/stray.jpg", f"uploads/general/common/{'x' * 980}.jpg", *numbered(3)):
        shop.bucket.put(key, b"x")
    passed_over = "passed over: 1 (the name is too long for a receipt), 1 (no function serves its folder)"
    for order in (Order(dry_run=True), Order(confirm_over=2)):
        report = backfill(shop, functions, order)
        assert (report.found, functions.told) == (3, [])
        assert passed_over in report.message


def test_an_upload_that_can_be_neither_invoked_nor_queued_is_told_and_holds_up_no_other(
    shop: Shop, functions: Invocations
) -> None:
    functions.refusal = Misconfigured("AccessDenied", "no")
    uploads = numbered(5)
    for key in uploads:
        shop.bucket.put(key, picture())

    def denied(name: str, key: str) -> None:
        if (name, key) == ("create", Upload(uploads[2]).job_key):
            raise Misconfigured("AccessDenied", "OSS refuses PutObject")

    shop.bucket.before = denied
    report = backfill(shop, functions)
    assert (report.found, report.set_going, report.queued, report.not_set_going, report.left) == (5, 4, 4, 1, 0)
    assert "set going: 4; queued for settle: 4, since no; not set going: 1, since OSS refuses" in report.message
    assert queued(shop) == [*uploads[:2], *uploads[3:]]
    shop.bucket.before = lambda name, key: None
    assert backfill(shop, functions).set_going == 1, "ordered again, it is found again"


def test_an_upload_whose_invocation_failed_is_queued_and_the_others_are_still_invoked(
    shop: Shop, functions: Invocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = numbered(5)
    for key in uploads:
        shop.bucket.put(key, picture())
    invoke = functions.invoke

    def unlucky(group: str, told: bytes) -> None:
        if uploads[0].encode() in told:
            raise Unavailable("FcUnreachable", "not reached")
        invoke(group, told)

    monkeypatch.setattr(functions, "invoke", unlucky)
    monkeypatch.setattr("shared.pipeline.backfill.AT_ONCE", 1)
    report = backfill(shop, functions)
    assert (report.set_going, report.queued) == (5, 1)
    assert "queued for settle: 1, since not reached" in report.message
    assert functions.keys() == uploads[1:]
    assert queued(shop) == uploads[:1]
