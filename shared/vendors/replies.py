"""Reading a vendor's reply: JSON, or what a gateway or proxy sent in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Unavailable
from shared.messages import vendors as messages
from shared.messages.message import Message
from shared.vendors.error_codes import ErrorKind, error_for, quotable
from shared.vendors.protocol import Failed, ResultLink

MOST_PICTURES = 100
"""Pictures in one reply. No vendor states a limit; a face has eleven, so a group photo has dozens."""

_MOST_VALUES = 20_000
"""JSON values in one reply: two characters can be a value, which takes a hundred bytes of memory. `MOST_PICTURES` with
everything a vendor says of each take a tenth of these."""

_EXCERPT, _EXCERPT_BYTES = 200, 12_000
"""Characters of a reply that are quoted, and bytes of it that are read for them."""

_IDENTIFIER = re.compile("[!-~]{1,256}")


def document(reply: Reply, kinds: dict[str, ErrorKind]) -> dict[str, Any]:
    """The JSON object in the reply. When it is none, raises the error of `HTTP<status>` in the vendor's `kinds`."""
    try:
        body = parsed(reply.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise error_for(kinds, f"HTTP{reply.status}", messages.NOT_JSON(came=excerpt(reply)), "")
    return body


def excerpt(reply: Reply) -> Message:
    """The beginning of the reply as one line that may be shown, for a reply that cannot be understood."""
    text = reply.body[:_EXCERPT_BYTES].decode("utf-8", "replace")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return Message.of(quotable(line, _EXCERPT)) if line else messages.NOTHING()


def reason(body: Mapping[str, Any], name: str, reply: Reply) -> str:
    """The message in the field `name`; an excerpt of the reply where that field is empty."""
    return str(body.get(name) or "").strip() or excerpt(reply).en


def lacking(code: str, what: Message, reply: Reply, request_id: str = "") -> Unavailable:
    """The error of a reply that lacks `what`, to be raised."""
    return Unavailable(code, messages.LACKING(what=what, came=excerpt(reply)), request_id=request_id)


def labelled(pictures: Sequence[ResultLink]) -> tuple[ResultLink, ...]:
    """The pictures of one reply, without a label when there is only one.

    Raises `Unavailable` when there are more than `MOST_PICTURES`.
    """
    if len(pictures) > MOST_PICTURES:
        raise Unavailable("TooManyPictures", messages.TOO_MANY_PICTURES(count=len(pictures), most=MOST_PICTURES))
    return tuple(pictures) if len(pictures) > 1 else tuple(replace(each, label="") for each in pictures)


def parsed(text: str | bytes) -> Any:
    """The parsed JSON. Raises `ValueError` or `RecursionError` for what is no JSON, or would fill the memory."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    if sum(map(text.count, "[{,")) > _MOST_VALUES:
        raise ValueError("too many values")
    found = json.loads(text)
    return _whole(found) if "\\ud" in text or "\\uD" in text else found


def _whole(value: Any) -> Any:
    """`value` without lone surrogates, which JSON can spell and UTF-8, in which our documents are written, cannot."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {_whole(name): _whole(each) for name, each in value.items()}
        case _:
            return value


def identifier(value: object) -> str:
    """An id of the vendor's, safe to store, to quote and to poll with; empty for anything else, or more than 256
    characters."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def lost(ticket: str, error: CutoutError) -> Failed:
    """The end of a task whose ticket the vendor refuses: `Unavailable`, as no picture can be to blame for that."""
    said = messages.TICKET_REFUSED(ticket=ticket, said=error.text)
    return Failed(Unavailable(error.code, said, request_id=error.request_id))
