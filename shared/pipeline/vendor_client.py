"""Requests to vendors: each is logged for every job that it is about, and spaced out more when the vendor throttles."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from shared import log
from shared.cloud.ports import Http, Reply, Request
from shared.errors import CutoutError, NotAccepted
from shared.jobs.job import Job
from shared.vendors.capability import Capability
from shared.vendors.protocol import Nonce, Provider


@dataclass(eq=False, repr=False)
class VendorClient:
    """`providers` are the vendors' dialects, by the vendors' names; `clock` returns the time with its zone."""

    http: Http
    providers: Mapping[str, Provider]
    clock: Callable[[], datetime]

    def provider(self, row: Capability) -> Provider:
        return self.providers[row.provider]

    def nonce(self) -> Nonce:
        return Nonce(self.clock(), secrets.token_hex(16))

    def send(self, request: Request, on_slot: Callable[[], object]) -> Reply:
        """Send a request in the next free slot of its quota: see `shared.cloud.http_client.HttpClient.send`."""
        return self.http.send(request, on_slot)

    @contextmanager
    def logged(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Around one request: a log line for each job that it is about. `milliseconds` includes the wait for a slot."""
        began, code = self.clock(), ""
        try:
            yield
        except CutoutError as error:
            code = error.code
            raise
        finally:
            milliseconds = round((self.clock() - began).total_seconds() * 1000)
            for job in jobs:
                log.info("vendor_call", job=job, code=code, milliseconds=milliseconds)

    @contextmanager
    def throttled_by(self, request: Request) -> Iterator[None]:
        """Around the reading of a reply: if it says that the request was one too many, the next ones keep a greater
        distance."""
        try:
            yield
        except NotAccepted:
            self.http.throttled(request)
            raise
