"""What is kept in the bucket as JSON: the job while work is under way, the receipt when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared import codes


@dataclass(frozen=True)
class Box:
    """A part of a picture, in its pixels, from the top left."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Frame:
    """How an upload was shown to the vendor: sides and EXIF orientation as stored, and the sides of what the vendor
    fetched, which is upright."""

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

Doubt = Literal["", "not fetched", "unreadable", "checked"]
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
    remark: str = ""
    """The code that its receipt has when it was served: the pictures have something that one should know."""
    frame: Frame | None = None
    wants_plain_name: bool = False
    """The vendor could not read the pictures' own names in a link."""
    doubt: Doubt = ""
    """What the vendor said of the pictures' links, so that they are read once before another call: that it got nothing
    from them, which may pass, or that it cannot read them, which will not."""
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


_WHERE = "With the other three, the part of the upload it shows, in the upload's pixels as stored; null: not known."


class Document(BaseModel):
    """A part of the receipt; fields it does not know are passed over."""

    model_config = ConfigDict(frozen=True)


class Output(Document):
    """A stored picture."""

    key: str = Field(description="Where it lies in the bucket.")
    label: str = Field(description="Tells the pictures of one upload apart; empty when there is only one.")
    content_type: str = Field(description="image/png, image/jpeg, image/webp or image/bmp: what it is.")
    bytes: int = Field(description="Its size.")
    x: int | None = Field(default=None, description=_WHERE)
    y: int | None = Field(default=None, description=_WHERE)
    width: int | None = Field(default=None, description=_WHERE)
    height: int | None = Field(default=None, description=_WHERE)


class Receipt(Document):
    """What became of an upload, at `cutouts/<X>.json`, written last: it exists, so everything it names is there."""

    model_config = ConfigDict(
        json_schema_extra={
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:oss-cutout:receipt:1",
        }
    )

    version: Literal[1] = Field(
        default=1,
        description="1 for as long as no field of these is taken away, renamed or given another meaning or type. More "
        "fields and codes may come: pass over those that you do not know.",
    )
    source: str = Field(description="The key of the upload.")
    etag: str = Field(
        description="The ETag that the upload had, as OSS gives it, without quotes. If it has another one by now, this "
        "is about an earlier version, and another receipt will take its place."
    )
    status: Literal["done", "rejected", "failed"] = Field(
        description="done: every picture in `outputs` is there. rejected: this upload cannot be served; `message` says "
        "what could be. failed: the vendor gave no result, five calls in a row."
    )
    capability: str = Field(default="", description="<group>/<capability>: the first two folders of the upload.")
    provider: str = Field(default="", description="The vendor: viapi, picwish or damo; empty for no capability.")
    action: str = Field(default="", description="What the vendor calls the capability.")
    options: dict[str, str] = Field(
        default={},
        description="The options that counted, of the upload's folders, its metadata and what lay beside it.",
    )
    request_id: str = Field(default="", description="The vendor's name for the call, to quote when asking about it.")
    outputs: tuple[Output, ...] = Field(default=(), description="The pictures that were stored; none unless done.")
    reshaped: str = Field(
        default="",
        description="What OSS did to the picture before the vendor saw it, as a value of x-oss-process; of two "
        "pictures, joined by a semicolon. Empty: nothing.",
    )
    attempts: int = Field(
        default=0,
        description="Calls that the vendor may have billed; a call that did not reach it, or was turned away, is none.",
    )
    price_yuan: float | None = Field(
        default=None,
        description="Of a cutout, what a call of its capability costs in yuan: by the setting PRICES, else by the "
        "vendor's list of 2022-05. 0: nothing was called. null: not known.",
    )
    code: str = Field(
        default="",
        description="Why, in a word for programs. Those of ours are listed, with who must act; nobody: what it names "
        "passes by itself, and has been tried again.",
        json_schema_extra=codes.add_to,
    )
    message: str = Field(default="", description="Why, in a sentence for the person who uploaded the picture.")
    uploaded_at: datetime = Field(description="When the upload was last written.")
    finished_at: datetime = Field(description="When this was written.")
