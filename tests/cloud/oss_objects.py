"""Objects as OSS keeps them: made whole or not at all, once only if asked so, with their CRC-64."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

import crcmod

from tests.cloud.oss_acl import Acls
from tests.cloud.oss_encryption import Encryption
from tests.cloud.oss_events import Change
from tests.cloud.oss_links import Links
from tests.cloud.oss_origins import Origins
from tests.cloud.oss_replies import Refused, Reply
from tests.cloud.oss_store import Store, stored_headers, user_meta

_crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF, rev=True)
"""ECMA-182, as in xz and as oss2 checks it."""
_LONGEST_KEY = 1023
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


class Objects:
    """What can be done to one object. All raise `Refused`."""

    def __init__(self, store: Store, acls: Acls, encryption: Encryption, origins: Origins, links: Links) -> None:
        self._store = store
        self._acls = acls
        self._encryption = encryption
        self._origins = origins
        self._links = links
        self._crcs: dict[str, str] = {}
        """By ETag, which names a content; reading objects again to answer HEAD would be slow."""

    def create(
        self,
        event: str,
        bucket: str,
        key: str,
        content: bytes,
        headers: Mapping[str, str],
        *,
        source: str = "",
        target: str = "",
    ) -> tuple[Reply, Change]:
        """Makes an object of `content`, over an older one unless `headers` forbid it.

        `event` is what a trigger calls it; of `headers` the object keeps what `stored_headers` says, and the ACL.
        `source` is the key of the object in the same bucket that it was made from, if there is one; `target` what it
        names, if it is a symbolic link.
        """
        acl = self._acls.wanted(bucket, headers)
        kept = {"content-type": "application/octet-stream"} | stored_headers(headers)
        with self._store.lock:
            before = self.check_new(bucket, key, headers)
            made = self._store.ask("PUT", bucket, key, headers=kept, body=content)
            self.made(bucket, key, made, acl, source, target)
        answer = {name: value for name, value in made.headers.items() if name in ("etag", "x-oss-version-id")}
        answer["x-oss-hash-crc64ecma"] = self.crc64(content, answer["etag"])
        answer["content-md5"] = content_md5(content)
        return Reply(200, answer), self.changed(event, bucket, key, answer["etag"], len(content), before, kept)

    def check_new(self, bucket: str, key: str, headers: Mapping[str, str]) -> int:
        """The size of the object that is there already, 0 if none; refuses if `headers` say it must not be.

        Hold the store's lock until the new one is made.
        """
        check_key(key)
        if {"if-match", "if-none-match"} & set(headers):
            raise Refused(501, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        there = self._store.size(bucket, key)
        forbidden = headers.get("x-oss-forbid-overwrite", "").lower() == "true"
        # A bucket that has, or ever had, versions ignores the header without a word.
        if there is not None and forbidden and not self._store.versioning(bucket):
            raise Refused(
                409,
                "FileAlreadyExists",
                "The object you specified already exists and can not be overwritten.",
                "0026-00000201",
            )
        return there or 0

    def read(
        self, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], *, follow: bool = True
    ) -> Reply:
        """The object whole, or the range that `headers` ask for, if it lies inside.

        Of a symbolic link its target, unless it is not to `follow` one.
        """
        self._check_marker(bucket, key, query)
        passed = {name: headers[name] for name in _CONDITIONS if name in headers}
        at = self._links.read_at(bucket, key) if follow else key
        found = self._store.ask("GET", bucket, at, query=_for_read(query), headers=passed)
        if found.status != 200:
            return found
        described = self._described(bucket, key, at, found)
        cut = headers.get("x-oss-range-behavior") == "standard"
        asked = span(headers.get("range", ""), len(found.body), cut=cut)
        if asked is None:
            return Reply(200, described, found.body)
        first, last = asked
        described["content-range"] = f"bytes {first}-{last}/{len(found.body)}"
        return Reply(206, described, found.body[first : last + 1])

    def describe(
        self, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], *, follow: bool = True
    ) -> Reply:
        """The object's headers, as for `read`."""
        self._check_marker(bucket, key, query)
        passed = {name: headers[name] for name in _CONDITIONS if name in headers}
        at = self._links.read_at(bucket, key) if follow else key
        found = self._store.ask("HEAD", bucket, at, query=_for_read(query), headers=passed)
        if found.status != 200:
            return found
        return Reply(200, self._described(bucket, key, at, found))

    def delete(self, event: str, bucket: str, key: str, query: Mapping[str, str]) -> tuple[Reply, list[Change]]:
        """Deletes it, or nothing: that is no error, and no event."""
        with self._store.lock:
            there = self._store.size(bucket, key)
            marker = self._store.delete_marker(bucket, key, version) if (version := query.get("versionId")) else ""
            gone = self._store.ask("DELETE", bucket, key, query=_for_read(query))
            self._links.made(bucket, key)
        headers = {name: value for name, value in gone.headers.items() if name.startswith("x-oss-")}
        if marker:
            headers |= {"x-oss-delete-marker": "true", "x-oss-version-id": marker}
        return Reply(204, headers), [] if there is None else [Change(event, bucket, key)]

    def _check_marker(self, bucket: str, key: str, query: Mapping[str, str]) -> None:
        """A delete marker is nothing that could be read: it says so, and which it is."""
        if marker := self._store.delete_marker(bucket, key, version := query.get("versionId", "")):
            about = {"x-oss-delete-marker": "true", "x-oss-version-id": marker}
            if version:
                message = "The specified method is not allowed against this resource."
                raise Refused(405, "MethodNotAllowed", message, headers=about)
            raise Refused(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001", headers=about)

    def made(self, bucket: str, key: str, made: Reply, acl: str, source: str = "", target: str = "") -> None:
        """Nothing of an older object's ACL, encryption, origin and target stays.

        Hold the store's lock from before the object is there.
        """
        version = made.headers.get("x-oss-version-id", "")
        self._acls.keep(bucket, key, version, acl)
        self._encryption.made(bucket, key, version)
        self._origins.made(bucket, key, source)
        self._links.made(bucket, key, target)

    def changed(
        self, event: str, bucket: str, key: str, etag: str, size: int, before: int, headers: Mapping[str, str]
    ) -> Change:
        # What headers carry is bytes in WSGI's latin-1, and UTF-8 in the event.
        meta = {name: value.encode("latin-1").decode(errors="replace") for name, value in user_meta(headers).items()}
        kind = headers.get("content-type", "")
        return Change(event, bucket, key, etag.strip('"'), size, size - before, kind, tuple(sorted(meta.items())))

    def crc64(self, content: bytes, etag: str) -> str:
        """Of `content`, in decimal; found again by its ETag from now on."""
        self._crcs[etag] = crc = str(_crc64(content))
        return crc

    def _described(self, bucket: str, key: str, at: str, found: Reply) -> dict[str, str]:
        """The headers of the object `key`, of which `found` was found `at` another key if it is a link."""
        headers = dict(found.headers)
        etag = headers["etag"]
        crc = self._crcs.get(etag) or (self.crc64(found.body, etag) if found.body else "")
        if crc:
            headers["x-oss-hash-crc64ecma"] = crc
        headers["x-oss-object-type"] = self._links.type_of(bucket, at, etag)
        headers["x-oss-storage-class"] = "Standard"
        headers["accept-ranges"] = "bytes"
        headers |= self._encryption.headers(bucket, at, headers.get("x-oss-version-id", ""))
        return headers if at == key else self._links.seen(bucket, key, headers)


def check_key(key: str) -> None:
    """Raises `Refused` unless an object may be called `key`."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:  # bytes that were no UTF-8
        size = 0
    if not 1 <= size <= _LONGEST_KEY or key[0] in "/\\":
        raise Refused(400, "InvalidObjectName", "The specified object is not valid.")


def check_digest(body: bytes, headers: Mapping[str, str]) -> None:
    """Raises `Refused` unless the body is the one that Content-MD5 was made of, if there is one."""
    given = headers.get("content-md5")
    if given is not None and given != content_md5(body):
        raise Refused(400, "InvalidDigest", "The Content-MD5 you specified did not match what we received.")


def _for_read(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if name == "versionId" or name.startswith("response-")}


def content_md5(content: bytes) -> str:
    """As the header has it."""
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def span(given: str, size: int, *, cut: bool = False) -> tuple[int, int] | None:
    """First and last byte of the range `given`; None if it is none or not wholly inside: OSS then sends everything.

    With `cut`, as with `x-oss-range-behavior: standard`, a range that ends past the end has what is there, and
    `Refused` is raised for one that begins there.
    """
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", given, re.ASCII)
    if asked is None or asked[0] == "bytes=-":
        return None
    if asked[1]:
        first = int(asked[1])
        last = int(asked[2] or max(first, size - 1))
    else:
        first, last = size - int(asked[2]), size - 1
    if first > last:
        return None
    if not cut:
        return (first, last) if first >= 0 and last < size else None
    if max(first, 0) >= size:
        raise Refused(416, "InvalidRange", "The requested range cannot be satisfied.")
    return max(first, 0), min(last, size - 1)
