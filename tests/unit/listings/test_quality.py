"""Spoilt cutouts are found, with words that say how, and good ones pass, on pictures with a known alpha."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import pyvips

from shared.listings.quality import LONGEST, Verdict, judge, metrics
from shared.listings.subject import Subject
from shared.listings.thresholds import THRESHOLDS
from shared.messages.message import Message
from tests.pictures.by_hand import OUTLINES, by_hand
from tests.pictures.known_alpha import NAMES, Answer, KnownAlpha, answer, known_alpha, spoilt, write

ALL = (*NAMES, *OUTLINES)
FOUND = (*("empty", "whole", "inverted", "specks", "half all", "half part", "shifted", "grown", "shrunk", "blurred"),)
HALF_CLEAR = {"glass"}
"""Is half-transparent by nature, and rightly looked at."""
TOO_SMALL_FOR = {"half part": {"rice"}}
"""Each grain is thinner than the window in which a half-transparent inside is looked for."""


@dataclass(frozen=True)
class Given:
    """What `judge` asks of a `Subject`."""

    photo: pyvips.Image
    alpha: pyvips.Image

    def low(self, longest: int) -> tuple[pyvips.Image, pyvips.Image]:
        assert longest == LONGEST
        return self.photo, self.alpha


@cache
def picture(name: str) -> KnownAlpha:
    return by_hand(name) if name in OUTLINES else known_alpha(name, 960, 720)


def large(name: str) -> KnownAlpha:
    """Of which a net sees 270 pixels; vendors' nets see no less."""
    return by_hand(name) if name in OUTLINES else known_alpha(name, 1620, 1215)


def opened(of: KnownAlpha, cutout: np.ndarray, folder: Path) -> Subject:
    return Subject.open(*write(of, cutout, folder))


def verdict(name: str, folder: Path, *, kind: str = "", answered: Answer = "exact", goods: bool = False) -> Verdict:
    of = large(name) if answered == "coarse" else picture(name)
    of, cutout = spoilt(of, kind) if kind else (of, answer(of, answered))
    return judge(opened(of, cutout, folder), goods=goods)


def said(found: Verdict) -> list[str]:
    return [reason.en for reason in found.reasons]


def drawn(draw: Callable[[np.ndarray], None]) -> Given:
    """A grey subject with a sharp outline before white, 400 × 300, as `draw` draws its alpha."""
    alpha = np.zeros((300, 400), np.uint8)
    draw(alpha)
    photo = np.repeat(np.where(alpha > 0, 90, 255).astype(np.uint8)[..., None], 3, 2)
    return Given(pyvips.Image.new_from_array(photo), pyvips.Image.new_from_array(alpha))


@pytest.mark.parametrize("kind", FOUND)
def test_a_spoilt_cutout_is_to_be_looked_at(kind: str, tmp_path: Path) -> None:
    names = [name for name in ALL if name not in TOO_SMALL_FOR.get(kind, set())]
    missed = [name for name in names if verdict(name, tmp_path, kind=kind).verdict == "ok"]
    assert len(missed) <= 0.05 * len(names), missed


@pytest.mark.parametrize("answered", ["exact", "coarse", "blurred"])
def test_a_good_cutout_passes(answered: Answer, tmp_path: Path) -> None:
    """The box with its soft shadow is flagged, and counts."""
    names = [name for name in ALL if name not in HALF_CLEAR]
    found = {name: verdict(name, tmp_path, answered=answered) for name in names}
    flagged = {name: said(one) for name, one in found.items() if one.verdict == "look"}
    assert len(flagged) <= 0.15 * len(names), flagged


def test_glass_is_half_transparent_inside(tmp_path: Path) -> None:
    assert any("half-transparent inside" in reason for reason in said(verdict("glass", tmp_path)))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("empty", "nearly nothing of the photo was kept"),
        ("whole", "nearly the whole photo was kept (100%), perhaps with the background"),
        ("inverted", "the subject touches 4 sides of the photo: it may be the background"),
        ("specks", " specks"),
        ("half all", "half-transparent all over"),
        ("half part", "half-transparent inside: "),
        ("shifted", "the outline does not follow the edges in the photo"),
        ("grown", "the outline does not follow the edges in the photo"),
        ("shrunk", "the outline does not follow the edges in the photo"),
        ("blurred", "the outline is blurred"),
    ],
)
def test_the_reason_says_what_is_wrong(kind: str, reason: str, tmp_path: Path) -> None:
    assert any(reason in one for one in said(verdict("product", tmp_path, kind=kind)))


