"""A local OSS bucket in Shanghai: moto keeps the objects, the dialect on top is as strict as the real one.

It takes V4 signatures only (headers, links and forms), as every bucket made since September 2025 does, and none
for what an object's ACL makes public. Roles may do what their RAM policies say, its owner everything; there are no
buckets but private ones. Event rules are shown in OSS's console only: of their API no more is documented than the
names of the rights. Last-Modified is moto's, by the real clock; signatures, links, events and the date of every
answer go by the `clock` it is given.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.cloud.accounts import Accounts
from tests.cloud.effects import Effect, Observer, unobserved
from tests.cloud.oss_acl import Acls
from tests.cloud.oss_bucket import Buckets
from tests.cloud.oss_cors import Cors
from tests.cloud.oss_encryption import Encryption
from tests.cloud.oss_events import Change, document
from tests.cloud.oss_image import Made, process
from tests.cloud.oss_image_actions import AS_WRITTEN, Reading
from tests.cloud.oss_lifecycle import Lifecycle
from tests.cloud.oss_operations import Operations
from tests.cloud.oss_origins import Origins
from tests.cloud.oss_replies import Refused
from tests.cloud.oss_request import Asked, is_gone, read
from tests.cloud.oss_rights import check_rights
from tests.cloud.oss_signature import REGION, Gate
from tests.cloud.oss_store import Store, Versioning
from tests.cloud.serve import Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True)
class Served:
    """A request that got an answer."""

    method: str
    operation: str
    """As OSS's reference names it: `PutObject`, `ListObjectsV2` …; empty for what the box does not know."""
    bucket: str
    key: str
    status: int
    client: tuple[str, int]
    access_key_id: str
    """Empty when nobody had signed, or the signature was not in order: the status tells which."""
    bytes_in: int
    bytes_out: int
    by_link: bool
    """Whether it came by a signed link, which whoever was handed it may use."""
    at: float
    """When, by the clock: its effect was there, its answer was not."""


def _unheard(event: dict[str, Any]) -> None:
    """The trigger that fires nothing."""


class Oss:
    """Serves at `url`, path style, from construction until `stop()`; make one at a time, for moto's state is global.

    `on_event` gets the trigger's document for every change, once the object is there and before the client knows.
    `requests` holds what was served, oldest first. `clock` tells seconds since 1970. `reading` is how pictures are
    turned, of which the documents say two things; it may be set at any time.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        on_event: Callable[[dict[str, Any]], None] = _unheard,
        observe: Observer = unobserved,
        clock: Callable[[], float] = time.time,
        reading: Reading = AS_WRITTEN,
        port: int = 0,
    ) -> None:
        self.on_event = on_event
        self.reading = reading
        self.observe = observe
        self.requests: list[Served] = []
        self._clock = clock
        self._accounts = accounts
        self._gate = Gate(accounts, clock)
        self._store = Store()
        self._acls = Acls(self._store)
        self._encryption = Encryption()
        self._origins = Origins()
        self._first_bucket = ""
        self._cors = Cors()
        self._lifecycle = Lifecycle()
        self._buckets = Buckets(self._store, self._acls, self._encryption, clock, self._forget)
        several = (self._buckets, self._acls, self._cors, self._lifecycle, self._encryption)
        self._operations = Operations(
            self._store,
            self._acls,
            self._encryption,
            self._origins,
            {name: call for each in several for name, call in each.by_name.items()},
            clock,
            self._reshape,
        )
        self._server = Server(self._app, port)
        self.url = self._server.url

    def create_bucket(
        self,
        name: str,
        *,
        versioning: Versioning = "",
        block_public_access: bool = False,
        owner: str = Accounts.uid,
        region: str = REGION,
    ) -> None:
        """Makes an empty private bucket; `versioning` is what it has, or (Suspended) once had.

        `block_public_access` is what a real bucket has from the start today, until its owner turns it off. `owner` is
        the number of the account that it belongs to.
        """
        self._buckets.make(name, owner, region)
        if versioning:
            self._store.set_versioning(name, versioning)
        if block_public_access:
            self._acls.block(name)
        self._first_bucket = self._first_bucket or name

    def plant(self, key: str, content: bytes) -> None:
        """Puts an object into the first bucket made, without a request and without a word to any trigger."""
        self._store.ask("PUT", self._first_bucket, key, body=content)

    def origin(self, key: str, *, bucket: str = "") -> str:
        """The key that the object at `key` was first copied from, be it in several steps or reshaped on the way.

        `key` itself when it is no copy, or was never heard of. Both lie in `bucket`, the first one made unless named.
        Deleting either changes nothing; putting something new at `key` does.
        """
        return self._origins.of(bucket or self._first_bucket, key)

    def stop(self) -> None:
        self._server.stop()

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = read(environ)
        effect = Effect("oss", asked.operation, asked.subject, asked.client)
        self.observe(effect, "before")
        if is_gone(environ):
            # Whoever asked was killed just before the effect: there must be none.
            raise ConnectionAbortedError
        request_id = secrets.token_hex(12).upper()
        access_key_id, changes = "", list[Change]()
        try:
            access_key_id = self._admit(asked)
            if access_key_id:
                self._buckets.admit(asked)
                check_rights(self._accounts, self._encryption, asked, access_key_id)
            reply, changes = self._operations.perform(asked, anonymous=not access_key_id)
        except Refused as refused:
            reply = refused.reply(asked.method, request_id, self._server.host)
        self.observe(effect, "after")
        for change in changes:
            event = document(change, at=self._clock(), request_id=request_id, source_ip=asked.client[0])
            self.on_event(event)
        sent = 0 if asked.method == "HEAD" else len(reply.body)
        self.requests.append(
            Served(
                asked.method,
                asked.operation,
                asked.bucket,
                effect.key,
                reply.status,
                asked.client,
                access_key_id,
                len(asked.body),
                sent,
                "x-oss-signature" in asked.query,
                self._clock(),
            )
        )
        headers = {"x-oss-request-id": request_id} | reply.headers | self._cors.headers(asked)
        headers["date"] = formatdate(self._clock(), usegmt=True)
        if asked.method != "HEAD":
            headers["content-length"] = str(len(reply.body))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [reply.body]

    def _forget(self, bucket: str) -> None:
        self._acls.unblock(bucket)
        for each in (self._cors, self._lifecycle, self._encryption):
            each.forget(bucket)

    def _reshape(self, content: bytes, instructions: str) -> Made:
        return process(content, instructions, self.reading)

    def _admit(self, asked: Asked) -> str:
        if asked.bucket and asked.operation != "PutBucket":
            # Said before anything else is looked at, the access key included.
            self._store.check_bucket(asked.bucket)
        if asked.operation == "OptionObject":
            return ""  # a browser sends it of its own accord
        if asked.operation == "PostObject":
            return self._gate.admit_form(asked.form.fields)
        return self._gate.admit(asked)
