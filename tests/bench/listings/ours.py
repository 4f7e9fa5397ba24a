"""The function `listing`'s own way. Each of these takes the files of a photo and of the vendor's cutout."""

from __future__ import annotations

import os
import time
from pathlib import Path

from shared.listings.make import Made, make
from shared.listings.presets import PRESETS
from shared.listings.quality import judge
from shared.listings.subject import Subject
from tests.bench.usage import resident_mb

WHOLE = ("original", "taobao-white")
"""What an order for a shop asks for."""
_WARM_AFTER, _PHOTOS = 5, 50


def original(photo: Path, cutout: Path, folder: Path) -> None:
    make(Subject.open(photo, cutout), PRESETS["original"], folder)


def listing(photo: Path, cutout: Path, folder: Path) -> None:
    make(Subject.open(photo, cutout), PRESETS["taobao-white"], folder)


def gate(photo: Path, cutout: Path, folder: Path) -> dict[str, float]:
    subject = Subject.open(photo, cutout)
    begin = time.process_time()
    judge(subject, goods=True)
    return {"gate": time.process_time() - begin}


def order(photo: Path, cutout: Path, folder: Path) -> list[Made]:
    """All that the function does for an order, but for fetching and storing."""
    subject = Subject.open(photo, cutout)
    judge(subject, goods=True)
    return [make(subject, PRESETS[name], folder) for name in WHOLE]


def warm(photo: Path, cutout: Path, folder: Path) -> dict[str, float]:
    """Resident MB after a few orders, and after many."""
    found = {}
    for number in range(1, _PHOTOS + 1):
        order(photo, cutout, folder)
        if number in (_WARM_AFTER, _PHOTOS):
            found[f"after {number}"] = resident_mb(os.getpid())
    return found