def test_goods_that_the_frame_cuts_are_told_with_the_side(tmp_path: Path) -> None:
    assert said(verdict("product", tmp_path, kind="cut by frame", goods=True)) == ["cut off at the right"]
    assert verdict("product", tmp_path, kind="cut by frame").verdict == "ok"
    assert verdict("product", tmp_path, goods=True).verdict == "ok"


def test_goods_with_holes_are_told(tmp_path: Path) -> None:
    found = verdict("product", tmp_path, kind="holes", goods=True)
    assert said(found) == [f"{found.metrics['holes']:.0f} holes"]
    assert verdict("white_on_white", tmp_path, goods=True).verdict == "ok", "a cup's handle is one hole"


def test_goods_in_parts_are_told() -> None:
    def two(alpha: np.ndarray) -> None:
        alpha[100:200, 60:160] = 255
        alpha[100:150, 220:320] = 255

    found = judge(drawn(two), goods=True)
    assert found.reasons == (
        Message("33% of the subject lies apart from its largest part", "主体的 33% 与最大的部分不相连"),
    )
    assert judge(drawn(two), goods=False).verdict == "ok"


def test_each_side_that_the_frame_cuts_has_its_own_words() -> None:
    for side, rows, columns in [
        ("left", slice(100, 200), slice(0, 200)),
        ("top", slice(0, 200), slice(100, 300)),
        ("right", slice(100, 200), slice(200, 400)),
        ("bottom", slice(100, 300), slice(100, 300)),
    ]:

        def box(alpha: np.ndarray, rows: slice = rows, columns: slice = columns) -> None:
            alpha[rows, columns] = 255

        assert said(judge(drawn(box), goods=True)) == [f"cut off at the {side}"]


def test_what_is_empty_or_the_whole_frame_has_no_outline() -> None:
    whole = drawn(lambda alpha: alpha.fill(255))
    assert judge(whole, goods=False).metrics.keys().isdisjoint({"edge_ratio", "soft_width"})
    empty = drawn(lambda alpha: None)
    assert set(judge(empty, goods=True).metrics) == {"coverage", "left", "top", "right", "bottom", "sides"}


def test_pieces_of_a_strand_are_no_specks_and_dust_is() -> None:
    def strand(alpha: np.ndarray) -> None:
        alpha[100:200, 100:200] = 255
        alpha[150, 202:300:3] = 255

    def dust(alpha: np.ndarray) -> None:
        alpha[100:200, 100:200] = 255
        alpha[20:80:12, 20:380:40] = 255

    assert judge(drawn(strand), goods=False).metrics["specks"] == 0
    assert judge(drawn(dust), goods=False).metrics["specks"] == 45


def test_noise_is_measured_as_well() -> None:
    noise = np.random.default_rng(1).integers(0, 2, (512, 512), np.uint8) * 255
    photo = pyvips.Image.new_from_array(np.repeat(noise[..., None], 3, 2))
    assert metrics(photo, pyvips.Image.new_from_array(noise)).keys() >= {row.metric for row in THRESHOLDS}


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_a_tiny_picture_is_measured_as_well(size: tuple[int, int]) -> None:
    alpha = np.zeros(size, np.uint8)
    alpha[0, 0] = 255
    photo = pyvips.Image.new_from_array(np.full((*size, 3), 200, np.uint8))
    assert judge(Given(photo, pyvips.Image.new_from_array(alpha)), goods=True).metrics["coverage"] > 0


def test_every_reason_can_be_said_of_metrics() -> None:
    known = dict.fromkeys({row.metric for row in THRESHOLDS} | {"holes"}, 0.5)
    for row in THRESHOLDS:
        assert row.reason(**known).en
        assert row.crossed({row.metric: row.limit}) is False
        assert row.crossed({}) is False


def test_judging_takes_less_than_100_ms_of_cpu(tmp_path: Path) -> None:
    """The least of several, since others may use the machine."""
    subject = opened(picture("hair"), answer(picture("hair")), tmp_path)
    took = []
    for _ in range(7):
        begin = time.process_time()
        judge(subject, goods=True)
        took.append(time.process_time() - begin)
    assert min(took) <= 0.1
