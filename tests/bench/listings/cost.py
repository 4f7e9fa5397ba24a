"""What listing pictures take: CPU, memory, bytes and money, beside the other ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.listings.make import make
from shared.listings.presets import PRESETS
from shared.listings.subject import Subject
from tests.bench.cold_start import OURS, ColdStart, cold_starts
from tests.bench.listings.ours import WHOLE
from tests.bench.listings.process import Usage, Way, usage
from tests.bench.price import USD_PER_CU, units
from tests.bench.progress import say
from tests.bench.table import Table
from tests.cloud.manifest import load
from tests.pictures.known_alpha import KnownAlpha, answer, known_alpha, mirrored, write
from tools.python310 import python310

_LARGE, _QUARTER, _MIDDLE = (6000, 4000), (6250, 4000), (4000, 3000)
"""Sides of 24 MP, of a quarter of 100 MP, and of 12 MP."""
_FIRST_QUALITY = 95
"""Of `shared/listings/encode.py`: a listing of this quality was in its window at the first encode."""


@dataclass(frozen=True)
class Cost:
    full: dict[Way, Usage]
    """24 MP to a PNG of its size."""
    huge: dict[Way, Usage]
    """100 MP to a PNG of its size."""
    listing: dict[Way, Usage]
    """24 MP to 800 × 800 on white."""
    gate: Usage
    warm: Usage
    order: Usage
    """Of 12 MP."""
    qualities: Sequence[tuple[str, int | None]]
    """Of a listing of 38 to 300 KB of each of the small pictures, by their names."""
    starts: Sequence[ColdStart]
    """Of `general` and `listing`; empty without a CPython 3.10."""


def measure(small: Sequence[KnownAlpha], folder: Path) -> Cost:
    """`small` are photos of a few MP, for what takes many of them."""
    picture = known_alpha("product", *_LARGE)
    files = write(picture, answer(picture), folder)
    say("listing: 24 MP")
    full = {way: usage(way, "original", *files, folder) for way in _ways("ours", "pillow", "matting")}
    listing = {way: usage(way, "listing", *files, folder) for way in _ways("ours", "pillow")}
    gate = usage("ours", "gate", *files, folder)
    say("listing: 100 MP")
    picture = mirrored(known_alpha("product", *_QUARTER))
    files = write(picture, answer(picture), folder)
    huge = {way: usage(way, "original", *files, folder) for way in _ways("ours", "pillow")}
    picture = known_alpha("product", *_MIDDLE)
    order = usage("ours", "order", *write(picture, answer(picture), folder), folder)
    say("listing: 50 orders in one process")
    warm = usage("ours", "warm", *write(small[0], answer(small[0]), folder), folder)
    return Cost(full, huge, listing, gate, warm, order, _qualities(small, folder), _starts())


def table(found: Cost) -> Table:
    ours, simple, best = (found.full[way] for way in _ways("ours", "pillow", "matting"))
    huge, simple_huge = found.huge["ours"], found.huge["pillow"]
    later = [f"{name} at {quality}" for name, quality in found.qualities if quality != _FIRST_QUALITY]
    at_once, all_of_them = len(found.qualities) - len(later), len(found.qualities)
    early, late = found.warm.others.values()
    return Table(
        "Listing pictures: what they take",
        ["what", "ours", "goal", "Pillow", "pymatting"],
        [
            ["24 MP to a PNG of its size, CPU", _seconds(ours), "≤ 3 s", _seconds(simple), _seconds(best)],
            ["… of Pillow's", f"{ours.cpu / simple.cpu:.2f} ×", "≤ 0.6 ×", "", ""],
            ["… memory at its most", _mb(ours), "≤ 200 MB", _mb(simple), _mb(best)],
            ["… of Pillow's", f"{ours.peak / simple.peak:.2f} ×", "≤ 0.6 ×", "", ""],
            ["100 MP to a PNG of its size, CPU", _seconds(huge), "≤ 8 s", _seconds(simple_huge), ""],
            ["… memory at its most", _mb(huge), "≤ 250 MB", _mb(simple_huge), ""],
            [
                "800 × 800 of 24 MP, CPU",
                _seconds(found.listing["ours"]),
                "≤ 1 s",
                _seconds(found.listing["pillow"]),
                "",
            ],
            ["… within 38 to 300 KB at once", f"{at_once} of {all_of_them}", "≥ 90 %", "", ""],
            ["quality gate, CPU", f"{found.gate.others['gate'] * 1000:.0f} ms", "≤ 100 ms", "", ""],
            ["resident after 5 orders, and after 50", f"{early:.0f} MB, {late:.0f} MB", "does not grow", "", ""],
            *_start_rows(found.starts),
            ["1,000 photos of 12 MP", f"{_usd(found.order):.3f} USD", "", "", ""],
        ],
        f"Each in a process of its own, imports and compiling not counted, one thread of libvips. An order is for "
        f"{' and '.join(WHOLE)}, with the gate. Cost by Function Compute's published formula, for `listing` as s.yaml "
        f"has it, of the CPU time alone: fetching and storing come on top, and are billed alike. "
        f"Encoded again, to another quality than {_FIRST_QUALITY}: {', '.join(later) or 'none'}.",
    )


def _qualities(pictures: Sequence[KnownAlpha], folder: Path) -> list[tuple[str, int | None]]:
    preset = PRESETS["taobao-white"]
    files = ((each.name.replace("_", " "), write(each, answer(each), folder)) for each in pictures)
    return [(name, make(Subject.open(photo, cutout), preset, folder).quality) for name, (photo, cutout) in files]


def _starts() -> Sequence[ColdStart]:
    python = python310()
    return cold_starts(python, [each for each in OURS if each.name in ("general", "listing")])[0] if python else ()


def _start_rows(starts: Sequence[ColdStart]) -> list[list[str]]:
    if not starts:
        return []
    by_name = {each.name: each.ready for each in starts}
    said = f"{by_name['listing']:.0f} ms, {by_name['listing'] / by_name['general']:.2f} × general's"
    return [["cold start", said, "≤ 1.3 ×", "", ""]]


def _usd(order: Usage, photos: int = 1000) -> float:
    function = load().functions["listing"]
    return photos * USD_PER_CU * units(function, order.cpu / min(1.0, function.cpu))


def _ways(*names: Way) -> tuple[Way, ...]:
    return names


def _seconds(used: Usage) -> str:
    return f"{used.cpu:.1f} s"


def _mb(used: Usage) -> str:
    return f"{used.peak:,.0f} MB"
