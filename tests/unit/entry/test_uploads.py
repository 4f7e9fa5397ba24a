"""Where a function begins: settings, refusals, credentials, and the events that come in one invocation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.ports import Credentials
from shared.entry import invocation, wiring
from shared.entry.settle import on_timer
from shared.entry.timeouts import Timeouts
from shared.entry.uploads import on_upload
from shared.errors import Misconfigured
from shared.jobs import keys
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.jobs.upload import Upload
from shared.pipeline.dispatch import Dispatcher
from tests.cloud.accounts import Accounts, Key
from tests.cloud.oss import Oss
from tests.pictures import picture

EVENTS = Path(__file__).parents[3] / "events"
KEY = "uploads/general/common/red shoe.jpg"


def context(key: Key, timeout: int = 120) -> Any:
    return SimpleNamespace(
        credentials=SimpleNamespace(**vars(key)) if key else None, function=SimpleNamespace(timeout=timeout)
    )


def now() -> datetime:
    return datetime.now(timezone.utc)


def ago(seconds: float = 0) -> str:
    """As events tell the time: the rest of the second is cut off."""
    return f"{now() - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.000Z"


def event(key: str = KEY, **changes: Any) -> bytes:
    """The recorded event of a put just now, for another key or otherwise changed."""
    document = json.loads((EVENTS / "put.json").read_bytes())
    (created,) = document["events"]
    created["eventTime"] = ago()
    created["oss"]["object"]["key"] = key
    created["oss"]["object"] |= {name: value for name, value in changes.items() if name in created["oss"]["object"]}
    created |= {name: value for name, value in changes.items() if name in created}
    if "bucket" in changes:
        created["oss"]["bucket"]["name"] = changes["bucket"]
    return json.dumps(document).encode()


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def oss(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Oss]:
    """A bucket, an environment that leads to it, and no vendor behind its address."""
    oss = Oss(accounts)
    oss.create_bucket("shop-photos")
    for name in ("OSS_BUCKET", "JOBS_BUCKET", "REGION", "ALIBABA_CLOUD_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OSS_ENDPOINT", oss.url)
    monkeypatch.setenv("OSS_PUBLIC_ENDPOINT", oss.url)
    monkeypatch.setenv("VIAPI_ENDPOINT", "http://127.0.0.1:9")
    invocation.settings.cache_clear()
    wiring.KEPT.clear()
    yield oss
    oss.stop()
    invocation.settings.cache_clear()
    wiring.KEPT.clear()


def bucket(oss: Oss, accounts: Accounts, name: str = "shop-photos") -> Any:
    return OssBucket(
        name,
        Credentials(**vars(accounts.owner)),
        endpoint=oss.url,
        public_endpoint=oss.url,
        region="cn-shanghai",
        clock=OssClock(),
    )


def test_new_credentials_leave_an_instance_what_it_has_learnt(oss: Oss, accounts: Accounts) -> None:
    settings, timeouts = invocation.settings(), Timeouts.within(120)

    def begin(key: Key) -> Dispatcher:
        return wiring.parts(settings, "shop-photos", Credentials(**vars(key)), timeouts, group="general").dispatcher

    first, second = accounts.assume_role(), accounts.assume_role()
    dispatcher = begin(first)
    accounts.expire(first.access_key_id)
    assert begin(second) is dispatcher
    assert dispatcher.pipeline.bucket.etag(KEY) == ""
    assert second.access_key_id in dispatcher.pipeline.bucket.link(KEY, "", 60)


def test_the_invocations_credentials_come_before_those_of_the_instances_start(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-EXAMPLE-expired")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "EXAMPLE")
    mine = bucket(oss, accounts)
    mine.write(KEY, picture())
    on_upload("general")(event(), context(accounts.assume_role()))
    job = json.loads(mine.read(Upload(KEY).job_key).body)
    assert (job["stage"]["name"], job["code"]) == ("waiting", "VendorUnreachable")


def test_where_the_context_has_no_credentials_the_environments_are_used(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", accounts.owner.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", accounts.owner.access_key_secret)
    bucket(oss, accounts).write(KEY, picture())
    python312 = SimpleNamespace(function=SimpleNamespace(timeout=120))
    on_upload("general")(event(), python312)
    assert bucket(oss, accounts).read(Upload(KEY).job_key) is not None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"region": "cn-hangzhou"}, "cn-hangzhou"),
        ({"bucket": "other-photos"}, "OSS_BUCKET says shop-photos"),
        ({"key": "uploads/goods/commodity/a.jpg"}, "uploads/general/ only"),
        ({"key": "uploads/general/common/" + "鞋" * 400}, "980 pass"),
    ],
)
def test_what_cannot_even_be_given_a_receipt_is_an_error_line_that_names_it(
    oss: Oss,
    accounts: Accounts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str],
    says: str,
) -> None:
    monkeypatch.setenv("OSS_BUCKET", "shop-photos")
    on_upload("general")(event(**changes), context(accounts.owner))
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert says in record.getMessage()
    assert oss.requests == []


def test_an_empty_object_is_passed_over(oss: Oss, accounts: Accounts) -> None:
    on_upload("general")(event(size=0), context(accounts.owner))
    assert oss.requests == []


def test_a_percent_encoded_key_is_tried_decoded_once_and_a_plus_stays_a_plus(oss: Oss, accounts: Accounts) -> None:
    key = "uploads/general/common/a+b 红.jpg"
    bucket(oss, accounts).write(key, b"no picture")
    on_upload("general")(event("uploads/general/common/a+b%20%E7%BA%A2.jpg"), context(accounts.owner))
    receipt = json.loads(bucket(oss, accounts).read(Upload(key).receipt_key).body)
    assert receipt["source"] == key


def test_a_key_that_really_has_a_percent_sign_is_taken_as_it_is(oss: Oss, accounts: Accounts) -> None:
    key = "uploads/general/common/100%25.jpg"
    bucket(oss, accounts).write(key, b"no picture")
    on_upload("general")(event(key), context(accounts.owner))
    assert bucket(oss, accounts).read(Upload(key).receipt_key) is not None


def test_one_objects_bug_does_not_keep_the_others_of_the_event_waiting(oss: Oss, accounts: Accounts) -> None:
    document = json.loads(event())
    second = json.loads(event("uploads/general/common/second.jpg"))
    document["events"] += second["events"]
    mine = bucket(oss, accounts)
    del document["events"][0]["oss"]["object"]["eTag"]
    mine.write("uploads/general/common/second.jpg", b"no picture")
    with pytest.raises(ValueError, match="eTag"):
        on_upload("general")(json.dumps(document).encode(), context(accounts.owner))
    assert mine.read(Upload("uploads/general/common/second.jpg").receipt_key) is not None


@pytest.mark.parametrize(("old", "joins"), [(60, True), (0, False)])
def test_an_upload_that_is_told_late_joins_the_queue_and_settle_is_called(
    oss: Oss, accounts: Accounts, old: float, joins: bool
) -> None:
    mine = bucket(oss, accounts)
    mine.write(KEY, picture())
    etag = mine.etag(KEY)
    oss.requests.clear()
    on_upload("general")(event(eTag=etag, eventTime=ago(old)), context(accounts.owner))
    asked = [(request.operation, request.key.partition("/")[0]) for request in oss.requests]
    queued = [("PutObject", "jobs"), ("PutObject", "queue"), ("PutObject", "wake")]
    assert (asked[-3:] == queued and ("GetObject", "uploads") not in asked) is joins
    job = json.loads(mine.read(Upload(KEY).job_key).body)
    assert job["code"] == ("QuotaTaken" if joins else "VendorUnreachable")


def test_an_event_whose_time_cannot_be_read_is_not_taken_for_late(oss: Oss, accounts: Accounts) -> None:
    mine = bucket(oss, accounts)
    mine.write(KEY, picture())
    on_upload("general")(event(eTag=mine.etag(KEY), eventTime="a while ago"), context(accounts.owner))
    assert json.loads(mine.read(Upload(KEY).job_key).body)["code"] == "VendorUnreachable"


def test_the_bell_itself_has_settle_move_on_what_is_queued(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSS_BUCKET", "shop-photos")
    mine, key = bucket(oss, accounts), "uploads/general/common/a.txt"
    mine.write(key, b"no picture")
    on_upload("general")(event(key, eTag=mine.etag(key), eventTime=ago(60)), context(accounts.owner))
    assert mine.read(Upload(key).receipt_key) is None
    on_timer()(event(keys.WAKE), context(accounts.owner, 3))
    assert mine.read(Upload(key).receipt_key) is not None
    assert [entry.key for entry in mine.list("queue/")] == [keys.OWNER]


def test_settle_moves_on_what_lies_in_the_bucket(oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSS_BUCKET", "shop-photos")
    mine = bucket(oss, accounts)
    mine.write("uploads/general/common/a.txt", b"no picture")
    mine.write(Upload("uploads/general/common/a.txt").recheck_key, b"{}")
    on_timer()((EVENTS / "timer.json").read_bytes(), context(accounts.owner, 300))
    assert mine.read(Upload("uploads/general/common/a.txt").receipt_key) is not None
    assert mine.read(Upload("uploads/general/common/a.txt").recheck_key) is None


def test_settle_without_a_bucket_says_which_setting_is_missing(
    oss: Oss, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Misconfigured, match="OSS_BUCKET is not set"):
        on_timer()((EVENTS / "timer.json").read_bytes(), context(accounts.owner))
    assert "OSS_BUCKET is not set" in caplog.text


def test_jobs_lie_in_their_own_bucket_when_one_is_named(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    oss.create_bucket("shop-jobs")
    monkeypatch.setenv("JOBS_BUCKET", "shop-jobs")
    bucket(oss, accounts).write(KEY, picture())
    on_upload("general")(event(), context(accounts.owner))
    assert bucket(oss, accounts, "shop-jobs").read(Upload(KEY).job_key) is not None
    assert bucket(oss, accounts).read(Upload(KEY).job_key) is None


def test_a_bucket_with_versioning_is_warned_of_at_every_cold_start(
    accounts: Accounts, oss: Oss, caplog: pytest.LogCaptureFixture
) -> None:
    oss.create_bucket("versioned", versioning="Suspended")
    on_upload("general")(event(bucket="versioned"), context(accounts.owner))
    on_upload("general")(event(bucket="versioned"), context(accounts.owner))
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert ["JOBS_BUCKET" in record.getMessage() for record in warnings] == [True]


def test_a_warm_instance_asks_one_thing_of_oss_about_an_upload_that_is_gone(oss: Oss, accounts: Accounts) -> None:
    handler = on_upload("general")
    handler(event(), context(accounts.owner))
    oss.requests.clear()
    handler(event(), context(accounts.owner))
    assert [request.operation for request in oss.requests] == ["GetObject"]


def test_a_vendor_whose_settings_are_missing_is_named_at_once_and_its_uploads_wait(
    oss: Oss, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    mine, key = bucket(oss, accounts), "uploads/damo/background/a.png"
    mine.write(key, picture(500, 500))
    on_upload("damo")(event(key), context(accounts.assume_role()))
    job = json.loads(mine.read(Upload(key).job_key).body)
    assert (job["stage"]["name"], job["code"]) == ("blocked", "Settings")
    assert "set DAMO_ENDPOINT and DAMO_APPCODE" in job["message"]
    assert "set DAMO_ENDPOINT and DAMO_APPCODE: until then, uploads wait" in caplog.text


@pytest.mark.parametrize("wrong_by", [-93, 93])
def test_a_lease_is_in_the_time_of_oss_however_wrong_the_clock_of_its_instance_is(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch, wrong_by: int
) -> None:
    monkeypatch.setattr(invocation, "now", OssClock(lambda: now() + timedelta(seconds=wrong_by)))
    credentials, timeouts = Credentials(**vars(accounts.owner)), Timeouts.within(120)
    parts = wiring.parts(invocation.settings(), "shop-photos", credentials, timeouts, group="general")
    assert parts.dispatcher.jobs.claim(Upload(KEY), "E") is not None
    job = Job.from_json(bucket(oss, accounts).read(Upload(KEY).job_key).body)
    assert job.lease_until is not None
    assert abs((job.lease_until - now()).total_seconds() - 132) < 3


def test_settle_leaves_a_job_to_its_holder_although_its_own_clock_is_ahead(
    oss: Oss, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSS_BUCKET", "shop-photos")
    monkeypatch.setattr(invocation, "now", OssClock(lambda: now() + timedelta(seconds=93)))
    mine = bucket(oss, accounts)
    mine.write(KEY, picture())
    held = JobStore(mine, now, timedelta(seconds=60)).claim(Upload(KEY), mine.etag(KEY))
    on_timer()((EVENTS / "timer.json").read_bytes(), context(accounts.owner, 300))
    assert Job.from_json(mine.read(Upload(KEY).job_key).body) == held
