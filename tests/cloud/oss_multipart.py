"""Uploads in parts: begun, sent piece by piece, then made one object; every part but the last at least 100 KB."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import NamedTuple
from xml.etree import ElementTree

from tests.cloud.oss_acl import HEADER, Acls
from tests.cloud.oss_events import Change, Done
from tests.cloud.oss_listing import encoder
from tests.cloud.oss_objects import Objects, content_md5
from tests.cloud.oss_replies import Content, Refused, Reply, xml, xml_reply
from tests.cloud.oss_store import Store, stored_headers

_MOST_PARTS, _MOST_UPLOADS = 10_000, 1000
_MOST_SHOWN = 1000
"""Parts in one answer to ListParts."""


class _Begun(NamedTuple):
    acl: str
    """That was asked for when the upload began."""
    at: str


class Multipart:
    """All raise `Refused`."""

    def __init__(self, store: Store, objects: Objects, acls: Acls) -> None:
        self._store = store
        self._objects = objects
        self._acls = acls
        self._begun: dict[str, _Begun] = {}
        """By upload id."""

    def initiate(self, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Done:
        encode = encoder(query.get("encoding-type", ""))
        kept = {"content-type": "application/octet-stream"} | stored_headers(headers)
        acl = self._acls.wanted(bucket, headers)
        with self._store.lock:
            self._objects.check_new(bucket, key, headers)
            before = set(self._store.uploads(bucket))
            self._store.ask("POST", bucket, key, query={"uploads": ""}, headers=kept)
            ((_, upload_id),) = set(self._store.uploads(bucket)) - before
        self._begun[upload_id] = _Begun(acl, f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}")
        fields: list[tuple[str, Content]] = [("Bucket", bucket), ("Key", encode(key)), ("UploadId", upload_id)]
        reply = xml_reply("InitiateMultipartUploadResult", [*_encoding(query), *fields])
        return reply, [Change("ObjectCreated:InitiateMultipartUpload", bucket, key)]

    def upload(self, event: str, bucket: str, key: str, query: Mapping[str, str], content: bytes) -> Done:
        number = query.get("partNumber", "")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _MOST_PARTS:
            raise Refused(400, "InvalidArgument", f"Part number must be an integer between 1 and {_MOST_PARTS}.")
        self._store.parts(bucket, key, query["uploadId"])  # moto would take a part of an upload that isn't, too
        passed = {"partNumber": number, "uploadId": query["uploadId"]}
        etag = self._store.ask("PUT", bucket, key, query=passed, body=content).headers["etag"]
        headers = {
            "etag": etag,
            "x-oss-hash-crc64ecma": self._objects.crc64(content, etag),
            "content-md5": content_md5(content),
        }
        return Reply(200, headers), [Change(event, bucket, key, etag.strip('"'), len(content), len(content))]

    def complete(
        self, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Done:
        encode = encoder(query.get("encoding-type", ""))
        upload_id = query["uploadId"]
        with self._store.lock:
            before = self._objects.check_new(bucket, key, headers)
            self._store.parts(bucket, key, upload_id)  # or moto would complete one twice
            # oss2 sends the ACL when it begins and when it completes.
            acl = self._acls.wanted(bucket, {HEADER: self._begun[upload_id].acl, **headers})
            listed = self._all_parts(bucket, key, upload_id, body) if "x-oss-complete-all" in headers else body
            self._store.ask("POST", bucket, key, query={"uploadId": upload_id}, body=_checked(listed))
            made = self._store.ask("GET", bucket, key)
            self._objects.made(bucket, key, made, acl)
        etag = made.headers["etag"]
        crc = self._objects.crc64(made.body, etag)
        where: list[tuple[str, Content]] = [("Location", f"/{bucket}/{encode(key)}"), ("Bucket", bucket)]
        reply = xml_reply(
            "CompleteMultipartUploadResult", [*_encoding(query), *where, ("Key", encode(key)), ("ETag", etag)]
        )
        reply.headers.update({"etag": etag, "x-oss-hash-crc64ecma": crc})
        if version := made.headers.get("x-oss-version-id"):
            reply.headers["x-oss-version-id"] = version
        event = "ObjectCreated:CompleteMultipartUpload"
        return reply, [self._objects.changed(event, bucket, key, etag, len(made.body), before, made.headers)]

    def _all_parts(self, bucket: str, key: str, upload_id: str, body: bytes) -> bytes:
        """The document that a client would have sent, for one that wants whatever is there."""
        if body:
            raise Refused(400, "InvalidArgument", "With x-oss-complete-all there must be no body.")
        parts: list[tuple[str, Content]] = [
            ("Part", [("PartNumber", str(part.number)), ("ETag", part.etag)])
            for part in self._store.parts(bucket, key, upload_id)
        ]
        return xml("CompleteMultipartUpload", parts)

    def abort(self, bucket: str, key: str, query: Mapping[str, str]) -> Reply:
        self._store.parts(bucket, key, query["uploadId"])
        self._store.ask("DELETE", bucket, key, query={"uploadId": query["uploadId"]})
        return Reply(204)

    def parts(self, bucket: str, key: str, query: Mapping[str, str]) -> Reply:
        """ListParts, a page of them; refuses an upload that is not under way."""
        encode = encoder(query.get("encoding-type", ""))
        after = _number(query, "part-number-marker", 0, 0, _MOST_PARTS)
        most = _number(query, "max-parts", _MOST_SHOWN, 1, _MOST_SHOWN)
        found = [part for part in self._store.parts(bucket, key, query["uploadId"]) if part.number > after]
        shown = found[:most]
        fields: list[tuple[str, Content]] = [
            *_encoding(query),
            ("Bucket", bucket),
            ("Key", encode(key)),
            ("UploadId", query["uploadId"]),
            ("StorageClass", "Standard"),
            ("PartNumberMarker", str(after)),
            ("NextPartNumberMarker", str(shown[-1].number if shown else after)),
            ("MaxParts", str(most)),
            ("IsTruncated", str(len(found) > most).lower()),
        ]
        for part in shown:
            about: list[tuple[str, Content]] = [("PartNumber", str(part.number)), ("LastModified", part.modified)]
            crc = self._objects.crc64(part.content, part.etag)
            about += [("ETag", part.etag), ("HashCrc64ecma", crc), ("Size", str(part.size))]
            fields.append(("Part", about))
        return xml_reply("ListPartsResult", fields)

    def uploads(self, bucket: str, query: Mapping[str, str]) -> Reply:
        """ListMultipartUploads: a page of those that are under way."""
        if query.get("delimiter"):
            raise Refused(501, "NotImplemented", "The box does not have delimiter with ListMultipartUploads.")
        encode = encoder(query.get("encoding-type", ""))
        prefix, key_marker, id_marker = (query.get(name, "") for name in ("prefix", "key-marker", "upload-id-marker"))
        most = _number(query, "max-uploads", _MOST_UPLOADS, 1, _MOST_UPLOADS)
        found = [
            upload
            for upload in self._store.uploads(bucket)
            if upload.key.startswith(prefix)
            and (upload > (key_marker, id_marker) if id_marker else upload.key > key_marker)
        ]
        shown = found[:most]
        last_key, last_id = shown[-1] if len(found) > most else ("", "")
        fields: list[tuple[str, Content]] = [
            *_encoding(query),
            ("Bucket", bucket),
            ("KeyMarker", encode(key_marker)),
            ("UploadIdMarker", id_marker),
            ("NextKeyMarker", encode(last_key)),
            ("NextUploadIdMarker", last_id),
            ("Prefix", encode(prefix)),
            ("MaxUploads", str(most)),
            ("IsTruncated", str(len(found) > most).lower()),
        ]
        for key, upload_id in shown:
            at = self._begun[upload_id].at
            fields.append(("Upload", [("Key", encode(key)), ("UploadId", upload_id), ("Initiated", at)]))
        return xml_reply("ListMultipartUploadsResult", fields)


def _checked(body: bytes) -> bytes:
    """The list of parts with ETags in lower case: moto compares them as text, and fails on what is no XML."""
    try:
        ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise Refused(400, "MalformedXML", "The XML you provided was not well-formed.") from None
    return re.sub(rb"<ETag>[^<]*</ETag>", lambda etag: b"<ETag>" + etag[0][6:-7].lower() + b"</ETag>", body)


def _encoding(query: Mapping[str, str]) -> list[tuple[str, Content]]:
    return [("EncodingType", query["encoding-type"])] if query.get("encoding-type") else []


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    given = query.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not least <= int(given) <= most:
        raise Refused(400, "InvalidArgument", f"The {name} must be between {least} and {most}.")
    return int(given)
