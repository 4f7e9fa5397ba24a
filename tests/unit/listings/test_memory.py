"""What is said to fit into an instance does fit, measured in a process of its own; what does not is reshaped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from shared.errors import Rejected
from shared.listings.memory import plan
from shared.listings.presets import PRESETS, read_presets
from shared.pictures.header.facts import Header
from tests.pictures.known_alpha import answer, known_alpha
from tests.unit.pictures.headers import Object

_MB = 1_000_000
_SOLD = Header("png", 2000, 1500, bits=32, alpha=True)
_FULL = read_presets("original")
_APP = 70 * _MB
"""What the deployed function has in memory before it opens a picture; these processes have less."""


def photo(megapixels: float, **facts: object) -> Header:
    width = round((megapixels * _MB * 4 / 3) ** 0.5)
    return replace(Header("jpg", width, width * 3 // 4), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "largest"),
    [
        # Megapixels with which an instance of 512 MB, of 1 GB and of 2 GB still takes the photo as it is.
        (photo(1), (280, 820, 1880)),
        (photo(1, buffered=3.0), (60, 180, 400)),
        (photo(1, buffered=6.0), (35, 105, 240)),
        (photo(1, orientation=6), (55, 165, 400)),
        (photo(1, format="webp"), (22, 65, 160)),
        (photo(1, format="gif"), (45, 135, 320)),
        (photo(1, format="avif"), (14, 42, 105)),
    ],
    ids=["baseline", "progressive 4:2:0", "progressive 4:4:4", "turned", "webp", "gif", "avif"],
)
@pytest.mark.parametrize(("index", "memory"), list(enumerate((512 << 20, 1 << 30, 2 << 30))))
def test_a_photo_that_fits_comes_as_it_is(header: Header, largest: tuple[int, ...], index: int, memory: int) -> None:
    def as_it_is(megapixels: float) -> bool:
        width = round((megapixels * _MB * 4 / 3) ** 0.5)
        try:
            found = plan(replace(header, width=width, height=width * 3 // 4), 1, _SOLD, _FULL, memory)
        except Rejected:
            return False
        return not found.process and not found.refused

    assert as_it_is(largest[index])
    assert not as_it_is(largest[index] * 1.6)


@pytest.mark.parametrize("name", ["bmp", "heic"])
def test_what_libvips_does_not_read_comes_as_png_from_oss(name: str) -> None:
    found = plan(Header(name, 3000, 2000), 18 * _MB, _SOLD, _FULL, 1 << 30)
    assert found.process == "image/format,png"
    assert not found.refused


def test_a_progressive_photo_that_does_not_fit_comes_reduced_from_oss() -> None:
    found = plan(photo(100, buffered=6.0), 15 * _MB, _SOLD, _FULL, 512 << 20)
    assert found.process.startswith("image/resize,m_fixed,w_47")
    assert found.process.endswith("/format,png")


@pytest.mark.parametrize(
    ("header", "size", "code"),
    [
        (Header("bmp", 5000, 4000), 60 * _MB, "PictureTooLarge"),
        (photo(100, format="webp", frames=2), 15 * _MB, "AnimatedPicture"),
        (photo(100, orientation=7), 15 * _MB, "CannotBeTurned"),
    ],
)
def test_what_oss_cannot_reshape_either_is_refused_with_a_sentence(header: Header, size: int, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        plan(header, size, _SOLD, _FULL, 512 << 20)
    assert refused.value.code == code
    assert refused.value.text.zh


def test_only_the_presets_that_do_not_fit_are_refused() -> None:
    presets = read_presets("taobao-white+shopify+original")
    found = plan(photo(12), _MB, replace(_SOLD, width=2400, height=2000), presets, 512 << 20)
    assert not found.refused
    found = plan(photo(24), _MB, replace(_SOLD, width=3200, height=2400), presets, 512 << 20)
    assert list(found.refused) == ["shopify"]
    assert found.refused["shopify"].code == "InstanceTooSmall"
    with pytest.raises(Rejected, match="InstanceTooSmall"):
        plan(photo(24), _MB, replace(_SOLD, width=6000, height=4000), presets, 512 << 20)


def test_an_instance_of_1_gb_makes_every_preset_of_a_camera_s_photo() -> None:
    for sold in (_SOLD, replace(_SOLD, width=4096, height=3072)):
        found = plan(photo(24, buffered=3.0), 15 * _MB, sold, tuple(PRESETS.values()), 1 << 30)
        assert (found.process, found.refused) == ("", {})


# ---------------------------------------------------------------- measured

_CHILD = """
import ctypes, sys
from pathlib import Path
from shared.listings.subject import Subject

