"""What others put into the bucket: symbolic links, and what is no work where work is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.jobs.upload import Upload
from tests.cloud.box import Cloud
from tests.scenarios.shop import Shop, photo, wait_for

SMALL = photo(size=(180, 120))
FOLDER = "uploads/general/common"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Cloud(timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


def test_a_symbolic_link_gives_nobody_the_cutout_of_somebody_elses_photo(shop: Shop) -> None:
    with shop.unheard():
        secret = shop.upload(f"{FOLDER}/secret.jpg", SMALL)
    shop.raw.put_symlink(secret, f"{FOLDER}/link.jpg")  # no trigger of ours fires for that, but one does for a copy
    shop.raw.put_symlink("uploads/nothing.jpg", f"{FOLDER}/broken.jpg")
    for name in ("link", "broken"):
        copy = f"{FOLDER}/{name}-copy.jpg"
        shop.raw.copy_object(shop.cloud.bucket, f"{FOLDER}/{name}.jpg", copy)
        receipt = shop.wait(copy)
        assert (receipt.status, receipt.code, receipt.attempts) == ("rejected", "Symlink", 0)
    assert shop.billed(secret) == 0


def test_what_is_no_work_holds_none_up(shop: Shop) -> None:
    shop.cloud.fc.quiet(30)
    copied = f"{FOLDER}/copied.jpg"
    junk = {
        "jobs/": b"",
        "jobs/notes.txt": b"mine",
        Upload(copied).job_key: b'{"id": "1", "source": "uploads/general/common/else.jpg", "version": 1}',
        f"queue/waiting/general/common/99991231T235959.999999Z/{copied.rpartition('/')[2]}": b"",
    }
    with shop.unheard():
        shop.upload(copied, SMALL)
        for key, body in junk.items():
            shop.raw.put_object(key, body)
    later = shop.upload(f"{FOLDER}/later.jpg", SMALL)
    for key in (copied, later):
        assert (key, shop.wait(key).status, shop.billed(key)) == (key, "done", 1)
    wait_for(lambda: not list(shop.bucket.list("queue/waiting/")), "the entry of a far moment to go")
    assert [key for key in junk if shop.bucket.etag(key)] == ["jobs/", "jobs/notes.txt"]
