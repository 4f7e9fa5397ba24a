"""Small pictures: made by OSS, or here where OSS cannot."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

from console import thumbnails
from console.settings import ROOT
from console.thumbnails import thumbnail
from shared.errors import Rejected
from tests.scenarios.shop import photo
from tests.unit.fakes import Clock, MemoryBucket


def _made_here(body: bytes, side: int = 100) -> Image.Image:
    bucket = MemoryBucket(Clock())
    bucket.put("uploads/a", body)
    bucket.unprocessable.add("uploads/a")
    return Image.open(io.BytesIO(thumbnail(bucket, "uploads/a", side)))


def test_what_oss_makes_is_taken() -> None:
    bucket = MemoryBucket(Clock())
    bucket.put("uploads/a", b"what OSS has made")
    assert thumbnail(bucket, "uploads/a", 100) == b"what OSS has made"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"])
def test_what_oss_cannot_read_is_made_here(form: str) -> None:
    picture = _made_here(photo(form, size=(600, 400)))
    assert (picture.format, picture.size) == ("WEBP", (100, 67))


def test_it_is_turned_upright() -> None:
    assert _made_here(photo(size=(600, 400), orientation=6)).size == (67, 100)


def test_transparency_is_kept() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    assert _made_here(out.getvalue()).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    "body", [b"<svg onload=alert(1)>", b"<html>", b"", photo()[:900], b"\x89PNG\r\n\x1a\n" + b"x" * 99]
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        _made_here(body)


@pytest.mark.parametrize(("form", "limit"), [("PNG", "MOST_PIXELS"), ("JPEG", "MOST_PIXELS"), ("PNG", "MOST_DECODED")])
def test_a_picture_that_would_fill_the_memory_is_refused(
    form: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, limit, 1000 * 800 - 1)
    with pytest.raises(Rejected) as caught:
        _made_here(photo(form, size=(1000, 800)))
    assert caught.value.code == "PictureTooLarge"
    assert "1000 × 800" in caught.value.message


def test_a_jpeg_is_decoded_at_a_fraction_of_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "MOST_DECODED", 1000 * 800 - 1)
    assert _made_here(photo(size=(1000, 800))).size == (100, 80)


_THREE_AT_ONCE = """
import io, resource, threading
from PIL import Image
from console.thumbnails import thumbnail
from tests.unit.fakes import Clock, MemoryBucket

out, bucket = io.BytesIO(), MemoryBucket(Clock())
Image.new("RGBA", (5_000, 5_000), (1, 2, 3, 128)).save(out, "PNG", compress_level=1)
bucket.put("a", out.getvalue())
bucket.unprocessable.add("a")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
threads = [threading.Thread(target=thumbnail, args=(bucket, "a", 320)) for _ in range(3)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_pictures_are_decoded_one_after_another() -> None:
    """Each takes 200 MB, of which 100 MB were taken before, when it was made."""
    done = subprocess.run([sys.executable, "-c", _THREE_AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 250_000


def test_fifty_megapixels_are_made_small() -> None:
    out = io.BytesIO()
    Image.new("RGB", (8_000, 6_250), (200, 30, 30)).save(out, "PNG", compress_level=1)
    assert _made_here(out.getvalue(), 320).size == (320, 250)
