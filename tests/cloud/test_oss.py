"""The local OSS as a whole: what it lets others observe, and what it leaves to the next."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import oss2
import pytest

from tests.cloud import oss_world
from tests.cloud.effects import Effect, Moment, unobserved
from tests.cloud.oss_world import World, refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


# Effects, and the record of them


def test_every_request_is_observed_before_and_after_it_has_its_effect(bucket: oss2.Bucket, world: World) -> None:
    seen = list[tuple[str, str, Moment, bool]]()
    witness = world.client()

    def observe(effect: Effect, moment: Moment) -> None:
        if effect.name != "GetObjectMeta":  # what the witness asks
            seen.append((effect.name, effect.key, moment, witness.object_exists("红 1")))

    world.oss.observe = observe
    try:
        bucket.put_object("红 1", b"a")
        bucket.delete_object("红 1")
    finally:
        world.oss.observe = unobserved
    assert seen == [
        ("PutObject", "红 1", "before", False),
        ("PutObject", "红 1", "after", True),
        ("DeleteObject", "红 1", "before", True),
        ("DeleteObject", "红 1", "after", False),
    ]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_client_that_dies_just_before_the_effect_has_none(bucket: oss2.Bucket, world: World, moment: Moment) -> None:
    url = urlsplit(bucket.sign_url("PUT", "a", 60))
    connection = socket.create_connection((url.hostname, url.port))
    over = threading.Event()

    def observe(effect: Effect, at: Moment) -> None:
        if effect.name == "PutObject" and at == moment:
            assert effect.client == connection.getsockname()
            connection.close()
            over.set()

    world.oss.observe = observe
    try:
        request = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 1\r\n\r\na"
        connection.sendall(request.encode())
        assert over.wait(5)
    finally:
        world.oss.observe = unobserved
    assert bucket.object_exists("a") == (moment == "after")


def test_every_request_is_on_the_record(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("红 1", b"hello")
    bucket.get_object("红 1", byte_range=(1, 2)).read()
    bucket.object_exists("nothing")
    list(oss2.ObjectIteratorV2(bucket))
    record = world.oss.requests
    assert [(one.method, one.operation, one.key, one.status, one.bytes_in, one.bytes_out) for one in record[:3]] == [
        ("PUT", "PutObject", "红 1", 200, 5, 0),
        ("GET", "GetObject", "红 1", 206, 0, 2),
        ("HEAD", "GetObjectMeta", "nothing", 404, 0, 0),
    ]
    assert record[3].operation == "ListObjectsV2"
    assert {(one.bucket, one.access_key_id) for one in record} == {(world.bucket, world.accounts.owner.access_key_id)}


def test_every_answer_has_its_date_by_the_clock_that_the_box_was_given(bucket: oss2.Bucket, world: World) -> None:
    world.ahead = 93
    with pytest.raises(oss2.exceptions.NoSuchKey) as refused:
        bucket.get_object("nothing")
    for headers in (bucket.put_object("a", b"a").headers, bucket.get_object("a").headers, refused.value.headers):
        assert -3 < oss2.http_to_unixtime(headers["Date"]) - (time.time() + 93) <= 0, "in whole seconds"


# One after the other; this stays last, for moto's state is global


def test_a_new_oss_begins_empty(world: World, bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"a")
    other = World(accounts=world.accounts)
    try:
        assert refusal(other.client(bucket=world.bucket).get_object, "a") == (404, "NoSuchBucket")
        other.oss.create_bucket(world.bucket)
        assert not other.client(bucket=world.bucket).object_exists("a")
    finally:
        other.oss.stop()
