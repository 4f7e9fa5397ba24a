"""Is VIAPI activated: a call with a picture that is not there, for nothing.

Only calls that succeed are billed ("所有能力只有调用成功才会计费", developer.aliyun.com/article/1173777).

No document says whether VIAPI looks at the purchase before it looks at the picture. If it does not, nothing is found.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timezone

from console.account import Account, ApiError, speaking
from console.checks.vendors import read
from console.finding import IDENTITY, Check, Finding
from console.refusals import not_activated
from shared.cloud.http_client import HttpClient
from shared.cloud.ports import Credentials
from shared.entry.wiring import providers
from shared.errors import CutoutError, Misconfigured
from shared.jobs import keys
from shared.messages.message import Message
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.protocol import Nonce, Task

_ROW = CAPABILITIES["general/common"]
"""One of the category 分割抠图, which is activated as a whole (VIAPI, "Error codes": activate the category)."""
_NOT_ACTIVATED = ("InvalidApi", "InsufficientBalance", "NotEnoughBalance", "NeedOpen", "HTTP402")
"""Codes of a capability that is not activated, or not paid; see `shared.vendors.error_codes`."""
_ABOUT_THE_PICTURE = ("InvalidImage", "InvalidFile")
_SECONDS = 10.0


def _viapi(account: Account) -> Iterator[Finding]:
    nonce = Nonce(datetime.now(timezone.utc), secrets.token_hex(16))
    with speaking("OSS", "GetObject"):
        bucket = account.bucket(account.settings.bucket or "photos")  # whichever: there is no such picture in any
        link = bucket.sign_url("GET", f"{keys.WORK}{nonce.nonce}.jpg", 60, slash_safe=True)
    vendor = providers(read(account), Credentials(*account.key))[_ROW.provider]
    client = HttpClient(result_hosts=frozenset(), call_seconds=_SECONDS, wait_seconds=_SECONDS)
    try:
        reply = client.send(vendor.call(_ROW, [Task({_ROW.image: link})], nonce))
    except CutoutError as error:
        raise ApiError("VIAPI", _ROW.action, 0, error.code, error.message) from None
    try:
        vendor.answer(_ROW, reply)
    except Misconfigured as error:
        if error.code.startswith(_NOT_ACTIVATED):
            yield not_activated("VIAPI")
        elif not error.code.startswith(_ABOUT_THE_PICTURE):
            raise ApiError("VIAPI", _ROW.action, 403, error.code, error.message) from None
    except CutoutError:
        pass  # the picture is refused, as it must be


CHECKS = (
    Check("viapi", Message("whether VIAPI is activated", "VIAPI 是否已开通"), _viapi, needs=(IDENTITY, "settings")),
)
