"""How tests call the VIAPI stand-in: with Alibaba's own client or by hand, about pictures they serve themselves."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

import httpx
import skimage.data
from alibabacloud_imageseg20191230.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from PIL import Image

from tests.cloud.accounts import Key
from tests.cloud.serve import Server
from tests.cloud.viapi import Viapi

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BOX = (180, 120)


@cache
def _coffee() -> Image.Image:
    return Image.fromarray(skimage.data.coffee())


def encoded(form: str = "JPEG", size: tuple[int, int] = BOX, mode: str = "RGB") -> bytes:
    _coffee().resize(size).convert(mode).save(out := io.BytesIO(), form)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


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


NOTHING: Mapping[str, str] = {}


def v1(
    key: Key,
    action: str,
    query: Mapping[str, str] = NOTHING,
    form: Mapping[str, str] = NOTHING,
    *,
    method: str = "POST",
    at: float | None = None,
    **common: str,
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Method, query and form of a V1 call as the SDK's own function signs it; an empty `common` is left out."""
    given = {
        "Action": action,
        "Format": "JSON",
        "Version": "2019-12-30",
        "Timestamp": datetime.fromtimestamp(at or time.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SignatureNonce": uuid4().hex,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "AccessKeyId": key.access_key_id,
        "SecurityToken": key.security_token,
        **query,
        **common,
    }
    signed = {name: value for name, value in given.items() if value}
    signed["Signature"] = Utils.get_rpcsignature(signed | dict(form), method, key.access_key_secret)
    return method, signed, dict(form)


def send(viapi: Viapi, call: tuple[str, dict[str, str], dict[str, str]]) -> httpx.Response:
    method, query, form = call
    with httpx.Client(trust_env=False, timeout=20) as client:
        return client.request(method, viapi.url + "/", params=query, data=form or None)


def code(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert {"RequestId", "HostId", "Message"} <= set(body) or response.status_code == 200
    return response.status_code, body.get("Code", "")


def download(link: str) -> httpx.Response:
    return httpx.get(link, trust_env=False)


def sdk(viapi: Viapi, key: Key, algorithm: str) -> Client:
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token or None,
            endpoint=viapi.result_host,
            protocol="http",
            signature_algorithm=algorithm or None,
        )
    )
