"""The whole line in the cloud in a box, told twice, killed, throttled, blocked and slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from shared.jobs.upload import Upload
from tests.cloud import segment
from tests.cloud.box import Cloud
from tests.cloud.effects import Effect, Moment
from tests.cloud.manifest import ROOT
from tests.cloud.snippets import stage
from tests.pictures import picture
from tests.scenarios.shop import PATIENCE, Shop, photo, wait_for

FUNCTION = f"""
    import sys
    from datetime import timedelta
    sys.path.insert(0, {str(ROOT)!r})
    from shared.entry.settle import on_timer
    from shared.entry.uploads import on_upload
    from shared.jobs import backlog
    backlog._LATE = backlog._LATE_AT_FIRST = timedelta(minutes=10)
    handler = """


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Time runs faster here: a lease is over after some seconds, settle comes by every second. On a slow machine an
    event would come late, and settle do what the upload's function is to die over: here no event is late. Nor are there
    so few instances that those turned away would spend the test in Function Compute's pauses, which double."""
    code = tmp_path_factory.mktemp("functions")
    stage(code, {"general": f"{FUNCTION}on_upload('general')\n", "settle": f"{FUNCTION}on_timer()\n"})
    timeouts = {"general": 12.0, "settle": 15.0}
    many = {"concurrencyConfig": {"reservedConcurrency": 12}}
    with (
        pytest.MonkeyPatch.context() as patch,
        Cloud(code=code, timeouts=timeouts, general=many, timer_seconds=1, qps=50, job_seconds=1) as cloud,
    ):
        patch.setattr(segment, "_SEARCH", 64)  # any cutout will do, and a call must not take its four seconds
        yield Shop(cloud)


Step = tuple[str, str, Callable[[str], str]]
"""Service, operation, and where in the bucket."""


def mask(key: str) -> str:
    return f"{key}.mask.png"


def upload(key: str) -> str:
    return key


def job(key: str) -> str:
    return Upload(key).job_key


def receipt(key: str) -> str:
    return Upload(key).receipt_key


BEGIN: list[Step] = [("oss", "PutObject", job), ("oss", "GetObject", upload)]
RECORD: Step = ("oss", "PutObject", job)
RECEIPT: Step = ("oss", "GetObject", receipt)
STEPS: dict[str, list[Step]] = {
    "common": [
        *BEGIN,
        RECEIPT,
        ("viapi", "SegmentCommonImage", upload),
        RECORD,
        ("result", "Download", upload),
        ("oss", "PutObject", lambda key: Upload(key).output_key("", "png")),
        ("oss", "PutObject", receipt),
        ("oss", "DeleteObject", job),
    ],
    "hd-common": [*BEGIN, RECEIPT, ("viapi", "SegmentHDCommonImage", upload), RECORD],
    "refine-mask": [
        *BEGIN,
        ("oss", "GetObject", mask),
        RECEIPT,
        ("viapi", "RefineMask", upload),
        RECORD,
        RECEIPT,
        ("oss", "DeleteObject", lambda key: Upload(mask(key)).receipt_key),
    ],
}
"""Each effect that an upload's function has on the outside, in order, by capability: of the second one settle does the
rest, and of the third it is as with the first."""
FIRST_OWN = {"common": 0, "hd-common": 3, "refine-mask": 2}
"""Where each begins to differ from the first: a death takes a second, as a process must start in its place."""
MOMENTS: tuple[Moment, ...] = ("before", "after")
SMALL = photo(size=(180, 120))
"""The stand-in draws one after the other, and with time scaled a call has four seconds."""


def nobody_knows(steps: list[Step], step: int, moment: Moment) -> bool:
    """Whether that lies between the vendor's having heard the call and the record of its answer."""
    call = [service for service, _, _ in steps].index("viapi")
    return (step, moment) in {(call, "after"), (call + 1, "before")}


def the(steps: list[Step], step: int, moment: Moment, key: str) -> Callable[[Effect, Moment], bool]:
    """True once: when the upload `key` comes to `step`."""
    service, name, where = steps[step]
    earlier = sum((s, n, w(key)) == (service, name, where(key)) for s, n, w in steps[:step])
    seen = 0

    def match(effect: Effect, now: Moment) -> bool:
        nonlocal seen
        if (effect.service, effect.name, effect.key, now) != (service, name, where(key), moment):
            return False
        seen += 1
        return seen == earlier + 1

    return match


