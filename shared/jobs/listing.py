"""The document about an upload's listing pictures: how one is written, and what an earlier one in its place says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from shared.cloud.ports import StoredDocument
from shared.errors import CutoutError, Rejected
from shared.jobs.listing_order import ListingOrder
from shared.jobs.output import Document
from shared.jobs.upload import Upload
from shared.messages.message import Message
from shared.pictures.geometry import Box

NOT_LISTED = "NotListed"
"""The code of an order whose every try ended without a document."""
_IF_MADE = "Of a picture that was made."


class ListingPicture(Document):
    """What became of one preset."""

    preset: str = Field(description="The preset, as the option `listing` spells it.")
    key: str = Field(default="", description="Where it lies in the bucket. Empty: it was not made; see `code`.")
    content_type: str = Field(default="", description=f"{_IF_MADE} image/jpeg or image/png: what it is.")
    bytes: int = Field(default=0, description=f"{_IF_MADE} Its size.")
    width: int = Field(default=0, description=f"{_IF_MADE} In pixels.")
    height: int = Field(default=0, description=f"{_IF_MADE} In pixels.")
    quality: int | None = Field(default=None, description="Of the JPEG encoding, 60 to 100; null where there is none.")
    scale: float | None = Field(
        default=None,
        description=f"{_IF_MADE} Its pixels for one of the photo's; over 1, the subject was enlarged.",
    )
    box: Box | None = Field(default=None, description=f"{_IF_MADE} Where the subject is in it, in its pixels.")
    share: float | None = Field(
        default=None, description=f"{_IF_MADE} How much of it the subject fills, 0 to 1, as the preset measures it."
    )
    passed: tuple[str, ...] = Field(
        default=(), description=f"{_IF_MADE} The checks that the file passed when it was decoded again."
    )
    code: str = Field(default="", description="Why it was not made, in a word for programs.")
    message: str = Field(default="", description="Why it was not made, in a sentence.")
    message_zh: str = Field(default="", description="The same in Chinese.")


class Listing(Document):
    """What became of an upload's listing pictures, at `listings/<X>.json`, written last."""

    version: Literal[1] = Field(
        default=1,
        description="1 for as long as no field of these is taken away, renamed or given another meaning or type. More "
        "fields and codes may come: pass over those that you do not know.",
    )
    source: str = Field(description="The key of the upload.")
    etag: str = Field(
        description="The ETag that the upload had, as OSS gives it, without quotes. If it has another one by now, this "
        "is about an earlier version."
    )
    status: Literal["done", "rejected", "failed"] = Field(
        description="done: at least one picture is there. rejected: none can be made of this photo and its cutout; "
        "`message` says why. failed: each try to make them ended badly."
    )
    capability: str = Field(description="<group>/<capability>: the first two folders of the upload.")
    cutout: str = Field(description="The key of the cutout that they were made of.")
    pictures: tuple[ListingPicture, ...] = Field(default=(), description="A row for each preset that was ordered.")
    verdict: Literal["ok", "look", ""] = Field(
        default="",
        description="look: a person should look at the cutout, for the reasons given. It stops no picture. Empty: it "
        "was not judged.",
    )
    reasons: tuple[str, ...] = Field(default=(), description="Why a person should look, a sentence each.")
    reasons_zh: tuple[str, ...] = Field(default=(), description="The same in Chinese.")
    metrics: dict[str, float] = Field(default={}, description="What the verdict was made of, by the metrics' names.")
    reshaped: str = Field(
        default="",
        description="What OSS did to the photo before the pictures were made of it, as a value of x-oss-process. "
        "Empty: nothing.",
    )
    code: str = Field(default="", description="Why nothing was made, in a word for programs.")
    message: str = Field(default="", description="Why nothing was made, in a sentence.")
    message_zh: str = Field(default="", description="The same in Chinese.")
    uploaded_at: AwareDatetime = Field(description="When the upload was last written.")
    finished_at: AwareDatetime = Field(description="When this was written.")

    def answers(self, order: ListingOrder) -> bool:
        """Whether it says of all that `order` asks for that it was made, or why it cannot be."""
        known = {row.preset for row in self.pictures if row.code != NOT_LISTED}
        return self.etag == order.etag and {*order.listing.split("+")} <= known

    def says(self, other: Listing) -> bool:
        """Whether it has every row of `other`, and is about the same version."""
        return self.etag == other.etag and {*other.pictures} <= {*self.pictures}

    def with_rows_of(self, earlier: Listing | None) -> Listing:
        """With the rows of an earlier document of the same version, for presets that have none in this one."""
        if earlier is None or earlier.etag != self.etag:
            return self
        own = {row.preset for row in self.pictures}
        rows = (*(row for row in earlier.pictures if row.preset not in own), *self.pictures)
        made = any(row.key for row in rows)
        return self.model_copy(update={"pictures": rows, "status": "done" if made else self.status})

    def keys(self) -> list[str]:
        """The pictures that it names: what a copied or forged document names beside them is not ours to delete."""
        upload = Upload(self.source)
        named = ((row.key, upload.listing_picture_key(row.preset, row.key.rpartition(".")[2])) for row in self.pictures)
        return [key for key, ours in named if key == ours]


def listing(
    order: ListingOrder,
    now: datetime,
    *,
    pictures: tuple[ListingPicture, ...] = (),
    verdict: Literal["ok", "look", ""] = "",
    reasons: Sequence[Message] = (),
    metrics: Mapping[str, float] | None = None,
    reshaped: str = "",
    error: CutoutError | None = None,
) -> Listing:
    """The document about what came of `order`: its pictures, or the error for which there are none."""
    status: Literal["done", "rejected", "failed"]
    match error:
        case None:
            status = "done" if any(row.key for row in pictures) else "rejected"
        case Rejected():
            status = "rejected"
        case _:
            status = "failed"
    return Listing(
        source=order.source,
        etag=order.etag,
        status=status,
        capability=order.capability,
        cutout=order.cutout,
        pictures=tuple(not_made(preset, error) for preset in order.listing.split("+")) if error else pictures,
        verdict=verdict,
        reasons=tuple(reason.en for reason in reasons),
        reasons_zh=tuple(reason.zh for reason in reasons),
        metrics=dict(metrics or {}),
        reshaped=reshaped,
        code=error.code if error else "",
        message=error.text.en if error else "",
        message_zh=error.text.zh if error else "",
        uploaded_at=order.uploaded_at,
        finished_at=now,
    )


def not_made(preset: str, error: CutoutError) -> ListingPicture:
    """The row of a preset for which there is no picture."""
    return ListingPicture(preset=preset, code=error.code, message=error.text.en, message_zh=error.text.zh)


def listing_in(stored: StoredDocument | None, source: str) -> Listing | None:
    """The document about the upload `source` as it was stored; None if there is none, or another file in its place."""
    try:
        found = Listing.model_validate_json(stored.body) if stored else None
    except ValidationError:
        return None
    return found if found and found.source == source else None
