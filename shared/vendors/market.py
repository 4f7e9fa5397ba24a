"""Alibaba Cloud's API market: the gateway in front of PicWish and DAMO, which has a word of its own."""

from __future__ import annotations

from typing import Any

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Misconfigured, NotAccepted, Unavailable
from shared.vendors.error_codes import CREDITS, ErrorKind, is_used_up, quotable
from shared.vendors.replies import document

_CHECK = "check the AppCode, the purchase and the address in the market's console (已购买的服务)"


def authorization(appcode: str) -> dict[str, str]:
    return {"Authorization": f"APPCODE {appcode}"}


def read(reply: Reply, verdicts: dict[str, ErrorKind]) -> dict[str, Any]:
    """The vendor's answer, or what `document` raises; when it is the gateway that answers, what that means."""
    try:
        return document(reply, verdicts)
    except CutoutError:
        if refusal := _refusal(reply):
            raise refusal from None
        raise


def _refusal(reply: Reply) -> CutoutError | None:
    """Six characters say who must act: T is throttled, A authorization, B billing, I the request ("API Gateway: error
    codes"); older gateways have only the message."""
    code, message = reply.headers.get("x-ca-error-code", ""), reply.headers.get("x-ca-error-message", "")
    if not (code or message):
        return None
    known = code or f"Gateway{reply.status}"  # no status of the vendor's, whose 404 is about a task
    said, request_id = f"the market's gateway says: {quotable(message)}", reply.headers.get("x-ca-request-id", "")
    if code.startswith("T") or "throttled by" in message.lower():
        return NotAccepted(known, said, request_id=request_id)
    if reply.status >= 500:
        return Unavailable(known, said, request_id=request_id)
    unpaid = code.startswith("B") or is_used_up(message)
    return Misconfigured(known, f"{said}; {CREDITS.advice if unpaid else _CHECK}", request_id=request_id)
