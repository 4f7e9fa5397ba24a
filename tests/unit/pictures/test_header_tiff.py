"""TIFF: the picture that is meant, pages, and the camera raw that is built like it."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from shared.errors import Rejected
from shared.pictures.header import WINDOW
from shared.pictures.header.facts import Header
from tests.pictures import Order, picture, tiff
from tests.unit.pictures.headers import Object, header, sides_by_pillow

Tags = dict[int, int]

WHOLE = {0x0100: 6000, 0x0101: 4000, 0x0112: 6}
PREVIEW = {0x00FE: 1, 0x0100: 160, 0x0101: 120}
MASK = {0x00FE: 4, 0x0100: 6000, 0x0101: 4000}


def file(*chain: Tags, parts: tuple[Tags, ...] = (), order: Order = "little", loop: bool = False) -> bytes:
    """A TIFF without pixels: its directories one after another, the first with `parts` below it."""
    mark, symbol = (b"II*\0", "<") if order == "little" else (b"MM\0*", ">")
    size = 2 + 12 * 12 + 4  # room for twelve entries
    below = 8 + size * len(chain)
    out = mark + struct.pack(f"{symbol}I", 8)
    for number, tags in enumerate((*chain, *parts)):
        entries = [struct.pack(f"{symbol}HHII", tag, 4, 1, value) for tag, value in sorted(tags.items())]
        if parts and number == 0:
            places = 8 + size * (len(chain) + len(parts)) if len(parts) > 1 else below
            entries.append(struct.pack(f"{symbol}HHII", 0x014A, 4, len(parts), places))
        last = number + 1 >= len(chain)
        follows = 8 if loop else 0
        after = follows if last else 8 + size * (number + 1)
        listing = struct.pack(f"{symbol}H", len(entries)) + b"".join(entries) + struct.pack(f"{symbol}I", after)
        out += listing.ljust(size, b"\0")
    return out + struct.pack(f"{symbol}{len(parts)}I", *(below + size * at for at in range(len(parts))))


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("before", [0, 1_000_000])
def test_a_tiff_with_its_directory_at_the_end_takes_at_most_one_read(order: Order, before: int) -> None:
    scan = Object(tiff(1000, 700, order, orientation=8, before=before))
    assert sides_by_pillow(scan.content)[0] == "tiff"
    assert scan.header() == Header("tiff", 1000, 700, orientation=8)
    assert len(scan.reads) == (1 if len(scan.content) > WINDOW else 0)


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_preview_before_the_picture_is_not_it(order: Order) -> None:
    meant = Header("tiff", 6000, 4000, orientation=6)
    assert header(file(PREVIEW, WHOLE, order=order)) == meant
    assert header(file({**PREVIEW, 0x00FE: 0, 0x00FF: 2}, WHOLE, order=order)) == meant
    assert header(file(MASK, WHOLE, order=order)) == meant
    assert header(file(WHOLE, PREVIEW, MASK, order=order)) == meant
    assert header(file(PREVIEW, parts=(WHOLE,), order=order)) == meant
    assert header(file(PREVIEW, parts=(PREVIEW, WHOLE), order=order)) == meant
    assert header(file(PREVIEW, order=order)) == Header("tiff", 160, 120)


def test_pages_are_counted_to_16() -> None:
    assert header(file(WHOLE, WHOLE, PREVIEW, {**WHOLE, 0x00FE: 2})).frames == 3
    assert header(file(*[WHOLE] * 40)).frames == 16
    out = io.BytesIO()
    pages = [Image.new("L", (64, 48)) for _ in range(3)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    assert header(out.getvalue()) == Header("tiff", 64, 48, frames=3)


def test_pages_that_go_round_in_a_circle_or_nowhere_end() -> None:
    assert header(file(WHOLE, WHOLE, loop=True)).frames == 2
    content = file(WHOLE, WHOLE)
    assert header(content[: 8 + 150] + b"\xff\xff" + content[8 + 152 :]).frames == 1
    assert header(content[: 8 + 150]).frames == 1


@pytest.mark.parametrize(
    ("mode", "right"),
    [
        ("RGB", Header("tiff", 64, 48)),
        ("RGBA", Header("tiff", 64, 48, alpha=True)),
        ("CMYK", Header("tiff", 64, 48, cmyk=True)),
        ("1", Header("tiff", 64, 48)),
    ],
)
def test_a_tiff_says_whether_it_is_transparent_or_for_print(mode: str, right: Header) -> None:
    assert header(picture(64, 48, "TIFF", mode=mode)) == right


@pytest.mark.parametrize(
    "content",
    [
        file({**PREVIEW, 0xC612: 1}, parts=(WHOLE,)),
        file({**WHOLE, 0xC612: 1}),
        file(PREVIEW, parts=({**WHOLE, 0x0106: 32803},)),
        file(PREVIEW, parts=(PREVIEW, {**WHOLE, 0x0106: 34892}), order="big"),
        file(PREVIEW, {**WHOLE, 0x0106: 32803}),
        *(file({**WHOLE, 0x0103: maker}) for maker in (32767, 34713, 65535)),
        b"II*\0\x10\0\0\0CR\2\0" + bytes(100),
        *(magic + bytes(100) for magic in (b"IIRO\x08\0\0\0", b"IIRS\x08\0\0\0", b"MMOR\0\0\0\x08", b"IIU\0")),
        *(magic + bytes(100) for magic in (b"FUJIFILMCCD-RAW 0201", b"\0MRM", b"FOVb", b"II\x1a\0\0\0HEAPCCDR")),
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(100),
    ],
)
def test_camera_raw_is_refused_by_what_it_holds(content: bytes) -> None:
    with pytest.raises(Rejected, match="camera raw; export it as JPEG and upload that") as refused:
        header(content)
    assert refused.value.code == "CameraRaw"


@pytest.mark.parametrize("extension", ["nef", "NEF", "arw", "dng", "pef", "3fr", "rw2"])
def test_a_tiff_with_the_name_of_camera_raw_is_refused_by_it(extension: str) -> None:
    with pytest.raises(Rejected) as refused:
        header(file(PREVIEW), f"uploads/general/common/a.{extension}")
    assert refused.value.code == "CameraRaw"


@pytest.mark.parametrize("name", ["a.tif", "nef", "a.nef.tif", "arw/a", "a"])
def test_other_names_say_nothing(name: str) -> None:
    assert header(file(WHOLE), name).width == 6000
    assert header(picture(), "a.nef").format == "jpg"


def test_what_a_tiff_costs_is_bounded() -> None:
    far = [{**WHOLE} for _ in range(16)]
    content = bytearray(file(*far))
    spread = Object(bytes(content))
    assert spread.header().frames == 16
    assert spread.reads == []
