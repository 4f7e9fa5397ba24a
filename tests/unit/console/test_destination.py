"""Folders for uploads: what they say is what the functions read."""

from __future__ import annotations

import pytest

from console.upload.destination import prefix, problem
from shared.errors import Rejected
from shared.jobs.upload import Upload


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
        ("_mask.png", 1, "begin with a dot"),
        ("a.jpg.1", 1, "is another upload's"),
        (f"{'商' * 330}.jpg", 1, "980 are the most"),
    ],
)
def test_a_file_that_no_function_serves_is_told(name: str, size: int, english: str | None) -> None:
    found = problem(f"uploads/general/common/{name}", size)
    assert (found is None) if english is None else (found is not None and english in found.en)
