"""The index of the logstore, without which nobody finds a line in it.

What a line has is in "Function Compute 3.0: log fields": Function Compute's own fields, and `message`, the text that
the function wrote. That begins with time, request id and level, so it is no JSON, and SLS wants such a field indexed as
text ("FAQ about querying and analyzing JSON logs"): what queries it takes the JSON out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.logs.service import LogService

_DELIMITERS = [*", '\";=()[]{}?@&<>/:\n\t\r"]
"""Of JSON, and of keys in a bucket: SLS's own defaults."""
_OF_LINES = ("message", "functionName", "qualifier", "versionId", "requestId", "instanceID")
_OF_METRICS = ("invocationType", "isColdStart", "hasFunctionError", "errorType")
"""Of the line that Function Compute adds for each request (`enableRequestMetrics` in s.yaml)."""
_NUMBERS = ("durationMs", "memoryUsageMB")


def _text(name: str) -> dict[str, Any]:
    # "ERROR" is a level, "error" a word of a sentence.
    sensitive = name == "message"
    return {"type": "text", "token": _DELIMITERS, "caseSensitive": sensitive, "chn": True, "doc_value": True}


FIELDS: Mapping[str, Mapping[str, Any]] = {
    **{name: _text(name) for name in (*_OF_LINES, *_OF_METRICS)},
    **{name: {"type": "double", "doc_value": True} for name in _NUMBERS},
}
"""What is indexed, by name, as the API has it."""
MOST_BYTES = 16384
"""Of a field, that are analysed: the most that SLS offers. By default it is 2,048, and JSON that is cut off is none."""
LENGTH = "max_text_len"
"""Among what an index may lack."""


def lacking(service: LogService) -> list[str] | None:
    """Those of `FIELDS` that the index lacks or has otherwise; None when there is no index. Raises `ApiError`."""
    index = service.find_index()
    if index is None:
        return None
    keys = index.get("keys", {})
    fields = [name for name, wanted in FIELDS.items() if not _serves(keys.get(name, {}), wanted)]
    return fields if index.get(LENGTH, 0) >= MOST_BYTES else [*fields, LENGTH]


def create(service: LogService) -> None:
    """Raises `ApiError`."""
    line = {"token": _DELIMITERS, "caseSensitive": False, "chn": True}
    _write(service, "create_index", service.models.CreateIndexRequest, {"line": line, "keys": FIELDS})


def update(service: LogService) -> None:
    """What else it has is the operator's. Raises `ApiError`."""
    found = service.find_index() or {}
    kept = {name: found[name] for name in _KEPT if name in found}
    keys = {**found.get("keys", {}), **FIELDS}
    _write(service, "update_index", service.models.UpdateIndexRequest, {**kept, "keys": keys})


_KEPT = ("line", "log_reduce", "log_reduce_white_list", "log_reduce_black_list")
"""Of GetIndex's answer, what UpdateIndex takes too."""


def _write(service: LogService, method: str, form: Any, index: Mapping[str, Any]) -> None:
    body = service.models.Index().from_map({**index, LENGTH: MOST_BYTES})
    service.call(method, service.project, service.logstore, form(body=body))


def _serves(key: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Delimiters are the operator's own business; so is the case, but for levels."""
    needed = ("type", "doc_value", "caseSensitive") if wanted.get("caseSensitive") else ("type", "doc_value")
    return all(key.get(name) == wanted[name] for name in needed)
