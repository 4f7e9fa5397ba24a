"""What the VIAPI stand-in draws comes from the photo, in the form and at the place the answer says."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import samples
from tests.cloud.faces import faces
from tests.cloud.segment import Pixels
from tests.cloud.vendor_drawn import Drawn, Order, Tree
from tests.cloud.vendor_pictures import Picture
from tests.cloud.vendor_world import encoded, opened
from tests.cloud.viapi_actions import ACTIONS
from tests.cloud.viapi_options import heard
from tests.cloud.viapi_replies import Refused

ASTRONAUT: Pixels = samples.photo("astronaut")
BOX = (90, 60)
COFFEE = np.asarray(opened(encoded(size=BOX)))
FLAT = np.full((80, 120, 3), 128, np.uint8)


def resized(photo: Pixels, side: int) -> Pixels:
    return np.asarray(Image.fromarray(photo).resize((side, side)))


def drawn(action: str, *photos: Pixels, **options: str) -> Any:
    """The answer's Data, its pictures opened."""
    pictures = tuple(Picture(f"http://a.example/{n}.jpg", photo) for n, photo in enumerate(photos))
    named = {name.replace("_", "."): value for name, value in options.items()}
    row = ACTIONS[action]
    return _opened(row.draw(Order(pictures, heard(named, row.options))))


def _opened(tree: Tree) -> Any:
    match tree:
        case Drawn():
            return opened(tree.content)
        case dict():
            return {name: _opened(branch) for name, branch in tree.items()}
        case list():
            return [_opened(branch) for branch in tree]
        case _:
            return tree


FORMS = {
    "SegmentBody": {"mask", "crop", "whiteBK"},
    "SegmentCommodity": {"mask", "crop", "whiteBK"},
    "SegmentCommonImage": {"mask", "crop", "whiteBK"},
    "SegmentAnimal": {"mask", "whiteBK"},
    "SegmentFood": {"mask", "whiteBK"},
    "SegmentHDBody": set(),
    "SegmentLogo": set(),
    "SegmentSky": set(),
}


@pytest.mark.parametrize("action", FORMS)
def test_a_form_counts_only_where_the_actions_page_has_it(action: str) -> None:
    for form in ("", "mask", "crop", "whiteBK", "whitebk"):
        image = drawn(action, COFFEE, ReturnForm=form)["ImageURL"]
        known = form in FORMS[action]
        assert image.mode == ({"mask": "L", "whiteBK": "RGB"}.get(form, "RGBA") if known else "RGBA"), form
        assert (image.size != BOX) == (known and form == "crop"), form


def test_one_face_seen_at_two_sizes_is_one_face() -> None:
    Image.fromarray(ASTRONAUT).save(out := io.BytesIO(), "JPEG", quality=75)
    assert len(faces(np.asarray(opened(out.getvalue())))) == 1


@pytest.mark.parametrize("action", ["SegmentHead", "SegmentFace", "SegmentHair"])
def test_a_boxed_picture_is_what_the_photo_shows_at_that_place_and_touches_all_four_sides(action: str) -> None:
    (element,) = drawn(action, ASTRONAUT)["Elements"]
    x, y, width, height = (element[side] for side in ("X", "Y", "Width", "Height"))
    assert element["ImageURL"].size == (width, height)
    rgba = np.asarray(element["ImageURL"])
    seen = rgba[..., 3] > 0
    assert seen[0].any()
    assert seen[-1].any()
    assert seen[:, 0].any()
    assert seen[:, -1].any()
    assert (rgba[seen][:, :3] == ASTRONAUT[y : y + height, x : x + width][seen]).all()


@pytest.mark.parametrize(("dx", "dy"), [(0, 64), (96, 0)])
def test_a_box_moves_with_the_head(dx: int, dy: int) -> None:
    moved = np.roll(ASTRONAUT, (dy, dx), (0, 1))
    (one,), (other,) = (drawn("SegmentHead", photo)["Elements"] for photo in (ASTRONAUT, moved))
    assert other["X"] - one["X"] == pytest.approx(dx, abs=12)
    assert other["Y"] - one["Y"] == pytest.approx(dy, abs=12)


