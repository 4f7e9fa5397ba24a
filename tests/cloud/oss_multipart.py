"""Uploads in parts: begun, sent piece by piece, then made one object; every part but the last at least 100 KB."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from tests.cloud.oss_acl import HEADER, Acls
from tests.cloud.oss_events import Change
from tests.cloud.oss_objects import Objects
from tests.cloud.oss_replies import Content, Refused, Reply, xml_reply
from tests.cloud.oss_store import Store, stored_headers, to_oss


class Multipart:
    """All raise `Refused`."""

    def __init__(self, store: Store, objects: Objects, acls: Acls) -> None:
        self._store = store
        self._objects = objects
        self._acls = acls
        self._wanted: dict[str, str] = {}
        """By upload id, the ACL that was asked for when it began."""

    def initiate(self, bucket: str, key: str, headers: Mapping[str, str]) -> tuple[Reply, Change]:
        kept = {"content-type": "application/octet-stream"} | stored_headers(headers)
        acl = self._acls.wanted(bucket, headers)
        with self._store.lock:
            self._objects.check_new(bucket, key, headers)
            begun = _plain(self._store.ask("POST", bucket, key, query={"uploads": ""}, headers=kept))
        self._wanted[ElementTree.fromstring(begun.body).findtext("UploadId", "")] = acl
        return begun, Change("ObjectCreated:InitiateMultipartUpload", bucket, key)

    def upload(
        self, event: str, bucket: str, key: str, query: Mapping[str, str], content: bytes
    ) -> tuple[Reply, Change]:
        number = query.get("partNumber", "")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 10_000:
            raise Refused(400, "InvalidArgument", "Part number must be an integer between 1 and 10000.")
        self.parts(bucket, key, query)  # moto would take a part of an upload that isn't, too
        passed = {"partNumber": number, "uploadId": query["uploadId"]}
        etag = self._store.ask("PUT", bucket, key, query=passed, body=content).headers["etag"]
        headers = {"etag": etag, "x-oss-hash-crc64ecma": self._objects.crc64(content, etag)}
        return Reply(200, headers), Change(event, bucket, key, etag.strip('"'), len(content), len(content))

    def complete(
        self, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[Reply, Change]:
        # moto compares ETags as text, and writes them in lower case.
        lower = re.sub(rb"<ETag>[^<]*</ETag>", lambda etag: b"<ETag>" + etag[0][6:-7].lower() + b"</ETag>", body)
        # oss2 sends it when it begins and when it completes.
        acl = self._acls.wanted(bucket, {HEADER: self._wanted.get(query["uploadId"], "default"), **headers})
        with self._store.lock:
            before = self._objects.check_new(bucket, key, headers)
            self.parts(bucket, key, query)  # or moto would complete one twice
            self._store.ask("POST", bucket, key, query={"uploadId": query["uploadId"]}, body=lower)
            made = self._store.ask("GET", bucket, key)
            self._objects.made(bucket, key, made, acl)
        etag = made.headers["etag"]
        crc = self._objects.crc64(made.body, etag)
        reply = xml_reply(
            "CompleteMultipartUploadResult",
            [("Location", f"/{bucket}/{key}"), ("Bucket", bucket), ("Key", key), ("ETag", etag)],
        )
        reply.headers.update({"etag": etag, "x-oss-hash-crc64ecma": crc})
        event = "ObjectCreated:CompleteMultipartUpload"
        return reply, self._objects.changed(event, bucket, key, etag, len(made.body), before, made.headers)

    def abort(self, bucket: str, key: str, query: Mapping[str, str]) -> Reply:
        self.parts(bucket, key, query)
        self._store.ask("DELETE", bucket, key, query={"uploadId": query["uploadId"]})
        return Reply(204)

    def parts(self, bucket: str, key: str, query: Mapping[str, str]) -> Reply:
        """What has been sent of an upload; refuses one that is not under way."""
        passed = {name: value for name, value in query.items() if name in ("uploadId", "max-parts")}
        if marker := query.get("part-number-marker"):
            passed["part-number-marker"] = marker
        return _plain(self._store.ask("GET", bucket, key, query=passed))

    def uploads(self, bucket: str, query: Mapping[str, str]) -> Reply:
        """The uploads that are under way, on one page."""
        prefix = query.get("prefix", "")
        listed = ElementTree.fromstring(to_oss(self._store.ask("GET", bucket, query={"uploads": ""}).body))
        fields: list[tuple[str, Content]] = [("Bucket", bucket), ("Prefix", prefix), ("IsTruncated", "false")]
        fields += [("NextKeyMarker", ""), ("NextUploadIdMarker", "")]  # oss2 insists on them
        for upload in listed.findall("Upload"):
            names = ("Key", "UploadId", "Initiated")
            if upload.findtext("Key", "").startswith(prefix):
                fields.append(("Upload", [(name, upload.findtext(name, "")) for name in names]))
        return xml_reply("ListMultipartUploadsResult", fields)


def _plain(reply: Reply) -> Reply:
    return Reply(reply.status, {"content-type": "application/xml"}, to_oss(reply.body))
