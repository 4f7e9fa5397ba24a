"""The OSS bucket. With `oss_errors` the only module that imports oss2."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import oss2
from oss2.credentials import CredentialsProvider, StaticCredentialsProvider
from oss2.exceptions import NotFound, ServerError

from shared.cloud.changes import always, until_certain
from shared.cloud.oss_clock import OssClock
from shared.cloud.oss_errors import translated
from shared.cloud.oss_session import NEVER, PATIENT, Session, connections
from shared.cloud.ports import LONGEST_DOCUMENT, METADATA, Credentials, ListedObject, ObjectHead, StoredDocument
from shared.errors import Misconfigured, Rejected, Unavailable, Uncertain
from shared.messages import cloud as messages
from shared.pictures.header import WINDOW
from shared.pictures.sniff import Download

T = TypeVar("T")

_META = "x-oss-meta-"
_INPUTS_ETAG = _META + METADATA
_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_NOT_IN_XML = re.compile("[\\x00-\\x1f\\ufffe\\uffff]")
"""Characters that an XML parser refuses, or reads as another one: a carriage return as a line feed."""
_BROKEN_LINK = ("SymlinkTargetNotExist", "InvalidTargetType")
"""What OSS says of a symbolic link to nothing, or to another symbolic link (GetObject)."""
_UNPROCESSABLE = (400, 501)
"""The status of OSS's answer when it cannot process a picture; 501: the processing is not implemented."""
_MOST_NAMES = 1000
"""Keys in one page of a listing, or in one request to delete; OSS refuses more (GetBucketV2, DeleteMultipleObjects)."""


class Asking(CredentialsProvider):  # type: ignore[misc]  # oss2 has no types
    """Has oss2 sign each request, in whatever thread, with the credentials that `ask` then returns."""

    def __init__(self, ask: Callable[[], Credentials]) -> None:
        self.ask = ask

    def get_credentials(self) -> oss2.credentials.Credentials:
        found = self.ask()
        return StaticCredentialsProvider(
            found.access_key_id, found.access_key_secret, found.security_token or None
        ).get_credentials()


