"""Alibaba Cloud's API market, which sells PicWish and DAMO: its gateway's authorization, and its gateway's errors."""

from __future__ import annotations

from typing import Any

from shared.cloud.ports import Reply
from shared.errors import CutoutError, Misconfigured, NotAccepted, Unavailable, VendorDown
from shared.messages import vendors as messages
from shared.vendors.error_codes import CREDITS, DOWN, ErrorKind, is_used_up, quotation
from shared.vendors.replies import document


def authorization(appcode: str) -> dict[str, str]:
    """The header with which the gateway lets a request pass."""
    return {"Authorization": f"APPCODE {appcode}"}


def read(reply: Reply, kinds: dict[str, ErrorKind]) -> dict[str, Any]:
    """The JSON of a vendor's reply. Raises what `document` raises, or the error that the gateway replied with."""
    try:
        return document(reply, kinds)
    except CutoutError:
        if refusal := _refusal(reply):
            raise refusal from None
        raise


def _refusal(reply: Reply) -> CutoutError | None:
    """The gateway's error, None when the reply is not the gateway's.

    The first letter of its six-character code says what is wrong: T throttling, A authorization, B billing, I the
    request ("API Gateway: error codes"). Older gateways send only the message.
    """
    code, message = reply.headers.get("x-ca-error-code", ""), reply.headers.get("x-ca-error-message", "")
    if not (code or message):
        return None
    # Not `Status404` and the like, which are the vendor's: PicWish's 404 is about a task.
    known = code or f"Gateway{reply.status}"
    said, request_id = messages.GATEWAY_SAYS(said=quotation(message)), reply.headers.get("x-ca-request-id", "")
    if code.startswith("T") or "throttled by" in message.lower():
        return NotAccepted(known, said, request_id=request_id)
    if reply.status in DOWN:
        return VendorDown(known, said, request_id=request_id)
    if reply.status >= 500:
        return Unavailable(known, said, request_id=request_id)
    unpaid = code.startswith("B") or is_used_up(message)
    advice = CREDITS.advice if unpaid else messages.CHECK_PURCHASE()
    return Misconfigured(known, messages.WITH_ADVICE(said=said, advice=advice), request_id=request_id)
