"""What every vendor's stand-in is tested with: photos behind HTTP, keys, a clock that can be set.

Test modules take the fixtures by assignment: arguments of the same name would shadow an import.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests import samples
from tests.cloud.accounts import Accounts
from tests.cloud.effects import Effect, Moment
from tests.cloud.serve import Server
from tests.cloud.vendor import Vendor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BOX = (180, 120)
KEY = "uploads/红鞋 1.jpg"


@cache
def _coffee() -> Image.Image:
    return Image.fromarray(samples.photo("coffee"))


def encoded(form: str = "JPEG", size: tuple[int, int] = BOX, mode: str = "RGB") -> bytes:
    _coffee().resize(size).convert(mode).save(out := io.BytesIO(), form)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def written(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of them."""
    Image.fromarray(pixels).save(out := io.BytesIO(), "PNG")
    return out.getvalue()


def portrait() -> bytes:
    Image.fromarray(samples.photo("astronaut")).resize((600, 600)).save(out := io.BytesIO(), "JPEG")
    return out.getvalue()


class Pictures:
    """A bucket's worth of pictures behind HTTP, and what it was asked for."""

    def __init__(self) -> None:
        self.at: dict[str, bytes | str] = {}
        """By path; a text is where to redirect to."""
        self.delay = 0.0
        self.asked: list[str] = []
        """The request targets, to the letter."""
        self._server = Server(self._app)
        self.host, self.stop = self._server.host, self._server.stop

    def put(self, key: str, content: bytes | str) -> str:
        self.at[f"/photos/{key}"] = content
        return f"http://{self.host}/photos/{quote(key)}?signature=abc%2Bdef"

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["REQUEST_URI"])
        content = self.at.get(environ["PATH_INFO"].encode("latin-1").decode())
        time.sleep(self.delay)
        if isinstance(content, str):
            start_response("302 Found", [("Location", content)])
            return []
        start_response("200 OK" if content else "403 Forbidden", [])
        return [content or b""]


PLAIN_HTTP = httpx.create_ssl_context(verify=False, trust_env=False)
"""A client's `verify`: without one, each client reads the certificates anew, which takes longer than what it asks."""


def download(link: str) -> httpx.Response:
    return httpx.get(link, trust_env=False, verify=PLAIN_HTTP)


@contextmanager
def unanswered(within: float) -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        yield
    assert time.monotonic() - began < within


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="module")
def pictures() -> Iterator[Pictures]:
    host = Pictures()
    yield host
    host.stop()


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


class Seen(list[tuple[str, str, str, Moment]]):
    """Service, name, key and moment of the effects that were observed."""

    def observe(self, effect: Effect, moment: Moment) -> None:
        assert effect.client[0] == "127.0.0.1"
        assert effect.client[1] > 0
        self.append((effect.service, effect.name, effect.key, moment))


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture
def photo(pictures: Pictures) -> str:
    """The link to the photo of `KEY`."""
    return pictures.put(KEY, encoded())


V = TypeVar("V", bound=Vendor)


def lent(service: V, clock: Clock, seen: Seen) -> Iterator[V]:
    """One service for all tests of a module, since one takes half a second to stop; a test leaves nothing behind."""
    yield service
    service.lift_all()
    clock.ahead = 0
    for record in (service.ledger, service.calls, service.shown, seen):
        record.clear()
