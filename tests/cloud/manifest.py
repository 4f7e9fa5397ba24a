"""s.yaml, read strictly: the platform only logs what is wrong in it, so what is wrong must fail here.

Fields and limits are those of component fc3 (its schema, and the pages on triggers and limits); only what this
project uses is known, so a misspelt key is an unknown key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, model_validator

from console.functions.variables import Node, only_from_environment, render
from shared.jobs import keys
from tests.cloud.accounts import Accounts
from tests.cloud.function import MOST_INSTANCES, AsyncInvokeConfig, ConcurrencyConfig, Function
from tests.cloud.triggers import MOST_OSS_TRIGGERS, Strict, nested

ROOT = Path(__file__).parents[2]

LEAST = {"OSS_BUCKET": "shop-photos"}
"""What a deployer has to set at least."""

_SECRET = re.compile(r".*(APPCODE|SECRET|TOKEN)")


class Asynchronous(AsyncInvokeConfig):
    # The component adds it to what it compares with the platform's: without it every later deployment finds a
    # difference and asks about it, function by function; without a terminal it then sends nothing, and ends with 0.
    qualifier: Literal["LATEST"]


class Concurrency(ConcurrencyConfig):
    # A function with nothing reserved has no bound but the account's 100, which all functions share.
    reserved: int = Field(alias="reservedConcurrency", ge=1, le=MOST_INSTANCES)


class Props(Function):
    """The props of one function: what the platform takes, as this project wants it."""

    runtime: Literal["python3.10"]
    concurrency: Concurrency = Field(alias="concurrencyConfig")
    asynchronous: Asynchronous = Field(alias="asyncInvokeConfig")

    @model_validator(mode="after")
    def _ends_before_its_event_does(self) -> Props:
        if self.timeout >= self.asynchronous.age:
            raise ValueError(
                f"timeout {self.timeout} leaves no time for a retry within maxAsyncEventAgeInSeconds "
                f"{self.asynchronous.age}"
            )
        return self

    @model_validator(mode="after")
    def _ticks_do_not_overlap(self) -> Props:
        if self.timers and self.concurrency.reserved != 1:
            raise ValueError("a function with a timer needs reservedConcurrency 1: its ticks would overlap")
        return self

    @model_validator(mode="after")
    def _leaves_our_own_writes_alone(self) -> Props:
        for prefix in (trigger.affixes.prefix for trigger in self.oss_triggers):
            for written in (keys.CUTOUTS, keys.JOBS, keys.QUEUE, keys.WORK, keys.CALLS, keys.BACKFILL):
                if nested(prefix, written):
                    raise ValueError(f"prefix {prefix!r} fires for {written}, which functions write: an endless loop")
        return self


class Resource(Strict):
    component: Literal["fc3"]
    props: Props


class Manifest(Strict):
    edition: Literal["3.0.0"]
    name: str
    access: str
    resources: dict[str, Resource]

    @property
    def functions(self) -> dict[str, Props]:
        """By name."""
        return {resource.props.name: resource.props for resource in self.resources.values()}

    def with_props(self, function: str, props: Mapping[str, object]) -> Manifest:
        """The same with other props, by alias, for one function."""
        document = self.model_dump(by_alias=True)
        for resource in document["resources"].values():
            if Path(resource["props"]["code"]).name == function:
                resource["props"].update(props)
        return Manifest.model_validate(document)

    @model_validator(mode="after")
    def _functions_keep_apart(self) -> Manifest:
        for what in ("deployed_name", "role", "code"):
            values = [getattr(resource.props, what) for resource in self.resources.values()]
            if len(set(values)) < len(values):
                raise ValueError(f"two functions have the same {what}: {values}")
        return self

    @model_validator(mode="after")
    def _fit_into_the_account(self) -> Manifest:
        if (reserved := sum(function.concurrency.reserved for function in self.functions.values())) > MOST_INSTANCES:
            raise ValueError(f"reservedConcurrency adds up to {reserved}; an account has {MOST_INSTANCES} instances")
        return self

    @model_validator(mode="after")
    def _triggers_keep_apart(self) -> Manifest:
        triggers = [trigger for function in self.functions.values() for trigger in function.oss_triggers]
        for one, other in combinations(triggers, 2):
            if one.overlaps(other):
                raise ValueError(f"OSS refuses one of two overlapping triggers: {one.affixes} and {other.affixes}")
        for bucket in {trigger.bucket for trigger in triggers}:
            if (count := sum(trigger.bucket == bucket for trigger in triggers)) > MOST_OSS_TRIGGERS:
                raise ValueError(f"{count} triggers on the bucket {bucket}; OSS takes {MOST_OSS_TRIGGERS}")
        return self


def load(path: Path = ROOT / "s.yaml", *, environment: Mapping[str, str] = LEAST) -> Manifest:
    """The manifest as it is deployed with `environment` in the deployer's shell; none of ours is looked at."""
    return parse(path.read_text("utf-8"), environment=environment)


def parse(text: str, *, environment: Mapping[str, str] = LEAST) -> Manifest:
    """Raises `ValueError` (pydantic's `ValidationError` and `Unresolved` are ones) that names what is wrong."""
    _refuse_secrets_in_clear(yaml.safe_load(text))
    return Manifest.model_validate(render(text, environment=environment, account_id=Accounts.uid))


def check_code(function: Function, folder: Path) -> None:
    """Raises `ValueError` unless the module that `function.handler` names lies in `folder`."""
    module = folder / f"{function.handler.partition('.')[0]}.py"
    if not module.is_file():
        raise ValueError(f"{function.name}: handler {function.handler} is not in the code: there is no {module.name}")


def _refuse_secrets_in_clear(node: Node) -> None:
    """Looks at the text as written: once rendered, a secret from the environment is in clear by right."""
    for name, value in node.items() if isinstance(node, dict) else ():
        for variable, written in value.items() if name == "environmentVariables" and isinstance(value, dict) else ():
            if _SECRET.fullmatch(variable) and not only_from_environment(written):
                raise ValueError(f"{variable} is a secret: write ${{env('{variable}')}}, and no value")
        _refuse_secrets_in_clear(value)
