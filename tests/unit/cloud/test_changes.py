"""What changes the bucket, when OSS's answer to it is lost or is a 5xx."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from urllib3.exceptions import HTTPError, ProtocolError, SSLError

from shared.cloud import oss, oss_session
from shared.cloud.changes import TRIES
from shared.cloud.oss import OssBucket
from shared.errors import Unavailable, Uncertain
from shared.pictures.sniff import Download
from tests.unit.cloud.test_oss_session import Kept, bucket_at, is_whole, open_bucket, replied

Change = Callable[[OssBucket, Callable[[], bool]], object]

CHANGES: dict[str, Change] = {
    "a write": lambda bucket, needed: bucket.write("jobs/a.json", b"{}", still_needed=needed),
    "a deletion": lambda bucket, needed: bucket.delete(("jobs/a.json",), still_needed=needed),
    "a deletion of two": lambda bucket, needed: bucket.delete(("jobs/a.json", "jobs/b.json"), still_needed=needed),
}
UNCERTAIN: dict[str, bytes | None] = {
    "none": None,
    "500": replied(status=500),
    "503": replied(status=503, headers=b"Retry-After: 1\r\n"),
}

each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@pytest.fixture
def server() -> Iterator[Kept]:
    kept = Kept()
    yield kept
    kept.close()


def done() -> bytes:
    return replied(b"<DeleteResult></DeleteResult>")


def nobody_looks() -> bool:
    raise AssertionError("it was not sent, so there is nothing to look for")


@each_change
@pytest.mark.parametrize("answer", UNCERTAIN.values(), ids=UNCERTAIN)
def test_without_a_certain_answer_a_change_is_sent_once_unless_it_is_still_needed(
    server: Kept, change: Change, answer: bytes | None
) -> None:
    server.answers += [answer, answer, done()]
    looks = iter([True, False])
    change(open_bucket(server), lambda: next(looks))
    assert len(server.requests) == 2
    assert server.requests[0].partition(b"\r\n")[0] == server.requests[1].partition(b"\r\n")[0]
    assert [*looks] == []


@each_change
def test_a_change_that_stays_uncertain_is_sent_three_times(server: Kept, change: Change) -> None:
    server.answers += [None] * 9
    with pytest.raises(Uncertain, match="OSS was not reached"):
        change(open_bucket(server), lambda: True)
    assert len(server.requests) == TRIES == 3


def test_a_change_whose_answer_is_late_is_sent_once(server: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oss, "_READ_SECONDS", 0.1)
    server.thinks = 0.5
    server.answers += [done()] * 2
    open_bucket(server).write("jobs/a.json", b"{}", still_needed=lambda: False)
    time.sleep(0.6)
    assert len(server.requests) == 1


def test_what_reads_is_sent_again_whatever_came_of_it(server: Kept) -> None:
    bucket = open_bucket(server)
    server.answers += [None, replied(b"found"), replied(status=503), replied(b"found")]
    for _ in range(2):
        stored = bucket.read("jobs/a.json")
        assert stored is not None
        assert stored.body == b"found"
    server.answers += [None, replied(headers=b'ETag: "E"\r\n')]
    assert bucket.etag("jobs/a.json") == "E"
    assert len(server.requests) == 6


def test_a_name_whose_creation_got_no_answer_is_created_again_and_is_there_by_then(server: Kept) -> None:
    server.answers += [None, replied(b"<Error><Code>FileAlreadyExists</Code></Error>", 409)]
    assert not open_bucket(server).create("jobs/a.json", b"{}")
    assert [b"x-oss-forbid-overwrite: true" in request for request in server.requests] == [True, True]


def test_a_copy_that_got_no_answer_is_made_again(server: Kept) -> None:
    server.answers += [None, replied()]
    open_bucket(server).publish_copy("uploads/a.jpg", "work/a.jpg", public=False)
    assert len(server.requests) == 2


def test_a_stream_is_sent_once(server: Kept) -> None:
    server.answers += [None] * 3
    with pytest.raises(Uncertain):
        open_bucket(server).store("a.png", Download("image/png", "png", iter([b"1"])), inputs_etag="E")
    assert len(server.requests) == 1


@each_change
def test_what_found_no_connection_is_sent_again_and_nobody_need_look(change: Change) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        requests = []

        def serve() -> None:
            time.sleep(0.2)  # until then connections are refused
            listening.listen()
            connection, _ = listening.accept()
            with connection:
                request = connection.recv(65_536)
                while not is_whole(request):
                    request += connection.recv(65_536)
                requests.append(request)
                connection.sendall(done())

        thread = threading.Thread(target=serve)
        thread.start()
        change(bucket_at("http://{}:{}".format(*listening.getsockname())), nobody_looks)
        thread.join()
    assert len(requests) == 1


@each_change
def test_an_oss_that_is_not_reached_leaves_nothing_uncertain(change: Change) -> None:
    with pytest.raises(Unavailable) as raised:
        change(bucket_at("http://127.0.0.1:9"), nobody_looks)
    assert not isinstance(raised.value, Uncertain)


@pytest.mark.parametrize("error", [SSLError("EOF occurred in violation of protocol"), ProtocolError("reset")])
def test_a_connection_that_breaks_under_a_change_is_not_tried_again_with_tls_either(error: HTTPError) -> None:
    with pytest.raises(HTTPError):
        oss_session._UNSENT.increment("PUT", "/a.json", error=error)
