"""Folders for uploads: what they say is what the functions read."""

from __future__ import annotations

import io

import pytest

from console.upload.destination import prefix
from console.upload.problems import picture_problem, problem
from shared.errors import Rejected
from shared.jobs.upload import Upload
from tests.scenarios.shop import photo


def test_options_and_listing_pictures_are_a_folder() -> None:
    found = prefix("goods/commodity", {"return-form": "mask"}, ["taobao-white", "original"], "autumn/2026")
    assert found == "uploads/goods/commodity/return-form=mask,listing=taobao-white+original/autumn/2026/"
    assert Upload(f"{found}a.jpg").options == {"return-form": "mask", "listing": "taobao-white+original"}
    assert prefix("general/common", {}) == "uploads/general/common/"


@pytest.mark.parametrize(
    ("name", "options", "listings", "folder", "code"),
    [
        ("general/nothing", {}, [], "", "UnknownCapability"),
        ("general/common", {"colour": "red"}, [], "", "UnknownOption"),
        ("goods/commodity", {"return-form": "none"}, [], "", "InvalidOption"),
        ("goods/commodity", {"return-form": "crop"}, ["original"], "", "NoListing"),
        ("general/common", {}, ["no-such-shop"], "", "InvalidOption"),
        ("goods/commodity", {"return-form": "mask"}, [], "return-form=crop", "InvalidOption"),
        ("general/common", {}, [], "a=", "UnknownOption"),
    ],
)
def test_what_the_functions_would_reject_is_rejected(
    name: str, options: dict[str, str], listings: list[str], folder: str, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        prefix(name, options, listings, folder)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "size", "english"),
    [
        ("a.jpg", 1, None),
        ("商品 1.jpg", 1, None),
        ("a.jpg", 0, "it is empty"),
        (".DS_Store", 1, "begin with a dot"),
        (".git/config", 1, "begin with a dot"),
        ("../a.jpg", 1, "begin with a dot"),
        ("_mask.png", 1, "begin with an underscore"),
        ("return-form=mask/a.jpg", 1, None),
        ("size=42/a.jpg", 1, "size"),
        ("return-form=none/a.jpg", 1, "return-form"),
        ("listing=no-such-shop/a.jpg", 1, "no-such-shop"),
        ("Größe=42/a.jpg", 1, "Größe=42"),
        ("a.jpg.1", 1, "is another upload's"),
        (f"{'商' * 330}.jpg", 1, "980 are the most"),
    ],
)
def test_a_file_that_no_function_serves_is_told(name: str, size: int, english: str | None) -> None:
    found = problem(f"uploads/general/common/{name}", size)
    assert (found is None) if english is None else (found is not None and english in found.en)


@pytest.mark.parametrize(
    ("body", "english"),
    [
        (photo(), None),
        (photo("PNG", size=(3000, 2000)), None),
        (b"some notes", "this is no JPEG"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "MP4"),
        (b"II*\0\x10\0\0\0CR\2\0", "raw"),
    ],
)
def test_the_first_bytes_tell_a_picture_from_another_file(body: bytes, english: str | None) -> None:
    for found in (
        problem("uploads/general/common/a.jpg", 60_000_000_000, body[:192]),
        picture_problem("uploads/general/common/a.jpg", len(body), io.BytesIO(body)),
    ):
        assert (found is None) if english is None else (found is not None and english in found.en)


def test_a_file_at_hand_is_held_to_the_limits_of_its_capability() -> None:
    body = photo(size=(20, 10))
    found = picture_problem("uploads/general/common/a.jpg", len(body), io.BytesIO(body))
    assert found is not None
    assert "20 × 10" in found.en


def test_a_companion_is_no_picture_that_is_served() -> None:
    assert picture_problem("uploads/picwish/watermark/a.jpg.mask.png", 5, io.BytesIO(b"notes")) is None
