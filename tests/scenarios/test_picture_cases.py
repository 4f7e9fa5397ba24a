"""Pictures of the kinds that shops and phones really produce, through the whole line, whichever order OSS works in."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from shared.jobs.receipt import Receipt
from tests.cloud import segment
from tests.cloud.box import Cloud
from tests.cloud.oss_image_actions import AS_WRITTEN, READINGS
from tests.pictures.corners import NAMES, case
from tests.scenarios.shop import Shop

JPEG = "format,jpg/quality,Q_90"
TURNED, ROTATED = f"image/auto-orient,1/{JPEG}", f"image/auto-orient,0/rotate,90/{JPEG}"
UPRIGHT, LYING = (640, 480), (480, 640)
"""Sides of the files, and of what is seen when orientation 6 is heeded."""

SERVED = {
    "alpha.heic": ("image/format,png", UPRIGHT),
    "animated.webp": ("", (400, 300)),
    "avif-major-mif1.avif": (f"image/{JPEG}", UPRIGHT),
    "cgbi.png": ("", UPRIGHT),
    "cmyk.jpg": ("", UPRIGHT),
    "exif-ori6.png": (ROTATED, LYING),
    "heic-mdat-first-small.heic": (f"image/{JPEG}", UPRIGHT),
    "icc-130kB-then-ori6.jpg": (TURNED, LYING),
    "one-stray-byte.jpg": ("", UPRIGHT),
    "ori6-long-MM.jpg": (TURNED, LYING),
    "phone-orientation6.jpg": (TURNED, LYING),
    "plain.avif": (f"image/{JPEG}", UPRIGHT),
    "two-exif-6-then-1.jpg": (TURNED, LYING),
    "webp-ori6.webp": (ROTATED, LYING),
}
"""What OSS is asked for, and the sides that the vendor sees, of a capability that takes JPEG, PNG, BMP and WebP."""
REMARKS = {"cmyk.jpg": "CmykColours"}
REFUSED = {
    ("general/common", "raw-like.nef"): ("CameraRaw", "export it as JPEG"),
    ("goods/commodity", "animated.webp"): ("AnimatedPicture", "save one of its frames as JPEG"),
}
"""The code, and what to do, by capability: the second takes no WebP."""


@pytest.fixture(scope="module", name="told", params=READINGS.values(), ids=list(READINGS))
def everything_is_sent(shop: Shop, request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Receipt]]:
    """The receipts of all that is sent, by capability and name, under a reading of OSS's documents."""
    shop.cloud.oss.reading = request.param
    folder = "first" if request.param.comes_first else "written"
    sent = {
        (capability, name): shop.upload(f"uploads/{capability}/{folder}/{name}", case(name))
        for capability, name in [*(("general/common", name) for name in NAMES), *REFUSED]
    }
    yield {about: shop.wait(key) for about, key in sent.items()}
    shop.cloud.oss.reading = AS_WRITTEN


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch, Cloud(timer_seconds=1, qps=50) as cloud:
        patch.setattr(segment, "_SEARCH", 64)  # any cutout will do
        yield Shop(cloud)


def test_every_case_is_in_one_of_the_tables() -> None:
    assert {*SERVED, *(name for _, name in REFUSED)} == {*NAMES}


@pytest.mark.parametrize("name", SERVED)
def test_a_picture_is_shown_upright_as_every_viewer_shows_it(
    shop: Shop, told: dict[tuple[str, str], Receipt], name: str
) -> None:
    receipt = told["general/common", name]
    process, sides = SERVED[name]
    code = REMARKS.get(name, "")
    assert (receipt.status, receipt.code, receipt.attempts, shop.billed(receipt.source)) == ("done", code, 1, 1)
    assert ("save it again as RGB" in receipt.message) is bool(code)
    assert receipt.reshaped == process
    (shown,) = [(seen.width, seen.height) for seen in shop.cloud.viapi.shown if seen.key == receipt.source]
    assert shown == sides == shop.picture(receipt).size
    fetched = shop.raw.get_object(receipt.source, process=process or None).read()
    assert np.abs(pixels(Image.open(io.BytesIO(fetched))) - pixels(viewed(name))).mean() < 4


@pytest.mark.parametrize(("capability", "name"), REFUSED)
def test_what_cannot_be_shown_is_refused_with_what_to_do(
    shop: Shop, told: dict[tuple[str, str], Receipt], capability: str, name: str
) -> None:
    receipt = told[capability, name]
    code, advice = REFUSED[capability, name]
    assert (receipt.status, receipt.code, receipt.attempts, receipt.outputs) == ("rejected", code, 0, ())
    assert advice in receipt.message
    assert shop.billed(receipt.source) == 0


def test_what_oss_finds_damaged_is_bought_once_at_the_most_and_refused_with_its_reason(shop: Shop) -> None:
    key = shop.upload("uploads/general/common/damaged.heic", case("alpha.heic")[:5000])  # its header is whole
    receipt = shop.wait(key)
    assert (receipt.status, receipt.code, shop.billed(key)) == ("rejected", "BadRequest", 0)
    assert receipt.attempts <= 1
    assert "The source image is damaged" in receipt.message
    assert "save it again as JPEG" in receipt.message


def test_what_the_box_cannot_do_is_said_on_the_receipt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "transpose", lambda *_: 1 / 0)
    receipt = shop.wait(shop.upload("uploads/general/common/beyond.jpg", case("phone-orientation6.jpg")))
    assert (receipt.status, receipt.code) == ("rejected", "NotImplemented")
    assert "The box can't do that to this picture" in receipt.message


def test_oss_never_stumbles(shop: Shop, told: dict[tuple[str, str], Receipt]) -> None:
    assert 500 not in {request.status for request in shop.cloud.oss.requests}


def pixels(picture: Image.Image) -> npt.NDArray[np.int16]:
    """As they are, whatever EXIF says."""
    return np.asarray(picture.convert("RGB"), np.int16)


def viewed(name: str) -> Image.Image:
    readers = ["AVIF"] if name.endswith(".avif") else None  # that of HEIC would take one for its own
    return ImageOps.exif_transpose(Image.open(io.BytesIO(case(name)), formats=readers))
