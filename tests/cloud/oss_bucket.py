"""The buckets there are: made, deleted, listed; where each lies, whose it is, whether it has versions. All are private.

As documented on the PutBucket, DeleteBucket, ListBuckets (GetService), GetBucketInfo, GetBucketLocation, GetBucketAcl,
PutBucketVersioning and GetBucketVersioning pages. A bucket may be planted that is another account's, or lies in another
region: both are refused as OSS's pages on status 403 have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from tests.cloud.accounts import Accounts
from tests.cloud.oss_acl import Acls
from tests.cloud.oss_documents import check_children, child, malformed, parse
from tests.cloud.oss_encryption import Encryption
from tests.cloud.oss_listing import read_max_keys
from tests.cloud.oss_replies import OWNER, Content, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked
from tests.cloud.oss_signature import REGION
from tests.cloud.oss_store import Store

_PRIVATE: Content = [("Grant", "private")]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_MOST = 100
"""Of one account in one region."""
_FROM_ANYWHERE = ("GetBucketInfo", "GetBucketLocation")
"""What every endpoint answers, wherever the bucket lies."""


@dataclass(frozen=True)
class Facts:
    """What stays as it is as long as the bucket lives."""

    owner: str
    region: str
    created: float


class Buckets:
    """All raise `Refused`. `forget` is called with the name of every bucket that is deleted."""

    def __init__(
        self,
        store: Store,
        acls: Acls,
        encryption: Encryption,
        clock: Callable[[], float],
        forget: Callable[[str], None],
    ) -> None:
        self._store = store
        self._acls = acls
        self._encryption = encryption
        self._clock = clock
        self._forget = forget
        self._there: dict[str, Facts] = {}
        self.by_name: dict[str, Callable[[Asked], Reply]] = {
            "ListBuckets": self._list,
            "PutBucket": self._put,
            "DeleteBucket": self._delete,
            "GetBucketInfo": self._info,
            "GetBucketLocation": self._location,
            "GetBucketAcl": lambda asked: xml_reply(
                "AccessControlPolicy", [("Owner", OWNER), ("AccessControlList", _PRIVATE)]
            ),
            "GetBucketVersioning": self._get_versioning,
            "PutBucketVersioning": self._put_versioning,
        }

    def make(self, name: str, owner: str = Accounts.uid, region: str = REGION) -> None:
        """Makes an empty private bucket."""
        self._store.create_bucket(name)
        self._there[name] = Facts(owner, region, self._clock())

    def admit(self, asked: Asked) -> None:
        """Refuses what is asked here of a bucket that is another's, or lies elsewhere."""
        facts = self._there.get(asked.bucket)
        if facts is None or asked.operation == "PutBucket":
            return
        if facts.owner != Accounts.uid:
            raise Refused(403, "AccessDenied", "The bucket you access does not belong to you.", "0003-00000001")
        if facts.region != REGION and asked.operation not in _FROM_ANYWHERE:
            message = (
                "The bucket you are attempting to access must be addressed using the specified endpoint. "
                "Please send all future requests to this endpoint."
            )
            raise Refused(403, "AccessDenied", message, Endpoint=f"oss-{facts.region}.aliyuncs.com")

    def _put(self, asked: Asked) -> Reply:
        if not _NAME.fullmatch(asked.bucket):
            raise Refused(400, "InvalidBucketName", "The specified bucket is not valid.")
        if asked.body:
            _check_configuration(asked.body)
        there = self._there.get(asked.bucket)
        if there is not None and (there.owner, there.region) != (Accounts.uid, REGION):
            message = "The requested bucket name is not available. The bucket namespace is shared by all users."
            raise Refused(409, "BucketAlreadyExists", message)
        if there is not None:
            return Reply()  # its ACL would change, but all are private here
        if sum((each.owner, each.region) == (Accounts.uid, REGION) for each in self._there.values()) >= _MOST:
            raise Refused(400, "TooManyBuckets", "You have attempted to create more buckets than allowed.")
        self.make(asked.bucket)
        self._acls.block(asked.bucket)
        return Reply()

    def _delete(self, asked: Asked) -> Reply:
        if self._store.uploads(asked.bucket) or any(self._store.entries(asked.bucket, "")):
            raise Refused(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
        self._store.ask("DELETE", asked.bucket)
        del self._there[asked.bucket]
        self._forget(asked.bucket)
        return Reply(204)

    def _list(self, asked: Asked) -> Reply:
        prefix, marker = asked.query.get("prefix", ""), asked.query.get("marker", "")
        most = read_max_keys(asked.query.get("max-keys", ""))
        own = [name for name, facts in self._there.items() if facts.owner == Accounts.uid]
        names = sorted(name for name in own if name.startswith(prefix) and name > marker)
        page: list[tuple[str, Content]] = [("Bucket", self._described(name, listed=True)) for name in names[:most]]
        paging: list[tuple[str, Content]] = []
        if len(names) > most:
            said = {"Prefix": prefix, "Marker": marker, "MaxKeys": str(most), "IsTruncated": "true"}
            paging = [*said.items(), ("NextMarker", names[most - 1])]
        return xml_reply("ListAllMyBucketsResult", [*paging, ("Owner", OWNER), ("Buckets", page)])

    def _location(self, asked: Asked) -> Reply:
        return xml_reply("LocationConstraint", f"oss-{self._there[asked.bucket].region}")

    def _info(self, asked: Asked) -> Reply:
        bucket = asked.bucket
        rule = self._encryption.rule(bucket)
        more: dict[str, Content] = {
            "DataRedundancyType": "ZRS",
            "Owner": OWNER,
            "AccessControlList": _PRIVATE,
            "BlockPublicAccess": str(self._acls.blocks_itself(bucket)).lower(),
            "ServerSideEncryptionRule": rule.fields if rule else [("SSEAlgorithm", "None")],
        }
        if versioning := self._store.versioning(bucket):
            more["Versioning"] = versioning
        return xml_reply("BucketInfo", [("Bucket", [*self._described(bucket), *more.items()])])

    def _described(self, name: str, *, listed: bool = False) -> list[tuple[str, Content]]:
        facts = self._there[name]
        created = datetime.fromtimestamp(facts.created, timezone.utc)
        said: Mapping[str, str] = {
            "Name": name,
            "CreationDate": f"{created:%Y-%m-%dT%H:%M:%S}.000Z",
            "Location": f"oss-{facts.region}",
            "ExtranetEndpoint": f"oss-{facts.region}.aliyuncs.com",
            "IntranetEndpoint": f"oss-{facts.region}-internal.aliyuncs.com",
            "StorageClass": "Standard",
        }
        return [*said.items(), ("Region", facts.region)] if listed else [*said.items()]

    def _get_versioning(self, asked: Asked) -> Reply:
        status = self._store.versioning(asked.bucket)
        return xml_reply("VersioningConfiguration", [("Status", status)] if status else [])

    def _put_versioning(self, asked: Asked) -> Reply:
        root = parse(asked.body, "VersioningConfiguration", "0012-00000002")
        check_children(root, once=("Status",))
        match child(root, "Status").text:
            case "Enabled" | "Suspended" as status:
                self._store.set_versioning(asked.bucket, status)
            case other:
                raise malformed(f"Status must be Enabled or Suspended, not {other}")
        return Reply()


def _check_configuration(body: bytes) -> None:
    root = parse(body, "CreateBucketConfiguration")
    check_children(root, once=("StorageClass", "DataRedundancyType"))
    for name, value in (("StorageClass", "Standard"), ("DataRedundancyType", "ZRS")):
        if (given := root.findtext(name)) not in (None, "", value):
            raise Refused(501, "NotImplemented", f"The box does not have the {name} {given}.")
