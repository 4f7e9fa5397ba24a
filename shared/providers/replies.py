"""What vendors answer with: JSON, or what somebody on the way put in its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.documents import ResultLink
from shared.errors import CutoutError, Unavailable
from shared.models import Failed, Reply


def document(reply: Reply) -> dict[str, Any]:
    """The answer's JSON object; raises `Unavailable` when it is none."""
    try:
        # JSON can spell half a character (a lone surrogate), which no document of ours could be written with.
        body = json.loads(json.dumps(json.loads(reply.body), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Unavailable(f"HTTP{reply.status}", "the vendor's answer is not JSON")
    return body


def told_apart(pictures: Sequence[ResultLink]) -> tuple[ResultLink, ...]:
    """The pictures of one answer: labels tell them apart, so the only one needs none."""
    return tuple(pictures) if len(pictures) > 1 else tuple(replace(each, label="") for each in pictures)


def lost(ticket: str, error: CutoutError) -> Failed:
    """A ticket that is refused: there is nothing about a picture in the question, so no picture is to blame."""
    said = f"the ticket {ticket} is worth nothing any more: {error.message}"
    return Failed(Unavailable(error.code, said, request_id=error.request_id))
