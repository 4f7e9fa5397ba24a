"""The job: what is kept in the bucket, as JSON, while work on an upload is under way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from shared.jobs.output import Output
from shared.jobs.upload import Upload
from shared.messages.message import Message
from shared.pictures.geometry import Frame
from shared.vendors.protocol import ResultLink


@dataclass(frozen=True)
class Claimed:
    """An instance is calling the vendor, or about to."""

    name: Literal["claimed"] = "claimed"


@dataclass(frozen=True)
class Waiting:
    """The vendor is busy, out of reach or out of order, or the second picture is missing; no result is on its way."""

    keeps_place: bool = False
    """In the queue: it waits for the vendor, or for our own limit, and not for anything of its own."""
    name: Literal["waiting"] = "waiting"


@dataclass(frozen=True)
class Blocked:
    """Neither this picture, nor maybe any other of its capability, passes until a person acts."""

    name: Literal["blocked"] = "blocked"


@dataclass(frozen=True)
class Submitted:
    """Bought; the vendor is working."""

    ticket: str
    since: datetime
    index: int = 0
    """Which of the tasks that were submitted together, under one ticket."""
    polls: int = 0
    """How often it was polled and not finished."""
    name: Literal["submitted"] = "submitted"


@dataclass(frozen=True)
class Fetching:
    """Bought and finished: what remains is to fetch the pictures before their links die."""

    pictures: tuple[ResultLink, ...]
    """Those that are not stored yet."""
    dies_at: datetime
    outputs: tuple[Output, ...] = ()
    """Those that are stored."""
    empty: bool = True
    """Whether nothing shows in those that are stored."""
    name: Literal["fetching"] = "fetching"


@dataclass(frozen=True)
class Unstored:
    """What the job came to cannot be stored until a person acts. Nothing else of its capability is bought meanwhile."""

    result: Fetching | None
    """What was bought; None if the receipt is all that there was to store: then the job begins anew."""
    name: Literal["unstored"] = "unstored"


BOUGHT = (Submitted.name, Fetching.name, Unstored.name)
"""The stages in which the vendor owes us a result, or we a receipt: that is finished before anything else is called."""

Doubt = Literal["", "not fetched", "unreadable", "checked"]
Stage = Annotated[Claimed | Waiting | Blocked | Submitted | Fetching | Unstored, Field(discriminator="name")]


@dataclass(frozen=True)
class Job:
    """Work not finished, at `jobs/<X>.json`."""

    id: str = field(repr=False)
    """Random, 32 hex digits. It tells this job from another for the same upload, and names its copies: those who know
    it can find them."""
    source: str
    uploaded_at: datetime
    due: datetime
    """When to move it on, at the earliest."""
    etag: str = ""
    stage: Stage = Claimed()
    lease_until: datetime | None = None
    """When the instance that holds the job is certainly dead, by OSS's clock; None: no instance holds it."""
    attempts: int = 0
    """Calls that the vendor may have billed."""
    outage_attempts: int = 0
    """How many of them met an outage of the vendor's, and so are none of its own tries."""
    outage_since: datetime | None = None
    """When the first of them did; None when the vendor has answered since, or none has met one."""
    revision: int = 0
    """How often it was acquired, so that no two of its states are alike: a lease is about one of them."""
    retries: int = 0
    """How often in a row it could not be moved on: the pause before the next try grows with it."""
    code: str = ""
    message: str = ""
    """The last error, for people who read the job."""
    message_zh: str = ""
    """The same in Chinese; empty also where an earlier release wrote the job."""
    inputs_etag: str = ""
    """The ETags of the pictures in the last snapshot, joined by a comma: the next call is about these."""
    beside: str = ""
    """The ETag of what lay beside the picture in the last snapshot, whether or not it counts there; empty: nothing."""
    capability: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    reshaped: str = ""
    remark: str = ""
    """The code that its receipt has if the upload is served: what the uploader should know of the pictures."""
    frame: Frame | None = None
    wants_plain_name: bool = False
    """Whether the vendor could not read the pictures' own names in a link, so that it gets links to copies."""
    doubt: Doubt = ""
    """What the vendor said of the pictures' links, so that they are read once before another call: that it got nothing
    from them, which may pass, or that it cannot read them, which will not."""
    looked: int = -1
    """The `revision` in which the upload was last read: if `revision` has grown since, the upload may be deleted."""
    copies: tuple[str, ...] = field(default=(), repr=False)
    """Copies under `work/`, to be deleted in the end."""
    replaces: tuple[str, ...] = ()
    """What an earlier version of this upload left under `cutouts/`."""
    earlier_calls: Mapping[str, int] = field(default_factory=dict)
    """Those of the receipt that this job's will replace, and of what that one replaced: see `shared.jobs.calls`."""
    calls_without_receipt: Mapping[str, int] = field(default_factory=dict)
    """Those for versions of the upload that this job was about before, and that came to no receipt."""
    supersedes: str = ""
    """The ETag of a receipt that says `failed`, after which a person ordered another try: it does not hold for this
    job. Another receipt in its place does."""
    version: Literal[1] = 1

    @property
    def upload(self) -> Upload:
        return Upload(self.source)

    @property
    def public_id(self) -> str:
        """Tells the job from another one on its receipt, where its `id` would give the names of its copies away."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]

    @property
    def text(self) -> Message:
        """The last error, in both languages."""
        return Message(self.message, self.message_zh or self.message)

    def with_reason(self, code: str, text: Message) -> Job:
        """The job with this as its last error."""
        return replace(self, code=code, message=text.en, message_zh=text.zh)

    @property
    def bought(self) -> bool:
        return self.stage.name in BOUGHT

    @property
    def own_attempts(self) -> int:
        """Calls whose failure may be the photo's own."""
        return self.attempts - self.outage_attempts

    @property
    def keeps_place(self) -> bool:
        """See `Waiting.keeps_place`."""
        return isinstance(self.stage, Waiting) and self.stage.keeps_place

    @property
    def links_in_doubt(self) -> bool:
        """Whether the pictures' links are to be read before another call."""
        return self.doubt in ("not fetched", "unreadable")

    @property
    def links_checked(self) -> bool:
        """Whether they were read, for these pictures."""
        return self.doubt == "checked"

    @property
    def log_fields(self) -> dict[str, object]:
        """What a log line about this job has: no secret, and no link."""
        code = {"code": self.code} if self.code else {}
        return {
            "key": self.source,
            "etag": self.etag,
            "capability": self.capability,
            "stage": self.stage.name,
            "attempts": self.attempts,
            "retries": self.retries,
            **code,
        }

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
