"""HEIC and AVIF: the sides of what a decoder shows, wherever the file says them; pillow-heif is the oracle."""

from __future__ import annotations

import io
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from shared.errors import Rejected
from shared.pictures.header import WINDOW
from shared.pictures.header.facts import Header
from tests.pictures.heif import Item, auxc, box, clap, heic, heif, irot, ispe, track
from tests.unit.pictures.headers import Object, header

ALPHA = b"urn:mpeg:hevc:2015:auxid:1"
ALPHA_OF_AVIF = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
DEPTH = b"urn:mpeg:hevc:2015:auxid:2"
SEQUENCE = (b"msf1", b"mif1", b"heic", b"hevc")


def encoded(mode: str, size: tuple[int, int], **how: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new(mode, size, 77)).save(out, **how)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("size", [(64, 48), (101, 333), (1000, 700)])
def test_a_heic_is_what_the_oracle_finds(mode: str, size: tuple[int, int]) -> None:
    content = encoded(mode, size)
    oracle = pillow_heif.open_heif(io.BytesIO(content))
    found = header(content)
    assert (found.format, found.width, found.height, found.alpha) == ("heic", *oracle.size, oracle.has_alpha)
    assert oracle.size == size


def test_of_several_pictures_the_primary_one_counts() -> None:
    file = pillow_heif.HeifFile()
    for size in ((64, 48), (200, 100), (90, 30)):
        file.add_from_pillow(Image.new("RGB", size))
    out = io.BytesIO()
    file.save(out, primary_index=1)
    oracle = pillow_heif.open_heif(io.BytesIO(out.getvalue()))
    assert oracle.size == (200, 100)
    assert header(out.getvalue()) == Header("heic", 200, 100)


@pytest.mark.parametrize("quarter_turns", range(4))
def test_a_heic_has_the_sides_of_the_whole_as_it_is_shown(quarter_turns: int) -> None:
    sides = (3024, 4032) if quarter_turns % 2 else (4032, 3024)
    assert header(heic(4032, 3024, quarter_turns=quarter_turns)) == Header("heic", *sides)


@pytest.mark.parametrize("before", [0, 1_000, WINDOW, 5_000_000])
@pytest.mark.parametrize("large", [False, True])
def test_the_description_is_found_behind_the_pixels_with_a_read_at_most(before: int, large: bool) -> None:
    photo = Object(heif([Item(1, b"hvc1", [ispe(400, 300)])], before=before, large=large))
    assert photo.header() == Header("heic", 400, 300)
    assert len(photo.reads) == (1 if before >= WINDOW else 0)


def test_a_description_that_goes_on_to_the_end_of_the_file_is_read() -> None:
    content = heif([Item(1, b"hvc1", [ispe(400, 300)])])
    at = content.index(b"meta") - 4
    assert header(content[:at] + bytes(4) + content[at + 4 : -72]) == Header("heic", 400, 300)


@pytest.mark.parametrize("wide", [False, True])
def test_numbers_are_read_in_both_of_their_widths(wide: bool) -> None:
    items = [
        Item(5, b"hvc1", [ispe(512, 512)]),
        Item(6, b"grid", [ispe(800, 600), irot(1)], {b"dimg": [5, 5]}),
        Item(7, b"hvc1", [ispe(900, 900)], {b"thmb": [6]}),
        Item(8, b"hvc1", [ispe(800, 601), auxc(ALPHA)], {b"auxl": [6]}),
    ]
    assert header(heif(items, primary=6, wide=wide)) == Header("heic", 600, 800, alpha=True)


def halves(*pairs: int) -> tuple[tuple[int, int], ...]:
    return tuple((pair, 2) for pair in pairs)


@pytest.mark.parametrize(
    ("properties", "sides"),
    [
        ([ispe(640, 480), clap((600, 1), (400, 1), (0, 1), (0, 1))], (600, 400)),
        ([ispe(640, 480), clap((600, 1), (400, 1), (0, 1), (0, 1)), irot(1)], (400, 600)),
        ([ispe(640, 480), irot(3), clap((400, 1), (600, 1), (0, 1), (0, 1))], (400, 600)),
        ([irot(1), ispe(640, 480)], (480, 640)),  # as some encoders of AVIF have it
        ([ispe(640, 480), clap((639, 1), (479, 1), (-1, 2), (1, 2))], (639, 479)),
        ([ispe(640, 480), clap((1280, 2), (960, 2), (0, 1), (0, 1))], (640, 480)),
        ([ispe(640, 480), clap((700, 1), (480, 1), (0, 1), (0, 1))], (640, 480)),
        ([ispe(640, 480), clap((640, 1), (480, 1), (40, 1), (0, 1))], (600, 480)),
        ([ispe(640, 480), box(b"imir", b"\1")], (640, 480)),
    ],
)
def test_cutting_and_turning_are_applied_in_their_order(properties: list[bytes], sides: tuple[int, int]) -> None:
    assert header(heif([Item(1, b"hvc1", properties)])) == Header("heic", *sides)


