"""The triggers of functions, and when OSS would refuse one: of OSS's and the timer's kind only."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from tests.cloud.timers import moments

MOST_OSS_TRIGGERS = 10
"""Native triggers that a bucket takes."""

Event = Literal[
    "oss:ObjectCreated:*",
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CopyObject",
    "oss:ObjectCreated:AppendObject",
    "oss:ObjectCreated:CompleteMultipartUpload",
]
# The component lower-cases roles on its way to the platform: written so, the file says what is deployed.
Role = Annotated[str, StringConstraints(pattern=r"^acs:ram::\d{16}:role/[a-z0-9-]+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]


class Strict(BaseModel):
    """Takes what it knows, in the type it knows, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Affixes(Strict):
    prefix: str
    suffix: str


class Filter(Strict):
    key: Affixes


class OssTriggerConfig(Strict):
    events: list[Event] = Field(min_length=1)
    filter: Filter


class OssTrigger(Strict):
    """Calls the function for objects of the bucket that `source_arn` ends in."""

    name: Name = Field(alias="triggerName")
    type: Literal["oss"] = Field(alias="triggerType")
    source_arn: str = Field(alias="sourceArn", pattern=r"^acs:oss:[a-z0-9-]+:\d{16}:[a-z0-9-]{3,63}$")
    # Without one the component asks RAM for it in the middle of the deployment.
    invocation_role: Role = Field(alias="invocationRole")
    config: OssTriggerConfig = Field(alias="triggerConfig")

    @property
    def bucket(self) -> str:
        return self.source_arn.rpartition(":")[2]

    @property
    def affixes(self) -> Affixes:
        return self.config.filter.key

    def takes(self, bucket: str, event: str, key: str) -> bool:
        """Whether it fires; `event` as the event document spells it, without `oss:`."""
        return (
            bucket == self.bucket
            and bool({f"oss:{event}", _all_of(f"oss:{event}")} & set(self.config.events))
            and key.startswith(self.affixes.prefix)
            and key.endswith(self.affixes.suffix)
        )

    def overlaps(self, other: OssTrigger) -> bool:
        """Whether OSS would refuse the second of the two; disjoint on any one axis is fine."""
        mine, theirs = set(self.config.events), set(other.config.events)
        return (
            self.bucket == other.bucket
            and bool(mine & (theirs | {_all_of(e) for e in theirs}) or theirs & {_all_of(e) for e in mine})
            and nested(self.affixes.prefix, other.affixes.prefix)
            and nested(self.affixes.suffix[::-1], other.affixes.suffix[::-1])
        )


class TimerConfig(Strict):
    expression: str = Field(alias="cronExpression")
    enable: bool
    payload: str

    @field_validator("expression")
    @classmethod
    def _is_a_schedule(cls, expression: str) -> str:
        next(moments(expression, datetime.now(timezone.utc)))
        return expression


class TimerTrigger(Strict):
    name: Name = Field(alias="triggerName")
    type: Literal["timer"] = Field(alias="triggerType")
    config: TimerConfig = Field(alias="triggerConfig")


def _all_of(event: str) -> str:
    return f"{event.rpartition(':')[0]}:*"


def nested(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
