"""The account: whatever an SDK raises becomes an `ApiError`, in which nothing secret stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config
from alibabacloud_fc20230330.models import GetFunctionRequest
from alibabacloud_sls20201230.models import GetProjectRequest
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from darabonba.exceptions import RetryError, UnretryableException
from darabonba.policy.retry import RetryPolicyContext
from Tea.exceptions import TeaException
from werkzeug.wrappers import Request, Response

from console.account import BOX, Account, ApiError, speaking
from console.refusals import explain
from console.settings import KEY, ROOT, Settings
from tests.cloud.serve import Server

SECRET, TOKEN = "EXAMPLEsecret0123456789", "CAIS-EXAMPLEtoken0123456789"
GIVEN = {**dict(zip(KEY, ("LTAI-EXAMPLE", SECRET, TOKEN), strict=True)), "OSS_BUCKET": "shop-photos"}
CLOSED = {BOX: "http://127.0.0.1:9", "OSS_PUBLIC_ENDPOINT": "http://127.0.0.1:9"}
"""Addresses at which nobody listens."""


def _openapi(kind: Callable[..., Exception], status: int) -> Exception:
    return kind(status_code=status, code="Refused.Code", message="because", request_id="R-1")


def _sls(status: int) -> Exception:
    data = {"httpCode": status, "statusCode": status, "requestId": "R-1"}
    raised: Exception = TeaException({"code": "Refused.Code", "message": "because", "data": data})
    return raised


def _oss(status: int) -> Exception:
    details = {"Code": "Refused.Code", "Message": "because"}
    raised: Exception = oss2.exceptions.ServerError(status, {"x-oss-request-id": "R-1"}, b"<Error/>", details)
    return raised


def _unretryable(cause: Exception) -> Exception:
    raised: Exception = UnretryableException(RetryPolicyContext(exception=cause))
    return raised


REFUSALS = {
    "client": (_openapi(ClientException, 403), 403),
    "throttling": (_openapi(ThrottlingException, 429), 429),
    "server": (_openapi(ServerException, 503), 503),
    "sls": (_sls(404), 404),
    "sls, after retries": (_unretryable(_sls(500)), 500),
    "oss": (_oss(409), 409),
}


@pytest.mark.parametrize(("raised", "status"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_has_the_status_code_message_and_request_id_of_each_sdk(raised: Exception, status: int) -> None:
    with pytest.raises(ApiError) as caught, speaking("RAM", "GetRole"):
        raise raised
    error = caught.value
    assert (error.product, error.action, error.status) == ("RAM", "GetRole", status)
    assert (error.code, error.message, error.request_id) == ("Refused.Code", "because", "R-1")


UNANSWERED = {
    "openapi": (_unretryable(RetryError("no route to host")), "RetryError"),
    "oss": (oss2.exceptions.RequestError(ConnectionError("no route to host")), "ConnectionError"),
    "other": (OSError("no route to host"), "OSError"),
}


@pytest.mark.parametrize(("raised", "code"), UNANSWERED.values(), ids=UNANSWERED)
def test_what_was_not_answered_has_status_0_and_says_why(raised: Exception, code: str) -> None:
    with pytest.raises(ApiError) as caught, speaking("OSS", "GetBucketInfo"):
        raise raised
    assert (caught.value.status, caught.value.code, caught.value.message) == (0, code, "no route to host")


def test_one_that_is_said_already_is_left_as_it_is() -> None:
    inner = ApiError("STS", "GetCallerIdentity", 403, "NoPermission", "no")
    with pytest.raises(ApiError) as caught, speaking("OSS", "GetBucketInfo"):
        raise inner
    assert caught.value is inner


def test_a_call_that_is_written_wrongly_is_no_matter_of_the_network() -> None:
    with pytest.raises(TypeError):
        Account(Settings(GIVEN)).call("SLS", "GetProject", lambda name: name)


ACTIONS: dict[str, Callable[[Account], object]] = {
    "STS": lambda account: account.identity,
    "SLS": lambda account: account.call(
        "SLS", "GetProject", account.sls.get_project, "oss-cutout", GetProjectRequest()
    ),
    "FC": lambda account: account.call(
        "FC", "GetFunction", account.fc.get_function, "oss-cutout-settle", GetFunctionRequest()
    ),
    "OSS": lambda account: account.call("OSS", "GetBucketInfo", account.bucket().get_bucket_info),
}


@pytest.mark.parametrize("product", ACTIONS)
def test_a_service_that_is_not_reached_is_named_and_no_secret_is(product: str) -> None:
    with pytest.raises(ApiError) as caught:
        ACTIONS[product](Account(Settings(GIVEN), CLOSED))
    assert (caught.value.product, caught.value.status) == (product, 0)
    assert "127.0.0.1" in caught.value.message
    told = "".join(traceback.format_exception(caught.value)) + str(vars(caught.value))
    assert SECRET not in told
    assert TOKEN not in told


@pytest.fixture
def gateway() -> Iterator[str]:
    """Where every request is answered with 502 and an empty document."""
    server = Server(Response("{}", 502, content_type="application/json"))
    yield server.url
    server.stop()


@pytest.mark.parametrize("product", ACTIONS)
def test_an_answer_that_names_neither_code_nor_request_id_is_said_without_none(product: str, gateway: str) -> None:
    with pytest.raises(ApiError) as caught:
        ACTIONS[product](Account(Settings(GIVEN), {BOX: gateway, "OSS_PUBLIC_ENDPOINT": gateway}))
    said = explain(caught.value)
    assert said.code == "NotReached"
    assert "502" in said.what.en
    assert "None" not in said.what.en


def test_a_traceback_does_not_show_what_an_sdk_raised() -> None:
    with pytest.raises(ApiError) as caught, speaking("RAM", "GetRole"):
        raise TeaException({"message": "because", "data": {"authorization": SECRET}}) from RuntimeError(TOKEN)
    told = "".join(traceback.format_exception(caught.value))
    assert "because" in told
    assert SECRET not in told
    assert TOKEN not in told


def test_the_key_is_that_of_the_settings() -> None:
    assert Account(Settings(GIVEN)).key == ("LTAI-EXAMPLE", SECRET, TOKEN)
    assert Account(Settings({**GIVEN, KEY[2]: ""})).key == ("LTAI-EXAMPLE", SECRET, "")


def test_a_temporary_key_is_renewed_as_its_provider_says() -> None:
    """The SDK asks the provider again when a key has 15 minutes to go (URLCredentialsProvider)."""
    expires = (datetime.now(timezone.utc) + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tokens, signed = [f"CAIS-EXAMPLE{number}" for number in range(9)], list[str]()

    def play(environ: dict[str, Any], start: Any) -> Any:
        asked = Request(environ)
        if asked.path == "/key":
            found = {"Code": "Success", "AccessKeyId": "STS.EXAMPLE", "AccessKeySecret": SECRET, "Expiration": expires}
            return Response(json.dumps({**found, "SecurityToken": tokens.pop(0)}))(environ, start)
        signed.append(asked.headers["x-oss-security-token"])
        return Response(headers={"ETag": '"E"'})(environ, start)

    server = Server(play)
    try:
        account = Account(Settings({"OSS_BUCKET": "shop-photos"}), {BOX: server.url, "OSS_PUBLIC_ENDPOINT": server.url})
        account._credentials = Client(Config(type="credentials_uri", credentials_uri=f"{server.url}/key"))
        objects, bucket = account.objects(), account.bucket()
        for key in ("a", "b"):
            objects.etag(key)
            bucket.put_object(key, b"")
    finally:
        server.stop()
    assert len({*signed}) == 4


def test_half_a_key_is_none() -> None:
    with pytest.raises(ApiError) as caught:
        Account(Settings({KEY[0]: "LTAI-EXAMPLE"})).key  # noqa: B018
    assert caught.value.product == "credentials"


def test_without_a_key_alibabas_own_tools_are_asked_and_then_there_is_none(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    program = "from console.account import *; print(Account(Settings({})).key)"

    def asked(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-c", program]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert "ApiError: credentials GetCredential" in asked(environment).stderr
    key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-EXAMPLE", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "EXAMPLE"}
    assert asked(environment | key).stdout == "('LTAI-EXAMPLE', 'EXAMPLE', '')\n"


def test_an_sdk_is_imported_when_its_product_is_first_used() -> None:
    program = (
        "import sys, console.account; print([each for each in sys.modules if each.startswith(('alibaba', 'oss2'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
