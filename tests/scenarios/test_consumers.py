"""The consumers of docs/upload-form.md: what they tell a shop of receipts, and what they pass over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests import lacking
from tests.lacking import NODE
from tests.scenarios import webshops
from tests.scenarios.webshops import EXAMPLES, PREFIX, TOKEN, Webshop, named

webshop = webshops.webshop
Event: TypeAlias = dict[str, Any]


def by_python(webshop: Webshop, event: Event) -> None:
    answer = webshop.cloud.fc.invoke("examples", json.dumps(event).encode())
    assert not answer.error, answer.message


def by_node(webshop: Webshop, event: Event) -> None:
    run = f"import({json.dumps((EXAMPLES / 'consumer.mjs').as_uri())}).then((m) => m.handler(process.argv[1]))"
    environment = {
        "SHOP_URL": webshop.url,
        "SHOP_TOKEN": TOKEN,
        "BUCKET_URL": f"{webshop.cloud.oss.url}/{webshop.cloud.bucket}",
        **named(webshop.cloud.accounts.assume_role("shop-receipts")),
    }
    assert NODE
    subprocess.run([NODE, "-e", run, json.dumps(event)], env=environment, check=True, timeout=60)


@pytest.fixture(params=[by_python, by_node])
def consumer(request: pytest.FixtureRequest) -> Callable[[Webshop, Event], None]:
    if request.param is by_node and not NODE:
        lacking.skip("there is no Node: `apt-get install nodejs`")
    consumer: Callable[[Webshop, Event], None] = request.param
    return consumer


def event_of(webshop: Webshop, *keys: str) -> Event:
    return {"events": [{"oss": {"bucket": {"name": webshop.cloud.bucket}, "object": {"key": key}}} for key in keys]}


def test_a_consumer_may_hear_of_a_receipt_twice_late_and_out_of_order(
    webshop: Webshop, consumer: Callable[[Webshop, Event], None]
) -> None:
    source = f"{PREFIX}{time.time_ns()}/咖啡 (1)+~!'.jpg"
    key = f"cutouts/{source.removeprefix('uploads/')}.json"
    receipt = {"version": 1, "source": source, "status": "rejected", "finished_at": "2026-11-27T08:00:00Z"}
    newer = receipt | {"status": "done", "finished_at": "2026-11-27T08:00:00.500000Z"}
    with webshop.shop.unheard():
        webshop.shop.raw.put_object(key, json.dumps(receipt).encode())
        consumer(webshop, event_of(webshop, key))
        assert webshop.told(source) == receipt
        webshop.shop.raw.put_object(key, json.dumps(newer).encode())
    consumer(webshop, event_of(webshop, key, key))  # the event of either may come first: what counts is what lies there
    assert webshop.tell(receipt) == 204  # of one that had read the older receipt, and was slow
    assert webshop.told(source) == newer


def said(source: str, version: int = 1) -> bytes:
    return json.dumps({"version": version, "source": source, "finished_at": "2026-11-27T08:00:00Z"}).encode()


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("cutouts/notes.json", b"{}"),
        ("cutouts/list.json", b"[1]"),
        ("cutouts/cut.json", said("uploads/cut")[:-1]),
        ("cutouts/other.json", said("uploads/else")),
        ("cutouts/next.json", said("uploads/next", version=2)),
        ("cutouts/bytes.json", b"\xff\xd8"),
        ("cutouts/a.jpg", said("uploads/a.jpg")),
        ("listings/a.json", said("uploads/a")),
        ("cutouts/gone.json", None),
    ],
)
def test_a_consumer_passes_over_what_is_no_receipt(
    webshop: Webshop, consumer: Callable[[Webshop, Event], None], key: str, body: bytes | None
) -> None:
    if body is not None:
        with webshop.shop.unheard():
            webshop.shop.raw.put_object(key, body)
    consumer(webshop, event_of(webshop, key))
    assert [name for name in ("cut", "else", "next", "a.jpg", "a", "gone") if webshop.told(f"uploads/{name}")] == []


def test_a_server_of_ones_own_reads_the_receipts_below_a_prefix(webshop: Webshop) -> None:
    with webshop.shop.unheard():
        for name in ("a", "b"):
            receipt = {"version": 1, "source": f"uploads/mine/{name}.jpg", "finished_at": "2026-11-27T08:00:00Z"}
            webshop.shop.raw.put_object(f"cutouts/mine/{name}.jpg.json", json.dumps(receipt).encode())
            webshop.shop.raw.put_object(f"cutouts/mine/{name}.jpg.png", b"a picture")
    environment = {"SHOP_URL": webshop.url, "SHOP_TOKEN": TOKEN, **os.environ, **webshop.cloud.settings()}
    command = [sys.executable, str(EXAMPLES / "consumer.py"), webshop.cloud.bucket, "cutouts/mine/"]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert all(webshop.told(f"uploads/mine/{name}.jpg") for name in ("a", "b"))


def test_only_the_consumer_may_tell_the_shop_anything(webshop: Webshop) -> None:
    receipt = {"source": "uploads/forged.jpg", "finished_at": "2026-11-27T08:00:00Z"}
    assert webshop.tell(receipt, token="EXAMPLE-other") == 401
    assert webshop.told("uploads/forged.jpg") is None
