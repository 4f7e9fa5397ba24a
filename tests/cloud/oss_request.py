"""What a request to OSS asks for: which operation, of which object, with the whole body in hand."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from tests.cloud.oss_form import Form, read_form
from tests.cloud.oss_replies import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OBJECT = {
    "GET": {
        "": "GetObject",
        "uploadId": "ListParts",
        "objectMeta": "GetObjectMeta",
        "acl": "GetObjectAcl",
        "symlink": "GetSymlink",
    },
    "HEAD": {"": "HeadObject", "objectMeta": "GetObjectMeta"},
    "PUT": {"": "PutObject", "uploadId": "UploadPart", "acl": "PutObjectAcl", "symlink": "PutSymlink"},
    "POST": {
        "uploads": "InitiateMultipartUpload",
        "uploadId": "CompleteMultipartUpload",
        "x-oss-process": "ProcessObject",
    },
    "DELETE": {"": "DeleteObject", "uploadId": "AbortMultipartUpload"},
}
_BUCKET = {
    "GET": {
        "": "ListObjects",
        "list-type": "ListObjectsV2",
        "versioning": "GetBucketVersioning",
        "location": "GetBucketLocation",
        "bucketInfo": "GetBucketInfo",
        "acl": "GetBucketAcl",
        "uploads": "ListMultipartUploads",
        "cors": "GetBucketCors",
        "lifecycle": "GetBucketLifecycle",
        "encryption": "GetBucketEncryption",
        "publicAccessBlock": "GetBucketPublicAccessBlock",
    },
    "POST": {"": "PostObject", "delete": "DeleteMultipleObjects"},
    "PUT": {
        "": "PutBucket",
        "versioning": "PutBucketVersioning",
        "cors": "PutBucketCors",
        "lifecycle": "PutBucketLifecycle",
        "encryption": "PutBucketEncryption",
        "publicAccessBlock": "PutBucketPublicAccessBlock",
    },
    "DELETE": {
        "": "DeleteBucket",
        "cors": "DeleteBucketCors",
        "lifecycle": "DeleteBucketLifecycle",
        "encryption": "DeleteBucketEncryption",
        "publicAccessBlock": "DeleteBucketPublicAccessBlock",
    },
}
_ACCOUNT = {
    "GET": {"": "ListBuckets", "publicAccessBlock": "GetPublicAccessBlock"},
    "PUT": {"publicAccessBlock": "PutPublicAccessBlock"},
    "DELETE": {"publicAccessBlock": "DeletePublicAccessBlock"},
}
_SUBRESOURCES = {name for table in (_OBJECT, _BUCKET, _ACCOUNT) for by in table.values() for name in by}
_SUBRESOURCES -= {"", "x-oss-process"}
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Asked:
    """A request, read to its end."""

    method: str
    bucket: str
    """Empty when the request is about the account."""
    key: str
    """Decoded once, as it reads in the bucket; empty when the request is about the bucket itself."""
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name; values as they came, in WSGI's latin-1."""
    body: bytes
    client: tuple[str, int]

    @property
    def operation(self) -> str:
        """As OSS's reference names it; empty for one that the box does not know.

        Whether the box takes all that comes with it is for `oss_known` to say.
        """
        if self.method == "OPTIONS":
            return "OptionObject"
        table = _OBJECT if self.key else _BUCKET if self.bucket else _ACCOUNT
        subresources = _SUBRESOURCES & set(self.query)
        if self.method == "POST" and "x-oss-process" in self.query:
            subresources |= {"x-oss-process"}
        if len(subresources) > 1:
            return ""
        name = table.get(self.method, {}).get("".join(subresources), "")
        if name == "PostObject" and self.query:
            return ""  # whatever it is, its body is no form
        if "x-oss-copy-source" in self.headers:
            return {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}.get(name, name)
        return name

    @cached_property
    def form(self) -> Form:
        """What a PostObject brings; raises `Refused`."""
        return read_form(self.headers.get("content-type", ""), self.body)

    @property
    def subject(self) -> str:
        """The key of the object it is about, wherever the request has it; empty for a bucket's own affairs."""
        if self.operation != "PostObject":
            return self.key
        try:
            return self.form.key
        except Refused:
            return ""


def read(environ: WSGIEnvironment) -> Asked:
    """Reads all of the request; raises `ConnectionAbortedError` when the client leaves in the middle of it.

    Nothing is ever done for half a request. Reading before refusing also lets the client hear the refusal:
    a socket that is closed with bytes unread resets the connection under the answer.
    """
    path = environ["RAW_URI"].split("?", 1)[0].encode("latin-1")
    bucket, _, key = path.lstrip(b"/").partition(b"/")
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    return Asked(
        environ["REQUEST_METHOD"],
        unquote(bucket.decode("latin-1")),
        # A byte that is not UTF-8 stays visible: the key is refused for it.
        unquote(key.decode("latin-1"), errors="surrogateescape"),
        dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)),
        headers,
        # None of these has a body that means anything: OSS does not wait for one, be it announced or not.
        b"" if environ["REQUEST_METHOD"] in _WITHOUT_BODY else _body(environ),
        (environ["REMOTE_ADDR"], int(environ["REMOTE_PORT"])),
    )


def _body(environ: WSGIEnvironment) -> bytes:
    try:
        return bytes(environ["wsgi.input"].read())
    except OSError as error:  # also of a chunk that is none
        raise ConnectionAbortedError from error


def is_gone(environ: WSGIEnvironment) -> bool:
    """Whether the client has closed its end since it sent the request."""
    connection: socket.socket = environ["werkzeug.socket"]
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
