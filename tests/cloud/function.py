"""A function as Function Compute has it: what its API (2023-03-30) and its page on limits take.

Only what this project uses is known, so a misspelt name is an unknown name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, model_validator

from tests.cloud.fc_variables import check_environment
from tests.cloud.triggers import Name, OssTrigger, Role, Strict, TimerTrigger

MOST_TRIGGERS = 50
"""Of one function (limits of usage)."""
MOST_INSTANCES = 100
"""That an account has in a region by default, by the page on retries; another says 300."""
RESERVABLE = 0.9
"""Of them, the share that all functions together may reserve ("Specify the maximum number of instances", 2025-12)."""

Trigger = Annotated[OssTrigger | TimerTrigger, Discriminator("type")]


class AsyncInvokeConfig(Strict):
    retries: int = Field(alias="maxAsyncRetryAttempts", ge=0, le=8)
    age: int = Field(alias="maxAsyncEventAgeInSeconds", ge=1, le=604_800)
    """Seconds. The API's upper bound: the component's schema would let more pass."""


BY_DEFAULT = AsyncInvokeConfig(maxAsyncRetryAttempts=3, maxAsyncEventAgeInSeconds=86_400)
"""Of a function for which nothing was said (PutAsyncInvokeConfigInput)."""


class ConcurrencyConfig(Strict):
    reserved: int = Field(alias="reservedConcurrency", ge=0, le=MOST_INSTANCES)
    """A reservation and a ceiling; 0: nothing is invoked ("Set function quotas")."""


class LogConfig(Strict):
    project: str = Field(min_length=1)
    logstore: str = Field(min_length=1)
    request_metrics: bool = Field(alias="enableRequestMetrics")
    instance_metrics: bool = Field(alias="enableInstanceMetrics")
    begin_rule: Literal["DefaultRegex", "None"] = Field(alias="logBeginRule")


class Configuration(Strict):
    """What CreateFunction takes beside the code. `timeout` in seconds, `memory` and `disk` in MB, `cpu` in vCPU."""

    deployed_name: Name = Field(alias="functionName")
    """What it is called in the account, among others' functions."""
    description: str
    runtime: Literal["python3", "python3.9", "python3.10", "python3.12"]
    handler: str = Field(pattern=r"^\w+\.\w+$")
    cpu: float = Field(ge=0.05, le=16)
    memory: int = Field(alias="memorySize", ge=128, le=32_768, multiple_of=64)
    disk: Literal[512, 10_240] = Field(alias="diskSize")
    timeout: int = Field(ge=1, le=86_400)
    internet: bool = Field(alias="internetAccess")
    role: Role
    environment: Annotated[dict[str, str], AfterValidator(check_environment)] = Field(alias="environmentVariables")
    logs: LogConfig = Field(alias="logConfig")

    @property
    def role_name(self) -> str:
        """What the role is called in RAM."""
        return self.role.rpartition("/")[2]

    @model_validator(mode="after")
    def _is_of_a_size_that_exists(self) -> Configuration:
        hundredths = round(self.cpu * 100)
        if hundredths % 5 or abs(self.cpu * 100 - hundredths) > 1e-6:
            raise ValueError(f"cpu {self.cpu} is not a multiple of 0.05")
        # In hundredths of a vCPU and of a GB, so that 0.35 is what it says.
        if not hundredths <= self.memory * 100 / 1024 <= 4 * hundredths:
            raise ValueError(f"cpu {self.cpu} to memorySize {self.memory} MB is not between 1:1 and 1:4 (vCPU:GB)")
        return self


class Function(Configuration):
    """A function with all that belongs to it."""

    region: Literal["cn-shanghai"]
    code: str
    """The folder with its code."""
    concurrency: ConcurrencyConfig | None = Field(default=None, alias="concurrencyConfig")
    asynchronous: AsyncInvokeConfig | None = Field(default=None, alias="asyncInvokeConfig")
    triggers: list[Trigger] = Field(default_factory=list, max_length=MOST_TRIGGERS)

    @property
    def name(self) -> str:
        """Its folder's: what it is called in this project."""
        return Path(self.code).name

    @property
    def most_instances(self) -> int:
        return self.concurrency.reserved if self.concurrency else MOST_INSTANCES

    @property
    def limits(self) -> AsyncInvokeConfig:
        """Of its asynchronous invocations."""
        return self.asynchronous or BY_DEFAULT

    @property
    def oss_triggers(self) -> list[OssTrigger]:
        return [trigger for trigger in self.triggers if isinstance(trigger, OssTrigger)]

    @property
    def timers(self) -> list[TimerTrigger]:
        return [trigger for trigger in self.triggers if isinstance(trigger, TimerTrigger)]
