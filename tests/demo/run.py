"""One demo from the first upload to the page, in whatever bucket it is given."""

from __future__ import annotations

import time
from pathlib import Path

from tests.demo import page
from tests.demo.bucket import Bucket
from tests.demo.journey import Shot, bring_home, receipts, send, why_unfinished, with_listings
from tests.demo.own import Found
from tests.demo.photos import Photo
from tests.demo.progress import Progress, not_listed, sentence, word

PATIENCE = 120.0
"""Seconds without any receipt after which no further one is waited for: a job in the box takes five at the most, and
one that the vendor turns away a minute."""
_NAMED = 10
"""Files that are passed over, of which each gets a line; of more there is one for all."""


def run(bucket: Bucket, found: Found, folder: Path, progress: Progress, *, patience: float = PATIENCE) -> int:
    """Upload what was `found`, wait, bring everything home to `folder` and lay out its page.

    The exit code: 0 when every photo has its answer, a result or why it was rejected, and the listing that it asks for;
    else 1. The last lines say which
    have no result and why.
    """
    begun = time.monotonic()
    _say_what_stays(found, progress)
    shots = _serve(bucket, found.photos, progress, patience)
    progress.counter("Waiting for the listing pictures")
    shots = with_listings(bucket, shots, patience=patience)
    progress.counter("Downloading")
    shots = bring_home(bucket, folder, shots)
    page.write(folder, shots, found, seconds=time.monotonic() - begun)

    served = sum(shot.served for shot in shots)
    empty = sum(shot.empty for shot in shots)
    rejected = sum(shot.rejected for shot in shots)
    progress.line(
        f"\n{served - empty} of {len(shots)} photos have their cutouts"
        f"{f', in the results of {empty} nothing shows' if empty else ''}"
        f"{f', {rejected} rejected' if rejected else ''}. A stand-in drew them."
    )
    if to_be_listed := [shot for shot in shots if shot.is_to_be_listed]:
        listed = [shot.listing for shot in to_be_listed if shot.listing and shot.listing.status == "done"]
        progress.line(f"{len(listed)} of {len(to_be_listed)} have the listing pictures that they ask for.")
        for shot in to_be_listed:
            if shot.listing and shot.listing.status != "done":
                progress.line(f"No listing picture: {shot.photo.key}: {not_listed(shot.listing)}")
    for shot in shots:
        if not shot.served:
            progress.line(f"{word(shot).capitalize()}: {shot.photo.key}: {sentence(shot)}")
    listed_all = all(shot.listing for shot in shots if shot.is_to_be_listed)
    return 0 if served + rejected == len(shots) and listed_all else 1


def _say_what_stays(found: Found, progress: Progress) -> None:
    for name, reason in found.passed_over[:_NAMED]:
        progress.line(f"Passed over: {name}: {reason}")
    if len(found.passed_over) > _NAMED:
        progress.line(f"Passed over: {len(found.passed_over) - _NAMED} more; the page names them.")


def _serve(bucket: Bucket, photos: list[Photo], progress: Progress, patience: float) -> list[Shot]:
    """What became of each photo, second pictures left out, in the order of `photos`."""
    shots: dict[str, Shot] = {}
    progress.expect(sum(not photo.is_companion for photo in photos))
    for count, photo in enumerate(photos, 1):
        trouble = send(bucket, photo)
        progress.counter(f"Sent {count} of {len(photos)}")
        if trouble or not photo.is_companion:
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
