"""What the box takes of a request, by operation: whatever else a client sends is refused by name.

OSS has more sub-resources and headers than the box: storage classes, tags, encryption of single objects, callbacks,
traffic limits, live channels. A box that passed one over would answer as if it had taken effect. Stricter than OSS in
one thing: OSS passes over parameters that mean nothing to it.
"""

from __future__ import annotations

from tests.cloud.oss_lifecycle import OVERLAP
from tests.cloud.oss_request import Asked

_EVERYWHERE = "x-oss-date x-oss-content-sha256 x-oss-security-token x-oss-user-agent"
_LINK = (
    "x-oss-signature x-oss-signature-version x-oss-credential x-oss-date x-oss-expires x-oss-additional-headers"
    " x-oss-security-token"
)
_WRITE = "x-oss-object-acl x-oss-forbid-overwrite x-oss-storage-class x-oss-meta-"
_COPY = (
    "x-oss-copy-source x-oss-copy-source-if-match x-oss-copy-source-if-none-match"
    " x-oss-copy-source-if-modified-since x-oss-copy-source-if-unmodified-since"
)
_BEGUN_WITH = "x-oss-object-acl x-oss-meta-"  # which oss2 repeats with the parts, where OSS expects none
_PAGE = "prefix delimiter max-keys encoding-type"
_FIELDS = (
    "key policy success_action_status cache-control content-disposition content-encoding content-language content-type"
    " expires x-oss-content-type"
)

_NAMES = {
    "PutObject": _WRITE,
    "PostObject": f"{_FIELDS} {_WRITE}",
    "CopyObject": f"{_WRITE} {_COPY} x-oss-metadata-directive",
    "PutSymlink": f"symlink x-oss-symlink-target {_WRITE}",
    "GetSymlink": "symlink",
    "GetObject": "versionId response- x-oss-process x-oss-range-behavior",
    "HeadObject": "versionId",
    "GetObjectMeta": "objectMeta versionId",
    "DeleteObject": "versionId",
    "GetObjectAcl": "acl versionId",
    "PutObjectAcl": "acl versionId x-oss-object-acl",
    "DeleteMultipleObjects": "delete encoding-type",
    "ProcessObject": "x-oss-process",
    "ListObjects": f"{_PAGE} marker",
    "ListObjectsV2": f"{_PAGE} list-type start-after continuation-token fetch-owner",
    "InitiateMultipartUpload": f"uploads encoding-type {_WRITE}",
    "UploadPart": f"uploadId partNumber {_BEGUN_WITH}",
    "UploadPartCopy": f"uploadId partNumber {_COPY} x-oss-copy-source-range",
    "CompleteMultipartUpload": "uploadId encoding-type x-oss-complete-all x-oss-object-acl x-oss-forbid-overwrite",
    "AbortMultipartUpload": "uploadId",
    "ListParts": f"uploadId max-parts part-number-marker encoding-type {_BEGUN_WITH}",
    "ListMultipartUploads": "uploads prefix delimiter key-marker upload-id-marker max-uploads encoding-type",
    "ListBuckets": "prefix marker max-keys",
    "PutBucket": "x-oss-acl",
    "DeleteBucket": "",
    "GetBucketVersioning": "versioning",
    "PutBucketVersioning": "versioning",
    "GetBucketLocation": "location",
    "GetBucketInfo": "bucketInfo",
    "GetBucketAcl": "acl",
    "GetBucketCors": "cors",
    "PutBucketCors": "cors",
    "DeleteBucketCors": "cors",
    "GetBucketLifecycle": "lifecycle",
    "PutBucketLifecycle": f"lifecycle {OVERLAP}",
    "DeleteBucketLifecycle": "lifecycle",
    "GetBucketEncryption": "encryption",
    "PutBucketEncryption": "encryption",
    "DeleteBucketEncryption": "encryption",
    "GetBucketPublicAccessBlock": "publicAccessBlock",
    "PutBucketPublicAccessBlock": "publicAccessBlock",
    "DeleteBucketPublicAccessBlock": "publicAccessBlock",
    "GetPublicAccessBlock": "publicAccessBlock",
    "PutPublicAccessBlock": "publicAccessBlock",
    "DeletePublicAccessBlock": "publicAccessBlock",
}
"""Parameters, `x-oss-` headers and form fields; a name that ends in a hyphen stands for all that begin so."""

_ONLY = {"x-oss-storage-class": "Standard", "x-oss-acl": "private"}
"""Those of which the box has one value, which is what happens without them."""


def unknown(asked: Asked) -> str:
    """What of a request the box does not take, in words; empty when it takes everything."""
    if asked.operation not in _NAMES:
        return f"{asked.method} of this, or with these parameters: {', '.join(asked.query) or 'none'}"
    given = dict(asked.query) | {name: value for name, value in asked.headers.items() if name.startswith("x-oss-")}
    if asked.operation == "PostObject":
        given |= asked.form.fields
    known = {*_EVERYWHERE.split(), *_LINK.split(), *_NAMES[asked.operation].split()}
    families = tuple(name for name in known if name.endswith("-"))
    for name, value in given.items():
        if name not in known and not (families and name.startswith(families)):
            return f"{name} with {asked.operation}"
        if value != _ONLY.get(name, value):
            return f"{name}: {value}"
    return ""