@pytest.mark.parametrize(
    ("kind", "alpha"), [(ALPHA, True), (ALPHA_OF_AVIF, True), (DEPTH, False), (b"urn:com:apple:photo:2020:aux", False)]
)
def test_only_an_auxiliary_picture_of_transparency_is_one(kind: bytes, alpha: bool) -> None:
    other = Item(2, b"hvc1", [ispe(64, 48), auxc(kind)], {b"auxl": [1]})
    assert header(heif([Item(1, b"hvc1", [ispe(64, 48)]), other])).alpha is alpha


def test_the_transparency_of_the_tiles_is_that_of_the_whole_but_not_that_of_another() -> None:
    def items(of: int) -> list[Item]:
        return [
            Item(1, b"hvc1", [ispe(64, 64)]),
            Item(2, b"hvc1", [ispe(64, 64)]),
            Item(3, b"hvc1", [ispe(64, 64), auxc(ALPHA)], {b"auxl": [of]}),
            Item(4, b"grid", [ispe(100, 60)], {b"dimg": [1, 1]}),
        ]

    assert header(heif(items(of=1), primary=4)).alpha
    assert not header(heif(items(of=2), primary=4)).alpha


@pytest.mark.parametrize(
    "brands",
    [(b"avif", b"avif", b"mif1"), (b"mif1", b"avif", b"mif1"), (b"mif1", b"miaf"), (b"avis", b"avif", b"msf1")],
)
def test_an_avif_is_told_by_how_its_primary_item_is_coded(brands: tuple[bytes, ...]) -> None:
    items = [Item(1, b"av01", [ispe(64, 64)]), Item(2, b"grid", [ispe(120, 64)], {b"dimg": [1, 1]})]
    assert header(heif(items, brands=brands)) == Header("avif", 64, 64)
    assert header(heif(items, brands=brands, primary=2)) == Header("avif", 120, 64)


def test_a_picture_that_is_no_heic_by_its_brand_is_one_by_a_compatible_one() -> None:
    assert header(heif([Item(1, b"hvc1", [ispe(64, 48)])], brands=(b"MiHE", b"MiPr", b"heic"))).format == "heic"


@pytest.mark.parametrize("kind", [b"jpeg", b"avc1", b"j2k1", b"unci", b"vvc1"])
def test_what_is_coded_in_a_way_that_oss_does_not_read_is_refused_by_its_name(kind: bytes) -> None:
    with pytest.raises(Rejected, match=f"coded as '{kind.decode()}'.*save it as JPEG or PNG") as refused:
        header(heif([Item(1, kind, [ispe(64, 48)])], brands=(b"mif1",)))
    assert refused.value.code == "NotAnImage"


def test_a_still_picture_beside_a_track_is_an_animation() -> None:
    items = [Item(1, b"hvc1", [ispe(64, 48)])]
    assert header(heif(items, brands=SEQUENCE, after=track(90))) == Header("heic", 64, 48, frames=90)
    assert header(heif(items, brands=SEQUENCE, after=track(5, handler=b"vide"))).frames == 5
    assert header(heif(items, brands=SEQUENCE)).frames == 1
    assert header(heif(items, after=track(90))).frames == 1  # no brand announces it, and no decoder looks
    assert header(heif(items, brands=SEQUENCE, after=b"\0\0\0\3junk")).frames == 1


def test_a_track_without_a_still_picture_is_refused_by_its_name() -> None:
    alone = box(b"ftyp", b"msf1" + bytes(4) + b"hevc") + track(90)
    undecided = heif([Item(1, b"hvc1", [ispe(64, 48)])], primary=0, brands=SEQUENCE, after=track(90))
    for content in (alone, undecided):
        with pytest.raises(Rejected, match="a sequence without a still picture") as refused:
            header(content)
        assert refused.value.code == "NotAnImage"


def without(content: bytes, name: bytes) -> bytes:
    return content.replace(name, b"free")


@pytest.mark.parametrize(
    "content",
    [
        *(without(heic(64, 48), name) for name in (b"pitm", b"iinf", b"iprp", b"ipco", b"ipma", b"ispe", b"iref")),
        heif([Item(1, b"hvc1", [ispe(0, 48)])]),
        heif([Item(1, b"hvc1", [ispe(64, 48), clap((1, 0), (1, 0), (1, 0), (1, 0))])]),
        heif([Item(1, b"hvc1", [ispe(64, 48), clap((5, 1), (5, 1), (900, 1), (0, 1))])]),
        heif([Item(1, b"grid", [ispe(64, 48)], {b"dimg": [1]})], primary=2),
        box(b"ftyp", b"heic" + bytes(4)) + b"\0\0\0\7meta",
        box(b"ftyp", b"heic" + bytes(4)) + box(b"free", b"") * 200_000,
    ],
)
def test_a_heic_that_says_no_sides_is_refused_as_broken(content: bytes) -> None:
    photo = Object(content)
    with pytest.raises(Rejected, match="save it again as JPEG, and upload that") as refused:
        photo.header()
    assert refused.value.code == "BrokenImage"
    assert len(photo.reads) <= 64


def test_what_is_made_of_itself_ends() -> None:
    with pytest.raises(Rejected, match="coded as 'grid'"):
        header(heif([Item(1, b"grid", [ispe(64, 48)], {b"dimg": [1]})]))
