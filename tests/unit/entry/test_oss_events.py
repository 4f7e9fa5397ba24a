"""What OSS and the timer send is read as it comes; anything else is refused as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.entry.oss_events import ObjectCreated, records
from tests.cloud.manifest import ROOT, load

EVENTS = ROOT / "events"
CREATED = ("copy.json", "multipart.json", "post.json", "put.json")
NEEDED = {
    "eventName": "ObjectCreated:PutObject",
    "region": "cn-shanghai",
    "oss": {"bucket": {"name": "shop-photos"}, "object": {"key": "uploads/a.jpg", "size": 3, "eTag": "688A7BF4"}},
}


def created_objects(event: bytes) -> list[ObjectCreated]:
    return [ObjectCreated.model_validate(record) for record in records(event)]


def document(*events: object) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def test_the_folder_holds_an_event_of_each_kind_a_trigger_asks_for() -> None:
    triggers = [trigger for function in load().functions.values() for trigger in function.oss_triggers]
    asked = {event for trigger in triggers for event in trigger.config.events}
    names = [created.name for name in CREATED for created in created_objects((EVENTS / name).read_bytes())]
    assert {f"oss:{name}" for name in names} == asked


@pytest.mark.parametrize("name", CREATED)
def test_an_event_of_the_folder_is_read(name: str) -> None:
    (created,) = created_objects((EVENTS / name).read_bytes())
    assert created.name.startswith("ObjectCreated:")
    assert (created.bucket, created.region) == ("shop-photos", "cn-shanghai")
    assert created.key == "uploads/general/common/red shoe.jpg"
    assert (created.size, created.etag) == (122_539, "688A7BF4F233DC9C88A80BF985AB7329")


def test_an_event_with_nothing_beyond_what_is_needed_is_read() -> None:
    (created,) = created_objects(document(NEEDED))
    assert (created.key, created.size, created.etag) == ("uploads/a.jpg", 3, "688A7BF4")


def test_fields_nobody_documented_are_passed_over_at_every_level() -> None:
    def extended(node: object) -> object:
        if not isinstance(node, dict):
            return node
        return {name: extended(value) for name, value in node.items()} | {"undocumented": {"deep": [None]}}

    assert created_objects(document(extended(NEEDED))) == created_objects(document(NEEDED))


def test_an_etag_in_quotes_is_the_same_etag() -> None:
    quoted = json.loads(document(NEEDED))["events"][0]
    quoted["oss"]["object"]["eTag"] = '"688A7BF4"'
    assert created_objects(document(quoted))[0].etag == "688A7BF4"


def test_a_key_is_read_as_it_was_sent() -> None:
    for key in ("uploads/红鞋 1+2%.jpg", "uploads/a%20b.jpg", "uploads/a+b.jpg"):
        event = json.loads(document(NEEDED))["events"][0]
        event["oss"]["object"]["key"] = key
        assert created_objects(document(event))[0].key == key


def test_several_events_in_one_document_are_all_read() -> None:
    assert len(created_objects(document(NEEDED, NEEDED, NEEDED))) == 3
    assert created_objects(document()) == []


def _without_one(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The node with each of its fields left out in turn, at any depth."""
    for name, value in node.items():
        yield name, {other: kept for other, kept in node.items() if other != name}
        if isinstance(value, dict):
            for inner, smaller in _without_one(value):
                yield f"{name}.{inner}", node | {name: smaller}


@pytest.mark.parametrize(
    ("missing", "event"), list(_without_one(NEEDED)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_event_without_something_needed_is_refused_as_a_whole(missing: str, event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=missing.rpartition(".")[2]):
        created_objects(document(NEEDED, event))


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"events": null}',
        b'{"events": {}}',
        b'{"events": ["a"]}',
        b"\xff\xfe",
        b"<a/>",
    ],
)
def test_what_is_no_event_is_refused(event: bytes) -> None:
    with pytest.raises(ValidationError):
        created_objects(event)


def test_a_tick_is_no_upload() -> None:
    with pytest.raises(ValidationError):
        created_objects((EVENTS / "timer.json").read_bytes())


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_are_refused(event: bytes) -> None:
    with pytest.raises(ValidationError):
        created_objects(event)
