"""Which uploads have no current receipt and no job, as listings show it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from itertools import islice

from shared.cloud.ports import Bucket, ListedObject
from shared.jobs import keys
from shared.jobs.listing_order import ListingOrder
from shared.jobs.upload import Kind, Upload
from shared.vendors.capabilities import of_group

PAGE = 5_000
"""Uploads whose receipts and jobs are looked for together: that takes some 5 MB, and some 20 requests."""
LONGEST_RUN = timedelta(minutes=12)
"""Longer than a function other than backfill may hold a job (s.yaml, `Timeouts.lease`), and so than the time from its
look at an upload to the receipt."""
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


class Standing(Enum):
    """What there is of an upload, or why there cannot be anything."""

    NO_RECEIPT = "no_receipt"
    """Or one that is older than the upload, or than what lies beside it."""
    RECEIPT = "receipt"
    EARLY_RECEIPT = "early_receipt"
    """A receipt that came within `LONGEST_RUN` after the upload: so whoever wrote it may have looked before, and at an
    earlier version. The receipt says so, and a listing does not."""
    FAILED = "failed"
    """A receipt that says so, which a listing does not show."""
    UNCONFIRMED = "unconfirmed"
    """It is a folder's companion, and has a receipt: that asks for a backfill of its folder."""
    UNREADABLE_RECEIPT = "unreadable_receipt"
    LISTABLE = "listable"
    """A receipt of a cutout of which the listing pictures that are ordered can be made, and are not made yet."""
    LISTED = "listed"
    """They are made, or it is known why not."""
    NOT_LISTABLE = "not_listable"
    """They cannot be made of what the capability returned, with its options."""
    NO_CUTOUT = "no_cutout"
    """No receipt of this version, or one without a picture in which something shows."""
    UNDER_WAY = "under_way"
    """It has a job."""
    KEY_TOO_LONG = "key_too_long"
    NO_FUNCTION = "no_function"
    """Its first folder is no group: no trigger has its prefix."""


TO_BE_SERVED = (Standing.NO_RECEIPT, Standing.FAILED, Standing.UNCONFIRMED)


@dataclass(frozen=True)
class ListedUpload:
    """An upload, and what there is of it. `supersedes` is the ETag of its receipt if that says `failed`: see `Job`.
    `listing_order` is there if it is `LISTABLE`."""

    listed: ListedObject
    standing: Standing
    supersedes: str = ""
    listing_order: ListingOrder | None = None

    @property
    def upload(self) -> Upload:
        return Upload(self.listed.key)


def listed_uploads(pictures: Bucket, documents: Bucket, prefix: str, *, after: str = "") -> Iterator[ListedUpload]:
    """All that is to have a receipt of its own, and each companion of a folder that has one, below `prefix` and with
    names after `after`, in the order of their names. `documents` has the jobs. One that was written in the second of
    its receipt has `NO_RECEIPT`.

    A page of uploads is in memory at a time. Of receipts and jobs, those are listed whose names lie between the names
    that belong to the page: a few more where one upload's name begins with another's, as `a.json` comes after
    `a.b.json`.
    """
    listed = pictures.list(prefix, after=after)
    while names := [*islice(listed, PAGE)]:
        page = _Page(pictures, names)
        found = [ListedUpload(each, _standing(Upload(each.key))) for each in names if page.has_receipt_of_its_own(each)]
        servable = [each.upload for each in found if each.standing is Standing.NO_RECEIPT]
        receipts = written(pictures, keys.receipts_below(prefix), {upload.receipt_key for upload in servable})
        jobs = written(documents, keys.jobs_below(prefix), {upload.job_key for upload in servable})
        for each in found:
            if each.upload.kind is Kind.FOLDER_COMPANION:
                if each.upload.receipt_key in receipts:
                    yield replace(each, standing=Standing.UNCONFIRMED)
            elif each.upload.job_key in jobs:
                yield replace(each, standing=Standing.UNDER_WAY)
            elif (receipt := receipts.get(each.upload.receipt_key)) and receipt > page.newest(each.listed):
                is_early = receipt - each.listed.modified <= LONGEST_RUN
                yield replace(each, standing=Standing.EARLY_RECEIPT if is_early else Standing.RECEIPT)
            else:
                yield each


def _standing(upload: Upload) -> Standing:
    """As long as nothing is known but its name."""
    if not any(of_group(upload.group)):
        return Standing.NO_FUNCTION
    return Standing.NO_RECEIPT if upload.fits else Standing.KEY_TOO_LONG


def written(bucket: Bucket, prefix: str, names: set[str], *, nested: bool = True) -> dict[str, datetime]:
    """When each of the objects with these names, below `prefix`, was written; without those that are not there."""
    found: dict[str, datetime] = {}
    last = max(names, default="")
    # A listing begins after a name: after one character less, the first of them is in it.
    for each in bucket.list(prefix, after=min(names)[:-1], nested=nested) if names else ():
        if each.key > last:
            break
        if each.key in names:
            found[each.key] = each.modified
    return found


class _Page:
    """A page of a listing; it lists what belongs to the page but has a name before or after it."""

    def __init__(self, pictures: Bucket, names: Sequence[ListedObject]) -> None:
        self._pictures = pictures
        self._names = names
        self._keys = [each.key for each in names]
        self._newest: dict[str, datetime] = {}
        """When companions were last written, by what their keys begin with."""

    def has_receipt_of_its_own(self, listed: ListedObject) -> bool:
        """Whether it is to have one: it is a picture, or a companion without one. A folder's companion may have one."""
        upload = Upload(listed.key)
        if not listed.size or upload.kind is Kind.OTHER:
            return False
        return upload.picture is None or not self._is_there(upload.picture.key)

    def newest(self, listed: ListedObject) -> datetime:
        """When a picture or one of its companions was last written."""
        upload = Upload(listed.key)
        of_companions = (
            self._newest_companion(prefix, upload)
            for role in (upload.roles if upload.kind is Kind.PICTURE else ())
            for prefix in upload.companion_prefixes(role)
        )
        return max((listed.modified, *of_companions))

    def _newest_companion(self, prefix: str, upload: Upload) -> datetime:
        if prefix not in self._newest:
            companions = ((each.modified, Upload(each.key)) for each in self._below(prefix))
            self._newest[prefix] = max(
                (at for at, each in companions if each.picture == upload or each.kind is Kind.FOLDER_COMPANION),
                default=_NEVER,
            )
        return self._newest[prefix]

    def _below(self, prefix: str) -> Iterable[ListedObject]:
        """The objects whose keys begin with `prefix`, which ends with a dot: listed, unless the page has them all."""
        end = f"{prefix[:-1]}/"  # the character after a dot
        if self._keys[0] <= prefix and end <= self._keys[-1]:
            return self._names[bisect_left(self._keys, prefix) : bisect_left(self._keys, end)]
        return self._pictures.list(prefix)

    def _is_there(self, key: str) -> bool:
        if key < self._keys[0]:
            return any(each.key == key for each in islice(self._pictures.list(key, page=1), 1))
        place = bisect_left(self._keys, key)
        return self._keys[place : place + 1] == [key]
