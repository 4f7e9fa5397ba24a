"""The pictures of `tests/cases/pictures`, each of a kind that shops and phones produce."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.errors import Rejected
from shared.pictures.header import WINDOW
from shared.pictures.header.facts import Header
from tests.unit.pictures.headers import Object

FOLDER = Path(__file__).parents[2] / "cases" / "pictures"

JPEG = Header("jpg", 640, 480)
TURNED = Header("jpg", 640, 480, orientation=6)
RIGHT = {
    "alpha.heic": Header("heic", 640, 480, alpha=True),
    "animated.webp": Header("webp", 400, 300, frames=2),
    "avif-major-mif1.avif": Header("avif", 640, 480),
    "cgbi.png": Header("png", 640, 480, bits=32, alpha=True),
    "cmyk.jpg": Header("jpg", 640, 480, bits=32, cmyk=True),
    "exif-ori6.png": Header("png", 640, 480, bits=32, orientation=6, alpha=True),
    "heic-mdat-first-small.heic": Header("heic", 640, 480),
    "icc-130kB-then-ori6.jpg": TURNED,
    "one-stray-byte.jpg": JPEG,
    "ori6-long-MM.jpg": TURNED,
    "phone-orientation6.jpg": TURNED,
    "plain.avif": Header("avif", 640, 480),
    "two-exif-6-then-1.jpg": TURNED,
    "webp-ori6.webp": Header("webp", 640, 480, orientation=6),
}


def case(name: str) -> Object:
    return Object((FOLDER / name).read_bytes(), name)


@pytest.mark.parametrize(("name", "right"), RIGHT.items(), ids=RIGHT)
def test_a_case_is_read_as_its_decoders_show_it(name: str, right: Header) -> None:
    picture = case(name)
    assert picture.header() == right
    assert len(picture.reads) == (1 if len(picture.content) > WINDOW else 0)


def test_a_tiff_that_only_its_name_tells_from_camera_raw_is_refused_by_it() -> None:
    raw = case("raw-like.nef")
    with pytest.raises(Rejected, match="export it as JPEG and upload that") as refused:
        raw.header()
    assert refused.value.code == "CameraRaw"
    assert Object(raw.content, "scan.tif").header() == Header("tiff", 160, 120, orientation=6)


def test_its_readme_speaks_of_each_case() -> None:
    told = re.findall(r"^\| `(.+?)`", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted({*RIGHT, "raw-like.nef"})
    assert sorted(told) == sorted(path.name for path in FOLDER.iterdir() if path.name != "README.md")
