"""What Simple Log Service takes in the body of a request about projects, logstores and indexes: the SDK's fields, with
the limits that its documents give.

Of lists and objects that it was not given, the SDK sends empty ones.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from tests.cloud.acs3 import Refused
from tests.cloud.triggers import Strict

_PROJECT = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"
_LOGSTORE = r"^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$"
Text = Annotated[str, StringConstraints(min_length=1)]


class CamelCase(Strict):
    model_config = ConfigDict(alias_generator=to_camel)


class NewProject(CamelCase):
    """CreateProject. A name is unique within a region, over all accounts."""

    project_name: Annotated[str, StringConstraints(pattern=_PROJECT)]
    description: Annotated[str, StringConstraints(max_length=64, pattern=r"""^[^<>'"\\]*$""")]
    resource_group_id: str = ""
    data_redundancy_type: Literal["LRS", "ZRS"] = "LRS"
    recycle_bin_enabled: bool = False


class Logstore(CamelCase):
    """CreateLogStore and UpdateLogStore: what the console uses of it. Older pages allow a TTL of up to 3,000 days."""

    logstore_name: Annotated[str, StringConstraints(pattern=_LOGSTORE)]
    ttl: int = Field(ge=1, le=3650)
    shard_count: int = Field(ge=1, le=100)
    auto_split: bool = False
    max_split_shard: int | None = Field(None, ge=1, le=64)
    append_meta: bool = False
    enable_tracking: bool = Field(False, alias="enable_tracking")
    mode: Literal["standard", "query"] = "standard"

    @model_validator(mode="after")
    def _splits(self) -> Logstore:
        if self.auto_split and self.max_split_shard is None:
            raise ValueError("maxSplitShard must be given when autoSplit is true")
        return self


_Tokens = list[Annotated[str, StringConstraints(min_length=1, max_length=1)]]


class IndexLine(Strict):
    token: _Tokens
    case_sensitive: bool = Field(False, alias="caseSensitive")
    chn: bool = False
    include_keys: list[str] = Field([])
    exclude_keys: list[str] = Field([])


class IndexKey(Strict):
    type: Literal["text", "long", "double", "json"]
    token: _Tokens | None = None
    case_sensitive: bool | None = Field(None, alias="caseSensitive")
    chn: bool | None = None
    doc_value: bool = False
    alias: str = ""
    json_keys: dict[str, Any] = Field({})
    index_all: bool | None = None
    max_depth: int | None = None

    @model_validator(mode="after")
    def _fits(self) -> IndexKey:
        if self.type == "text" and self.token is None:
            raise ValueError("a text needs delimiters")
        if self.type in ("long", "double") and (self.token or self.chn or self.case_sensitive):
            raise ValueError("a number has no delimiters")
        if self.json_keys and self.type != "json":
            raise ValueError("only JSON has keys of its own")
        return self


class Index(Strict):
    """CreateIndex and UpdateIndex."""

    line: IndexLine | None = None
    keys: dict[Text, IndexKey] = Field({})
    max_text_len: int = Field(2048, ge=64, le=16384)
    log_reduce: bool = False
    log_reduce_white_list: list[str] = Field([])
    log_reduce_black_list: list[str] = Field([])
    scan_index: bool = False

    @model_validator(mode="after")
    def _holds_something(self) -> Index:
        if self.line is None and not self.keys:
            raise ValueError("either line or keys must be given")
        return self


FormT = TypeVar("FormT", bound=Strict)


def check(form: type[FormT], body: Any, code: str = "ParameterInvalid") -> FormT:
    """`body` as `form`; raises `Refused` with `code` for what does not fit."""
    try:
        return form.model_validate_json(json.dumps(body))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(400, code, f"{where}: {first['msg']}") from None
