"""Who may read an object without signing: its ACL, which is set with it, and gone when it is made anew; and Block
Public Access, of a bucket or the whole account, with which nobody may.

The buckets are private, so `default` (an object's ACL unless somebody asked for another) lets nobody in either.
Stricter than OSS in one thing: what nobody signed may read a public-read-write object, but not write it. Rules are
those of OSS's "Object ACLs", PutObjectACL, GetObjectACL, "Block Public Access", Put-, Get- and DeletePublicAccessBlock
and Put-, Get- and DeleteBucketPublicAccessBlock pages; where its error pages name no EC, it is left out.
Original-image protection is off, as it is unless a bucket's owner turns it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.cloud.oss_documents import boolean, check_children, parse
from tests.cloud.oss_replies import OWNER, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked
from tests.cloud.oss_store import Store

HEADER = "x-oss-object-acl"
_PUBLIC = ("public-read", "public-read-write")
_DEFAULT = "default"
_ALL = (_DEFAULT, "private", *_PUBLIC)
_READS = ("GetObject", "HeadObject", "GetObjectMeta")
_BLOCK = "PublicAccessBlockConfiguration"


class Acls:
    """Of every object, version by version."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, str, str], str] = {}
        """By bucket, key and version (empty where there are none); what is missing is `default`."""
        self._blocking: set[str] = set()
        """Buckets; the account, when it is empty."""
        self.by_name: dict[str, Callable[[Asked], Reply]] = {
            f"{method}{whose}PublicAccessBlock": call
            for whose in ("", "Bucket")
            for method, call in (("Put", self._put_block), ("Get", self._get_block), ("Delete", self._delete_block))
        }

    def block(self, bucket: str) -> None:
        """Turns on Block Public Access."""
        self._blocking.add(bucket)

    def unblock(self, bucket: str) -> None:
        """Turns it off, or the bucket is gone."""
        self._blocking.discard(bucket)

    def blocks_itself(self, bucket: str) -> bool:
        """Whether it is on for the bucket, whatever the account has."""
        return bucket in self._blocking

    def blocks(self, bucket: str) -> bool:
        return bool(self._blocking & {bucket, ""})

    def wanted(self, bucket: str, headers: Mapping[str, str]) -> str:
        """What `headers` ask for, `default` when they do not; refuses what there is not or `bucket` blocks."""
        acl = headers.get(HEADER, _DEFAULT)
        if acl not in _ALL:
            ec = "0017-00000104" if acl else "0017-00000105"
            raise Refused(400, "InvalidArgument", f"{HEADER} must be one of {', '.join(_ALL)}.", ec)
        if acl in _PUBLIC and self.blocks(bucket):
            raise Refused(403, "AccessDenied", "Put public object acl is not allowed", "0016-00000901")
        return acl

    def keep(self, bucket: str, key: str, version: str, acl: str) -> None:
        """Sets what `wanted` has let pass. Hold the store's lock from before the object is there."""
        self._kept[bucket, key, version] = acl

    def put(self, asked: Asked) -> Reply:
        """PutObjectAcl."""
        acl = self.wanted(asked.bucket, {HEADER: ""} | asked.headers)
        with self._store.lock:
            self.keep(asked.bucket, asked.key, self._version(asked), acl)
        return Reply()

    def get(self, asked: Asked) -> Reply:
        """GetObjectAcl."""
        return xml_reply("AccessControlPolicy", [("Owner", OWNER), ("AccessControlList", [("Grant", self._of(asked))])])

    def admit_operation(self, name: str) -> None:
        """Refuses what nobody may ask for without signing, whatever it is about."""
        if name not in _READS:
            raise _closed()

    def admit_reader(self, asked: Asked) -> None:
        """Refuses to show somebody who has not signed what is not public."""
        if any(name.startswith("response-") for name in asked.query):
            raise Refused(400, "InvalidRequest", "An anonymous request can not override response headers.")
        try:
            acl = self._of(asked)
        except Refused as refused:
            # To whom the bucket is closed it does not tell what is not in it.
            raise (_closed() if refused.code == "NoSuchKey" else refused) from None
        if acl == _DEFAULT:
            raise _closed()
        if acl not in _PUBLIC or self.blocks(asked.bucket):
            raise Refused(403, "AccessDenied", "You do not have read permission on this object.")

    def _put_block(self, asked: Asked) -> Reply:
        root = parse(asked.body, _BLOCK)
        check_children(root, once=("BlockPublicAccess",))
        if boolean(root.findtext("BlockPublicAccess", "false"), "BlockPublicAccess"):
            self.block(asked.bucket)
        else:
            self.unblock(asked.bucket)
        return Reply()

    def _get_block(self, asked: Asked) -> Reply:
        blocks = str(self.blocks_itself(asked.bucket)).lower()
        return xml_reply(_BLOCK, [("BlockPublicAccess", blocks)])

    def _delete_block(self, asked: Asked) -> Reply:
        self.unblock(asked.bucket)
        return Reply(204)

    def _of(self, asked: Asked) -> str:
        with self._store.lock:
            return self._kept.get((asked.bucket, asked.key, self._version(asked)), _DEFAULT)

    def _version(self, asked: Asked) -> str:
        """Of the object that is there; raises `Refused` when there is none."""
        query = {name: value for name, value in asked.query.items() if name == "versionId"}
        there = self._store.ask("HEAD", asked.bucket, asked.key, query=query)
        return there.headers.get("x-oss-version-id", "")


def _closed() -> Refused:
    message = "You have no right to access this object because of bucket acl."
    return Refused(403, "AccessDenied", message, "0003-00000001")
