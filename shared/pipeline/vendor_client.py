"""Requests to vendors, and what each leaves behind: a log line for every job, and a slower pace when throttled."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from shared import log
from shared.cloud.ports import Http, Reply, Request
from shared.errors import CutoutError, NotAccepted
from shared.jobs.job import Job
from shared.vendors.capability import Capability
from shared.vendors.protocol import Nonce, Provider


class VendorClient:
    """`providers` are the vendors' dialects, by the vendors' names; `clock` tells the time with its zone."""

    def __init__(self, http: Http, providers: Mapping[str, Provider], clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._http = http
        self._providers = providers

    def provider(self, row: Capability) -> Provider:
        return self._providers[row.provider]

    def nonce(self) -> Nonce:
        return Nonce(self.clock(), secrets.token_hex(16))

    def send(self, request: Request, on_slot: Callable[[], object]) -> Reply:
        """Send a request in the next free slot of its quota: see `shared.cloud.http_client.HttpClient.send`."""
        return self._http.send(request, on_slot)

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
            self._http.throttled(request)
            raise
