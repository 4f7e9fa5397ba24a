"""A part of a picture is the same part however that is turned and resized, and areas are held to their limits."""

from __future__ import annotations

import io
import json
import tracemalloc
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from shared.errors import Rejected
from shared.pictures.admission import admit_picture
from shared.pictures.geometry import Box, Frame, rendered_box, stored_box
from shared.pictures.header.facts import Header
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.options import Areas, admit_areas
from tests.cloud.oss_image import process
from tests.cloud.oss_image_actions import READINGS, Reading

ORIENTATIONS = range(1, 9)
EXIF_ORIENTATION = 0x0112

AREAS = Areas("rectangles", most=50, max_share=0.5)
SQUARE = Frame(100, 100, 1, 100, 100)
"""An upload of 10,000 pixels, shown as it is."""


def lying(width: int, height: int, orientation: int, shown: tuple[int, int]) -> Frame:
    """An upload of so many pixels, resized to `shown` and then turned."""
    return Frame(width, height, orientation, *(shown[::-1] if orientation >= 5 else shown))


@st.composite
def framed(draw: st.DrawFn) -> tuple[Frame, Box]:
    """A frame, shown larger or smaller than it is stored, and a part of the upload."""
    sides = st.integers(1, 40) | st.integers(1, 30_000)
    width, height, shown = draw(sides), draw(sides), (draw(sides), draw(sides))
    box = draw(boxes_within(width, height))
    return lying(width, height, draw(st.sampled_from(ORIENTATIONS)), shown), box


def boxes_within(width: int, height: int) -> st.SearchStrategy[Box]:
    def part(side: int) -> st.SearchStrategy[tuple[int, int]]:
        edges = st.lists(st.integers(0, side), min_size=2, max_size=2, unique=True)
        return edges.map(lambda ends: (min(ends), max(ends) - min(ends)))

    return st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), part(width), part(height))


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def within(box: Box, width: int, height: int) -> bool:
    return contains(Box(0, 0, width, height), box) and min(box.width, box.height) >= 1


# ---------------------------------------------------------------- there and back


@given(framed())
@example((Frame(49, 49, 1, 98, 98), Box(7, 7, 7, 7)))
@example((Frame(3000, 1200, 6, 799, 1999), Box(2999, 0, 1, 1)))
def test_a_part_shown_and_brought_back_is_the_same_enlarged_by_no_more_than_a_pixel_seen(
    case: tuple[Frame, Box],
) -> None:
    frame, box = case
    shown = rendered_box(box, frame)
    assert within(shown, frame.rendered_width, frame.rendered_height)
    back = stored_box(shown, frame)
    assert within(back, frame.width, frame.height)
    assert contains(back, box)
    across, down = frame.rendered_width, frame.rendered_height
    if frame.orientation >= 5:
        across, down = down, across
    # Each edge moves by less than one pixel seen, and then to the next whole pixel stored.
    assert (back.width - box.width) * across < 2 * (frame.width + across)
    assert (back.height - box.height) * down < 2 * (frame.height + down)


@given(framed(), st.data())
def test_a_part_seen_brought_back_and_shown_again_covers_what_it_covered(
    case: tuple[Frame, Box], data: st.DataObject
) -> None:
    frame, _ = case
    seen = data.draw(boxes_within(frame.rendered_width, frame.rendered_height))
    stored = stored_box(seen, frame)
    assert within(stored, frame.width, frame.height)
    assert contains(rendered_box(stored, frame), seen)


@pytest.mark.parametrize(("stored", "shown", "edge"), [(44, 30, 22), (46, 26, 23), (66, 18, 55)])
def test_an_edge_that_falls_between_pixels_stays_there(stored: int, shown: int, edge: int) -> None:
    """22 × (30 / 44) is 15, but not in floats: there the part would begin a pixel too early."""
    told = rendered_box(Box(edge, edge, stored - edge, stored - edge), Frame(stored, stored, 1, shown, shown))
    start = edge * shown // stored
    assert told == Box(start, start, shown - start, shown - start)