def test_only_heads_come_as_masks() -> None:
    for action, mode in {"SegmentHead": "L", "SegmentFace": "RGBA", "SegmentHair": "RGBA"}.items():
        (element,) = drawn(action, ASTRONAUT, ReturnForm="mask")["Elements"]
        assert element["ImageURL"].mode == mode
        assert element["ImageURL"].size == (element["Width"], element["Height"])


def test_each_face_has_a_head_of_its_own() -> None:
    two = np.hstack([ASTRONAUT[:300, 80:340]] * 2)
    places = sorted(element["X"] for element in drawn("SegmentHead", two)["Elements"])
    assert len(places) == 2
    assert places[1] - places[0] == pytest.approx(260, abs=12)


def test_parsed_features_have_the_manuals_names_and_the_photos_size() -> None:
    data = drawn("ParseFace", ASTRONAUT)
    assert data["OriginImageURL"] == "http://a.example/0.jpg"
    names = [element["Name"] for element in data["Elements"]]
    assert names == ["skin", "l_brow", "l_eye", "r_brow", "r_eye", "nose", "mouth", "u_lip", "l_lip"]
    assert {(e["ImageURL"].size, e["ImageURL"].mode) for e in data["Elements"]} == {((512, 512), "RGBA")}


def test_parsed_features_lie_in_the_face_as_features_do_and_apart_from_each_other() -> None:
    found = {e["Name"]: np.asarray(e["ImageURL"])[..., 3] > 127 for e in drawn("ParseFace", ASTRONAUT)["Elements"]}
    middle = {name: np.argwhere(seen).mean(axis=0) for name, seen in found.items()}
    down = ["l_brow", "l_eye", "nose", "u_lip", "mouth", "l_lip"]
    assert sorted(down, key=lambda name: middle[name][0]) == down
    across = ["l_eye", "nose", "r_eye"]
    assert sorted(across, key=lambda name: middle[name][1]) == across
    # Where the photo has them, by eye.
    for name, place in {"l_eye": (107, 205), "r_eye": (108, 244), "mouth": (146, 221)}.items():
        assert middle[name] == pytest.approx(place, abs=8), name
    owners = np.sum(list(found.values()), axis=0)
    assert (owners > 1).sum() < 0.01 * (owners > 0).sum()  # soft edges


def test_skin_is_a_jpeg_mask_of_the_bare_parts() -> None:
    image = drawn("SegmentSkin", ASTRONAUT)["URL"]
    assert (image.format, image.mode, image.size) == ("JPEG", "L", (512, 512))
    pixels = np.asarray(image)
    assert pixels[120, 190] > 250  # a cheek
    assert [int(pixels[at]) for at in ((60, 400), (350, 150), (300, 30))] == [0, 0, 0]  # backdrop, suit, flag


