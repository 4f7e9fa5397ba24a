"""Where the objects lie: moto's S3 server, called in-process, in words that are neither S3's nor OSS's.

moto keeps the buckets, objects, versions and multipart uploads. It is asked only what it answers rightly: what
it gets wrong for OSS (paging, copying, ranges, conditions on writing) is done above it.

What changes or reads an object goes through moto's HTTP, where its behaviour is; whether something is there, and what
there is, is looked up in its models, since an answer over HTTP takes it 2 ms and a list a second for 10,000 objects.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote, urlencode
from xml.sax.saxutils import unescape

from werkzeug.test import Client

from tests.cloud.oss_replies import Refused, Reply, xml

_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
"""The headers that are stored with an object, beside its own metadata."""
_PASSED = (*_KEPT, "content-length", "etag", "last-modified")
_SMALLEST_PART = 100 * 1024
_ACCOUNT = "123456789012"
"""Whose buckets moto keeps when nobody says whose."""
_META = "x-oss-meta-"
_CODES = {"NoSuchKey": "0026-00000001", "NoSuchBucket": "0015-00000101", "NoSuchUpload": "0042-00000002"}

Versioning = Literal["", "Enabled", "Suspended"]


@dataclass(frozen=True)
class Entry:
    """An object as a list shows it."""

    key: str
    modified: str
    """`2026-11-21T08:00:00.000Z`"""
    etag: str
    """Quoted and upper-case, as everywhere here."""
    size: int


class Upload(NamedTuple):
    """An upload in parts that is under way."""

    key: str
    upload_id: str


@dataclass(frozen=True)
class Part:
    """What has been sent of an upload."""

    number: int
    etag: str
    size: int
    modified: str
    content: bytes


class Store:
    """moto's state is one for the whole process: making a store empties it, so use one at a time.

    `lock` is held around every call, for moto's own structures are not safe for threads. Hold it around several
    calls to make them one.
    """

    def __init__(self) -> None:
        # moto reads both when it is imported. Above the second it would keep objects in temporary files.
        os.environ.setdefault("S3_UPLOAD_PART_MIN_SIZE", str(_SMALLEST_PART))
        os.environ.setdefault("MOTO_S3_DEFAULT_KEY_BUFFER_SIZE", str(1 << 30))
        from moto.moto_server.werkzeug_app import create_backend_app
        from moto.s3.models import FakeDeleteMarker, s3_backends

        self.lock = threading.RLock()
        s3_backends.reset()
        self._client = Client(create_backend_app("s3"))
        self._buckets = s3_backends[_ACCOUNT]["aws"].buckets
        self._gone = FakeDeleteMarker

    def create_bucket(self, name: str) -> None:
        self.ask("PUT", name)

    def set_versioning(self, name: str, versioning: Versioning) -> None:
        """`Enabled` or `Suspended`: there is no way back to none."""
        body = xml("VersioningConfiguration", [("Status", versioning)])
        self.ask("PUT", name, query={"versioning": ""}, body=body)

    def check_bucket(self, name: str) -> None:
        """Raises `Refused` when there is no such bucket."""
        if name not in self._buckets:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.", _CODES["NoSuchBucket"])

    def versioning(self, bucket: str) -> str:
        """`Enabled`, `Suspended`, or nothing when the bucket never had any."""
        return self._buckets[bucket].versioning_status or ""

    def size(self, bucket: str, key: str) -> int | None:
        """Of an object, in bytes; None when there is none."""
        with self.lock:
            there = self._buckets[bucket].keys.get(key)
            return None if there is None or isinstance(there, self._gone) else int(there.size)

    def delete_marker(self, bucket: str, key: str, version: str = "") -> str:
        """The version id of the delete marker that stands for `key`, or for that version of it; empty if none does."""
        with self.lock:
            versions = self._buckets[bucket].keys.getlist(key, default=[])
            there = [one for one in versions if one.version_id == version] if version else versions[-1:]
            return str(there[0].version_id) if there and isinstance(there[0], self._gone) else ""

    def uploads(self, bucket: str) -> list[Upload]:
        """The uploads in parts that are under way, in order of key and id."""
        with self.lock:
            under_way = self._buckets[bucket].multiparts.values()
            return sorted(Upload(one.key_name, one.id) for one in under_way)

    def parts(self, bucket: str, key: str, upload_id: str) -> list[Part]:
        """What has been sent of an upload, in order; raises `Refused` when it is not under way."""
        with self.lock:
            upload = self._buckets[bucket].multiparts.get(upload_id)
            if upload is None or upload.key_name != key:
                message = "The specified upload does not exist. The upload ID may be invalid, or it is over."
                raise Refused(404, "NoSuchUpload", message, _CODES["NoSuchUpload"])
            sent = sorted(upload.parts.items())
            return [
                Part(number, one.etag.upper(), int(one.size), one.last_modified_ISO8601, one.value)
                for number, one in sent
            ]

    def entries(self, bucket: str, prefix: str) -> Iterator[Entry]:
        """Everything under `prefix` at this moment, in order of the keys."""
        with self.lock:
            objects = self._buckets[bucket].keys
            found = [objects[key] for key in sorted(key for key in objects if key.startswith(prefix))]
        return (
            Entry(each.name, each.last_modified_ISO8601, each.etag.upper(), int(each.size))
            for each in found
            if not isinstance(each, self._gone)
        )

    def ask(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """One request to moto, in OSS's headers and back; raises `Refused` with its errors, in OSS's words."""
        # moto routes by the decoded path, which would fold `//`, but takes the key from the raw one.
        raw = f"/{bucket}/{quote(key, safe='')}" if key else f"/{bucket}"
        with self.lock:
            answer = self._client.open(
                path=f"/{bucket}/key" if key else f"/{bucket}",
                method=method,
                query_string=urlencode(query or {}, quote_via=quote),
                headers=[("Host", "localhost"), ("Authorization", _ANYONE), *_to_s3(headers or {})],
                data=body,
                environ_overrides={"RAW_URI": raw},
            )
            content = answer.get_data()
        received = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status_code >= 400:
            raise self._refused(answer.status_code, content, bucket)
        return Reply(answer.status_code, _from_s3(received), content)

    def _refused(self, status: int, content: bytes, bucket: str) -> Refused:
        if content:
            # The key is in it too, and may hold what no parser takes.
            code, message = (_field(content, name) for name in ("Code", "Message"))
        elif status == 412:
            code, message = "PreconditionFailed", "At least one of the pre-conditions you specified did not hold."
        else:
            # On HEAD moto says no more than 404.
            self.ask("GET", bucket, query={"location": ""})
            code, message = "NoSuchKey", "The specified key does not exist."
        return Refused(status, code, message, _CODES.get(code, ""))


_ANYONE = "AWS4-HMAC-SHA256 Credential=anyone/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
"""moto checks no signature, but takes an unsigned request for an anonymous one."""


def user_meta(headers: Mapping[str, str]) -> dict[str, str]:
    """The object's own metadata among `headers`, by whole header name."""
    return {name: value for name, value in headers.items() if name.startswith(_META)}


def stored_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """What of `headers` is kept with an object."""
    return {name: headers[name] for name in _KEPT if name in headers} | user_meta(headers)


def _field(document: bytes, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>".encode(), document)
    return unescape(found[1].decode()) if found else ""


def _to_s3(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    # S3 writes ETags in lower case, and compares them as text.
    return [
        (name.replace("x-oss-", "x-amz-", 1), value.lower() if name in ("if-match", "if-none-match") else value)
        for name, value in headers.items()
    ]


def _from_s3(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.replace("x-amz-", "x-oss-", 1): value for name, value in headers.items()}
    kept = {name: named[name] for name in (*_PASSED, "x-oss-version-id", "x-oss-delete-marker") if name in named}
    if "etag" in kept:
        kept["etag"] = kept["etag"].upper()
    return kept | user_meta(named)
