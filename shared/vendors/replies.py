"""What vendors answer with: JSON, or what somebody on the way put in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Unavailable
from shared.vendors.error_codes import ErrorKind, error_for, quotable
from shared.vendors.protocol import Failed, ResultLink

MOST_PICTURES = 100
"""Of one answer. No vendor says how many it may give; a face has eleven, so a group photo has dozens."""

_MOST_VALUES = 20_000
"""In one answer: a value is as small as two characters and takes a hundred bytes of memory. `MOST_PICTURES` with all
that is said of each need a tenth."""

_EXCERPT, _EXCERPT_BYTES = 200, 12_000
"""Characters of an answer that are kept, and bytes of it that are looked at for them."""

_IDENTIFIER = re.compile("[!-~]{1,256}")


def document(reply: Reply, verdicts: dict[str, ErrorKind]) -> dict[str, Any]:
    """The answer's JSON object; when it is none, raises what `HTTP<status>` means by the vendor's `verdicts`."""
    try:
        body = parsed(reply.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        said = f"the vendor's answer is not JSON: {excerpt(reply)}"
        raise error_for(verdicts, f"HTTP{reply.status}", said, "")
    return body


def excerpt(reply: Reply) -> str:
    """What came, in a line that may be shown: the last trace of an answer that nothing can be done with."""
    text = reply.body[:_EXCERPT_BYTES].decode("utf-8", "replace")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return quotable(line, _EXCERPT) if line else "nothing"


def reason(body: Mapping[str, Any], name: str, reply: Reply) -> str:
    """What a vendor says under `name`; what came at all, where it says nothing there."""
    return str(body.get(name) or "").strip() or excerpt(reply)


def lacking(code: str, what: str, reply: Reply, request_id: str = "") -> Unavailable:
    """An answer that holds no `what`, to be raised."""
    return Unavailable(code, f"the vendor's answer holds no {what}: {excerpt(reply)}", request_id=request_id)


def labelled(pictures: Sequence[ResultLink]) -> tuple[ResultLink, ...]:
    """The pictures of one answer: labels tell them apart, so the only one needs none.

    Raises `Unavailable` when there are more than any answer has.
    """
    if len(pictures) > MOST_PICTURES:
        raise Unavailable("TooManyPictures", f"the vendor's answer has {len(pictures):,}; taken are {MOST_PICTURES}")
    return tuple(pictures) if len(pictures) > 1 else tuple(replace(each, label="") for each in pictures)


def parsed(text: str | bytes) -> Any:
    """What the JSON says; raises `ValueError` or `RecursionError` for what is none, or would fill the memory."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    if sum(map(text.count, "[{,")) > _MOST_VALUES:
        raise ValueError("too many values")
    found = json.loads(text)
    return _whole(found) if "\\ud" in text or "\\uD" in text else found


def _whole(value: Any) -> Any:
    """JSON can spell half a character (a lone surrogate), which no document of ours could be written with."""
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
    """An id, as it is kept, quoted and asked with; empty for what is none, or is longer than any id."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def lost(ticket: str, error: CutoutError) -> Failed:
    """A ticket that is refused: there is nothing about a picture in the question, so no picture is to blame."""
    said = f"the ticket {ticket} is worth nothing any more: {error.message}"
    return Failed(Unavailable(error.code, said, request_id=error.request_id))
