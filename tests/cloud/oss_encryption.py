"""Encryption by OSS: what a bucket's new objects are encrypted with, and who may then still read and write them.

As documented on the PutBucketEncryption, GetBucketEncryption and DeleteBucketEncryption pages, on "Server-side
encryption" (permissions, and that no anonymous request is served), and on the error pages 0005-…. With a key of one's
own KMS is asked with the rights of whoever asks OSS; with OSS's own nobody needs any. Every key id is one that exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.cloud.accounts import Accounts
from tests.cloud.oss_documents import check_children, child, malformed, parse
from tests.cloud.oss_replies import Content, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked
from tests.cloud.oss_signature import REGION
from tests.cloud.ram import Right

_ROOT, _DEFAULT = "ServerSideEncryptionRule", "ApplyServerSideEncryptionByDefault"
_KMS = "KMS"
_ALGORITHMS = ("AES256", "SM4", _KMS)
_TO_READ = ("kms:Decrypt",)
_TO_WRITE = ("kms:ListKeys", "kms:ListAliases", "kms:ListAliasesByKeyId", "kms:DescribeKey", "kms:GenerateDataKey")
_READS = ("GetObject", "ProcessObject")
_WRITES = ("PutObject", "PostObject", "CopyObject", "ProcessObject", "InitiateMultipartUpload", "UploadPart")


@dataclass(frozen=True)
class Rule:
    """How objects are encrypted; `key_id` is KMS's, empty for its key for OSS."""

    algorithm: str
    key_id: str = ""
    data: str = ""
    """The cipher for the data, if it is not AES256."""

    @property
    def fields(self) -> list[tuple[str, Content]]:
        named = {"SSEAlgorithm": self.algorithm, "KMSMasterKeyID": self.key_id, "KMSDataEncryption": self.data}
        return [(name, value) for name, value in named.items() if value]

    @property
    def headers(self) -> dict[str, str]:
        """Of an answer about an object that is encrypted so."""
        kind, key_id = "x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id"
        return {kind: self.algorithm} | ({key_id: self.key_id} if self.key_id else {})


class Encryption:
    """Of buckets, and of every object, version by version. All raise `Refused`."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}
        self._objects: dict[tuple[str, str, str], Rule] = {}
        """By bucket, key and version (empty where there are none)."""
        self.by_name: dict[str, Callable[[Asked], Reply]] = {
            "PutBucketEncryption": self._put,
            "GetBucketEncryption": self._get,
            "DeleteBucketEncryption": self._delete,
        }

    def forget(self, bucket: str) -> None:
        """The bucket is gone."""
        self._rules.pop(bucket, None)

    def rule(self, bucket: str) -> Rule | None:
        """For objects that are made from now on."""
        return self._rules.get(bucket)

    def made(self, bucket: str, key: str, version: str) -> None:
        """The object has been made anew."""
        self._objects.pop((bucket, key, version), None)
        if rule := self.rule(bucket):
            self._objects[bucket, key, version] = rule

    def headers(self, bucket: str, key: str, version: str) -> dict[str, str]:
        """What an answer says of an object."""
        rule = self._objects.get((bucket, key, version))
        return rule.headers if rule else {}

    def admit(self, asked: Asked, allows: Callable[[Right], bool]) -> None:
        """Refuses somebody who `allows` does not let use the keys that the request takes."""
        for key_id, actions in self._needed(asked):
            resource = f"acs:kms:{REGION}:{Accounts.uid}:key/{key_id}"
            if not all(allows((action, resource)) for action in actions):
                raise _forbidden()

    def admit_anonymous(self, asked: Asked) -> None:
        """Refuses to read to somebody who has not signed what KMS would have to decrypt."""
        rule = self._objects.get((asked.bucket, asked.key, asked.query.get("versionId", "")))
        if rule and rule.algorithm == _KMS:
            raise _forbidden()

    def _needed(self, asked: Asked) -> list[tuple[str, tuple[str, ...]]]:
        """The keys, and what is done with each."""
        found = list[tuple[str, tuple[str, ...]]]()
        read = (asked.bucket, asked.key) if asked.operation in _READS else ("", "")
        if source := asked.headers.get("x-oss-copy-source", ""):
            bucket, _, key = source.partition("?")[0].lstrip("/").partition("/")
            read = unquote(bucket), unquote(key)
        if (rule := self._objects.get((*read, asked.query.get("versionId", "")))) and rule.key_id:
            found.append((rule.key_id, _TO_READ))
        if asked.operation in _WRITES and (rule := self.rule(asked.bucket)) and rule.key_id:
            found.append((rule.key_id, (*_TO_WRITE, *_TO_READ)))
        return found

    def _put(self, asked: Asked) -> Reply:
        root = parse(asked.body, _ROOT)
        check_children(root, once=(_DEFAULT,))
        given = child(root, _DEFAULT)
        check_children(given, once=("SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption"))
        algorithm = child(given, "SSEAlgorithm").text or ""
        key_id, data = given.findtext("KMSMasterKeyID") or "", given.findtext("KMSDataEncryption") or ""
        if algorithm not in _ALGORITHMS:
            message = f"SSEAlgorithm must be one of {', '.join(_ALGORITHMS)}."
            raise Refused(400, "InvalidEncryptionAlgorithmError", message, "0005-00000003")
        if key_id and algorithm != _KMS:
            raise Refused(400, "InvalidArgument", f"KMSMasterKeyID goes with {_KMS} only.", "0005-00000204")
        if data and algorithm != _KMS:
            raise malformed(f"KMSDataEncryption goes with {_KMS} only")
        if data not in ("", "SM4"):
            raise Refused(400, "InvalidArgument", "KMSDataEncryption must be SM4.", "0005-00000203")
        self._rules[asked.bucket] = Rule(algorithm, key_id, data)
        return Reply()

    def _get(self, asked: Asked) -> Reply:
        rule = self.rule(asked.bucket)
        if rule is None:
            message = "The server side encryption configuration is not found."
            raise Refused(404, "NoSuchServerSideEncryptionRule", message, "0005-00000004")
        return xml_reply(_ROOT, [(_DEFAULT, rule.fields)])

    def _delete(self, asked: Asked) -> Reply:
        self.forget(asked.bucket)
        return Reply(204)


def _forbidden() -> Refused:
    return Refused(403, "AccessDenied", "This request is forbidden by kms.")
