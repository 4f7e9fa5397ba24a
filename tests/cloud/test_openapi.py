"""The front of the OpenAPI: who may come in, and where a request goes. Alibaba's own SDK is the client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from tests.cloud.accounts import Accounts, Key
from tests.cloud.openapi import Call, OpenApi, Operation, Product, Refused, Rpc
from tests.cloud.vendor_world import Clock

HOST, DEEP, UPLOADS = "shop.cn-shanghai.aliyuncs.com", "photos.shop.cn-shanghai.aliyuncs.com", "uploads.aliyuncs.com"


class Shop(Rpc):
    """An RPC-style product with a sub-domain for each customer."""

    hosts = (HOST, f"*.{HOST}")
    version = "2020-02-02"
    writes = frozenset({"Buy"})

    def __init__(self) -> None:
        self.operations = {"Buy": Operation(self._buy, ("Name",), ("Count",))}
        self.bought: list[Call] = []

    def _buy(self, call: Call) -> dict[str, Any]:
        if call.parameters["Name"] == "nothing":
            raise Refused(409, "SoldOut", "there is nothing left")
        self.bought.append(call)
        return {"Bought": call.parameters}


class Uploads(Product):
    """A ROA-style product."""

    hosts = (UPLOADS,)
    version = "2021-01-01"

    def perform(self, call: Call) -> Any:
        return None if call.method == "DELETE" else [call.path, call.query, call.body]


class World:
    def __init__(self, accounts: Accounts, openapi: OpenApi, shop: Shop) -> None:
        self.accounts, self.openapi, self.shop = accounts, openapi, shop

    def ask(
        self,
        host: str = HOST,
        key: Key | None = None,
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, str] | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        key = key or self.accounts.owner
        config = Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token or None,
            endpoint=host,
            protocol="http",
            http_proxy=self.openapi.url,
        )
        usual = {
            "action": "Buy", "version": "2020-02-02", "protocol": "HTTPS", "pathname": "/", "method": "POST",
            "auth_type": "AK", "style": "RPC", "req_body_type": "formData", "body_type": "json",
        }  # fmt: skip
        request = OpenApiRequest(query=query, body=body)
        answer: dict[str, Any] = Client(config).call_api(Params(**usual | params), request, RuntimeOptions())
        return answer

    def refused(self, *arguments: Any, **keywords: Any) -> tuple[int, str]:
        with pytest.raises(Exception, match="code: ") as caught:
            self.ask(*arguments, **keywords)
        return caught.value.status_code, caught.value.code  # type: ignore[attr-defined]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> Iterator[World]:
    accounts, shop = Accounts(), Shop()
    openapi = OpenApi(accounts, shop, Uploads(), clock=clock)
    yield World(accounts, openapi, shop)
    openapi.stop()


@pytest.mark.parametrize("temporary", [False, True], ids=["permanent key", "STS key"])
def test_the_official_client_is_answered(world: World, *, temporary: bool) -> None:
    key = world.accounts.assume_role() if temporary else world.accounts.owner
    answer = world.ask(key=key, query={"Name": "红 1+2%~"}, body={"Count": "2"})
    assert answer["body"]["Bought"] == {"Name": "红 1+2%~", "Count": "2"}
    assert answer["body"]["RequestId"]
    (call,) = world.openapi.calls
    assert (call.action, call.host, call.access_key_id) == ("Buy", HOST, key.access_key_id)


def test_a_wildcard_stands_for_a_sub_domain(world: World) -> None:
    world.ask(DEEP, query={"Name": "a"})
    assert world.refused(f"deeper.{DEEP}", query={"Name": "a"})[0] == 502


def test_a_host_that_nobody_has_is_not_found(world: World) -> None:
    assert world.refused("shop.cn-hangzhou.aliyuncs.com", query={"Name": "a"}) == (502, "UnknownHost")


def test_a_product_s_refusal_reaches_the_client(world: World) -> None:
    assert world.refused(query={"Name": "nothing"}) == (409, "SoldOut")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"query": {}}, (400, "MissingName")),
        ({"query": {"Name": "a", "Nmae": "a"}}, (400, "InvalidParameter")),
        ({"query": {"Name": "a"}, "action": "Sell"}, (404, "InvalidAction.NotFound")),
        ({"query": {"Name": "a"}, "pathname": "/buy"}, (404, "InvalidAction.NotFound")),
        ({"query": {"Name": "a"}, "version": "2020-02-03"}, (400, "InvalidVersion")),
        ({"query": {"Name": "a"}, "auth_type": "Anonymous"}, (400, "MissingParameter")),
        ({"query": {"Name": "a"}, "key": Key("LTAI-EXAMPLE-nobody", "s")}, (404, "InvalidAccessKeyId.NotFound")),
    ],
)
def test_what_is_not_asked_for_as_it_should_be_is_refused(
    world: World, changed: dict[str, Any], says: tuple[int, str]
) -> None:
    assert world.refused(**changed) == says
    assert world.shop.bought == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_may_be_off_by_a_quarter_of_an_hour(world: World, clock: Clock, hours: int) -> None:
    clock.ahead = hours * 800
    world.ask(query={"Name": "a"})
    clock.ahead = hours * 3600
    assert world.refused(query={"Name": "a"}) == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"access_key_secret": "another one"}, "SignatureDoesNotMatch"),
        ({"security_token": "another one"}, "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
def test_another_secret_or_token_is_refused(world: World, changed: dict[str, str], code: str) -> None:
    key = replace(world.accounts.assume_role(), **changed)
    assert world.refused(key=key, query={"Name": "a"}) == (400, code)


def test_a_roa_style_product_gets_path_and_body(world: World) -> None:
    usual: dict[str, Any] = {"version": "2021-01-01", "style": "ROA", "req_body_type": "json"}
    answer = world.ask(UPLOADS, body={"a": [1]}, query={"q": "1"}, pathname="/x/a%20b", body_type="array", **usual)
    assert answer["body"] == ["/x/a%20b", {"q": "1"}, {"a": [1]}]
    gone = world.ask(UPLOADS, method="DELETE", body_type="none", pathname="/x", **usual)
    assert gone["statusCode"] == 204 or gone["body"] == ""


def test_a_request_can_be_interrupted_before_and_after_it_is_performed(world: World) -> None:
    def hang_up(call: Call) -> None:
        raise ConnectionAbortedError("hung up")

    world.openapi.before = hang_up
    with pytest.raises(Exception, match="Connection"):
        world.ask(query={"Name": "before"})
    world.openapi.before, world.openapi.after = lambda call: None, hang_up
    with pytest.raises(Exception, match="Connection"):
        world.ask(query={"Name": "after"})
    assert [call.parameters["Name"] for call in world.openapi.calls] == ["before", "after"]
    assert [call.parameters["Name"] for call in world.shop.bought] == ["after"]
