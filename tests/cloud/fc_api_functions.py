"""Functions, and what is set for each, as Function Compute's API 2023-03-30 makes, changes and shows them."""

from __future__ import annotations

from typing import Any

from tests.cloud.acs3 import Refused
from tests.cloud.fc_api_pages import page
from tests.cloud.fc_registry import REGION, Deployed, Facts, Registry, checked, invalid, now, object_of
from tests.cloud.function import (
    BY_DEFAULT,
    RESERVABLE,
    AsyncInvokeConfig,
    ConcurrencyConfig,
    Configuration,
    Function,
)
from tests.cloud.openapi import Call

_FIELDS = frozenset(Configuration.model_fields)
_NAMES = tuple(str(each.alias or name) for name, each in Configuration.model_fields.items())
_DEFAULTS = {
    "description": "",
    "timeout": 3,
    "internetAccess": True,
    "environmentVariables": {},
    # What the console and the component take.
    "cpu": 0.35,
    "memorySize": 512,
    "diskSize": 512,
}
"""Of what CreateFunctionInput need not say."""


def create(registry: Registry, call: Call) -> dict[str, Any]:
    body = object_of(call.body, *_NAMES, "code")
    code = body.pop("code", None)
    configuration = checked(Configuration, _DEFAULTS | body)
    name = configuration.deployed_name
    if name in registry.deployed:
        raise Refused(409, "FunctionAlreadyExists", f"function '{name}' already exists")
    _admit(registry, call, configuration)
    package = registry.unpack(name, code)
    place = {"region": REGION, "code": str(package.folder)}
    deployed = Deployed(Function.model_validate(configuration.model_dump(by_alias=True) | place), package)
    registry.add(deployed)
    return show(deployed)


def update(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    # The name is in the path, and UpdateFunctionInput has none.
    body = object_of(call.body, *(name for name in _NAMES if name != "functionName"), "code")
    code = body.pop("code", None)
    before = deployed.function.model_dump(by_alias=True, include=set(_FIELDS))
    configuration = checked(Configuration, before | body)
    _admit(registry, call, configuration)
    if code is not None:
        deployed.package = registry.unpack(function, code)
    deployed.facts.modified = now()
    changes = {name: getattr(configuration, name) for name in _FIELDS}
    registry.change(deployed, code=str(deployed.package.folder), **changes)
    return show(deployed)


def get(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    latest(call)
    return show(deployed)


def list_all(registry: Registry, call: Call) -> dict[str, Any]:
    of_this_generation = call.query.get("fcVersion", "v3") == "v3"
    found = {name: show(each) for name, each in registry.deployed.items()} if of_this_generation else {}
    return page("functions", found, call.query)


def delete(registry: Registry, call: Call, function: str) -> None:
    deployed = registry.find(function)
    if deployed.function.triggers:
        # The list of error codes has it without a status.
        raise Refused(409, "FunctionNotEmpty", f"function '{function}' has active triggers")
    registry.remove(deployed)


def show(deployed: Deployed) -> dict[str, Any]:
    return {
        **deployed.function.model_dump(by_alias=True, include=set(_FIELDS)),
        "codeChecksum": deployed.package.checksum,
        "codeSize": deployed.package.size,
        "createdTime": deployed.facts.created,
        "lastModifiedTime": deployed.facts.modified,
        "functionArn": deployed.arn,
        "functionId": deployed.facts.id,
        "state": "Active",
        "lastUpdateStatus": "Successful",
    }


def latest(call: Call) -> None:
    """Refuses another qualifier than the only one there is."""
    if call.query.get("qualifier", "LATEST") != "LATEST":
        raise Refused(404, "VersionNotFound", f"version '{call.query['qualifier']}' does not exist")


def _admit(registry: Registry, call: Call, configuration: Configuration) -> None:
    registry.admit_role(call.access_key_id, configuration.role, "fc.aliyuncs.com")
    logs = configuration.logs
    if missing := registry.neighbours.missing_log(logs.project, logs.logstore):
        # In the words that the component waits for (devsapp/fc3, isSlsNotExistException).
        raise invalid(f"{missing} '{getattr(logs, missing)}' does not exist")


# ---------------------------------------------------------------- concurrency


def put_concurrency(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    config = checked(ConcurrencyConfig, object_of(call.body, "reservedConcurrency"))
    others = (each.function.concurrency for each in registry.deployed.values() if each is not deployed)
    reserved = config.reserved + sum(each.reserved for each in others if each)
    # No document says with what error.
    if reserved > registry.instances * RESERVABLE:
        raise invalid(f"reservedConcurrency adds up to {reserved} of {registry.instances} instances")
    registry.change(deployed, concurrency=config)
    return _concurrency(deployed, config)


def get_concurrency(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    if deployed.function.concurrency is None:
        raise Refused(404, "OnDemandConfigNotFound", f"concurrency config of function '{function}' does not exist")
    return _concurrency(deployed, deployed.function.concurrency)


def list_concurrency(registry: Registry, call: Call) -> dict[str, Any]:
    found = {
        name: _concurrency(each, each.function.concurrency)
        for name, each in registry.deployed.items()
        if each.function.concurrency and call.query.get("functionName", name) == name
    }
    return page("configs", found, call.query)


def delete_concurrency(registry: Registry, call: Call, function: str) -> None:
    registry.change(registry.find(function), concurrency=None)


def _concurrency(deployed: Deployed, config: ConcurrencyConfig) -> dict[str, Any]:
    return {"functionArn": deployed.arn, **config.model_dump(by_alias=True)}


# ---------------------------------------------------------------- asynchronous invocations


def put_asynchronous(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    latest(call)
    body = object_of(call.body, "maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds")
    config = checked(AsyncInvokeConfig, BY_DEFAULT.model_dump(by_alias=True) | body)
    created = deployed.asynchronous.created if deployed.function.asynchronous else now()
    deployed.asynchronous = Facts(created=created)
    registry.change(deployed, asynchronous=config)
    return _asynchronous(deployed, config)


def get_asynchronous(registry: Registry, call: Call, function: str) -> dict[str, Any]:
    deployed = registry.find(function)
    latest(call)
    if deployed.function.asynchronous is None:
        raise Refused(404, "AsyncConfigNotExists", f"AsyncConfig for {function}:LATEST does not exist.")
    return _asynchronous(deployed, deployed.function.asynchronous)


def list_asynchronous(registry: Registry, call: Call) -> dict[str, Any]:
    found = {
        name: _asynchronous(each, each.function.asynchronous)
        for name, each in registry.deployed.items()
        if each.function.asynchronous and call.query.get("functionName", name) == name
    }
    return page("configs", found, call.query)


def delete_asynchronous(registry: Registry, call: Call, function: str) -> None:
    latest(call)
    registry.change(registry.find(function), asynchronous=None)


def _asynchronous(deployed: Deployed, config: AsyncInvokeConfig) -> dict[str, Any]:
    times = {"createdTime": deployed.asynchronous.created, "lastModifiedTime": deployed.asynchronous.modified}
    return {"functionArn": deployed.arn, **times, **config.model_dump(by_alias=True)}
