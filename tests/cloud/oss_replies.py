"""What OSS answers: a status, headers and a body; or an error, in the XML its clients know."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.etree import ElementTree

from tests.cloud.accounts import Accounts

Content: TypeAlias = "str | Sequence[tuple[str, Content]]"
"""Of an XML element: its text, or its children by name."""
OWNER: Content = [("ID", Accounts.uid), ("DisplayName", Accounts.uid)]


@dataclass(frozen=True)
class Reply:
    """Header names are lower-case; a body goes out on HEAD as its length only."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refused(Exception):
    """An error as OSS words it: `ec` is its finer code (`0026-00000201`), empty where none is known.

    `headers` go out with it, `more` are further fields of the document.
    """

    def __init__(
        self, status: int, code: str, message: str, ec: str = "", *, headers: dict[str, str] | None = None, **more: str
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.headers = headers or {}
        self.status, self.code, self.message, self.ec, self.more = status, code, message, ec, more

    def reply(self, method: str, request_id: str, host: str) -> Reply:
        fields = {"Code": self.code, "Message": self.message, "RequestId": request_id, "HostId": host, **self.more}
        if self.ec:
            fields["EC"] = self.ec
        body = xml("Error", list(fields.items()))
        headers = {"content-type": "application/xml", **self.headers}
        if self.ec:
            headers["x-oss-ec"] = self.ec
        if method == "HEAD":
            # Such an answer has no body to put it in.
            headers["x-oss-err"] = base64.b64encode(body).decode()
        return Reply(self.status, headers, b"" if method == "HEAD" or self.status == 304 else body)


def xml(name: str, content: Content) -> bytes:
    """A document: no namespace, or oss2 finds nothing in it."""
    return bytes(ElementTree.tostring(_element(name, content), encoding="UTF-8", xml_declaration=True))


def xml_reply(name: str, content: Content, **headers: str) -> Reply:
    return Reply(200, {"content-type": "application/xml", **headers}, xml(name, content))


def _element(name: str, content: Content) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(*child) for child in content)
    return element
