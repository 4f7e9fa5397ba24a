"""Functions are invoked by name, and what the client would give away or stumble over is contained."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from shared.cloud.functions import FcInvoker
from shared.cloud.ports import Credentials
from shared.errors import CutoutError, Misconfigured, Unavailable
from tests.cloud.accounts import Accounts
from tests.cloud.fc_gateway import FcGateway

FUNCTIONS = {"oss-cutout-general"}
Submitted = list[tuple[str, bytes]]


@pytest.fixture
def submitted() -> Submitted:
    return []


@pytest.fixture
def gateway(submitted: Submitted) -> Iterator[FcGateway]:
    def submit(name: str, event: bytes) -> bool:
        submitted.append((name, event))
        return name in FUNCTIONS

    gateway = FcGateway(Accounts(), submit)
    yield gateway
    gateway.stop()


def invoker(gateway: FcGateway, *, service: str = "", endpoint: str = "", token: str | None = None) -> FcInvoker:
    key = gateway._accounts.assume_role()
    return FcInvoker(
        endpoint or gateway.url,
        Credentials(key.access_key_id, key.access_key_secret, key.security_token if token is None else token),
        prefix="oss-cutout-",
        service=service,
    )


def test_a_function_of_fc_3_is_invoked_asynchronously_by_its_name(gateway: FcGateway, submitted: Submitted) -> None:
    invoker(gateway).invoke("general", '{"红鞋": 1}'.encode())
    assert submitted == [("oss-cutout-general", '{"红鞋": 1}'.encode())]


def refusal(invoker: FcInvoker, group: str = "general") -> CutoutError:
    with pytest.raises(CutoutError) as refused:
        invoker.invoke(group, b"{}")
    return refused.value


def test_a_refusal_is_the_operators_and_gives_nothing_away(
    gateway: FcGateway, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.takes_old_signatures = False
    error = refusal(invoker(gateway))
    assert (type(error), error.code) == (Misconfigured, "AccessDenied")
    assert "the signature is of an old version" in error.message
    gateway.takes_old_signatures = True
    assert refusal(invoker(gateway, service="shop")).code == "ServiceNotFound"
    assert refusal(invoker(gateway), "garden").code == "FunctionNotFound"
    assert refusal(invoker(gateway, token="CAIS-EXAMPLE-other")).code == "InvalidSecurityToken"
    everything = caplog.text + "".join(capfd.readouterr()) + error.message
    assert "CAIS-EXAMPLE" not in everything
    assert "authorization" not in everything.lower()


def test_a_page_of_somebody_on_the_way_is_no_crash(gateway: FcGateway) -> None:
    gateway.html = True
    error = refusal(invoker(gateway))
    assert (type(error), error.code) == (Misconfigured, "NotJson")
    assert "INVOKE_ENDPOINT" in error.message


def test_a_platform_that_is_not_reached_is_unavailable(gateway: FcGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fc2.client.retries", 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert type(refusal(invoker(gateway, endpoint=f"http://127.0.0.1:{port}"))) is Unavailable
