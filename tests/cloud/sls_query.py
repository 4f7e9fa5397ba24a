r"""Searches and analyses log lines as Simple Log Service does ("Search syntax", "SQL functions"), as far as is needed.

A search is words and `field: word`, with `and` and `not` between them. What comes behind `|` is run by SQLite, with the
functions of SLS that are listed below. SQLite takes more than Presto does, on which SLS is built: that whatever is
selected beside an aggregate is grouped by, for one, is not checked.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from tests.cloud.acs3 import Refused
from tests.cloud.sls_forms import Index, IndexKey

MOST_ROWS = 100
"""Without a LIMIT ("LIMIT clause")."""
_ALWAYS = ("__time__", "__topic__", "__source__")
"""Indexed whether or not the index has them ("Reserved fields")."""
_CONDITION = re.compile(
    r'\s*(?:and\s+)?(?P<unwanted>not\s+)?(?:(?P<field>[\w.]+)\s*:\s*)?(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s":()]+))',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Line:
    """A log line: when it was written, in seconds since 1970, and its fields."""

    at: int
    fields: Mapping[str, str]


def evaluate(query: str, lines: Sequence[Line], index: Index) -> list[dict[str, str]]:
    """The lines that are found, or the rows that were made of them; raises `Refused` as SLS does."""
    search, analysed, analysis = query.partition("|")
    conditions = [*_conditions(search.strip(), index)]
    found = [line for line in lines if all(each.holds(line) for each in conditions)]
    if not analysed:
        return [{"__time__": str(line.at), **line.fields} for line in found][:MOST_ROWS]
    return _analyse(analysis, found, index)


# ---------------------------------------------------------------- search


@dataclass(frozen=True)
class _Condition:
    field: str
    """Empty: any."""
    words: str
    is_wanted: bool
    token: Sequence[str]
    is_case_sensitive: bool

    def holds(self, line: Line) -> bool:
        texts = [line.fields.get(self.field, "")] if self.field else line.fields.values()
        return any(_has(text, self.words, self.token, self.is_case_sensitive) for text in texts) is self.is_wanted


def _conditions(search: str, index: Index) -> Iterator[_Condition]:
    at = 0
    while at < len(search) and search != "*":
        match = _CONDITION.match(search, at)
        if match is None:
            raise _refused(f"syntax error in the search near {search[at:]!r}")
        at = match.end()
        field, words = match["field"] or "", match["word"] if match["quoted"] is None else match["quoted"]
        key = index.keys.get(field) if field else index.line
        if key is None or (isinstance(key, IndexKey) and key.type != "text"):
            raise _refused(
                f"key ({field}) is not config as key value config,if symbol : is in your log,please wrap : with"
                ' quotation mark "'
            )
        yield _Condition(field, words, not match["unwanted"], key.token or [], bool(key.case_sensitive))


def _has(text: str, words: str, token: Sequence[str], is_case_sensitive: bool) -> bool:
    if not is_case_sensitive:
        text, words = text.lower(), words.lower()
    apart = re.compile("[" + re.escape("".join(token)) + "]+") if token else re.compile(r"(?!)")
    return {word for word in apart.split(words) if word} <= {*apart.split(text)}


# ---------------------------------------------------------------- analysis


def _analyse(analysis: str, lines: Sequence[Line], index: Index) -> list[dict[str, str]]:
    columns = [*_ALWAYS, *(name for name, key in index.keys.items() if key.doc_value)]
    with closing(sqlite3.connect(":memory:")) as database:
        database.row_factory = sqlite3.Row
        for name, arguments, function in _FUNCTIONS:
            database.create_function(name, arguments, function, deterministic=True)
        for name, aggregate in _AGGREGATES.items():
            database.create_aggregate(name, aggregate.arguments, aggregate)
        names = ", ".join(f'"{name}"' for name in columns)
        database.execute(f"create table log ({names})")
        rows = [[_value(line, name, index) for name in columns] for line in lines]
        database.executemany(f"insert into log values ({', '.join('?' * len(columns))})", rows)
        try:
            found = database.execute(analysis).fetchall()
        except sqlite3.Error as error:
            raise _refused(f"line 1: {error}") from None
    if "limit" not in analysis.lower():
        found = found[:MOST_ROWS]
    return [{name: _written(row[name]) for name in row.keys()} for row in found]  # noqa: SIM118 - a Row is no dict


def _refused(message: str) -> Refused:
    return Refused(400, "ParameterInvalid", message)


def _value(line: Line, name: str, index: Index) -> Any:
    if name == "__time__":
        return line.at
    text, key = line.fields.get(name), index.keys.get(name)
    if text is None or key is None:
        return text
    if key.type in ("long", "double"):
        return _number(text, key)
    # What is longer is cut off for analysis ("Data types").
    return text.encode()[: index.max_text_len].decode(errors="ignore")


def _number(text: str, key: IndexKey) -> float | int | None:
    try:
        return int(text) if key.type == "long" else float(text)
    except ValueError:
        return None


def _written(value: Any) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _regexp_extract(text: str | None, pattern: str) -> str | None:
    found = re.search(pattern, text) if text is not None else None
    return found[0] if found else None


def _json_extract_scalar(text: str | None, path: str) -> str | None:
    """Of a path `$.name` only."""
    try:
        document = json.loads(text or "null")
    except ValueError:
        return None
    value = document.get(path.removeprefix("$.")) if isinstance(document, dict) else None
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def _date_format(text: str, form: str) -> str:
    return datetime.fromisoformat(text).strftime(form.replace("%i", "%M"))


_FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("regexp_like", 2, lambda text, pattern: text is not None and re.search(pattern, text) is not None),
    ("regexp_extract", 2, _regexp_extract),
    ("json_extract_scalar", 2, _json_extract_scalar),
    ("try", 1, lambda value: value),
    ("from_unixtime", 1, lambda at: datetime.fromtimestamp(at, timezone.utc).isoformat()),
    ("date_format", 2, _date_format),
)


class _Aggregate:
    arguments = 1

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Any) -> None:
        if value is not None:
            self.values.append(value)


class _CountIf(_Aggregate):
    def finalize(self) -> int:
        return sum(map(bool, self.values))


class _ApproxPercentile(_Aggregate):
    arguments = 2

    def step(self, value: Any, share: float = 0.5) -> None:
        super().step(value)
        self._share = share

    def finalize(self) -> float | None:
        ordered = sorted(self.values)
        return ordered[max(0, math.ceil(len(ordered) * self._share) - 1)] if ordered else None


_AGGREGATES: dict[str, Any] = {"count_if": _CountIf, "approx_percentile": _ApproxPercentile}
