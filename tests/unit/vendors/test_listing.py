"""Which cutouts listing pictures are made of: other combinations are refused, and a default does not apply to them."""

from __future__ import annotations

import pytest

from shared.errors import Rejected
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.listing import with_listing

PRESETS = "taobao-white+original"


def test_what_returns_a_cutout_in_the_photos_own_frame_can_be_listed() -> None:
    assert {row.name for row in CAPABILITIES.values() if not row.listable} == {
        # Pictures of parts, without the whole.
        *("portrait/head", "portrait/face", "portrait/hair", "portrait/features", "goods/furniture", "general/vehicle"),
        # No cutout.
        *("scenery/scene", "scenery/change-sky", "picwish/watermark"),
    }


@pytest.mark.parametrize(
    ("capability", "option"),
    [
        *(
            (name, f"return-form={form}")
            for name in ("goods/commodity", "general/common")
            for form in ("crop", "whiteBK")
        ),
        ("portrait/body", "return-form=crop"),
        ("goods/cloth", "return-form=whiteBK"),
        ("goods/cloth", "cloth-class=tops"),
        ("goods/cloth", "cloth-class=tops+hat"),
        ("picwish/cutout", "crop=1"),
        ("picwish/cutout", "format=jpg"),
        ("portrait/head", ""),
        ("portrait/head", "return-form=mask"),
        ("scenery/change-sky", ""),
        ("picwish/watermark", ""),
    ],
)
def test_what_cannot_be_combined_is_refused_and_a_default_is_left_out(capability: str, option: str) -> None:
    row = CAPABILITIES[capability]
    options = dict([option.split("=")]) if option else {}
    with pytest.raises(Rejected) as refused:
        with_listing(row, {**options, "listing": PRESETS}, "")
    assert refused.value.code == "NoListing"
    assert (option if row.listable else capability) in refused.value.message
    assert with_listing(row, options, PRESETS) == options


@pytest.mark.parametrize(
    ("capability", "options"),
    [
        ("goods/commodity", {}),
        ("goods/commodity", {"return-form": "mask"}),
        ("goods/cloth", {"out-mode": "0"}),
        ("picwish/cutout", {"crop": "0", "format": "png", "output-type": "1"}),
        ("damo/matting", {}),
    ],
)
def test_a_default_counts_where_an_upload_asks_for_no_other(capability: str, options: dict[str, str]) -> None:
    row = CAPABILITIES[capability]
    assert with_listing(row, options, PRESETS) == {**options, "listing": PRESETS}
    assert with_listing(row, {**options, "listing": "original"}, PRESETS) == {**options, "listing": "original"}
    assert with_listing(row, options, "") == options


@pytest.mark.parametrize("listing", ["", "orignal", "original+", "original+original"])
def test_what_is_no_preset_is_refused(listing: str) -> None:
    with pytest.raises(Rejected, match="one or several of original") as refused:
        with_listing(CAPABILITIES["goods/commodity"], {"listing": listing}, PRESETS)
    assert refused.value.code == "InvalidOption"
