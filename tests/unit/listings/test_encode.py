"""JPEG within a window of bytes: the first quality that is tried, the search for another, and the padding."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import pyvips
from PIL import Image

from shared.listings.encode import jpeg, padded
from shared.listings.presets import PRESETS

TAOBAO = PRESETS["taobao-white"]


def on_white(draw: Callable[[np.random.Generator], np.ndarray]) -> pyvips.Image:
    """What `draw` makes of 680 × 680 × 3 pixels, in the middle of 800 × 800 white ones."""
    pixels = np.full((800, 800, 3), 255, np.uint8)
    pixels[60:740, 60:740] = draw(np.random.default_rng(1))
    return pyvips.Image.new_from_array(pixels, interpretation="srgb")


def noise(spread: float) -> pyvips.Image:
    return on_white(lambda random: np.clip(random.normal(128, spread, (680, 680, 3)), 0, 255))


RECTANGLE = on_white(lambda random: np.full((680, 680, 3), (200, 40, 40)))


def decoded(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


def around(content: bytes) -> np.ndarray:
    """All pixels that are more than 24 from the subject."""
    far = np.ones((800, 800), bool)
    far[60 - 24 : 740 + 24, 60 - 24 : 740 + 24] = False
    return decoded(content)[far]


def subsampling(content: bytes) -> str:
    image = pyvips.Image.new_from_buffer(content, "")
    return str(image.get("jpeg-chroma-subsample"))


def test_what_fits_is_encoded_once_at_95_with_chroma_at_full_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    qualities = []
    encode = pyvips.Image.jpegsave_buffer

    def counted(image: pyvips.Image, **options: object) -> bytes:
        qualities.append(options["Q"])
        return bytes(encode(image, **options))

    monkeypatch.setattr(pyvips.Image, "jpegsave_buffer", counted, raising=False)
    content, quality = jpeg(noise(4), TAOBAO)
    assert (quality, qualities, subsampling(content)) == (95, [95], "4:4:4")


@pytest.mark.parametrize(("spread", "chroma"), [(25, "4:4:4"), (40, "4:4:4"), (90, "4:2:0")])
def test_noise_is_brought_into_the_window_at_the_best_quality_that_fits(spread: float, chroma: str) -> None:
    picture = noise(spread)
    content, quality = jpeg(picture, TAOBAO)
    assert TAOBAO.least_bytes <= len(content) <= TAOBAO.most_bytes
    assert (subsampling(content), quality in range(60, 95)) == (chroma, True)
    mode = {"4:4:4": "off", "4:2:0": "on"}[chroma]
    better = picture.jpegsave_buffer(
        Q=quality + 1, subsample_mode=mode, optimize_coding=True, overshoot_deringing=True, keep="none", profile="srgb"
    )
    assert len(better) > TAOBAO.most_bytes
    assert around(content).min() == 255


def test_what_is_too_small_gets_the_least_quality_above_95_that_is_in_the_window() -> None:
    slope = np.linspace(60, 200, 680)[:, None, None]
    picture = on_white(lambda random: slope + random.normal(0, 0.5, (680, 680, 3)))
    content, quality = jpeg(picture, TAOBAO)
    assert (quality in range(96, 101), len(content) >= TAOBAO.least_bytes) == (True, True)
    assert b"\xff\xfe" not in content[:1000]
    lower, _ = jpeg(picture, replace(TAOBAO, least_bytes=0))
    assert len(lower) < TAOBAO.least_bytes


def test_a_flat_rectangle_is_padded_with_comments_that_no_decoder_shows() -> None:
    content, quality = jpeg(RECTANGLE, TAOBAO)
    assert (len(content), quality) == (TAOBAO.least_bytes, 100)
    bare = RECTANGLE.jpegsave_buffer(
        Q=100, subsample_mode="off", optimize_coding=True, overshoot_deringing=True, keep="none", profile="srgb"
    )
    assert np.array_equal(decoded(content), decoded(bare))


@pytest.mark.parametrize("missing", [0, 1, 4, 5, 65_536, 65_537, 65_538, 65_541, 200_000])
def test_padding_gives_as_many_bytes_as_are_missing(missing: int) -> None:
    bare = bytes(RECTANGLE.jpegsave_buffer(Q=92))
    content = padded(bare, len(bare) + missing)
    assert 0 <= len(content) - len(bare) - missing < 4
    mine, theirs = pyvips.Image.new_from_buffer(content, "", fail_on="warning"), pyvips.Image.new_from_buffer(bare, "")
    assert (mine - theirs).abs().max() == 0
    assert np.array_equal(decoded(content), decoded(bare))
    found, shown = (cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in (content, bare))
    assert found is not None
    assert shown is not None
    assert np.array_equal(found, shown)


def test_what_no_quality_brings_into_the_window_is_as_small_as_it_gets() -> None:
    content, quality = jpeg(noise(90), replace(TAOBAO, least_bytes=0, most_bytes=1000))
    assert (quality, subsampling(content)) == (60, "4:2:0")


@pytest.mark.parametrize("mode", ["off", "on"])
def test_white_is_255_at_every_quality_that_may_be_chosen(mode: str) -> None:
    for quality in range(60, 101):
        assert around(RECTANGLE.jpegsave_buffer(Q=quality, subsample_mode=mode, overshoot_deringing=True)).min() == 255
