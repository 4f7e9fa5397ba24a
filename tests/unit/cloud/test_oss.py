"""The bucket in our words, against the local OSS: signatures, streams, create-once and all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from oss2.exceptions import ServerError
from PIL import Image

from shared.cloud.oss import OssBucket
from shared.cloud.oss_clock import OssClock
from shared.cloud.oss_errors import translated
from shared.cloud.ports import LONGEST_DOCUMENT, Credentials
from shared.errors import Misconfigured, ObjectForbidden, Rejected, Unavailable
from shared.pictures.header import WINDOW
from shared.pictures.sniff import Download
from shared.vendors.capabilities import CAPABILITIES
from tests.cloud.accounts import Accounts, Key
from tests.cloud.oss import Oss
from tests.cloud.serve import Server
from tests.pictures import picture
from tests.unit.jobs.test_store import keeps_the_longest_reply

COPY = f"work/{'0' * 32}.jpg"
SHORT = CAPABILITIES["picwish/cutout"].limits.max_link
KEYS = ["a.txt", "红鞋 1+2%.jpg", "a/../b//c d.jpg", "x" * 1023, "q?x=1&y#z.jpg"]


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture(scope="module")
def oss(accounts: Accounts) -> Iterator[Oss]:
    oss = Oss(accounts)
    oss.create_bucket("shop-photos")
    yield oss
    oss.stop()


def open_bucket(oss: Oss, key: Key, name: str = "shop-photos") -> OssBucket:
    return OssBucket(
        name,
        Credentials(**vars(key)),
        endpoint=oss.url,
        public_endpoint=oss.url,
        region="cn-shanghai",
        clock=OssClock(),
    )


@pytest.fixture(scope="module")
def bucket(oss: Oss, accounts: Accounts) -> OssBucket:
    return open_bucket(oss, accounts.assume_role())


def denied(code: str) -> ServerError:
    """A 403 as oss2 raises it."""
    return ServerError(403, {"x-oss-request-id": "R-1"}, b"", {"Code": code, "Message": "said OSS"})


def png(*chunks: bytes) -> Download:
    return Download("image/png", "png", iter(chunks))


@pytest.mark.parametrize("key", KEYS)
def test_any_key_goes_in_and_comes_out(bucket: OssBucket, key: str) -> None:
    bucket.write(key, b"{}", inputs_etag="E1,E2")
    stored = bucket.read(key)
    assert stored is not None
    assert (stored.body, stored.inputs_etag, stored.etag) == (b"{}", "E1,E2", bucket.etag(key))
    bucket.delete((key,))
    assert bucket.read(key) is None
    assert bucket.etag(key) == ""


def test_a_look_tells_an_objects_facts_and_reads_no_more_than_its_head(oss: Oss, bucket: OssBucket) -> None:
    body = picture() + bytes(3 * WINDOW)
    bucket._documents.put_object("big.jpg", body, headers={"x-oss-meta-Return-Form": "mask"})
    oss.requests.clear()
    source = bucket.peek("big.jpg")
    assert source is not None
    assert (source.size, source.head, source.metadata) == (len(body), body[:WINDOW], {"return-form": "mask"})
    assert source.etag == bucket.etag("big.jpg")
    assert abs((source.modified - datetime.now(timezone.utc)).total_seconds()) < 5
    assert oss.requests[0].bytes_out == WINDOW


def test_a_look_at_a_small_an_empty_and_a_missing_object(bucket: OssBucket) -> None:
    bucket.write("small", b"abc")
    bucket.write("empty", b"")
    small, empty = bucket.peek("small"), bucket.peek("empty")
    assert small is not None
    assert empty is not None
    assert (small.size, small.head, empty.size, empty.head) == (3, b"abc", 0, b"")
    assert bucket.peek("missing") is None


@pytest.mark.parametrize("target", ["big.jpg", "nothing", "link to a link"])
def test_a_symbolic_link_is_looked_at_itself_and_nothing_is_read_through_it(bucket: OssBucket, target: str) -> None:
    bucket._documents.put_object("big.jpg", picture())
    bucket._documents.put_symlink("big.jpg", "link to a link")
    bucket._documents.put_symlink(target, "link", headers={"x-oss-meta-return-form": "mask"})
    link = bucket.peek("link")
    assert link is not None
    assert (link.is_link, link.head, link.metadata) == (True, b"", {"return-form": "mask"})
    assert link.etag == bucket.etag("link") != bucket.etag("big.jpg")
    stored = bucket.read("link")
    assert stored is not None
    assert (stored.body, stored.etag) == (b"", link.etag)
    bucket.publish_copy("link", COPY, public=False)
    copy = bucket.peek(COPY)
    assert copy is not None
    assert copy.is_link
    bucket.write("link", b"{}")
    there = bucket.peek("link")
    assert there is not None
    assert (there.is_link, there.head) == (False, b"{}")


def test_a_document_is_read_no_further_than_the_longest_there_can_be(oss: Oss, bucket: OssBucket) -> None:
    body = b"{" + b" " * LONGEST_DOCUMENT + b"}"
    bucket.write("long.json", body)
    oss.requests.clear()
    stored = bucket.read("long.json")
    assert stored is not None
    assert stored.body == body[:LONGEST_DOCUMENT]
    assert stored.etag == bucket.etag("long.json")
    assert oss.requests[0].bytes_out == LONGEST_DOCUMENT


def test_a_job_that_holds_the_longest_reply_is_found_as_it_was_saved(bucket: OssBucket) -> None:
    assert keeps_the_longest_reply(bucket)


def test_a_window_is_read_from_the_middle_of_an_object(oss: Oss, bucket: OssBucket) -> None:
    bucket.write("ten", b"0123456789")
    oss.requests.clear()
    assert bucket.read_range("ten", 2, 3) == b"234"
    assert bucket.read_range("ten", 8, 2) == b"89"
    assert [request.bytes_out for request in oss.requests] == [3, 2]


def test_of_many_who_create_a_name_at_once_one_learns_that_it_did(bucket: OssBucket) -> None:
    won: list[int] = []
    ready = threading.Barrier(8)

    def create(number: int) -> None:
        ready.wait()
        if bucket.create("claim", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = bucket.read("claim")
    assert stored is not None
    assert [str(number).encode() for number in won] == [stored.body]


def test_a_stream_is_stored_whole_with_its_type_and_mark(oss: Oss, bucket: OssBucket) -> None:
    assert bucket.store("cut.png", png(b"ab" * 70_000, b"c"), inputs_etag="E1") == 140_001
    head = bucket._documents.head_object("cut.png")
    assert (head.content_length, head.content_type, head.headers["x-oss-meta-oss-cutout"]) == (
        140_001,
        "image/png",
        "E1",
    )


def test_a_stream_that_breaks_off_leaves_no_object_and_no_half_of_one(bucket: OssBucket) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise Unavailable("ResultBroken", "broke off")

    with pytest.raises(Unavailable, match="ResultBroken"):
        bucket.store("half.png", Download("image/png", "png", broken()), inputs_etag="E1")
    assert bucket.peek("half.png") is None


def test_many_objects_are_deleted_in_one_request(oss: Oss, bucket: OssBucket) -> None:
    keys = tuple(f"many/{number} 红&<>.json" for number in range(5))
    for key in keys:
        bucket.write(key, b"{}")
    oss.requests.clear()
    bucket.delete(keys)
    bucket.delete(())
    assert len(oss.requests) == 1
    assert list(bucket.list("many/")) == []


def test_what_no_xml_can_name_is_deleted_as_well_and_nothing_that_is_nearly_called_so(bucket: OssBucket) -> None:
    gone = ("odd/a\rb", "odd/a\x01b", "odd/\uffff", "odd/plain", "odd/other")
    for key in (*gone, "odd/a\nb"):
        bucket.write(key, b"{}")
    bucket.delete(gone)
    assert [entry.key for entry in bucket.list("odd/")] == ["odd/a\nb"]


@pytest.mark.parametrize("page", [1, 2, 3, 1000, 1001])
def test_a_listing_has_every_object_with_the_etag_a_read_has(bucket: OssBucket, page: int) -> None:
    keys = [f"list/{number:04} 红+%.json" for number in range(3)]
    for key in keys:
        bucket.write(key, key.encode())
    listed = [(entry.key, entry.etag) for entry in bucket.list("list/", page=page)]
    assert listed == [(key, bucket.etag(key)) for key in keys]


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_a_listing_may_leave_out_what_lies_in_the_folders_below(bucket: OssBucket, page: int) -> None:
    for key in ("flat/a", "flat/b/1", "flat/b/c/2", "flat/b.", "flat/d/3", "flat/e"):
        bucket.write(key, b"{}")
    listed = [entry.key for entry in bucket.list("flat/", page=page, nested=False)]
    assert listed == ["flat/a", "flat/b.", "flat/e"]


@pytest.mark.parametrize("process", ["", "image/resize,m_fixed,w_50,h_40/format,png"])
def test_a_link_opens_the_object_to_anyone_for_a_while(bucket: OssBucket, process: str) -> None:
    bucket._documents.put_object("红鞋 1+2%.jpg", picture())
    link = bucket.link("红鞋 1+2%.jpg", process, 60)
    assert link.isascii()
    answer = httpx.get(link)
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG" if process else b"\xff\xd8")
    assert httpx.get(link.replace("x-oss-expires=60", "x-oss-expires=6000")).status_code == 403
    assert httpx.get(link.partition("?")[0]).status_code == 403


def test_a_staged_copy_is_made_by_oss_itself(oss: Oss, bucket: OssBucket) -> None:
    bucket._documents.put_object("红鞋.jpg", picture())
    oss.requests.clear()
    bucket.publish_copy("红鞋.jpg", "work/00.jpg", public=False)
    assert sum(request.bytes_in for request in oss.requests) < 500
    copy = bucket.peek("work/00.jpg")
    assert copy is not None
    assert copy.head.startswith(b"\xff\xd8")


@pytest.mark.parametrize("process", ["", "image/resize,m_fixed,w_50,h_40/auto-orient,1/format,png"])
def test_a_public_copy_can_be_fetched_at_its_bare_address_by_anyone(bucket: OssBucket, process: str) -> None:
    bucket._documents.put_object("红鞋.jpg", picture())
    bucket.publish_copy("红鞋.jpg", COPY, public=True)
    answer = httpx.get(bucket.address(COPY, process))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\x89PNG" if process else b"\xff\xd8")


def test_nobody_can_fetch_a_copy_at_its_bare_address_unless_it_is_public(bucket: OssBucket) -> None:
    bucket._documents.put_object("红鞋.jpg", picture())
    bucket.publish_copy("红鞋.jpg", COPY, public=True)
    bucket.publish_copy("红鞋.jpg", COPY, public=False)
    assert httpx.get(bucket.address(COPY, "")).status_code == 403
    assert httpx.get(bucket.link(COPY, "", 60)).status_code == 200


def test_a_bucket_that_blocks_public_access_says_what_the_operator_must_do(oss: Oss, accounts: Accounts) -> None:
    oss.create_bucket("shut-photos", block_public_access=True)
    shut = open_bucket(oss, accounts.assume_role(), "shut-photos")
    shut._documents.put_object("红鞋.jpg", picture())
    with pytest.raises(Misconfigured, match="switch off Block Public Access") as raised:
        shut.publish_copy("红鞋.jpg", COPY, public=True)
    assert raised.value.code == "PublicCopyRefused"
    assert shut.peek(COPY) is None
    shut.publish_copy("红鞋.jpg", COPY, public=False)


@pytest.mark.parametrize("public", [False, True])
def test_what_is_deleted_just_before_it_is_copied_or_read_on_passes_by_itself(bucket: OssBucket, public: bool) -> None:
    with pytest.raises(Unavailable, match="NoSuchKey"):
        bucket.publish_copy("gone.jpg", COPY, public=public)
    with pytest.raises(Unavailable, match="NoSuchKey"):
        bucket.read_range("gone.jpg", WINDOW, 10)
    bucket._documents.put_symlink("gone.jpg", "in its place.jpg")
    with pytest.raises(Unavailable, match="NoSuchKey"):
        bucket.read_range("in its place.jpg", WINDOW, 10)


def test_an_object_that_took_a_longer_ones_place_is_not_read_in_its_place(oss: Oss, bucket: OssBucket) -> None:
    bucket._documents.put_object("shrunk.tif", bytes(3 * WINDOW))
    oss.requests.clear()
    with pytest.raises(Unavailable, match="NoSuchKey"):
        bucket.read_range("shrunk.tif", 3 * WINDOW - 1, 2)
    assert [(request.operation, request.status) for request in oss.requests] == [("GetObject", 200)]
    assert bucket.read_range("shrunk.tif", 0, 1) == b"\0"


def test_of_links_to_a_copy_a_signed_one_is_short_with_a_permanent_key_and_only_a_bare_one_with_a_functions(
    oss: Oss, accounts: Accounts
) -> None:
    process = "image/resize,m_fixed,w_4096,h_4096/auto-orient,1/format,jpg/quality,Q_90"

    def shown(key: Key) -> OssBucket:
        public = "https://oss-cn-shanghai.aliyuncs.com"
        return OssBucket(
            "b" * 63,
            Credentials(**vars(key)),
            endpoint=oss.url,
            public_endpoint=public,
            region="cn-shanghai",
            clock=OssClock(),
        )

    owners, functions = shown(accounts.owner), shown(accounts.assume_role())
    assert len(owners.link(COPY, process, 600)) <= SHORT
    assert len(functions.link(COPY, "", 600)) > SHORT
    assert len(functions.address(COPY, process)) <= SHORT
    assert urlsplit(functions.address(COPY, process)).query == f"x-oss-process={process}"


@pytest.mark.parametrize(("versioning", "versioned"), [("", False), ("Enabled", True), ("Suspended", True)])
def test_a_bucket_tells_whether_it_ever_had_versioning(
    oss: Oss, accounts: Accounts, versioning: str, versioned: bool
) -> None:
    name = f"photos-{versioning.lower() or 'plain'}"
    oss.create_bucket(name, versioning=versioning)  # type: ignore[arg-type]
    assert open_bucket(oss, accounts.owner, name).versioned() is versioned


def test_what_the_role_may_not_do_is_for_the_operator_to_mend(oss: Oss) -> None:
    stranger = open_bucket(oss, Key("LTAI-EXAMPLE-stranger", "EXAMPLE"))
    with pytest.raises(Misconfigured, match="role's rights"):
        stranger.read("a.txt")


@pytest.mark.parametrize("code", ["AccessDenied", "KmsAccessDenied", ""])
def test_that_access_to_one_object_is_denied_is_no_trouble_with_the_bucket(code: str) -> None:
    with pytest.raises(ObjectForbidden, match="look for a Deny on its folder") as raised, translated("uploads/a.jpg"):
        raise denied(code)
    assert (raised.value.code, "uploads/a.jpg" in raised.value.message) == ("ObjectForbidden", True)


@pytest.mark.parametrize(
    ("code", "key"), [("AccessDenied", ""), ("SignatureDoesNotMatch", "a"), ("InvalidAccessKeyId", "a")]
)
def test_that_a_key_or_all_access_is_refused_is_for_the_operator_to_mend(code: str, key: str) -> None:
    with pytest.raises(Misconfigured, match="role's rights") as raised, translated(key):
        raise denied(code)
    assert (type(raised.value), raised.value.code) == (Misconfigured, code)


def test_a_public_copy_that_is_refused_for_the_object_is_not_refused_for_all(
    bucket: OssBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise denied("AccessDenied")

    monkeypatch.setattr(bucket._documents, "copy_object", refuse)
    with pytest.raises(ObjectForbidden):
        bucket.publish_copy("红鞋.jpg", COPY, public=True)


def test_an_oss_out_of_reach_is_unavailable(accounts: Accounts) -> None:
    nowhere = OssBucket(
        "shop-photos",
        Credentials(**vars(accounts.owner)),
        endpoint="http://127.0.0.1:9",
        public_endpoint="http://127.0.0.1:9",
        region="cn-shanghai",
        clock=OssClock(),
    )
    with pytest.raises(Unavailable, match="not reached"):
        nowhere.peek("a.txt")


def test_links_go_to_the_public_endpoint(oss: Oss, accounts: Accounts) -> None:
    bucket = OssBucket(
        "shop-photos",
        Credentials(**vars(accounts.owner)),
        endpoint=oss.url,
        public_endpoint="https://oss-cn-shanghai.aliyuncs.com",
        region="cn-shanghai",
        clock=OssClock(),
    )
    link = urlsplit(bucket.link("a.jpg", "", 60))
    assert (link.scheme, link.netloc, link.path) == ("https", "shop-photos.oss-cn-shanghai.aliyuncs.com", "/a.jpg")


@pytest.mark.parametrize("status", [500, 503])
def test_an_oss_that_fails_more_than_a_moment_is_unavailable_and_a_moments_failure_goes_unnoticed(status: int) -> None:
    answers = [status]

    def app(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        answer = answers.pop(0) if answers else 200
        start_response(f"{answer} x", [("Content-Length", "0"), ("ETag", '"E"')])
        return []

    server = Server(app)
    bucket = OssBucket(
        "shop-photos",
        Credentials("EXAMPLE", "EXAMPLE", ""),
        endpoint=server.url,
        public_endpoint=server.url,
        region="cn-shanghai",
        clock=OssClock(),
    )
    bucket.write("a.json", b"{}")
    answers[:] = [status] * 9
    with pytest.raises(Unavailable, match="OSS failed"):
        bucket.write("a.json", b"{}")
    with pytest.raises(Unavailable, match="OSS failed"):
        bucket.store("a.png", png(b"1"), inputs_etag="E")
    assert len(answers) == 9 - 3 - 1, "a stream is sent once"
    server.stop()


def test_a_link_of_ours_is_checked_by_its_first_bytes(oss: Oss, bucket: OssBucket) -> None:
    bucket._documents.put_object("sound.jpg", picture(800, 600))
    bucket._documents.put_object("broken.jpg", picture(800, 600)[:200])
    process = "image/resize,m_fixed,w_80,h_60/format,jpg"
    oss.requests.clear()
    bucket.check_link(bucket.link("sound.jpg", process, 60))
    assert [(request.operation, request.status) for request in oss.requests] == [("GetObject", 200)]
    with pytest.raises(Rejected, match="save it again as JPEG"):
        bucket.check_link(bucket.link("broken.jpg", process, 60))
    with pytest.raises(Unavailable):
        bucket.check_link(bucket.link("gone.jpg", process, 60))
    bucket.check_link(bucket.link("sound.jpg", "", 60))


def test_a_picture_is_downloaded_into_a_file_as_it_is_or_as_oss_processes_it(bucket: OssBucket, tmp_path: Path) -> None:
    body, path = picture(800, 600), tmp_path / "photo"
    bucket._documents.put_object("sound.jpg", body)
    bucket.download("sound.jpg", path, most=len(body))
    assert path.read_bytes() == body
    bucket.download("sound.jpg", path, process="image/resize,m_fixed,w_80,h_60/format,png", most=len(body))
    with Image.open(path) as processed:
        assert (processed.format, processed.size) == ("PNG", (80, 60))


def test_a_picture_that_cannot_be_downloaded_says_why(bucket: OssBucket, tmp_path: Path) -> None:
    body, path = picture(800, 600), tmp_path / "photo"
    bucket._documents.put_object("sound.jpg", body)
    bucket._documents.put_object("broken.jpg", body[:200])
    with pytest.raises(Rejected, match="more than"):
        bucket.download("sound.jpg", path, most=len(body) - 1)
    with pytest.raises(Rejected, match="save it again as JPEG"):
        bucket.download("broken.jpg", path, process="image/resize,m_fixed,w_80,h_60/format,png", most=len(body))
    with pytest.raises(Unavailable):
        bucket.download("gone.jpg", path, most=len(body))


def test_whether_a_key_may_be_written_is_found_out_without_writing_it(
    oss: Oss, bucket: OssBucket, accounts: Accounts
) -> None:
    allow = {"Effect": "Allow", "Action": "oss:PutObject", "Resource": f"acs:oss:*:{accounts.uid}:shop-photos/jobs/*"}
    accounts.ram.create_role("narrow", {})
    accounts.ram.put_policy("narrow", {"Version": "1", "Statement": [allow]})
    accounts.ram.attach("narrow", "narrow")
    narrow = open_bucket(oss, accounts.assume_role("narrow"))
    for name in ("there", "new"):
        bucket.write("jobs/there.json", b"{}")
        bucket.check_write(f"jobs/{name}.json")
        narrow.check_write(f"jobs/{name}.json")
        with pytest.raises(Misconfigured, match="role's rights"):
            narrow.check_write(f"cutouts/{name}.json")
    stored = bucket.read("jobs/there.json")
    assert stored is not None
    assert stored.body == b"{}"
    assert bucket.read("jobs/new.json") is None
