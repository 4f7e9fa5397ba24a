"""What VIAPI says: an answer or an error, in JSON or XML, as chapters 8.3 and 9 of its manual show them."""

from __future__ import annotations

import json
from typing import Literal, TypeAlias
from xml.etree import ElementTree

from werkzeug.wrappers import Response

from tests.cloud import acs3
from tests.cloud.vendor_drawn import Json
from tests.cloud.vendor_pictures import Kind

Format: TypeAlias = Literal["JSON", "XML"]

HOST_ID = "imageseg.cn-shanghai.aliyuncs.com"

_STATUS = {
    "InvalidApi.NotPurchase": 403,
    "Unauthorized": 403,
    "AuthFailed": 403,
    "ParameterError": 403,
    "InvalidAccessKeyId.NotFound": 404,
    "UnsupportedHTTPMethod": 405,
    "Timeout": 408,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}
"""The HTTP status by code, or by what precedes a code's first dot; every other one is a 400 (chapter 9)."""


UNFIT: dict[Kind, str] = {
    "characters": "InvalidImage.URL",
    "url": "IllegalUrlParameter",
    "region": "InvalidImage.Region",
    "timeout": "InvalidImage.Timeout",
    "download": "InvalidImage.Download",
    "bytes": "InvalidParameter.TooLarge",
    "sides": "InvalidImage.Resolution",
    "aspect": "InvalidImage.Resolution",
    "content": "InvalidImage.Content",
}
"""What the manual calls a picture that it won't take. Today's error page has `InvalidFile.*` beside `InvalidImage.*`.

These are of the latter, the only family whose list is complete; `fault("code:InvalidFile.…")` sends the former.
"""


class Refused(acs3.Refused):
    """VIAPI's error: the status is said by its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(_STATUS.get(code) or _STATUS.get(code.partition(".")[0], 400), code, message)


def answer(action: str, request_id: str, body: dict[str, Json], form: Format) -> Response:
    return _response(f"{action}Response", {"RequestId": request_id, **body}, form, 200)


def error(refused: acs3.Refused, request_id: str, form: Format) -> Response:
    body: dict[str, Json] = {
        "RequestId": request_id,
        "HostId": HOST_ID,
        "Code": refused.code,
        "Message": refused.message,
    }
    return _response("Error", body, form, refused.status)


def _response(root: str, body: dict[str, Json], form: Format, status: int) -> Response:
    if form == "JSON":
        return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json;charset=utf-8")
    element = ElementTree.Element(root)
    _grow(element, body)
    xml = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return Response(xml, status, content_type="application/xml;charset=utf-8")


def _grow(parent: ElementTree.Element, members: dict[str, Json]) -> None:
    for name, value in members.items():
        # A list has no element of its own: its items repeat the name.
        for item in value if isinstance(value, list) else [value]:
            child = ElementTree.SubElement(parent, name)
            if isinstance(item, dict):
                _grow(child, item)
            elif item is not None:
                child.text = str(item)
