"""An account behind Alibaba's OpenAPI, as tests use it: the console's own clients, and requests that go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.account import BOX, Account
from console.settings import Settings
from tests.cloud.accounts import Key
from tests.cloud.openapi import Call, OpenApi, nothing

_MOST_TIMES = 200


def account(openapi: OpenApi, key: Key, settings: Mapping[str, str], oss: str = "") -> Account:
    """As `cutout` makes it of its settings, without looking for a key elsewhere; `oss` is where OSS is."""
    given = {
        **settings,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }
    said = {name: value for name, value in given.items() if value}
    return Account(Settings(said), {BOX: openapi.url} | ({"OSS_PUBLIC_ENDPOINT": oss} if oss else {}))


def times_killed(openapi: OpenApi, command: Callable[[], bool], every: int = 1) -> int:
    """How often a command is killed, each time just after it has changed so many more things, until it comes to its
    end. `command` says whether it did. What it sends again, as Serverless Devs does, is no further change."""
    seen = set[str]()
    for killed in range(_MOST_TIMES):
        done = list[str]()

        def after(call: Call, done: list[str] = done) -> None:
            change = repr((call.action, call.method, call.path, call.query, call.body))
            if openapi.is_change(call) and (change not in seen or change in done):
                done.append(change)
            if len(done) == every:
                raise ConnectionAbortedError(f"the command was killed after {call.action}")

        openapi.after = after
        ended = command()
        openapi.after = nothing
        assert ended == (len(done) < every), "it goes on over a change whose answer it did not hear"
        assert len(done) <= every, "it makes a change again without looking"
        if ended:
            return killed
        seen.update(done)
    raise AssertionError("it comes to no end")