@pytest.mark.parametrize(
    "capability", ["common", *(pytest.param(name, marks=pytest.mark.slow) for name in ("hd-common", "refine-mask"))]
)
def test_wherever_an_instance_is_killed_the_result_arrives(shop: Shop, capability: str) -> None:
    """In processes that die; `tests/reliability` does it in memory, for each way in which an upload is served."""
    steps = STEPS[capability]
    deaths = [
        (f"uploads/general/{capability}/killed/{step}-{moment}.jpg", step, moment)
        for step in range(FIRST_OWN[capability], len(steps))
        for moment in MOMENTS
    ]
    with shop.unheard():
        for key, _, _ in deaths:
            if capability == "refine-mask":
                shop.upload(mask(key), picture(180, 120, "PNG", mode="L"))
    for key, step, moment in deaths:
        shop.cloud.kill_on(the(steps, step, moment, key))
        shop.upload(key, SMALL)
    # Nothing is looked at before: a plan counts whoever asks for an object.
    wait_for(lambda: not shop.cloud.kills_to_come, "the last of them to die where it was to die")
    for key, step, moment in deaths:
        receipt = shop.wait(key)
        assert (key, receipt.status) == (key, "done")
        assert (key, shop.billed(key)) == (key, 2 if nobody_knows(steps, step, moment) else 1)
        assert receipt.attempts >= shop.billed(key)
        shop.picture(receipt).load()  # raises when it is cut off


def test_an_event_told_twice_at_once_is_billed_once(shop: Shop) -> None:
    with shop.unheard() as events:
        key = shop.upload("uploads/general/common/twice.jpg", SMALL)
    for _ in range(4):
        shop.cloud.oss.on_event(events[0])
    assert shop.wait(key).attempts == 1
    shop.cloud.fc.quiet(PATIENCE, "general")
    assert shop.billed(key) == 1


def test_throttled_blocked_and_slow_uploads_drain_when_the_fault_is_lifted(shop: Shop) -> None:
    throttled, blocked, slow = (
        f"uploads/general/{where}.jpg" for where in ("common/throttled", "refine-mask/blocked", "hd-common/slow")
    )
    faults = [
        shop.cloud.viapi.fault("throttle", key=throttled),
        shop.cloud.viapi.fault("blocked", key=blocked),
        shop.cloud.viapi.fault("slow-job", key=slow),
    ]
    shop.upload(f"{blocked}.mask.png", picture(180, 120, "PNG", mode="L"))
    for key in (throttled, blocked, slow):
        shop.upload(key, SMALL)
    stages = {throttled: "waiting", blocked: "blocked", slow: "submitted"}
    for key, where in stages.items():
        wait_for(partial(shop.has_stage, key, where), f"{key} to be {where}")
    assert [shop.receipt(key) for key in (throttled, blocked, slow)] == [None, None, None]
    for fault in faults:
        fault.lift()
    for key in (throttled, blocked, slow):
        receipt = shop.wait(key)
        assert (key, receipt.status, receipt.attempts >= 1, shop.billed(key)) == (key, "done", True, 1)


def test_what_cannot_be_stored_is_bought_once_and_served_when_it_can_be(shop: Shop) -> None:
    uploads = [f"uploads/general/common/unstored/{number}.jpg" for number in range(6)]
    accounts = shop.cloud.accounts
    cutouts = f"acs:oss:*:*:{shop.cloud.bucket}/cutouts/*"
    deny = {"Effect": "Deny", "Action": ["oss:PutObject", "oss:DeleteObject"], "Resource": cutouts}
    accounts.ram.put_policy("denied", {"Version": "1", "Statement": [deny]})
    for role in accounts.ram.roles:
        accounts.ram.attach(role, "denied")
    shop.upload(uploads[0], SMALL)
    wait_for(partial(shop.has_stage, uploads[0], "unstored"), f"{uploads[0]} to be unstored")
    for key in uploads[1:]:
        shop.upload(key, SMALL)
    shop.cloud.fc.quiet(PATIENCE, "general")
    assert max(map(shop.billed, uploads)) == 1
    assert list(shop.bucket.list("cutouts/general/common/unstored/")) == []
    for role in accounts.ram.roles:
        accounts.ram.detach(role, "denied")
    for key in uploads:
        assert (key, shop.wait(key).status, shop.billed(key)) == (key, "done", 1)
    accounts.refused.clear()  # as was meant


def test_nothing_is_left_when_all_is_quiet(shop: Shop) -> None:
    shop.is_quiet()