class OssBucket:
    """One bucket, reached at `endpoint`, shown to vendors at `public_endpoint`; signatures are V4.

    `at_once` connections are kept open, for as many threads; more threads open connections of their own. `clock` hears
    the date of every answer: one for all the buckets of an instance. `credentials` may be what returns
    them, which is then called before each request.

    Every method raises `Misconfigured` when the role may not do what it asks (`ObjectForbidden` when it may not read
    that object), and `Unavailable` when OSS cannot be reached, or still fails after several tries.

    An answer to a change may be lost, although the change was made. `still_needed`, which looks, then says whether to
    make it again. See `shared.cloud.changes` for when nobody needs to look.
    """

    def __init__(
        self,
        name: str,
        credentials: Credentials | Callable[[], Credentials],
        *,
        endpoint: str,
        public_endpoint: str,
        region: str,
        clock: OssClock,
        at_once: int = 1,
    ) -> None:
        self._credentials = Asking(credentials if callable(credentials) else lambda: credentials)
        auth = oss2.ProviderAuthV4(self._credentials)
        timeout = (_CONNECT_SECONDS, _READ_SECONDS)
        self.name = name
        pools = connections(at_once)

        def bucket(endpoint: str, session: Session, *, crc: bool = False) -> oss2.Bucket:
            return oss2.Bucket(
                auth, endpoint, name, session=session, connect_timeout=timeout, region=region, enable_crc=crc
            )

        patient = Session(pools, PATIENT, clock)
        self._documents = bucket(endpoint, patient)  # OSS itself checks their MD5 before it stores them
        self._streams = bucket(endpoint, patient, crc=True)
        self._public = bucket(public_endpoint, Session(pools, NEVER, clock))

    def renew(self, credentials: Credentials) -> None:
        """From now on, sign with these; connections stay."""
        self._credentials.ask = lambda: credentials

    def peek(self, key: str) -> ObjectHead | None:
        """An object's size, date, ETag and metadata, and its first 64 KiB; None when there is no such object."""
        with translated(key):
            try:
                found = self._first_bytes(key, WINDOW)
                if found is None:
                    link = self._documents.get_symlink(key)
                    facts = oss2.models.HeadObjectResult(link.resp)
                    return _described(key, facts, size=len(link.target_key.encode()), head=b"", is_link=True)
            except NotFound:
                return None
            head = found.read()
            total = found.headers.get("Content-Range", "").rpartition("/")[2]
            return _described(key, found, size=int(total or len(head)), head=head[:WINDOW])

    def _first_bytes(self, key: str, size: int) -> oss2.models.GetObjectResult | None:
        """The answer with an object's first bytes; None for a symbolic link, through which nothing is read."""
        try:
            found = self._documents.get_object(key, byte_range=(0, size - 1))
        except ServerError as error:
            if error.code in _BROKEN_LINK:
                return None
            raise
        if found.headers.get("x-oss-object-type") != "Symlink":
            return found
        found.resp.close()
        return None

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """The `length` bytes from `start` on, which lay within the object. Raises `Unavailable` if a shorter one has
        taken its place: OSS answers a range that ends beyond the object with all of it, which is not read."""
        with translated(key):
            found = self._documents.get_object(key, byte_range=(start, start + length - 1))
            if "Content-Range" not in found.headers:
                found.resp.close()
                raise Unavailable("NoSuchKey", messages.OBJECT_GONE())
            return bytes(found.read())

    def read(self, key: str) -> StoredDocument | None:
        """A document, or the first `LONGEST_DOCUMENT` bytes of what is none; None when there is no such object."""
        with translated():
            try:
                found = self._first_bytes(key, LONGEST_DOCUMENT)
            except NotFound:
                return None
            if found is None:
                return StoredDocument(b"", self.etag(key), "")
            return StoredDocument(found.read(), found.etag, found.headers.get(_INPUTS_ETAG, ""))

    def download(self, key: str, path: Path, *, process: str = "", most: int) -> None:
        """Write a picture into a file, a piece at a time; `process` is an `x-oss-process` value, empty: none. In which
        version it was, the caller looks afterwards: no document says what ETag a processed picture has.

        Raises `Rejected` when it has more than `most` bytes, or when OSS cannot process it.
        """
        with translated(key), path.open("wb") as file:
            try:
                found = self._streams.get_object(key, process=process or None)
            except ServerError as error:
                if not process or error.status not in _UNPROCESSABLE:
                    raise
                said = messages.OSS_CANNOT_RESHAPE(said=error.message)
                raise Rejected(error.code or "OssRefused", said, request_id=error.request_id) from None
            for piece in found:
                file.write(piece)
                if file.tell() > most:
                    found.resp.close()
                    raise Rejected("PictureTooLarge", messages.TOO_MANY_BYTES(what=messages.PICTURE(), most=most))
            if not process and found.server_crc not in (None, found.client_crc):
                raise Uncertain("OssFailed", messages.OSS_FAILED(said="CRC"))

    def etag(self, key: str) -> str:
        """The object's ETag, of a symbolic link its own; empty when there is no such object."""
        with translated(key):
            try:
                return str(self._documents.get_object_meta(key).etag)
            except NotFound:
                return ""

    def create(self, key: str, body: bytes) -> bool:
        """Write `body` unless the object exists; of concurrent callers at most one gets True.

        False also if an earlier try of the same call has created it, whose answer was lost: then `body` lies there. In
        a bucket with versioning OSS ignores `x-oss-forbid-overwrite` (PutObject), and several callers may get True.
        """
        return bool(_certain(partial(self._create, key, body), always))

    def _create(self, key: str, body: bytes) -> bool:
        try:
            self._documents.put_object(key, body, headers={"x-oss-forbid-overwrite": "true"} | _json(body))
        except ServerError as error:
            if error.status == 409:
                return False
            raise
        return True

    def write(self, key: str, body: bytes, *, inputs_etag: str = "", still_needed: Callable[[], bool] = always) -> None:
        """Write a JSON document, replacing what is there."""
        headers = _json(body) | ({_INPUTS_ETAG: inputs_etag} if inputs_etag else {})
        _certain(partial(self._documents.put_object, key, body, headers=headers), still_needed)

    def store(self, key: str, download: Download, *, inputs_etag: str) -> int:
        """Stream a download into an object, which appears whole or not at all; returns its size in bytes.

        It is sent once, as what was read of it is gone: a second try takes another download.
        """
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in download.chunks:
                size += len(chunk)
                yield chunk

        with translated():
            self._streams.put_object(
                key, counted(), headers={"Content-Type": download.content_type, _INPUTS_ETAG: inputs_etag}
            )
        return size

    def check_write(self, key: str) -> None:
        """Find out whether `key` may be written, and leave it as it is. Raises `Misconfigured` if it may not.

        The body that is sent is not the one that its Content-MD5 was made of, so OSS never stores it (PutObject). That
        OSS checks the right to write before the MD5 is an assumption, which no document confirms: see
        docs/not-verified.md.
        """
        other = _json(b"something else") | {"x-oss-forbid-overwrite": "true"}
        with translated():
            try:
                self._documents.put_object(key, b"", headers=other)
            except ServerError as error:
                if error.code not in ("InvalidDigest", "FileAlreadyExists"):
                    raise

    def delete(self, keys: tuple[str, ...], *, still_needed: Callable[[], bool] = always) -> None:
        """Delete those of `keys` that exist: 1,000 a request, and one a request for a key that XML cannot hold."""
        several = [key for key in keys if not _NOT_IN_XML.search(key)] if len(keys) > 1 else []
        for start in range(0, len(several), _MOST_NAMES):
            page = several[start : start + _MOST_NAMES]
            _certain(partial(self._documents.batch_delete_objects, page), still_needed)
        for key in sorted({*keys} - {*several}):
            _certain(partial(self._documents.delete_object, key), still_needed)

    def list(
        self, prefix: str, *, after: str = "", page: int = _MOST_NAMES, nested: bool = True
    ) -> Iterator[ListedObject]:
        """The objects below `prefix` whose keys sort after `after`, in the order of their keys.

        One request for each `page` of them (at most 1,000), sent when the iteration reaches it. Unless `nested`, those
        in folders below `prefix` are left out, and each such folder counts as one.
        """
        with translated():
            for found in oss2.ObjectIteratorV2(
                self._documents,
                prefix=prefix,
                delimiter="" if nested else "/",
                start_after=after,
                max_keys=min(page, _MOST_NAMES),
            ):
                if found.is_prefix():
                    continue
                modified = datetime.fromtimestamp(found.last_modified, timezone.utc)
                yield ListedObject(found.key, found.etag, modified, found.size)

    def link(self, key: str, process: str, seconds: int) -> str:
        """A signed link to GET the object, valid for `seconds`; `process` is an `x-oss-process` value, empty: none."""
        params = {"x-oss-process": process} if process else {}
        # An HTTP client that is given `a/../b` asks for `b`, unless the slashes are escaped.
        plain = not {".", ".."} & set(key.split("/"))
        return str(self._public.sign_url("GET", key, seconds, params=params, slash_safe=plain))

    def address(self, key: str, process: str) -> str:
        """The unsigned address of a public object: short, and valid for as long as the object exists."""
        query = "?" + urlencode({"x-oss-process": process}, safe="/,") if process else ""
        return urlsplit(self.link(key, "", 1))._replace(query="").geturl() + query

    def check_link(self, link: str) -> None:
        """Read the first byte of a link of ours, as a vendor would.

        Raises `Rejected`, with OSS's own code and reason, when OSS cannot process the picture as the link says.
        """
        with translated():
            try:
                self._public.get_object_with_url(link, byte_range=(0, 0)).resp.close()
            except ServerError as error:
                if error.status not in _UNPROCESSABLE:
                    raise
                said = messages.OSS_CANNOT_PROCESS(said=error.message)
                raise Rejected(error.code or "OssRefused", said, request_id=error.request_id) from None

    def publish_copy(self, key: str, copy: str, *, public: bool) -> None:
        """Have OSS copy the object `key` to `copy`; a `public` copy can be read without a signature.

        Raises `ObjectForbidden` when this object may not be copied, and `Misconfigured` when the bucket does not allow
        public objects.
        """
        _certain(partial(self._publish_copy, key, copy, public=public), always, read=key)

    def _publish_copy(self, key: str, copy: str, *, public: bool) -> None:
        headers = {"x-oss-object-acl": oss2.OBJECT_ACL_PUBLIC_READ} if public else {}
        try:
            self._documents.copy_object(self.name, key, copy, headers=headers)
        except ServerError as error:
            if not public or error.status != 403:
                raise
            # Was it the ACL or the object that OSS refused? If a private copy passes, it was the ACL.
            self._documents.copy_object(self.name, key, copy)
            self._documents.delete_object(copy)
            said = messages.PUBLIC_COPY_REFUSED(said=error.message)
            raise Misconfigured("PublicCopyRefused", said, request_id=error.request_id) from None

    def versioned(self) -> bool:
        """Whether the bucket has, or ever had, versioning: `create` then overwrites (PutObject)."""
        with translated():
            return bool(self._documents.get_bucket_versioning().status)


def _certain(change: Callable[[], T], still_needed: Callable[[], bool], *, read: str = "") -> T | None:
    """Send what changes the bucket, and again as long as that is uncertain and `still_needed`; `read`: see
    `translated`."""
    return until_certain(translated(read)(change), still_needed)


def _described(
    key: str, answer: oss2.models.HeadObjectResult, *, size: int, head: bytes, is_link: bool = False
) -> ObjectHead:
    return ObjectHead(
        key=key,
        etag=answer.etag,
        size=size,
        modified=datetime.fromtimestamp(answer.last_modified, timezone.utc),
        metadata={
            name.lower().removeprefix(_META): value
            for name, value in answer.headers.items()
            if name.lower().startswith(_META)
        },
        head=head,
        is_link=is_link,
    )


def _json(body: bytes) -> dict[str, str]:
    """The headers of a JSON document, which OSS refuses unless it arrives as it was sent."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return {"Content-Type": "application/json; charset=utf-8", "Content-MD5": base64.b64encode(digest).decode()}