@given(framed(), st.just(1) | st.integers(1, 3000), st.just(1) | st.integers(1, 3000))
def test_a_picture_shown_a_whole_number_of_times_as_large_loses_nothing(
    case: tuple[Frame, Box], across: int, down: int
) -> None:
    frame, box = case
    frame = lying(frame.width, frame.height, frame.orientation, (frame.width * across, frame.height * down))
    shown = rendered_box(box, frame)
    assert shown.width * shown.height == box.width * box.height * across * down
    assert stored_box(shown, frame) == box


def test_a_vendors_absurd_box_is_no_trouble_of_ours() -> None:
    """What a vendor says may be any whole number: more than a float can hold, too."""
    assert stored_box(Box(0, 0, 10**400, 10), Frame(200, 100, 1, 100, 50)) == Box(0, 0, 200, 20)


# ---------------------------------------------------------------- in real pictures


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("sides", [(60, 40), (3000, 1200)])
def test_a_marked_part_is_found_again_in_the_upload_however_it_lay(sides: tuple[int, int], orientation: int) -> None:
    """Pillow turns and OSS resizes; where the mark is seen then, and where it was, must be the same part."""
    width, height = sides
    resized = (width, height) if width <= 1999 else (1999, height * 1999 // width)
    marked = Box(width // 3, height // 5, width // 6, height // 4)
    seen, frame = shown(marked, sides, orientation, resized)
    found = stored_box(seen, frame)
    slack = 0 if resized == sides else 2 * -(-width // resized[0])  # a pixel seen stands for so many stored
    assert all(abs(ours - theirs) <= slack for ours, theirs in zip(astuple(found), astuple(marked), strict=True))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("resized", [(60, 40), (30, 20), (45, 31), (17, 40), (120, 80), (97, 203)])
@pytest.mark.parametrize("marked", [Box(12, 5, 23, 17), Box(0, 0, 1, 1), Box(59, 39, 1, 1), Box(0, 13, 60, 2)])
def test_a_rectangle_drawn_into_a_picture_is_where_the_vendor_is_told_it_is(
    marked: Box, resized: tuple[int, int], orientation: int
) -> None:
    """No pixel that shows some of it is left out, and at each edge there is at most one too many."""
    seen, frame = shown(marked, (60, 40), orientation, resized)
    told = rendered_box(marked, frame)
    assert contains(told, seen)
    assert contains(seen, Box(told.x + 1, told.y + 1, told.width - 2, told.height - 2))
    if resized == (60, 40):
        assert told == seen


def shown(marked: Box, sides: tuple[int, int], orientation: int, resized: tuple[int, int]) -> tuple[Box, Frame]:
    """Where the mark lies in what a vendor would see, as Pillow sees it."""
    stored = Image.new("L", sides)
    stored.paste(255, (marked.x, marked.y, marked.x + marked.width, marked.y + marked.height))
    picture = stored.resize(resized, Image.Resampling.BOX)
    picture.getexif()[EXIF_ORIENTATION] = orientation
    picture = ImageOps.exif_transpose(picture)
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    return Box(left, top, right - left, bottom - top), Frame(*sides, orientation, *picture.size)


@pytest.mark.parametrize("reading", READINGS.values(), ids=list(READINGS))
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("sides", [(600, 400), (3000, 500), (4096, 400), (6000, 400)])
def test_what_is_found_in_the_picture_that_the_vendor_fetches_is_found_in_the_upload(
    sides: tuple[int, int], orientation: int, reading: Reading
) -> None:
    """OSS turns and resizes, in whichever order it does; a mark's place is told in both directions."""
    marked = Box(sides[0] // 3, sides[1] // 5, sides[0] // 6, sides[1] // 4)
    upload, exif = Image.new("L", sides), Image.Exif()
    upload.paste(255, (marked.x, marked.y, marked.x + marked.width, marked.y + marked.height))
    exif[EXIF_ORIENTATION] = orientation
    upload.save(body := io.BytesIO(), "JPEG", exif=exif)
    header = Header("jpg", *sides, orientation=orientation)
    try:
        made = admit_picture(header, len(body.getvalue()), CAPABILITIES["general/common"].limits)
    except Rejected:
        assert max(sides) >= 4096
        assert orientation in (2, 4, 5, 7)
        return
    content = process(body.getvalue(), made.process, reading).content if made.process else body.getvalue()
    picture = Image.open(io.BytesIO(content))
    left, top, right, bottom = picture.point(lambda shade: 255 * (shade > 127)).getbbox() or (0, 0, 0, 0)
    seen = Box(left, top, right - left, bottom - top)
    frame = Frame(*sides, orientation, made.width, made.height)
    assert all(
        abs(ours - there) <= 1 for ours, there in zip(astuple(rendered_box(marked, frame)), astuple(seen), strict=True)
    )
    slack = 2 * -(-max(sides) // max(picture.size))  # a pixel seen stands for so many stored
    found = stored_box(seen, frame)
    assert all(abs(ours - there) <= slack for ours, there in zip(astuple(found), astuple(marked), strict=True))


# ---------------------------------------------------------------- areas


def spelt(*boxes: tuple[int, int, int, int]) -> str:
    return json.dumps([dict(zip(("x", "y", "width", "height"), box, strict=True)) for box in boxes])


def refusal(text: str, frame: Frame = SQUARE) -> str:
    with pytest.raises(Rejected) as refused:
        admit_areas(text, AREAS, frame)
    assert refused.value.code == "InvalidAreas"
    return refused.value.message


def test_areas_of_a_picture_that_is_shown_as_it_is_are_told_as_they_are() -> None:
    text = spelt((0, 0, 10, 10), (90, 90, 10, 10))
    assert admit_areas(text, AREAS, SQUARE) == text


def test_areas_of_a_picture_that_is_turned_and_resized_are_told_as_it_is_shown() -> None:
    frame = Frame(200, 100, 6, 50, 100)  # half as large, and a quarter turn clockwise
    assert admit_areas(spelt((0, 0, 20, 10)), AREAS, frame) == spelt((45, 0, 5, 10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Invalid JSON"),
        ("10,10,20,20", "Invalid JSON"),
        ("[{'x': 0}]", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ("null", "valid"),
        ("7", "valid"),
        ('{"x": 0, "y": 0, "width": 9, "height": 9}', "valid"),
        ("[[0, 0, 9, 9]]", "number 1: "),
        ('[{"x": 0.5, "y": 0, "width": 9, "height": 9}]', "x of number 1: "),
        ('[{"x": 0, "y": 1.0, "width": 9, "height": 9}]', "y of number 1: "),
        ('[{"x": 0, "y": 0, "width": true, "height": 9}]', "width of number 1: "),
        ('[{"x": 0, "y": 0, "width": 9, "height": "9"}]', "height of number 1: "),
        ('[{"x": null, "y": 0, "width": 9, "height": 9}]', "x of number 1: "),
        ('[{"x": NaN, "y": 0, "width": 9, "height": 9}]', "x of number 1: "),
        ('[{"x": 1e2, "y": 0, "width": 9, "height": 9}]', "x of number 1: "),
        ('[{"x": 0, "y": 0, "width": 9}]', "height of number 1: "),
        ('[{"x": 0, "y": 0, "width": 9, "height": 9}, {"x": 0, "width": 9, "height": 9}]', "y of number 2: "),
        ("[{}]", "x of number 1: "),
    ],
)
def test_what_are_no_areas_is_refused_with_what_they_are_and_where_they_are_not(text: str, said: str) -> None:
    message = refusal(text)
    assert message.startswith(
        'rectangles must be a JSON list of up to 50 {"x", "y", "width", "height"}, all whole numbers; '
    )
    assert said in message


def test_of_faults_without_number_one_is_looked_for() -> None:
    tracemalloc.start()
    try:
        assert "x of number 1: " in refusal(f"[{'{},' * 20_000}{{}}]")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000, f"it took {peak:,} bytes at its peak"


@pytest.mark.parametrize(
    "box",
    [
        (-1, 0, 10, 10),
        (0, -1, 10, 10),
        (0, 0, 0, 10),
        (0, 0, 10, 0),
        (50, 50, -10, 10),
        (50, 50, 10, -10),
        (91, 0, 10, 10),
        (0, 91, 10, 10),
        (100, 0, 1, 1),
        (0, 0, 101, 1),
        (0, 0, 10**30, 1),
    ],
)
def test_an_area_that_is_not_in_the_picture_is_refused_with_itself_and_the_pictures_sides(
    box: tuple[int, int, int, int],
) -> None:
    (said,) = json.loads(spelt(box))
    assert refusal(spelt((0, 0, 1, 1), box)) == f"{json.dumps(said)} is not within the picture's 100 × 100 pixels"


def test_areas_are_held_against_the_picture_as_it_is_stored() -> None:
    lies = Frame(200, 100, 6, 100, 200)
    assert admit_areas(spelt((199, 99, 1, 1)), AREAS, lies)
    assert "200 × 100 pixels" in refusal(spelt((99, 199, 1, 1)), lies)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_up_to_fifty_areas_pass(count: int) -> None:
    assert len(json.loads(admit_areas(spelt(*[(0, 0, 1, 1)] * count), AREAS, SQUARE))) == count


@pytest.mark.parametrize("count", [0, 51])
def test_no_areas_and_more_than_fifty_are_refused_with_how_many_pass(count: int) -> None:
    assert refusal(spelt(*[(0, 0, 1, 1)] * count)) == f"there are {count} rectangles; taken are 1 to 50"


def test_exactly_half_of_the_picture_passes_and_a_pixel_more_is_refused_with_both_figures() -> None:
    half = (0, 0, 100, 50)
    assert admit_areas(spelt(half), AREAS, SQUARE) == spelt(half)
    message = refusal(spelt(half, (0, 50, 1, 1)))
    assert "cover 5,001 of 10,000 pixels" in message
    assert message.endswith("up to 50% pass")


def test_areas_that_overlap_are_counted_once() -> None:
    overlapping = [(0, 0, 100, 40)] * 10 + [(0, 0, 40, 50), (60, 30, 40, 20)]
    assert admit_areas(spelt(*overlapping), AREAS, SQUARE)


def test_the_vendor_measures_what_it_is_shown() -> None:
    """A half of what is stored that begins and ends within pixels shown is more than a half of these."""
    stored = Frame(100, 100, 1, 100, 100)
    strip = spelt((25, 0, 50, 100))
    assert admit_areas(strip, AREAS, stored)
    assert "cover 60 of 100 pixels, 60.0%" in refusal(strip, replace(stored, rendered_width=10, rendered_height=10))


@given(st.lists(boxes_within(16, 8), min_size=1, max_size=9))
def test_the_share_is_that_of_the_pixels_that_lie_in_any_area(boxes: list[Box]) -> None:
    marked = np.zeros((8, 16), np.bool_)
    for box in boxes:
        marked[box.y : box.y + box.height, box.x : box.x + box.width] = True
    covered = int(marked.sum())
    text, frame = spelt(*map(astuple, boxes)), Frame(16, 8, 1, 16, 8)
    assert admit_areas(text, replace(AREAS, max_share=covered / 128), frame) == text
    with pytest.raises(Rejected, match=f"cover {covered:,} of 128 pixels"):
        admit_areas(text, replace(AREAS, max_share=(covered - 1) / 128), frame)


@given(
    st.text() | st.lists(st.dictionaries(st.sampled_from(["x", "y", "width", "height"]), st.integers())).map(json.dumps)
)
@example(spelt((0, 0, 10**4299, 1)))
@example("[" + "9" * 5000 + "]")
def test_whatever_people_write_is_told_in_the_picture_or_refused(text: str) -> None:
    try:
        told = json.loads(admit_areas(text, AREAS, SQUARE))
    except Rejected:
        return
    assert all(within(Box(**box), 100, 100) for box in told)
