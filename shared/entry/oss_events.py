"""The events that OSS sends when an object was created. (The events of settle's triggers are not read.)"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasPath,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


def _if_readable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _unquoted(etag: str) -> str:
    return etag.strip('"')


class ObjectCreated(BaseModel):
    """One object that was put, posted, copied or completed. Events come at least once, late, and in any order.

    Real events carry more than the documentation lists, and less in older versions of it.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(validation_alias="eventName")
    time: Annotated[AwareDatetime | None, WrapValidator(_if_readable)] = Field(None, validation_alias="eventTime")
    """When it happened, to the second: OSS cuts off the rest. None when the event does not say so readably."""
    region: str
    bucket: str = Field(validation_alias=AliasPath("oss", "bucket", "name"))
    key: str = Field(validation_alias=AliasPath("oss", "object", "key"))
    size: int = Field(validation_alias=AliasPath("oss", "object", "size"))
    """Bytes."""
    etag: Annotated[str, AfterValidator(_unquoted)] = Field(validation_alias=AliasPath("oss", "object", "eTag"))


class _OssEvent(BaseModel):
    events: tuple[dict[str, Any], ...]


def records(event: bytes) -> tuple[dict[str, Any], ...]:
    """What an OSS trigger sent, each to be read by `ObjectCreated.model_validate`; raises pydantic's `ValidationError`
    for what no trigger of OSS sends."""
    return _OssEvent.model_validate_json(event).events


def created(region: str, bucket: str, key: str, size: int, etag: str, *, time: datetime) -> bytes:
    """The event that OSS would have sent, in the fields that are read here, had the object been put at `time`."""
    thing = {"bucket": {"name": bucket}, "object": {"key": key, "size": size, "eTag": etag}}
    event = {"eventName": "ObjectCreated:PutObject", "eventSource": "acs:oss", "region": region, "oss": thing}
    event |= {"eventTime": f"{time.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}.000Z"}
    return json.dumps({"events": [event]}, ensure_ascii=False).encode()