def held(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(field))) * 1024

photo, cutout, scale, times = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
before = held("VmRSS:")
loaded = Path("/proc/self/maps").read_text().splitlines()
vips = ctypes.CDLL(next(line.split()[-1] for line in loaded if "libvips" in line))
vips.vips_tracked_get_mem.restype = ctypes.c_size_t
after = []
for _ in range(times):
    subject = Subject.open(photo, cutout)
    if scale == 1:
        subject.cut().pngsave(str(photo.with_suffix(".out")), compression=3, filter="paeth", keep="none")
    else:
        subject.cut(scale).flatten(background=[255, 255, 255]).jpegsave(str(photo.with_suffix(".out")), Q=92)
    del subject
    after.append(vips.vips_tracked_get_mem())
print(before, held("VmHWM:"), *after)
"""


def measured(photo: Path, cutout: Path, *, scale: float = 1.0, times: int = 1) -> tuple[int, int, list[int]]:
    """Bytes of a process before, its most, and what libvips holds after each of so many times."""
    asked = [sys.executable, "-c", _CHILD, str(photo), str(cutout), str(scale), str(times)]
    done = subprocess.run(
        asked, check=True, capture_output=True, text=True, env={**os.environ, "VIPS_CONCURRENCY": "1"}
    )
    before, most, *after = map(int, done.stdout.split())
    return before, most, after


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """The photo of these megapixels, saved as Pillow is told, and a cutout of 2,000 pixels."""
    folder = tmp_path_factory.mktemp("large")
    picture = known_alpha("product", 2000, 1500)

    @cache
    def drawn(megapixels: int) -> Image.Image:
        width = round((megapixels * _MB * 4 / 3) ** 0.5) // 4 * 4
        return Image.fromarray(picture.photo).resize((width, width * 3 // 4))

    def make(megapixels: int, form: str = "JPEG", **options: object) -> tuple[Path, Path]:
        photo, cutout = folder / "photo", folder / "cutout.png"
        drawn(megapixels).save(photo, form, **options)
        Image.fromarray(answer(picture)).save(cutout, compress_level=1)
        return photo, cutout

    return make


def test_a_photo_of_24_megapixels_takes_at_most_200_mb(files: Callable[..., tuple[Path, Path]]) -> None:
    _, most, _ = measured(*files(24))
    assert most <= 200 * _MB


@pytest.mark.slow
def test_a_photo_of_100_megapixels_takes_at_most_250_mb(files: Callable[..., tuple[Path, Path]]) -> None:
    _, most, _ = measured(*files(100))
    assert most <= 250 * _MB


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"progressive": True, "subsampling": 0}),
        ("PNG", {"compress_level": 1}),
        ("WEBP", {"method": 0}),
        ("AVIF", {"speed": 10}),
        ("JPEG", {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"}),
    ],
    ids=["baseline", "progressive 4:2:0", "progressive 4:4:4", "png", "webp", "avif", "turned"],
)
def test_the_least_memory_that_is_said_to_do_does(
    files: Callable[..., tuple[Path, Path]], form: str, options: dict[str, object]
) -> None:
    photo, cutout = files(20, form, **options)
    if "exif" in options:  # turned by half a turn, and the cutout upright
        Image.open(cutout).transpose(Image.Transpose.ROTATE_180).save(cutout, compress_level=1)
    header, size = Object(photo.read_bytes()).header(), photo.stat().st_size
    needed = least_memory(header, size)
    before, most, _ = measured(photo, cutout)
    assert most - before + _APP <= needed


def least_memory(header: Header, size: int) -> int:
    """The fewest mebibytes, in bytes, of an instance that takes the photo as it is."""
    for mebibytes in range(128, 4096, 8):
        try:
            if not plan(header, size, _SOLD, _FULL, mebibytes << 20).process:
                return mebibytes << 20
        except Rejected:
            continue
    raise AssertionError("no instance takes it")


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_nothing_is_held_between_calls(files: Callable[..., tuple[Path, Path]], scale: float) -> None:
    _, _, after = measured(*files(6), scale=scale, times=8)
    assert min(after[4:]) < _MB, after  # a thread of libvips may still be ending, at one time or another
