"""The pictures that an order asks for, made in a folder of their own from the photo and its cutout."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shared.cloud.ports import Bucket, ObjectHead
from shared.errors import Rejected
from shared.jobs.listing import ListingPicture, not_made
from shared.jobs.listing_order import ListingOrder
from shared.jobs.upload import Upload
from shared.listings.make import Made, make
from shared.listings.memory import Plan, plan
from shared.listings.presets import Preset, read_presets
from shared.listings.quality import Verdict, judge
from shared.listings.subject import Subject
from shared.messages import pictures as messages
from shared.pictures.header import read_header
from shared.pictures.header.facts import Header

_MOST_BYTES = 150_000_000
"""Of a photo, or of a cutout: with what is made of them, one picture at a time, they fit an instance's disk."""


@dataclass(frozen=True)
class Making:
    """An order whose photo and cutout are at hand, in `folder`."""

    order: ListingOrder
    presets: tuple[Preset, ...]
    subject: Subject
    verdict: Verdict
    plan: Plan
    folder: Path

    def pictures(self) -> Iterator[tuple[ListingPicture, Path | None]]:
        """For each preset its row, and the file if it was made: that is to be gone before the next one is made."""
        for preset in self.presets:
            try:
                if refusal := self.plan.refused.get(preset.name):
                    raise refusal
                made = make(self.subject, preset, self.folder)
            except Rejected as error:
                yield not_made(preset.name, error), None
            else:
                yield _row(self.order, preset, made), made.path


@contextmanager
def making(bucket: Bucket, order: ListingOrder, photo: ObjectHead, cutout: ObjectHead, memory: int) -> Iterator[Making]:
    """Fetch the photo and the cutout, and judge the cutout; the files are gone afterwards. `memory` is the instance's,
    in bytes: what it cannot hold is refused before it is decoded, or made smaller by OSS.

    Raises `Rejected` when nothing can be made of them, and what `Bucket.download` raises.
    """
    presets = read_presets(order.listing)
    how = plan(_header(bucket, photo), photo.size, _header(bucket, cutout), presets, memory)
    with tempfile.TemporaryDirectory(prefix="listing-") as name:
        folder = Path(name)
        bucket.download(photo.key, folder / "photo", process=how.process, most=_MOST_BYTES)
        bucket.download(cutout.key, folder / "cutout", most=_MOST_BYTES)
        subject = Subject.open(folder / "photo", folder / "cutout")
        if subject.empty:
            raise Rejected("EmptyResult", messages.NO_SUBJECT())
        verdict = judge(subject, goods=order.capability.startswith("goods/"))
        yield Making(order, presets, subject, verdict, how, folder)


def _header(bucket: Bucket, picture: ObjectHead) -> Header:
    return read_header(picture.head, picture.size, partial(bucket.read_range, picture.key), picture.key)


def _row(order: ListingOrder, preset: Preset, made: Made) -> ListingPicture:
    return ListingPicture(
        preset=preset.name,
        key=Upload(order.source).listing_picture_key(preset.name, made.extension),
        content_type=made.content_type,
        bytes=made.bytes,
        width=made.width,
        height=made.height,
        quality=made.quality,
        scale=made.scale,
        box=made.box,
        share=made.share,
        passed=made.passed,
    )
