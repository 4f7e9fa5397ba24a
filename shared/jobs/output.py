"""A picture that was stored, as the job remembers it and the receipt names it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

_WHERE = "With the other three, the part of the upload it shows, in the upload's pixels as stored; null: not known."


class Document(BaseModel):
    """A part of the receipt; fields it does not know are passed over. Numbers are those that JSON has."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


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