def test_a_scene_is_painted_by_kind() -> None:
    image = drawn("SegmentScene", samples.photo("rocket"))["ImageURL"]
    pixels = np.asarray(image).astype(int)
    assert (image.format, image.size) == ("JPEG", (640, 427))
    assert abs(pixels[50, 320] - (70, 130, 180)).max() < 8
    assert abs(pixels[250, 322] - (150, 120, 90)).max() < 12


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (COFFEE, "shows 0 frontal faces"),
        (np.hstack([ASTRONAUT[:300, 80:340]] * 2), "shows 2 frontal faces"),
        (resized(ASTRONAUT, 300), "must have 100x100 pixels"),
    ],
    ids=["none", "two", "small"],
)
def test_parse_face_wants_one_face_and_a_large_one(photo: Pixels, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        drawn("ParseFace", photo)
    assert refused.value.code == "InvalidImage.Content"


def test_a_garment_is_named_and_masked_by_the_classes_asked_for() -> None:
    photo = resized(ASTRONAUT, 256)
    (all_of_it,) = drawn("SegmentCloth", photo, ReturnForm="crop")["Elements"]
    assert set(all_of_it["ClassUrl"]) == {"tops", "pants"}
    (asked,) = drawn("SegmentCloth", photo, ClothClass_1="pants", ClothClass_2="hat", ReturnForm="mask")["Elements"]
    assert set(asked["ClassUrl"]) == {"pants"}
    assert np.array_equal(asked["ImageURL"], np.asarray(all_of_it["ImageURL"])[..., 3])
    (alone,) = drawn("SegmentCloth", photo, ClothClass_1="pants", OutMode="1", ReturnForm="mask")["Elements"]
    assert np.array_equal(alone["ImageURL"], alone["ClassUrl"]["pants"])
    assert drawn("SegmentCloth", photo, ClothClass_1="hat", OutMode="1") == {"Elements": []}
    (white,) = drawn("SegmentCloth", photo, ReturnForm="whiteBK")["Elements"]
    assert (white["ImageURL"].format, all_of_it["ImageURL"].mode, all_of_it["ImageURL"].size) == (
        "JPEG",
        "RGBA",
        photo.shape[:2],
    )


def test_the_sky_is_cut_or_masked_as_the_examples_show_it() -> None:
    rocket = samples.photo("rocket")
    cut, masked = (drawn(action, rocket)["ImageURL"] for action in ("SegmentSky", "SegmentHDSky"))
    assert (cut.mode, masked.format, masked.mode) == ("RGBA", "JPEG", "L")
    for pixels in (np.asarray(cut)[..., 3].astype(int), np.asarray(masked).astype(int)):
        assert pixels[50, 320] > 250
        assert pixels[200, 322] < 5  # the rocket


def test_a_changed_sky_is_the_other_photos_whatever_its_size_and_the_land_stays() -> None:
    land = samples.photo("rocket")
    red = np.full((90, 60, 3), (200, 30, 30), np.uint8)
    image = drawn("ChangeSky", land, red)["ImageURL"]
    pixels = np.asarray(image).astype(int)
    assert (image.format, image.size) == ("JPEG", land.shape[1::-1])
    assert abs(pixels[50, 320] - (200, 30, 30)).max() < 8
    assert abs(pixels[200:300, 320:324] - land[200:300, 320:324]).mean() < 12


def test_what_is_not_there_gives_an_empty_answer_and_no_invention() -> None:
    for action in ("SegmentHead", "SegmentFace", "SegmentHair"):
        assert drawn(action, COFFEE) == {"Elements": []}
    for action in ("SegmentFurniture", "SegmentVehicle", "SegmentCloth"):
        assert drawn(action, FLAT) == {"Elements": []}
    for action in ("SegmentBody", "SegmentHDBody", "SegmentCommodity", "SegmentAnimal", "SegmentFood", "SegmentLogo"):
        assert np.asarray(drawn(action, FLAT)["ImageURL"]).shape == (80, 120, 4)
        assert not np.asarray(drawn(action, FLAT)["ImageURL"]).any()
    assert not np.asarray(drawn("SegmentSky", COFFEE)["ImageURL"]).any()
    assert not np.asarray(drawn("SegmentHDSky", COFFEE)["ImageURL"]).any()
    assert not np.asarray(drawn("SegmentSkin", COFFEE)["URL"]).any()
    unchanged = np.asarray(drawn("ChangeSky", COFFEE, samples.photo("rocket"))["ImageURL"]).astype(int)
    assert abs(unchanged - COFFEE).mean() < 4


def test_only_the_sky_of_the_other_photo_comes_over() -> None:
    other = np.full((200, 100, 3), (200, 30, 30), np.uint8)
    other[:100] = (110, 160, 230)
    pixels = np.asarray(drawn("ChangeSky", samples.photo("rocket"), other)["ImageURL"]).astype(int)
    assert abs(pixels[320, 380] - (110, 160, 230)).max() < 8


def test_a_pale_rim_is_no_sky() -> None:
    photo = samples.photo("coffee")
    photo[:4] = (150, 190, 250)
    assert not np.asarray(drawn("SegmentSky", photo)["ImageURL"]).any()
