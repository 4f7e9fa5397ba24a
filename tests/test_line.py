"""The whole line in the cloud in a box: real functions in processes of their own, real HTTP, real pictures."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import numpy as np
import oss2
import pytest
from PIL import Image
from skimage import data

from shared import keys
from shared.capabilities import CAPABILITIES, companion_role
from shared.documents import Job, Receipt
from shared.header import WINDOW
from shared.storage import OssBucket
from tests.cloud.box import Cloud
from tests.cloud.effects import Effect, Moment
from tests.demo.photos import samples
from tests.pictures import picture

PATIENCE = 60.0
OWNER = "LTAI-EXAMPLE-owner"
T = TypeVar("T")


def photo(
    form: str = "JPEG", *, size: tuple[int, int] = (600, 400), mode: str = "RGB", orientation: int = 1, **save: object
) -> bytes:
    """A cup of coffee."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(data.coffee()).resize(size).convert(mode).save(out, form, exif=exif, **save)
    return out.getvalue()


def wait_for(look: Callable[[], T | None], what: str) -> T:
    ends = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < ends, f"{what} did not come within {PATIENCE:g} s"
        time.sleep(0.1)
    return found


class Shop:
    """A client of the cloud in a box, as a shop would be one: it knows the bucket and nothing else."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.bucket = OssBucket(
            cloud.bucket,
            endpoint=cloud.oss.url,
            public_endpoint=cloud.oss.url,
            region=cloud.region,
            **vars(cloud.accounts.owner),
        )
        self.raw: oss2.Bucket = self.bucket._documents

    def upload(self, key: str, body: bytes, **metadata: str) -> str:
        headers = {f"x-oss-meta-{name}": value for name, value in metadata.items()}
        self.raw.put_object(key, body, headers=headers)
        return key

    def receipt(self, key: str) -> Receipt | None:
        stored = self.bucket.read(keys.receipt(key))
        return Receipt.model_validate_json(stored.body) if stored else None

    def job(self, key: str) -> Job | None:
        stored = self.bucket.read(keys.job(key))
        return Job.from_json(stored.body) if stored else None

    def has_stage(self, key: str, stage: str) -> bool:
        job = self.job(key)
        return job is not None and job.stage.name == stage

    def wait(self, key: str) -> Receipt:
        receipt = wait_for(lambda: self.receipt(key), f"the receipt of {key}")
        wait_for(lambda: self.job(key) is None, f"the end of the job of {key}")
        return receipt

    def picture(self, receipt: Receipt, index: int = 0) -> Image.Image:
        output = receipt.outputs[index]
        stored = self.bucket.read(output.key)
        assert stored is not None
        assert len(stored.body) == output.bytes
        return Image.open(io.BytesIO(stored.body))

    def billed(self, key: str) -> int:
        return sum(call.key == key for call in self.cloud.viapi.ledger)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Time runs faster here: a lease is over after some seconds, settle comes by every second."""
    with Cloud(timeouts={"general": 10, "settle": 15}, timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


def subject_share(cutout: Image.Image) -> float:
    assert cutout.mode == "RGBA"
    return float((np.asarray(cutout)[..., 3] > 128).mean())


def test_a_photo_becomes_a_cutout_with_a_subject_in_it(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/common/coffee.jpg", photo()))
    assert receipt.status == "done"
    cutout = shop.picture(receipt)
    assert cutout.size == (600, 400)
    assert 0.1 < subject_share(cutout) < 0.9


def test_an_asynchronous_cutout_is_concluded_by_settle(shop: Shop) -> None:
    key = shop.upload("uploads/general/hd-common/coffee.jpg", photo())
    receipt = shop.wait(key)
    assert (receipt.status, receipt.attempts, shop.billed(key)) == ("done", 1, 1)
    assert 0.1 < subject_share(shop.picture(receipt)) < 0.9


def test_vehicles_come_as_pictures_of_their_own(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/vehicle/rocket.jpg", photo()))
    assert receipt.status == "done"
    for index in range(len(receipt.outputs)):
        assert subject_share(shop.picture(receipt, index)) > 0.001


def test_every_capability_serves_a_photo_and_is_paid_for_once(shop: Shop) -> None:
    uploads = [photo for photo in samples() if photo.key.split("/")[1] != "general"]  # those have tests of their own
    for sample in uploads:
        assert isinstance(sample.content, bytes)
        shop.upload(sample.key, sample.content)
    served = [sample.key for sample in uploads if not sample.companion_of]
    for key in served:
        receipt = shop.wait(key)
        assert (key, receipt.status, receipt.code, shop.billed(key)) == (key, "done", "", 1)
    others = {name for name in CAPABILITIES if not name.startswith("general/")}
    assert {keys.capability_name(key) for key in served} == others


def test_a_heads_box_lies_where_the_head_is_also_when_oss_turned_and_shrank_the_photo(shop: Shop) -> None:
    upright = Image.fromarray(data.astronaut()).resize((2400, 2400))
    plain, turned, exif = io.BytesIO(), io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    upright.resize((512, 512)).save(plain, "JPEG")
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, "JPEG", exif=exif)
    plain_key = shop.upload("uploads/portrait/head/plain.jpg", plain.getvalue())
    (head,) = shop.wait(plain_key).outputs
    turned_receipt = shop.wait(shop.upload("uploads/portrait/head/turned.jpg", turned.getvalue()))
    (found,) = turned_receipt.outputs
    assert "auto-orient" in turned_receipt.reshaped
    assert head.x is not None
    assert head.y is not None
    assert head.width is not None
    assert head.height is not None
    # What is at (x, y) upright lies at (y, side - x) in a photo that was laid on its left side.
    scale = 2400 / 512
    expected = (head.y * scale, (512 - head.x - head.width) * scale, head.height * scale, head.width * scale)
    assert (found.x, found.y, found.width, found.height) == pytest.approx(expected, abs=0.06 * 2400)


@pytest.mark.parametrize("mask_first", [True, False])
def test_a_mask_is_refined_whichever_picture_comes_first(shop: Shop, mask_first: bool) -> None:
    key = f"uploads/general/refine-mask/{mask_first}.jpg"
    mask = np.zeros((400, 600), np.uint8)
    mask[60:340, 140:460] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    uploads = [(f"{key}.mask.png", out.getvalue()), (key, photo())]
    for name, body in uploads if mask_first else reversed(uploads):
        shop.upload(name, body)
        time.sleep(0.3)
    receipt = shop.wait(key)
    assert (receipt.status, shop.billed(key)) == ("done", 1)
    assert shop.picture(receipt).convert("L").getextrema() == (0, 255)


@pytest.mark.parametrize("name", ["红鞋 1+2%.jpg", "a//b/../c.jpg", "100%25 'q' (x)*~.jpg", "e=mc².jpg"])
def test_any_name_goes_through(shop: Shop, name: str) -> None:
    receipt = shop.wait(shop.upload(f"uploads/general/common/{name}", photo()))
    assert (receipt.status, receipt.code) == ("done", "")
    assert shop.picture(receipt).size == (600, 400)


def test_what_does_not_fit_is_reshaped_by_oss(shop: Shop) -> None:
    uploads = {
        "big.jpg": (photo(size=(2400, 1200)), (1999, 999)),
        "palette.png": (photo("PNG", mode="P"), (600, 400)),
        "turned.jpg": (photo(orientation=6), (400, 600)),
        "scan.tiff": (photo("TIFF"), (600, 400)),
    }
    for name, (body, _) in uploads.items():
        shop.upload(f"uploads/general/common/reshaped/{name}", body)
    for name, (_, size) in uploads.items():
        receipt = shop.wait(f"uploads/general/common/reshaped/{name}")
        assert (receipt.status, receipt.code) == ("done", "")
        assert receipt.reshaped
        assert shop.picture(receipt).size == size


def test_options_reach_the_vendor(shop: Shop) -> None:
    receipt = shop.wait(shop.upload("uploads/general/common/return-form=mask/coffee.jpg", photo()))
    assert shop.picture(receipt).mode == "L"
    receipt = shop.wait(shop.upload("uploads/general/common/plain/coffee.jpg", photo(), **{"return-form": "whiteBK"}))
    assert receipt.options == {"return-form": "whiteBK"}
    assert receipt.outputs[0].content_type in ("image/jpeg", "image/png")


def test_seven_requests_and_one_head_of_the_photo_are_all_that_goes_to_oss(shop: Shop) -> None:
    key = "uploads/general/common/counted.jpg"
    body = photo(quality=100) + bytes(2 * WINDOW)
    shop.wait("uploads/general/common/coffee.jpg")  # an instance is warm
    shop.wait(shop.upload(key, body))
    own = [key, keys.job(key), keys.receipt(key), keys.output(key, "", "png")]
    requests = [
        request
        for request in shop.cloud.oss.requests
        if request.key in own
        and request.access_key_id != OWNER
        and (request.operation, request.key) != ("GetObject", keys.job(key))  # settle, coming by
    ]
    assert Counter(request.operation for request in requests) == {
        "PutObject": 4,  # claim, record of the call, result, receipt
        "GetObject": 2 + 1,  # the photo's head, the receipt that is not there; and the vendor's, through the link
        "DeleteObject": 1,
    }
    assert sorted(request.bytes_out for request in requests if request.key == key) == [WINDOW, len(body)]


# ---------------------------------------------------------------- told twice, killed, throttled, blocked, slow

# Each effect that an upload's function has on the outside, in order: service, operation, and where in the bucket.
STEPS: list[tuple[str, str, Callable[[str], str]]] = [
    ("oss", "PutObject", keys.job),
    ("oss", "GetObject", lambda key: key),
    ("oss", "GetObject", keys.receipt),
    ("viapi", "SegmentCommonImage", lambda key: key),
    ("oss", "PutObject", keys.job),
    ("result", "Download", lambda key: key),
    ("oss", "PutObject", lambda key: keys.output(key, "", "png")),
    ("oss", "PutObject", keys.receipt),
    ("oss", "DeleteObject", keys.job),
]
CALL = 3
NOBODY_KNOWS = {(CALL, "after"), (CALL + 1, "before")}
"""Deaths between the vendor's having heard the call and the record of its answer."""


def the(step: int, moment: Moment, key: str) -> Callable[[Effect, Moment], bool]:
    """True once: when the upload `key` comes to `step`."""
    service, name, where = STEPS[step]
    earlier = sum((s, n, w(key)) == (service, name, where(key)) for s, n, w in STEPS[:step])
    seen = 0

    def match(effect: Effect, now: Moment) -> bool:
        nonlocal seen
        if (effect.service, effect.name, effect.key, now) != (service, name, where(key), moment):
            return False
        seen += 1
        return seen == earlier + 1

    return match


def test_wherever_an_instance_is_killed_the_result_arrives(shop: Shop) -> None:
    moments: tuple[Moment, ...] = ("before", "after")
    deaths = {
        (step, moment): f"uploads/general/common/killed/{step}-{moment}.jpg"
        for step in range(len(STEPS))
        for moment in moments
    }
    for (step, moment), key in deaths.items():
        shop.cloud.kill_on(the(step, moment, key))
        shop.upload(key, photo())
    for death, key in deaths.items():
        receipt = shop.wait(key)
        assert (death, receipt.status) == (death, "done")
        assert (death, shop.billed(key)) == (death, 2 if death in NOBODY_KNOWS else 1)
        assert receipt.attempts >= shop.billed(key)
        assert subject_share(shop.picture(receipt)) > 0.1
    outcomes = Counter(invocation.outcome for invocation in shop.cloud.fc.invocations)
    assert outcomes["killed"] == len(deaths)


def test_an_event_told_twice_at_once_is_billed_once(shop: Shop) -> None:
    heard: list[dict[str, Any]] = []
    deliver = shop.cloud.oss.on_event
    shop.cloud.oss.on_event = heard.append
    key = shop.upload("uploads/general/common/twice.jpg", photo())
    shop.cloud.oss.on_event = deliver
    for _ in range(4):
        deliver(heard[0])
    assert shop.wait(key).attempts == 1
    shop.cloud.fc.quiet(PATIENCE)
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
    shop.upload(f"{blocked}.mask.png", picture(600, 400, "PNG", mode="L"))
    for key in (throttled, blocked, slow):
        shop.upload(key, photo())
    stages = {throttled: "waiting", blocked: "blocked", slow: "ticketed"}
    for key, stage in stages.items():
        wait_for(partial(shop.has_stage, key, stage), f"{key} to be {stage}")
    assert [shop.receipt(key) for key in (throttled, blocked, slow)] == [None, None, None]
    for fault in faults:
        fault.lift()
    for key in (throttled, blocked, slow):
        receipt = shop.wait(key)
        assert (key, receipt.status, receipt.attempts >= 1, shop.billed(key)) == (key, "done", True, 1)


def test_nothing_is_left_when_all_is_quiet(shop: Shop) -> None:
    wait_for(lambda: not list(shop.bucket.list("jobs/")), "the last lease to be swept")
    assert list(shop.bucket.list("work/")) == []
    uploads = [entry.key for entry in shop.bucket.list("uploads/")]
    seconds = [key for key in uploads if keys.image_of(key, companion_role(keys.capability_name(key)))]
    assert [key for key in uploads if shop.receipt(key) is None] == seconds, "those are served with their picture"
