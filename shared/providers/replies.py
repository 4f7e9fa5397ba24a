"""What vendors answer with: JSON, or what somebody on the way put in its place."""

from __future__ import annotations

import json
from typing import Any

from shared.models import Reply


def document(reply: Reply) -> dict[str, Any] | None:
    """The answer's JSON object; None when it is none."""
    try:
        # JSON can spell half a character (a lone surrogate), which no document of ours could be written with.
        body = json.loads(json.dumps(json.loads(reply.body), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
