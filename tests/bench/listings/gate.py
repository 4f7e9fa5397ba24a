"""What the quality gate finds of the spoilt answers, and flags of the good ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from shared.listings.quality import judge
from shared.listings.subject import Subject
from tests.bench.table import Table
from tests.pictures.known_alpha import SPOILT_KINDS, KnownAlpha, answer, spoilt, write

_NOT_GOODS = ("hair",)
"""Pictures in which the subject may reach the frame."""
_HALF_CLEAR = ("glass", "shadow")
"""Flagged rightly: what is half clear within is what a person should look at."""
_BEYOND = ("part missing",)
"""Nothing in a photo shows what should have been there."""
GOOD = "good"


def judged(pictures: Iterable[KnownAlpha], folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How many of each kind there were, and how many of these were flagged; as goods where they are."""
    there: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for picture in pictures:
        cases = [(GOOD, (picture, answer(picture))), *((kind, spoilt(picture, kind)) for kind in SPOILT_KINDS)]
        for kind, (photo, cutout) in cases:
            name = kind if kind != GOOD or picture.name not in _HALF_CLEAR else "good, half clear"
            subject = Subject.open(*write(photo, cutout, folder))
            there[name] += 1
            flagged[name] += judge(subject, goods=picture.name not in _NOT_GOODS).verdict == "look"
    return there, flagged


def table(there: Counter[str], flagged: Counter[str]) -> Table:
    kinds = [GOOD, "good, half clear", *SPOILT_KINDS]
    goals = {GOOD: "≤ 15 %", "good, half clear": "", **dict.fromkeys(_BEYOND, "not to be had")}
    rows = [
        [kind, f"{flagged[kind]} of {there[kind]}", f"{flagged[kind] / there[kind]:.0%}", goals.get(kind, "≥ 95 %")]
        for kind in kinds
    ]
    return Table(
        "Listing pictures: what the quality gate flags",
        ["answer", "flagged", "share", "goal"],
        rows,
        "Ten drawn pictures of 4 MP, each twice. All but the one of a person are judged as goods. Glass and a soft "
        "shadow are half clear as they should be: there a person should look, so they are counted apart. Nothing "
        "within a photo shows that a part is missing.",
    )
