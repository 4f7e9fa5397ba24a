"""DeleteMultipleObjects: up to 1,000 keys, and versions of them, named in an XML document."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.cloud.oss_events import Change
from tests.cloud.oss_listing import encoder
from tests.cloud.oss_objects import Objects, check_digest
from tests.cloud.oss_replies import Content, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked

_MOST = 1000
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
_STAND_IN = 0xF0000
"""Where a private character stands for a control character while XML is parsed."""
_MEANT = {_STAND_IN + code: chr(code) for code in range(32)}
_RAW = {ord(code): chr(stand_in) for stand_in, code in _MEANT.items() if code not in "\t\n\r"}


def delete_multiple(objects: Objects, asked: Asked) -> tuple[Reply, list[Change]]:
    """Raises `Refused`."""
    check_digest(asked.body, asked.headers)
    root = _parse(asked.body)
    wanted = _wanted(root)
    if not 1 <= len(wanted) <= _MOST:
        raise Refused(400, "MalformedXML", f"Between 1 and {_MOST} objects are deleted at once.")
    encode = encoder(asked.query.get("encoding-type", ""))
    fields: list[tuple[str, Content]] = []
    changes: list[Change] = []
    for key, version in wanted:
        query = {"versionId": version} if version else {}
        reply, change = objects.delete("ObjectRemoved:DeleteObjects", asked.bucket, key, query)
        changes += change
        fields.append(("Deleted", [("Key", encode(key)), *_versions(version, reply)]))
    if root.findtext("Quiet", "false") == "true":
        return Reply(), changes
    if "encoding-type" in asked.query:
        fields.append(("EncodingType", "url"))
    return xml_reply("DeleteResult", fields), changes


def named_keys(asked: Asked) -> list[str]:
    """The keys that such a request names; raises `Refused`."""
    return [key for key, _ in _wanted(_parse(asked.body))]


def _wanted(root: ElementTree.Element) -> list[tuple[str, str]]:
    return [(_text(item, "Key"), _text(item, "VersionId")) for item in root.findall("Object")]


def _versions(version: str, reply: Reply) -> list[tuple[str, Content]]:
    """What was deleted of a bucket with versions: one of them, or by a new marker the object as a whole."""
    fields: list[tuple[str, Content]] = [("VersionId", version)] if version else []
    if reply.headers.get("x-oss-delete-marker") == "true":
        fields += [("DeleteMarker", "true"), ("DeleteMarkerVersionId", reply.headers.get("x-oss-version-id", version))]
    return fields


def _parse(body: bytes) -> ElementTree.Element:
    """XML 1.0 has no way to say a control character, but keys have them, and clients write them raw or as `&#1;`."""

    def stand_in(given: re.Match[str]) -> str:
        code = int(given[1], 16) if given[1] else int(given[2])
        return chr(_STAND_IN + code) if code < 32 else given[0]

    try:
        text = _REFERENCE.sub(stand_in, body.decode())
        return ElementTree.fromstring(text.translate(_RAW))
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise Refused(400, "MalformedXML", "The XML you provided was not well-formed.") from None


def _text(item: ElementTree.Element, name: str) -> str:
    return item.findtext(name, "").translate(_MEANT)
