"""What vendors answer with: JSON, or what somebody on the way put in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.documents import ResultLink
from shared.errors import CutoutError, Unavailable
from shared.models import Failed, Reply

_IDENTIFIER = re.compile("[!-~]{1,256}")


def document(reply: Reply) -> dict[str, Any]:
    """The answer's JSON object; raises `Unavailable` when it is none."""
    try:
        body = parsed(reply.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Unavailable(f"HTTP{reply.status}", "the vendor's answer is not JSON")
    return body


def told_apart(pictures: Sequence[ResultLink]) -> tuple[ResultLink, ...]:
    """The pictures of one answer: labels tell them apart, so the only one needs none."""
    return tuple(pictures) if len(pictures) > 1 else tuple(replace(each, label="") for each in pictures)


def parsed(text: str | bytes) -> Any:
    """What the JSON says; raises `ValueError` or `RecursionError` for what is none."""
    found = json.loads(text)
    # JSON can spell half a character (a lone surrogate), which no document of ours could be written with.
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


def identifier(value: object) -> str:
    """An id, as it is kept, quoted and asked with; empty for what is none, or is longer than any id."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else ""


def lost(ticket: str, error: CutoutError) -> Failed:
    """A ticket that is refused: there is nothing about a picture in the question, so no picture is to blame."""
    said = f"the ticket {ticket} is worth nothing any more: {error.message}"
    return Failed(Unavailable(error.code, said, request_id=error.request_id))
