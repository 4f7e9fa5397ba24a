"""What is kept in the bucket as JSON: the job while work is under way, the receipt when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


@dataclass(frozen=True)
class Box:
    """A part of a picture, in its pixels, from the top left."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """How an upload was shown to the vendor: sides and EXIF orientation as stored, and the sides it was shown with."""

    width: int
    height: int
    orientation: int
    shown_width: int
    shown_height: int


@dataclass(frozen=True)
class ResultLink:
    """A picture the vendor made, at an address that soon dies; the label is empty when it is the only one."""

    url: str = field(repr=False)
    label: str = ""
    box: Box | None = None
    """Which part of the picture it was shown this one shows."""


@dataclass(frozen=True)
class Claimed:
    """Someone is calling the vendor."""

    name: Literal["claimed"] = "claimed"


@dataclass(frozen=True)
class Waiting:
    """The vendor is busy, not reached, or the second picture is missing; nothing was bought."""

    turned_away: bool = False
    """At the door, unheard: so would be any other picture of the capability. It keeps its place in the queue."""
    name: Literal["waiting"] = "waiting"


@dataclass(frozen=True)
class Blocked:
    """No picture of this capability passes until a person acts."""

    name: Literal["blocked"] = "blocked"


@dataclass(frozen=True)
class Ticketed:
    """Bought; the vendor is working."""

    ticket: str
    since: datetime
    index: int = 0
    """Which of the tasks that were submitted together, under one ticket."""
    asked: int = 0
    """How often the vendor has said that it is not finished."""
    name: Literal["ticketed"] = "ticketed"


@dataclass(frozen=True)
class Ready:
    """Bought and finished: what remains is to fetch the pictures before their links die."""

    pictures: tuple[ResultLink, ...]
    dies_at: datetime
    name: Literal["ready"] = "ready"


BOUGHT = (Ticketed.name, Ready.name)
"""The stages in which the vendor owes us a result: nothing is called any more, and that is finished first."""

Doubt = Literal["", "not fetched", "unreadable"]
Stage = Annotated[Claimed | Waiting | Blocked | Ticketed | Ready, Field(discriminator="name")]


@dataclass(frozen=True)
class Job:
    """Work not finished, at `jobs/<X>.json`."""

    id: str = field(repr=False)
    """Random: tells this job from another for the same upload, and names its copies. Whoever knows it can find them."""
    source: str
    uploaded_at: datetime
    due: datetime
    """When it is worth moving on."""
    etag: str = ""
    stage: Stage = Claimed()
    held_until: datetime | None = None
    """While someone is at it: when they are certainly dead. None: nobody is."""
    attempts: int = 0
    """Calls that the vendor may have billed."""
    taken: int = 0
    """How often somebody took it up, so that no two of its states are alike: leases are about one of them."""
    tries: int = 0
    """How often in a row it could not be moved on: what back-off grows with."""
    code: str = ""
    message: str = ""
    """The last trouble, for whoever reads the job."""
    mark: str = ""
    """The ETags of the pictures that were seen last; a call shows the vendor these."""
    capability: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    reshaped: str = ""
    frame: Frame | None = None
    wants_plain_name: bool = False
    """The vendor could not read the pictures' own names in a link."""
    doubt: Doubt = ""
    """What the vendor said of the pictures' links, so that what OSS answers to them is looked at before another call:
    that it got nothing from them, which may pass, or that it cannot read them, which will not."""
    looked: int = -1
    """The value of `taken` when the upload was last looked at: it may have been deleted since, if that has grown."""
    staged: tuple[str, ...] = field(default=(), repr=False)
    """Copies under `work/`, to be deleted in the end."""
    replaces: tuple[str, ...] = ()
    """What an earlier version of this upload left under `cutouts/`."""
    version: Literal[1] = 1

    @property
    def bought(self) -> bool:
        return self.stage.name in BOUGHT

    def to_json(self) -> bytes:
        return _JOB.dump_json(self)

    @staticmethod
    def from_json(body: bytes) -> Job:
        """Fields it does not know are passed over, so that two releases can read each other's.

        Raises pydantic's `ValidationError` for anything that is no job.
        """
        return _JOB.validate_json(body)


_JOB = TypeAdapter(Job)


class _AnyRelease(BaseModel):
    """What a job has in every release, whatever else it has, and whatever its stages are called."""

    id: str
    source: str
    version: int


def is_of_another_release(body: bytes, source: str) -> bool:
    """Whether `body`, unreadable for this release, is the job of the upload `source` as another release wrote it."""
    try:
        return _AnyRelease.model_validate_json(body).source == source
    except ValidationError:
        return False


class Document(BaseModel):
    """A part of the receipt; fields it does not know are passed over."""

    model_config = ConfigDict(frozen=True)


class Output(Document):
    """A stored picture; x, y, width, height: the box it shows, in pixels of the original, where the vendor tells."""

    key: str
    label: str
    content_type: str
    bytes: int
    x: int | None = None
    y: int | None = None
    width: int | None = None
    height: int | None = None


class Receipt(Document):
    """What became of an upload, at `cutouts/<X>.json`, written last: it exists, so everything it names is there."""

    version: Literal[1] = 1
    source: str
    etag: str
    status: Literal["done", "rejected", "failed"]
    capability: str = ""
    provider: str = ""
    action: str = ""
    options: dict[str, str] = {}
    request_id: str = ""
    outputs: tuple[Output, ...] = ()
    reshaped: str = ""
    """What OSS did to the picture before the vendor saw it, as an `x-oss-process` value; empty: nothing."""
    attempts: int = 0
    """Calls that the vendor may have billed; 0 when it was never asked."""
    price_yuan: float | None = None
    """What a call of this capability costs, when it succeeded."""
    code: str = ""
    message: str = ""
    uploaded_at: datetime
    finished_at: datetime
