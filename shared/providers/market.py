"""Alibaba Cloud's API market: the gateway in front of PicWish and DAMO, which has a word of its own."""

from __future__ import annotations

from typing import Any

from shared.errors import Busy, CutoutError, Misconfigured, Unavailable
from shared.models import Reply
from shared.providers.replies import document
from shared.providers.verdicts import quotable


def authorization(appcode: str) -> dict[str, str]:
    return {"Authorization": f"APPCODE {appcode}"}


def read(reply: Reply) -> dict[str, Any]:
    """The vendor's answer; raises what the refusal means when it is the gateway that answers."""
    body = document(reply)
    if body is None:
        raise _refusal(reply)
    return body


def _refusal(reply: Reply) -> CutoutError:
    """Six characters say who must act: T is throttled, A authorization, B billing, I the request ("API Gateway: error
    codes"); older gateways have only the message."""
    code, message = reply.headers.get("x-ca-error-code", ""), quotable(reply.headers.get("x-ca-error-message", ""))
    request_id = reply.headers.get("x-ca-request-id", "")
    said = f"the market's gateway says: {message}"
    if code.startswith("T") or "throttled by" in message.lower():
        return Busy(code or "Throttled", said, request_id=request_id)
    if (code or reply.headers.get("x-ca-error-message")) and reply.status < 500:
        advice = "check the AppCode, the purchase and the address in the market's console (已购买的服务)"
        return Misconfigured(code or f"Status{reply.status}", f"{said}; {advice}", request_id=request_id)
    return Unavailable(code or f"Status{reply.status}", "the vendor's answer is not JSON", request_id=request_id)
