"""The table of presets: what it may say, and how the option `listing` names its rows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shared.errors import Rejected
from shared.listings.presets import PRESETS, Preset, read_presets

each_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


def test_names_are_read_in_their_order() -> None:
    assert [preset.name for preset in read_presets("taobao-white+original")] == ["taobao-white", "original"]


@pytest.mark.parametrize(
    "text", ["", "taobao", "original+", "+original", "original+original", "Original", "original, white"]
)
def test_what_names_no_row_or_one_twice_is_refused_with_the_names_there_are(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_presets(text)
    assert refused.value.code == "InvalidOption"
    for said in (refused.value.text.en, refused.value.text.zh):
        assert repr(text) in said
        assert all(name in said for name in PRESETS)


def test_a_long_text_is_not_quoted_whole() -> None:
    with pytest.raises(Rejected) as refused:
        read_presets("x" * 8000)
    assert len(refused.value.message) < 1000


@each_preset
def test_a_row_can_be_kept(preset: Preset) -> None:
    assert preset.form == "png" or preset.background == "white", "a JPEG has no transparency"
    assert 0 < preset.fill < 1 - 2 * preset.margin or preset.measured == "area"
    assert preset.least_bytes < preset.most_bytes
    if preset.background == "white":
        assert not isinstance(preset.canvas, str)
        # JPEG leaves white exact only outside the subject's own blocks of 8 pixels, and 10 along the frame are checked.
        assert preset.margin * min(preset.canvas) >= 10 + 11


@each_preset
def test_a_name_can_be_a_part_of_a_key_and_of_an_option(preset: Preset) -> None:
    assert set(preset.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_the_table_loads_no_picture_library() -> None:
    code = "import sys; import shared.listings.presets; sys.exit('pyvips' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
