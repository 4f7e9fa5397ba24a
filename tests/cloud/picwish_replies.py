"""What PicWish says: HTTP's status again in JSON, and inside it the state of a task, which is another matter.

A 200 means that the request was understood; whether there is a picture, `data.state` says.
"""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from tests.cloud.vendor_drawn import Json
from tests.cloud.vendor_pictures import Kind

DONE = 1
UNDER_WAY = (0, 2, 4)
"""Users of the vendor's have seen these, in this order; the manuals know only of what is over."""

STATUSES = {
    400: "A parameter is missing or wrong.",
    401: "Authentication failed: check the AppCode, or whether the service has been bought.",
    404: "There is no such URL or task.",
    413: "The uploaded file is too large.",
    429: "The requests exceed the QPS limit.",
    500: "The server has failed.",
}
STATES = {
    -8: "Processing took longer than 30 seconds.",
    -7: "The file is no valid picture: its format or its resolution.",
    -5: "The picture behind image_url is larger than 15 MB.",
    -3: "The picture behind image_url could not be downloaded.",
    -2: "The upload has failed.",
    -1: "Processing has failed.",
}

UNFIT: dict[Kind, int] = {
    "characters": 400,
    "url": 400,
    "region": 400,
    "timeout": -3,
    "download": -3,
    "bytes": -5,
    "sides": -7,
    "aspect": -7,
    "content": -7,
}
"""What becomes of a link or a picture that is not taken: a status, or (below zero) a state."""


class Refused(Exception):
    """The request is refused, with an HTTP `status`."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message or STATUSES.get(status, "As the box was told to.")


class Failed(Exception):
    """There is no picture: `state`, below zero, says why."""

    def __init__(self, state: int, message: str = "") -> None:
        super().__init__(f"{state}: {message}")
        self.state = state
        self.message = message or STATES[state]


def reply(message: str, data: dict[str, Json]) -> Response:
    return _response(200, {"status": 200, "message": message, "data": data})


def error(refused: Refused) -> Response:
    return _response(refused.status, {"status": refused.status, "message": refused.message})


def _response(status: int, body: dict[str, Json]) -> Response:
    # As Go writes JSON; the manuals warn that links are then to be unescaped.
    text = json.dumps(body, ensure_ascii=False).replace("&", "\\u0026")
    return Response(text, status, content_type="application/json; charset=utf-8")
