"""One demo from the first upload to the page, in whatever bucket it is given."""

from __future__ import annotations

import time
from pathlib import Path

from tests.demo import page
from tests.demo.bucket import Bucket
from tests.demo.journey import Shot, bring_home, receipts, send, why_unfinished
from tests.demo.photos import Photo
from tests.demo.progress import Progress, sentence

PATIENCE = 120.0
"""Seconds without any receipt after which no further one is waited for: a job in the box takes five at the most, and
one that the vendor turns away a minute."""


def run(bucket: Bucket, photos: list[Photo], folder: Path, progress: Progress, *, patience: float = PATIENCE) -> int:
    """Upload `photos`, wait, bring everything home to `folder` and lay out its page.

    The exit code: 0 when every photo has its result, else 1, and the last lines say which have none and why.
    """
    begun = time.monotonic()
    shots = _serve(bucket, photos, progress, patience)
    progress.counter("Downloading")
    shots = bring_home(bucket, folder, shots)
    page.write(folder, shots, photos, seconds=time.monotonic() - begun)

    unserved = [shot for shot in shots if not shot.served]
    empty = sum(shot.empty for shot in shots)
    progress.line(
        f"\n{len(shots) - len(unserved) - empty} of {len(shots)} photos have their cutouts"
        f"{f', and in the results of {empty} nothing shows' if empty else ''}. A stand-in drew them."
    )
    for shot in unserved:
        progress.line(f"No result: {shot.photo.key}: {sentence(shot)}")
    return 1 if unserved else 0


def _serve(bucket: Bucket, photos: list[Photo], progress: Progress, patience: float) -> list[Shot]:
    """What became of each photo, second pictures and what is no picture left out, in the order of `photos`."""
    shots: dict[str, Shot] = {}
    for count, photo in enumerate(photos, 1):
        trouble = send(bucket, photo)
        progress.counter(f"Sent {count} of {len(photos)}")
        if photo.passed_over and not trouble:
            progress.line(f"Passed over: {photo.key}: {photo.passed_over}")
        elif trouble or not photo.companion_of:
            shots[photo.key] = Shot(photo, trouble=trouble)
            if trouble:
                progress.shot(shots[photo.key])

    sent = [key for key, shot in shots.items() if not shot.trouble]
    arriving = receipts(
        bucket,
        sent,
        patience=patience,
        waiting=lambda missing: progress.counter(f"{len(sent) - missing} of {len(sent)} receipts"),
    )
    for receipt in arriving:
        shots[receipt.source] = Shot(shots[receipt.source].photo, receipt)
        progress.shot(shots[receipt.source])
    for key in sent:
        if shots[key].receipt is None:
            shots[key] = Shot(shots[key].photo, trouble=why_unfinished(bucket, key))
            progress.shot(shots[key])
    return list(shots.values())
