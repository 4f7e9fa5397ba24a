"""How tests call the VIAPI stand-in: with Alibaba's own client or by hand."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from uuid import uuid4

import httpx
from alibabacloud_imageseg20191230.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils

from tests.cloud.accounts import Key
from tests.cloud.vendor_world import PLAIN_HTTP
from tests.cloud.viapi import Viapi

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
    with httpx.Client(trust_env=False, verify=PLAIN_HTTP, timeout=20) as client:
        return client.request(method, viapi.url + "/", params=query, data=form or None)


def code(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert {"RequestId", "HostId", "Message"} <= set(body) or response.status_code == 200
    return response.status_code, body.get("Code", "")


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
