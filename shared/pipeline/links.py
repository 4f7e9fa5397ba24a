"""Links at which a vendor can read a picture: signed and short-lived, for some vendors to a copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.cloud.ports import Bucket
from shared.jobs import keys
from shared.jobs.job import Job
from shared.pictures.header.facts import Header
from shared.pictures.reshaping import Rendering
from shared.vendors.capability import Capability

_LINK_SECONDS = 600
"""Validity of a link in a synchronous call. The vendor fetches within seconds; the rest is for its own retries."""
_ASYNC_LINK_SECONDS = 6 * 3600
"""In an asynchronous call: the vendor fetches when its own queue comes to the job."""


@dataclass(frozen=True)
class Copy:
    """A copy of the object `original` to be made under `name` before the call. It is public if only its address without
    a signature is short enough for the vendor."""

    original: str
    name: str
    public: bool


@dataclass(frozen=True)
class Picture:
    """An object, what its header says, and how OSS reshapes it for the vendor."""

    key: str
    header: Header
    rendering: Rendering


def show(bucket: Bucket, job: Job, row: Capability, pictures: Sequence[Picture]) -> tuple[list[str], tuple[Copy, ...]]:
    """A link to each picture, and the copies to be made before the call: none, if the pictures' own links will do.

    They will not if one is longer than `row.limits.max_link` characters, or if the vendor could not read them before.
    """
    seconds = _ASYNC_LINK_SECONDS if row.asynchronous else _LINK_SECONDS
    processes = [picture.rendering.process for picture in pictures]

    def signed(names: Iterable[str]) -> list[str]:
        return [bucket.link(name, process, seconds) for name, process in zip(names, processes, strict=True)]

    def short(links: list[str]) -> bool:
        return max(map(len, links)) <= row.limits.max_link

    own = signed(picture.key for picture in pictures)
    if short(own) and not job.wants_plain_name:
        return own, ()
    # Named after the job, so that the next try writes over the copies of one that died.
    names = tuple(keys.copy(job.id, number, picture.header.format) for number, picture in enumerate(pictures))
    plain = signed(names)
    public = not short(plain)  # with STS credentials every signed link has hundreds of characters more
    if public:
        plain = [bucket.address(name, process) for name, process in zip(names, processes, strict=True)]
    copies = tuple(Copy(picture.key, name, public) for picture, name in zip(pictures, names, strict=True))
    return plain, copies
