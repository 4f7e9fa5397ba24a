"""What DAMO says: one envelope for everything, and the table of codes that both of its manuals end with."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from tests.cloud.vendor_drawn import Json
from tests.cloud.vendor_pictures import Kind

CODES: dict[int, tuple[int, str]] = {
    23500000: (500, "Internal server error"),
    23500001: (401, "Authorization required to perform current operation"),
    23500002: (404, "Specified service does not exist"),
    23500003: (403, "User credit points are exhausted"),
    23500004: (403, "Request was denied due to request throttling"),
    23500005: (403, "The image did not pass the content compliance check"),
    23500006: (400, "The image url provided is invalid or non-accessible"),
    23500007: (400, "The uploaded image does not meet the requirements"),
    23500008: (400, "No records found related to the specified resultKey parameter"),
    23500009: (400, "Required parameters cannot be empty"),
    23500011: (500, "Job execution failed"),
    23500012: (400, "Required request body is missing"),
    23500013: (400, "Illegal input parameter found"),
    23500014: (400, "Illegal service name"),
}
"""HTTP status and message by code (六、状态码说明). There is no 23500010."""

UNREACHED: frozenset[Kind] = frozenset({"characters", "url", "region", "timeout", "download"})
"""What about a picture is a 23500006; what else there may be is a 23500007."""


class Refused(Exception):
    """DAMO's error: a code of the table, and what else there is to say."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.status, sentence = CODES[code]
        self.message = f"{sentence}: {detail}" if detail else sentence
        super().__init__(self.message)


def answer(data: dict[str, Json], request_id: str, *, text: bool) -> Response:
    """A success. With `text` the code is a string: the manuals declare it as one and print it as a number."""
    return _envelope(200, 0, data, "success", "info", request_id, text)


def error(refused: Refused, request_id: str, *, text: bool) -> Response:
    """No error is printed in the manuals: that `data` is null and the severity "error" was chosen here."""
    return _envelope(refused.status, refused.code, None, refused.message, "error", request_id, text)


def _envelope(
    status: int, code: int, data: dict[str, Json] | None, message: str, severity: str, request_id: str, text: bool
) -> Response:
    body = {
        "code": str(code) if text else code,
        "data": data,
        "message": message,
        "requestId": request_id,
        "severity": severity,
        "success": status == 200,
    }
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json;charset=UTF-8")
