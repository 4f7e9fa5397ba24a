"""The operations of OSS, by the names its reference gives them.

Each takes what was asked and gives the reply, and the changes that triggers hear of. The caller has checked the
signature, if there is one; all raise `Refused`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import unquote

from tests.cloud.oss_acl import HEADER, Acls
from tests.cloud.oss_batch import delete_multiple
from tests.cloud.oss_encryption import Encryption
from tests.cloud.oss_events import Change, Done
from tests.cloud.oss_form import check_policy, success
from tests.cloud.oss_image import Made
from tests.cloud.oss_known import unknown
from tests.cloud.oss_links import Links
from tests.cloud.oss_listing import listing
from tests.cloud.oss_multipart import Multipart
from tests.cloud.oss_objects import Objects, check_digest, check_key, span
from tests.cloud.oss_origins import Origins
from tests.cloud.oss_replies import Content, Refused, Reply, xml_reply
from tests.cloud.oss_request import Asked
from tests.cloud.oss_store import Store


class Operations:
    """Everything the box's OSS can do; `quiet` is what changes no object, so that no trigger hears of it."""

    def __init__(
        self,
        store: Store,
        acls: Acls,
        encryption: Encryption,
        origins: Origins,
        quiet: Mapping[str, Callable[[Asked], Reply]],
        clock: Callable[[], float],
        reshape: Callable[[bytes, str], Made],
    ) -> None:
        self._store = store
        self._acls = acls
        self._encryption = encryption
        self._clock = clock
        self._reshape = reshape
        self._links = links = Links(store)
        self._objects = Objects(store, acls, encryption, origins, links)
        self._multipart = Multipart(store, self._objects, acls)
        self._by_name: dict[str, Callable[[Asked], Done]] = {
            "PutObject": self._put,
            "PostObject": self._post,
            "CopyObject": self._copy,
            "PutSymlink": self._put_symlink,
            "GetSymlink": lambda asked: _quiet(links.get(asked)),
            "GetObject": self._get,
            "HeadObject": lambda asked: _quiet(self._objects.describe(*_where(asked), asked.query, asked.headers)),
            "GetObjectMeta": lambda asked: _quiet(
                self._objects.describe(*_where(asked), asked.query, {}, follow=False)
            ),
            "DeleteObject": lambda asked: self._objects.delete(
                "ObjectRemoved:DeleteObject", *_where(asked), asked.query
            ),
            "GetObjectAcl": lambda asked: _quiet(acls.get(asked)),
            "PutObjectAcl": lambda asked: _quiet(acls.put(asked)),
            "DeleteMultipleObjects": lambda asked: delete_multiple(self._objects, asked),
            "ProcessObject": self._process,
            "ListObjects": self._list,
            "ListObjectsV2": self._list,
            "InitiateMultipartUpload": lambda asked: self._multipart.initiate(
                *_where(asked), asked.query, asked.headers
            ),
            "UploadPart": self._upload_part,
            "UploadPartCopy": self._upload_part_copy,
            "CompleteMultipartUpload": lambda asked: self._multipart.complete(
                *_where(asked), asked.query, asked.headers, asked.body
            ),
            "AbortMultipartUpload": lambda asked: _quiet(self._multipart.abort(*_where(asked), asked.query)),
            "ListParts": lambda asked: _quiet(self._multipart.parts(*_where(asked), asked.query)),
            "ListMultipartUploads": lambda asked: _quiet(self._multipart.uploads(asked.bucket, asked.query)),
        }
        self._quiet = quiet

    def perform(self, asked: Asked, *, anonymous: bool) -> Done:
        """`anonymous`: nobody has signed it."""
        if asked.operation == "OptionObject":
            return _quiet(self._quiet[asked.operation](asked))
        lacking = unknown(asked)
        if anonymous:
            self._acls.admit_operation("" if lacking else asked.operation)
        if lacking:
            raise Refused(501, "NotImplemented", f"The box does not have {lacking}.")
        if asked.key:
            check_key(asked.key)
        if anonymous:
            self._admit_reader(asked)
            if target := self._links.target(*_where(asked)):
                self._admit_reader(replace(asked, key=target))
        if asked.operation in self._quiet:
            check_digest(asked.body, asked.headers)
            return _quiet(self._quiet[asked.operation](asked))
        return self._by_name[asked.operation](asked)

    def _admit_reader(self, asked: Asked) -> None:
        self._acls.admit_reader(asked)
        self._encryption.admit_anonymous(asked)

    def _put(self, asked: Asked) -> Done:
        check_digest(asked.body, asked.headers)
        return _loud(self._objects.create("ObjectCreated:PutObject", *_where(asked), asked.body, asked.headers))

    def _put_symlink(self, asked: Asked) -> Done:
        target = self._links.wanted(asked)
        event, content = "ObjectCreated:PutSymlink", target.encode()
        return _loud(self._objects.create(event, *_where(asked), content, asked.headers, target=target))

    def _post(self, asked: Asked) -> Done:
        form = asked.form
        check_policy(asked.bucket, form, self._clock())
        # Fields come as text, headers as WSGI's latin-1.
        headers = {name: value.encode().decode("latin-1") for name, value in form.fields.items()}
        key = form.key
        made, change = self._objects.create("ObjectCreated:PostObject", asked.bucket, key, form.content, headers)
        status = success(form.fields)
        if status != 201:
            return Reply(status, made.headers), [change]
        where: Content = [("Bucket", asked.bucket), ("Key", key), ("ETag", made.headers["etag"])]
        reply = xml_reply("PostResponse", where)
        return Reply(201, made.headers | reply.headers, reply.body), [change]

    def _copy(self, asked: Asked) -> Done:
        with self._store.lock:
            bucket, key, _ = _copied(asked)
            source = self._source(asked)
            if asked.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE":
                headers = {"content-type": source.headers["content-type"]} | asked.headers
            else:
                about = ("x-oss-forbid-overwrite", HEADER)
                headers = {name: asked.headers[name] for name in about if name in asked.headers} | source.headers
            event, origin = "ObjectCreated:CopyObject", key if bucket == asked.bucket else ""
            made, change = self._objects.create(
                event, *_where(asked), source.body, headers, source=origin, target=self._links.target(bucket, key)
            )
            modified = next(self._store.entries(*_where(asked))).modified
        reply = xml_reply("CopyObjectResult", [("ETag", made.headers["etag"]), ("LastModified", modified)])
        return Reply(200, made.headers | reply.headers, reply.body), [change]

    def _source(self, asked: Asked) -> Reply:
        """The object that `x-oss-copy-source` names, whole; of a symbolic link the link itself."""
        bucket, key, version = _copied(asked)
        conditions = {
            name: asked.headers[header]
            for name in ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
            if (header := f"x-oss-copy-source-{name}") in asked.headers
        }
        query = {"versionId": version} if version else {}
        source = self._objects.read(bucket, key, query, conditions, follow=False)
        if source.status == 304:
            raise Refused(304, "NotModified", "The source has not been modified.")
        return source

    def _get(self, asked: Asked) -> Done:
        instructions = asked.query.get("x-oss-process", asked.headers.get("x-oss-process", ""))
        if not instructions:
            return _quiet(self._objects.read(*_where(asked), asked.query, asked.headers))
        whole = self._objects.read(*_where(asked), asked.query, {})
        made = self._reshape(whole.body, instructions)
        return _quiet(
            Reply(
                200,
                {"content-type": made.content_type, "last-modified": whole.headers["last-modified"]},
                made.content,
            )
        )

    def _process(self, asked: Asked) -> Done:
        # oss2 sends the value as it is; others encode it, as a form's.
        given = asked.body.decode().removeprefix("x-oss-process=")
        instructions, _, target = (unquote(given) if "%" in given else given).partition("|")
        saveas = re.fullmatch(r"sys/saveas,o_([^,]+)(?:,b_([^,]+))?", target)
        if not asked.body.startswith(b"x-oss-process=") or saveas is None:
            raise Refused(400, "InvalidArgument", "A POST with x-oss-process must end with |sys/saveas,o_…[,b_…].")
        key, bucket = _decode(saveas[1]), _decode(saveas[2]) if saveas[2] else asked.bucket
        source = self._objects.read(*_where(asked), {}, {})
        made = self._reshape(source.body, instructions)
        headers = {"content-type": made.content_type}
        event, origin = "ObjectCreated:PutObject", asked.key if bucket == asked.bucket else ""
        _, change = self._objects.create(event, bucket, key, made.content, headers, source=origin)
        facts = {"bucket": bucket, "fileSize": len(made.content), "object": key, "status": "OK"}
        return Reply(200, {"content-type": "application/json"}, json.dumps(facts).encode()), [change]

    def _list(self, asked: Asked) -> Done:
        entries = self._store.entries(asked.bucket, asked.query.get("prefix", ""))
        return _quiet(listing(asked.bucket, entries, asked.query, partial(self._links.type_of, asked.bucket)))

    def _upload_part(self, asked: Asked) -> Done:
        check_digest(asked.body, asked.headers)
        event = "ObjectCreated:UploadPart"
        return self._multipart.upload(event, *_where(asked), asked.query, asked.body)

    def _upload_part_copy(self, asked: Asked) -> Done:
        bucket, key, _ = _copied(asked)
        self._links.check_part(bucket, key)
        source = self._source(asked)
        first, last = span(asked.headers.get("x-oss-copy-source-range", ""), len(source.body)) or (0, len(source.body))
        event, content = "ObjectCreated:UploadPartCopy", source.body[first : last + 1]
        made, changes = self._multipart.upload(event, *_where(asked), asked.query, content)
        modified = parsedate_to_datetime(source.headers["last-modified"])
        fields: Content = [("LastModified", f"{modified:%Y-%m-%dT%H:%M:%S.000Z}"), ("ETag", made.headers["etag"])]
        reply = xml_reply("CopyPartResult", fields)
        return Reply(200, made.headers | reply.headers, reply.body), changes


def _where(asked: Asked) -> tuple[str, str]:
    return asked.bucket, asked.key


def _copied(asked: Asked) -> tuple[str, str, str]:
    """Bucket, key and version (empty for the newest) of the object that `x-oss-copy-source` names."""
    path, _, version = asked.headers["x-oss-copy-source"].partition("?versionId=")
    bucket, _, key = path.lstrip("/").partition("/")
    return unquote(bucket), unquote(key), version


def _quiet(reply: Reply) -> Done:
    """Nothing has changed."""
    return reply, []


def _loud(done: tuple[Reply, Change]) -> Done:
    reply, change = done
    return reply, [change]


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(400, "BadRequest", "Input is not base64 decoding.") from None
