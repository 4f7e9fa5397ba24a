"""How far from the truth: the alpha at the photo's size, and what is seen on white."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, geometric_mean

import cv2
import numpy as np
from PIL import Image

from shared.listings.subject import Subject
from tests.bench.listings import pillow
from tests.bench.progress import say
from tests.bench.table import Table
from tests.pictures.known.canvas import Bytes, over
from tests.pictures.known_alpha import NAMES, Answer, KnownAlpha, answer, known_alpha, write

ANSWERS: tuple[Answer, ...] = ("exact", "coarse", "blurred")
_BAND = 15
"""Pixels from those that are half clear in truth: beyond, all ways show the same."""


@dataclass(frozen=True)
class Alpha:
    """Ratios to the alpha enlarged by Pillow, bicubic."""

    mse: float
    sad: float


@dataclass(frozen=True)
class Quality:
    name: str
    alpha: dict[Answer, Alpha]
    on_white: dict[str, float]
    """PSNR in dB around the edge, by way, of the exact answer."""


def measured(width: int, height: int, longest: int, folder: Path, names: Sequence[str] = NAMES) -> Iterator[Quality]:
    """Of each picture, with answers of at most `longest` pixels a side."""
    for name in names:
        say(f"listing: {name}, {width * height / 1e6:.0f} MP")
        picture = known_alpha(name, width, height)
        found: dict[Answer, Alpha] = {}
        seen: dict[str, float] = {}
        for kind in ANSWERS:
            photo, cutout = write(picture, answer(picture, kind, longest=longest), folder)
            simple = np.asarray(pillow.cut(photo, cutout))
            finished = np.asarray(Subject.open(photo, cutout).cut().numpy(), np.uint8)
            (mse, sad), (mse_bicubic, sad_bicubic) = (_errors(each[..., 3], picture) for each in (finished, simple))
            found[kind] = Alpha(mse / mse_bicubic, sad / sad_bicubic)
            if kind == "exact":
                seen = _on_white(picture, photo, simple, finished)
        known_alpha.cache_clear()  # one of 24 MP is 170 MB
        yield Quality(name, found, seen)


def table(found: Sequence[Quality], width: int, height: int, longest: int) -> Table:
    rows = [_row(each.name.replace("_", " "), [each.alpha], [each.on_white]) for each in found]
    rows.append(_row("**all**", [each.alpha for each in found], [each.on_white for each in found]))
    gain, less = (fmean(each.on_white["ours"] - each.on_white[way] for each in found) for way in ("pillow", "matting"))
    return Table(
        "Listing pictures: how far from the truth",
        [
            "picture",
            "exact answer, goal ≤ 0.6, 0.75",
            "coarse",
            "blurred",
            "Pillow",
            "ours",
            "ours, pymatting's colours",
        ],
        rows,
        f"Alpha: squared and absolute error over the whole frame, as shares of those of Pillow's bicubic enlarging; "
        f"for all, the geometric mean. On white: PSNR in dB within {_BAND} px of the edge, exact answer; for all, the "
        f"mean. Ours is {gain:+.1f} dB to Pillow's way (goal ≥ +5), and {less:+.1f} dB to pymatting's colours over the "
        f"same alpha (goal ≥ -1.5). Drawn photos of {width * height / 1e6:.0f} MP as JPEG, answers of "
        f"{longest:,} px; exact is the true alpha reduced, coarse that of a net that sees a sixth, blurred is the "
        f"exact one, by 1.2 px and half a pixel off.",
    )


def _row(name: str, alphas: Sequence[dict[Answer, Alpha]], seen: Sequence[dict[str, float]]) -> list[str]:
    ratios = [
        f"{geometric_mean(each[kind].mse for each in alphas):.2f}, "
        f"{geometric_mean(each[kind].sad for each in alphas):.2f}"
        for kind in ANSWERS
    ]
    return [name, *ratios, *(f"{fmean(each[way] for each in seen):.1f}" for way in ("pillow", "ours", "matting"))]


def _errors(alpha: Bytes, picture: KnownAlpha) -> tuple[float, float]:
    off = cv2.absdiff(np.ascontiguousarray(alpha), picture.alpha)
    return float(np.mean(np.square(off, dtype=np.uint16), dtype=np.float64)), float(np.mean(off))


def _on_white(picture: KnownAlpha, photo: Path, simple: Bytes, finished: Bytes) -> dict[str, float]:
    from tests.bench.listings import matting  # it takes a second to load, and compiles when it is first loaded

    alpha = np.ascontiguousarray(finished[..., 3])
    with Image.open(photo) as image:
        best = matting.colours(np.asarray(image), alpha)
    ways = {"pillow": (simple[..., :3], simple[..., 3]), "ours": (finished[..., :3], alpha), "matting": (best, alpha)}
    half_clear = ((picture.alpha > 0) & (picture.alpha < 255)).astype(np.uint8)
    near = cv2.dilate(half_clear, np.ones((2 * _BAND + 1, 2 * _BAND + 1), np.uint8)) > 0
    true, white = picture.on_white()[near], np.full_like(picture.photo, 255)
    return {name: _psnr(over(colours, mask, white)[near], true) for name, (colours, mask) in ways.items()}


def _psnr(found: Bytes, true: Bytes) -> float:
    return float(10 * np.log10(255**2 / np.mean(np.square(found.astype(np.float32) - true))))
