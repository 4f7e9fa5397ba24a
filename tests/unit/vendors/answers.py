"""What a vendor may answer: what it should, and anything else that JSON can say."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timezone

from hypothesis import strategies as st

from shared.cloud.ports import Reply
from shared.vendors.capability import Capability
from shared.vendors.protocol import Nonce, Task

Json = object

STAMP = Nonce(datetime(2026, 11, 21, 8, 30, 15, tzinfo=timezone.utc), "0123456789abcdef")
NOT_JSON = (
    b"",
    b"<html>502</html>",
    b"<?xml version='1.0'?><Error/>",
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"Data":' + b"[" * 100_000,
)


def reply(body: Json, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode())


def task(row: Capability, number: int = 0, options: Mapping[str, str] | None = None) -> Task:
    """Work on pictures whose links tell role and number."""
    links = {field: f"https://shop-photos.example/{role}-{number}?a=b&c=%2B" for role, field in row.fields.items()}
    return Task(links, options or {})


def nested(words: Collection[str], *values: Json) -> st.SearchStrategy[Json]:
    """Any JSON; its members are called by `words`, and `values` are often among them."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(values),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(words)), inner, max_size=4),
        max_leaves=8,
    )
