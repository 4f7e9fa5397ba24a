"""What Serverless Devs' component fc3 (devsapp/fc3, 0.1.22) does for one function: read from its source.

It compares what is there with the props, asks about each difference, and then sends: function, triggers, what becomes
of asynchronous invocations, concurrency. Three things of it are left out here: that it tries again what failed, that it
sends code by way of a bucket of Function Compute's own, and empty settings that change nothing.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import RetryError
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from tests.cloud.fc_package import checksum, packed

_ELSEWHERE = ("region", "code", "triggers", "asyncInvokeConfig", "concurrencyConfig")
"""Of the props, what is not sent with the function."""
_LATEST = "LATEST"
Agree = Callable[[str], bool]


def client(key: Mapping[str, str], environment: Mapping[str, str]) -> Callable[[str], Client]:
    """Makes clients of hosts."""
    box = environment.get("CLOUD_IN_A_BOX")

    def of(host: str) -> Client:
        return Client(
            Config(
                access_key_id=key["AccessKeyID"],
                access_key_secret=key["AccessKeySecret"],
                security_token=key.get("SecurityToken"),
                endpoint=host.format(uid=key["AccountID"]),
                protocol="http" if box else "https",
                http_proxy=box,
                read_timeout=3_600_000,
            )
        )

    return of


@dataclass(frozen=True)
class _Step:
    """Something to be deployed: as it is (None: not at all), as it is to be, and what sends it."""

    what: str
    there: dict[str, Any] | None
    wanted: dict[str, Any]
    send: Callable[[], object]


class Component:
    errors = (TeaException, RetryError)
    """That the SDK raises."""

    def __init__(
        self, client_of: Callable[[str], Client], props: dict[str, Any], base: Path, say: Callable[[str], None]
    ) -> None:
        self._client = client_of(f"fcv3.{props['region']}.aliyuncs.com")
        self._invoker = client_of("{uid}." + f"{props['region']}.fc.aliyuncs.com")
        self._props = props
        self._name: str = props["functionName"]
        self._base = base
        self._say = say

    def deploy(self, agree: Agree) -> None:
        steps = [self._function(), *self._triggers(), self._asynchronous(), self._concurrency()]
        agreed = [step for step in steps if step.there in (None, step.wanted) or self._agrees(step, agree)]
        for step in agreed:
            self._say(f"{'creating' if step.there is None else 'updating'} {step.what}")
            step.send()

    def remove(self, agree: Agree, *, only_triggers: bool) -> None:
        """Whatever goes wrong is printed and no more: the status is 0 all the same."""
        wanted = {each["triggerName"] for each in self._props.get("triggers", [])}
        there = _found(self._client.list_triggers, self._name, models.ListTriggersRequest(limit=100)) or {}
        names = [each["triggerName"] for each in there.get("triggers", [])]
        gone = [name for name in names if not only_triggers or name in wanted]
        exists = _found(self._client.get_function, self._name, models.GetFunctionRequest()) is not None
        self._say(f"Remove function {self._name}: triggers {gone}{'' if only_triggers else ', function'}")
        if not agree("Are you sure you want to delete the resources listed above"):
            return
        with self._telling():
            if not only_triggers and _found(self._client.get_async_invoke_config, self._name, self._of_latest()):
                request = models.DeleteAsyncInvokeConfigRequest(qualifier=_LATEST)
                self._client.delete_async_invoke_config(self._name, request)
            for name in gone:
                self._client.delete_trigger(self._name, name)
            if exists and not only_triggers:
                if _found(self._client.get_concurrency_config, self._name):
                    self._client.delete_concurrency_config(self._name)
                self._client.delete_function(self._name)

    def invoke(self, event: str, invocation_type: str) -> None:
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type=invocation_type, x_fc_log_type="None")
        request = models.InvokeFunctionRequest(body=io.BytesIO(event.encode()), qualifier=_LATEST)
        answer = self._invoker.invoke_function_with_options(self._name, request, headers, RuntimeOptions())
        self._say(f"Invoke Result:\n{answer.body.read().decode()}")

    def _agrees(self, step: _Step, agree: Agree) -> bool:
        assert step.there is not None
        changed = {name: value for name, value in step.wanted.items() if step.there.get(name) != value}
        self._say(f"{step.what} was changed, please confirm before deployment:\n{json.dumps(changed, indent=2)}")
        return agree("Deploy it with local config?")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self.errors as error:
            self._say(f"remove error: {error}")

    # ---------------------------------------------------------------- what is deployed

    def _function(self) -> _Step:
        wanted = {name: value for name, value in self._props.items() if name not in _ELSEWHERE}
        there = _found(self._client.get_function, self._name, models.GetFunctionRequest())
        package = packed((self._base / self._props["code"]).resolve())
        code = {"code": {"zipFile": base64.b64encode(package).decode()}}

        def send() -> None:
            if there is None:
                body = models.CreateFunctionInput().from_map(wanted | code)
                self._client.create_function(models.CreateFunctionRequest(body=body))
                return
            changed = code if there["codeChecksum"] != checksum(package) else {}
            body = models.UpdateFunctionInput().from_map(wanted | changed)
            self._client.update_function(self._name, models.UpdateFunctionRequest(body=body))

        return _Step(f"function {self._name}", _like(there, wanted), wanted, send)

    def _triggers(self) -> Iterator[_Step]:
        for props in self._props.get("triggers", []):
            name = props["triggerName"]
            wanted = {"qualifier": _LATEST, **props}
            there = _found(self._client.get_trigger, self._name, name)
            if there is not None:
                there["triggerConfig"] = json.loads(there["triggerConfig"])
            yield _Step(
                f"trigger {self._name}/{name}", _like(there, wanted), wanted, self._sender(there is None, name, wanted)
            )

    def _sender(self, new: bool, name: str, wanted: dict[str, Any]) -> Callable[[], object]:
        sent = wanted | {"triggerConfig": json.dumps(wanted["triggerConfig"])}
        if new:
            created = models.CreateTriggerRequest(body=models.CreateTriggerInput().from_map(sent))
            return lambda: self._client.create_trigger(self._name, created)
        # Without sourceArn, which UpdateTriggerInput has not: a trigger stays on its bucket.
        updated = models.UpdateTriggerRequest(body=models.UpdateTriggerInput().from_map(sent))
        return lambda: self._client.update_trigger(self._name, name, updated)

    def _asynchronous(self) -> _Step:
        wanted = self._props["asyncInvokeConfig"]
        there = _found(self._client.get_async_invoke_config, self._name, self._of_latest())
        if there is not None:
            there["qualifier"] = _LATEST
        body = models.PutAsyncInvokeConfigInput().from_map(wanted)
        request = models.PutAsyncInvokeConfigRequest(body=body, qualifier=_LATEST)
        return _Step(
            f"asyncInvokeConfig of {self._name}",
            _like(there, wanted),
            wanted,
            lambda: self._client.put_async_invoke_config(self._name, request),
        )

    def _concurrency(self) -> _Step:
        wanted = self._props["concurrencyConfig"]
        there = _found(self._client.get_concurrency_config, self._name)
        request = models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput().from_map(wanted))
        return _Step(
            f"concurrencyConfig of {self._name}",
            _like(there, wanted),
            wanted,
            lambda: self._client.put_concurrency_config(self._name, request),
        )

    def _of_latest(self) -> models.GetAsyncInvokeConfigRequest:
        return models.GetAsyncInvokeConfigRequest(qualifier=_LATEST)


def _found(get: Callable[..., Any], *arguments: object) -> dict[str, Any] | None:
    """What is there; None when it is not."""
    try:
        found: dict[str, Any] = get(*arguments).body.to_map()
    except ClientException as error:
        if error.status_code == 404:
            return None
        raise
    return found


def _like(there: dict[str, Any] | None, wanted: dict[str, Any]) -> dict[str, Any] | None:
    """Of what is there, what the props speak of too."""
    return None if there is None else {name: there.get(name) for name in wanted}
