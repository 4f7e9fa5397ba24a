"""An account behind Alibaba's OpenAPI, as tests use it: the console's own clients, and requests that go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.account import BOX, Account
from console.settings import Settings
from tests.cloud.accounts import Key
from tests.cloud.openapi import Call, OpenApi, Product


def account(openapi: OpenApi, key: Key, settings: Mapping[str, str]) -> Account:
    """As `cutout` makes it of its settings, without looking for a key elsewhere."""
    given = {
        **settings,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }
    return Account(Settings({name: value for name, value in given.items() if value}), {BOX: openapi.url})


def dies_after_writes(product: Product) -> Callable[[Call], None]:
    """For `OpenApi.after`: whoever changes something is not there any more to hear that it was done."""

    def after(call: Call) -> None:
        if call.action in product.writes:
            raise ConnectionAbortedError(f"the command was killed after {call.action}")

    return after
