"""Symbolic links: objects that name another one of their bucket, to be read in its place.

As PutSymlink, GetSymlink, GetObject, HeadObject, GetObjectMeta, CopyObject and UploadPartCopy have it. No document says
what a link's own content and size are: here its content is the name of its target.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from tests.cloud.oss_replies import Refused, Reply
from tests.cloud.oss_request import Asked
from tests.cloud.oss_store import Store

TARGET = "x-oss-symlink-target"
_OF_TARGET = ("content-length", "etag", "content-md5", "x-oss-hash-crc64ecma")
"""What the headers of a link say of its target; all others are its own."""


class Links:
    """By bucket and key; there are none in buckets with versions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._targets: dict[tuple[str, str], str] = {}

    def made(self, bucket: str, key: str, target: str = "") -> None:
        """The object has been made anew, or is gone; as a link to `target`, if that is named."""
        if target:
            self._targets[bucket, key] = target
        else:
            self._targets.pop((bucket, key), None)

    def target(self, bucket: str, key: str) -> str:
        """What the link at `key` names; empty if it is no link."""
        return self._targets.get((bucket, key), "")

    def type_of(self, bucket: str, key: str, etag: str) -> str:
        """How the object was made: the ETag of one that came in parts ends with their number."""
        if self.target(bucket, key):
            return "Symlink"
        return "Multipart" if "-" in etag else "Normal"

    def read_at(self, bucket: str, key: str) -> str:
        """The key at which the content of the object `key` lies; raises `Refused` for a link that leads nowhere."""
        target = self.target(bucket, key)
        if target and self._store.size(bucket, target) is None:
            message = "The symlink target object does not exist."
            raise Refused(404, "SymlinkTargetNotExist", message, "0026-00000012")
        if target and self.target(bucket, target):
            raise Refused(400, "InvalidTargetType", "The symlink's target object type is invalid.")
        return target or key

    def seen(self, bucket: str, key: str, of_target: dict[str, str]) -> dict[str, str]:
        """The headers of the link at `key`, given those of its target."""
        own = self._store.ask("HEAD", bucket, key).headers
        said = {name: of_target[name] for name in _OF_TARGET if name in of_target}
        latest = max(own["last-modified"], of_target["last-modified"], key=parsedate_to_datetime)
        always = {"x-oss-object-type": "Symlink", "x-oss-storage-class": "Standard", "accept-ranges": "bytes"}
        return own | said | always | {"last-modified": latest}

    def get(self, asked: Asked) -> Reply:
        """GetSymlink."""
        own = self._store.ask("HEAD", asked.bucket, asked.key).headers
        target = self.target(asked.bucket, asked.key)
        if not target:
            raise Refused(400, "NotSymlink", "The object is not a symlink.", "0043-00000101")
        return Reply(200, {**own, "content-length": "0", TARGET: quote(target, safe="")})

    def wanted(self, asked: Asked) -> str:
        """The target that a PutSymlink names, which need not exist."""
        if self._store.versioning(asked.bucket):
            raise Refused(501, "NotImplemented", "The box does not have symlinks in a bucket with versions.")
        if target := unquote(asked.headers.get(TARGET, "")):
            return target
        raise Refused(400, "InvalidArgument", f"{TARGET} is missing.", "0043-00000001")

    def check_part(self, bucket: str, key: str) -> None:
        """Refuses a link as the source of a part."""
        if self.target(bucket, key):
            raise Refused(400, "InvalidArgument", "A symlink can not be copied as a part.", "0042-00000308")
