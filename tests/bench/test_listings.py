"""The figures of listing pictures are what they say: small runs of each way, and tables of results that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bench.listings import gate, quality
from tests.bench.listings.gate import Judged
from tests.bench.listings.process import Way, usage
from tests.bench.listings.quality import Alpha, Quality
from tests.pictures.known_alpha import SPOILT_KINDS, answer, known_alpha, write

SIDES = (480, 360)
COMPILES = pytest.mark.slow
"""What compares with pymatting, which compiles itself for minutes where it has just been installed."""


@pytest.mark.parametrize("way", ["ours", "pillow", pytest.param("matting", marks=COMPILES)])
def test_each_way_makes_a_cutout_of_the_photo_s_size_in_a_process_of_its_own(way: Way, tmp_path: Path) -> None:
    picture = known_alpha("product", *SIDES)
    found = usage(way, "original", *write(picture, answer(picture, longest=240), tmp_path), tmp_path)
    assert 0 < found.cpu < 60
    assert 20 < found.peak < 2000, "megabytes, of a whole Python"
    with Image.open(tmp_path / "original.png") as image:
        assert (image.size, image.mode) == (SIDES, "RGBA")
        assert np.abs(np.asarray(image)[..., 3].astype(int) - picture.alpha).mean() < 5


def test_a_way_that_fails_gives_no_figure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ours made no original"):
        usage("ours", "original", tmp_path / "photo", tmp_path / "cutout", tmp_path)


@COMPILES
def test_the_bench_measures_ours_against_the_truth(tmp_path: Path) -> None:
    (found,) = quality.measured(900, 600, 300, tmp_path, ["rice"])
    assert found.alpha["exact"].mse < 0.8
    assert found.on_white["ours"] > found.on_white["pillow"] + 3


def test_ratios_are_averaged_as_ratios_and_decibels_as_they_are() -> None:
    def found(name: str, ratio: float, ours: float) -> Quality:
        alphas = {kind: Alpha(ratio, ratio) for kind in quality.ANSWERS}
        return Quality(name, alphas, {"pillow": 20.0, "ours": ours, "matting": 31.0})

    text = quality.table([found("hair", 0.25, 24.0), found("fur", 1.0, 30.0)], 6000, 4000, 2000).markdown("x")
    assert "| **all** | 0.50, 0.50 | 0.50, 0.50 | 0.50, 0.50 | 20.0 | 27.0 | 31.0 |" in text
    assert "+7.0 dB" in text
    assert "-4.0 dB" in text


def test_the_gate_s_table_counts_and_names_what_it_missed() -> None:
    found = [Judged("chair", kind, flagged=kind != "holes") for kind in SPOILT_KINDS]
    found += [Judged("rice", "good", True), Judged("chair", "good", False), Judged("glass", "good, half clear", True)]
    text = gate.table(found).markdown("x")
    assert "| good | 1 of 2, 50% | ≤ 15 % |" in text
    assert "| holes | 0 of 1, 0% | ≥ 95 % |" in text
    assert "flagged: rice. Spoilt ones that were not, but for missing parts: chair (holes)." in text


def test_the_gate_judges_each_kind_of_a_picture_once(tmp_path: Path) -> None:
    found = list(gate.judged([known_alpha("product", *SIDES)], tmp_path))
    assert [each.kind for each in found] == ["good", *SPOILT_KINDS]
    assert [each.flagged for each in found][:2] == [False, True]
