"""What the quality gate finds of the spoilt answers, and flags of the good ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from shared.listings.quality import judge
from shared.listings.subject import Subject
from tests.bench.table import Table
from tests.pictures.known_alpha import SPOILT_KINDS, KnownAlpha, answer, spoilt, write

_NOT_GOODS = ("hair",)
"""Pictures in which the subject may reach the frame."""
_HALF_CLEAR = ("glass", "shadow")
"""Flagged rightly: what is half clear within is what a person should look at."""
_GOOD, _GOOD_HALF_CLEAR = "good", "good, half clear"
_GOALS = {_GOOD: "≤ 15 %", _GOOD_HALF_CLEAR: "", "part missing": "not to be had"}


class Judged(NamedTuple):
    name: str
    """Of the picture."""
    kind: str
    flagged: bool


def judged(pictures: Iterable[KnownAlpha], folder: Path) -> Iterator[Judged]:
    """A good answer and the spoilt ones of each picture, as goods where they are."""
    for picture in pictures:
        good = _GOOD_HALF_CLEAR if picture.name in _HALF_CLEAR else _GOOD
        cases = [(good, (picture, answer(picture))), *((kind, spoilt(picture, kind)) for kind in SPOILT_KINDS)]
        for kind, (photo, cutout) in cases:
            verdict = judge(Subject.open(*write(photo, cutout, folder)), goods=picture.name not in _NOT_GOODS)
            yield Judged(picture.name, kind, verdict.verdict == "look")


def table(found: Sequence[Judged]) -> Table:
    rows = []
    for kind in (_GOOD, _GOOD_HALF_CLEAR, *SPOILT_KINDS):
        flagged = [each.flagged for each in found if each.kind == kind]
        share = f"{sum(flagged)} of {len(flagged)}, {sum(flagged) / len(flagged):.0%}"
        rows.append([kind, share, _GOALS.get(kind, "≥ 95 %")])
    return Table(
        "Listing pictures: what the quality gate flags",
        ["answer", "flagged", "goal"],
        rows,
        f"Drawn pictures of 4 MP; all but the one of a person are judged as goods. Glass and a soft shadow are half "
        f"clear as they should be: there a person should look, so they are counted apart. Nothing within a photo shows "
        f"that a part is missing. Good ones that were flagged: {_names(found, [_GOOD], flagged=True)}. Spoilt ones "
        f"that were not, but for missing parts: {_names(found, sorted({*SPOILT_KINDS} - {*_GOALS}), flagged=False)}.",
    )


def _names(found: Sequence[Judged], kinds: Sequence[str], *, flagged: bool) -> str:
    chosen = [each for each in found if each.kind in kinds and each.flagged == flagged]
    said = {f"{each.name.replace('_', ' ')}{'' if each.kind == _GOOD else f' ({each.kind})'}" for each in chosen}
    return ", ".join(sorted(said)) or "none"
