"""What there is of each upload, a page at a time: the same as from all names at once, in memory that does not grow."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.jobs import keys
from shared.jobs.upload import Kind, Upload
from shared.pipeline import unserved
from shared.pipeline.unserved import ListedUpload, Standing, listed_uploads
from shared.vendors.capabilities import of_group
from tests.unit.fakes import START, Clock, MemoryBucket, Thing
from tests.unit.generated import GeneratedBucket, Names

PAIRS = "uploads/general/refine-mask/"
NAMES = (
    *(f"{PAIRS}{name}" for name in ("Z.jpg", "a", "a-b", "a-b.mask.png", "a.b", "a.jpg", "a.jpg.mask.jpg")),
    *(f"{PAIRS}{name}" for name in ("a.jpg.mask.png", "a.mask.png", "a.mask.png.mask.png", "a0", "lone.jpg.mask.png")),
    *(f"{PAIRS}{name}" for name in ("_mask.png", "_x.jpg", "b/_mask.png", "b/a.jpg", "b/a.jpg.mask.png", "z.jpg")),
    *("uploads/general/common/a.jpg", "uploads/general/common/a.jpg.mask.png", "uploads/general/common/_mask.png"),
    *("uploads/garden/plant/a.jpg", "uploads/stray.jpg", f"{PAIRS}{'x' * 970}"),
)
"""Some begin with others, companions lie near their pictures or not, and all sort in odd ways."""

RUN = timedelta(seconds=1)
moments = st.none() | st.integers(0, 3)
"""Seconds from the start; None: it is not there."""


def put(bucket: MemoryBucket, key: str, second: int | None, body: bytes = b"x") -> None:
    if second is not None:
        bucket.things[key] = Thing(body, START + timedelta(seconds=second))


def at_once(bucket: MemoryBucket) -> Iterator[tuple[str, Standing]]:
    for key in sorted(bucket.things):
        upload = Upload(key)
        alone = upload.picture is None or upload.picture.key not in bucket.things
        if upload.kind in (Kind.PICTURE, Kind.COMPANION) and alone and bucket.things[key].body:
            yield key, standing_of(bucket, upload)
        if upload.kind is Kind.FOLDER_COMPANION and upload.receipt_key in bucket.things:
            yield key, Standing.UNCONFIRMED


def standing_of(bucket: MemoryBucket, upload: Upload) -> Standing:
    things = bucket.things
    if not any(of_group(upload.group)):
        return Standing.NO_FUNCTION
    if len(upload.key) > keys.MAX_UPLOAD_BYTES:
        return Standing.KEY_TOO_LONG
    if upload.job_key in things:
        return Standing.UNDER_WAY
    companions = [each for each in map(Upload, things) if upload.kind is Kind.PICTURE]
    beside = {each.key for each in companions if each.picture == upload}
    beside |= {each.key for each in companions if each.kind is Kind.FOLDER_COMPANION and each.folder == upload.folder}
    newest = max(things[key].modified for key in {upload.key, *beside})
    receipt = things.get(upload.receipt_key)
    if receipt is None or receipt.modified <= newest:
        return Standing.NO_RECEIPT
    is_early = receipt.modified - things[upload.key].modified <= RUN
    return Standing.EARLY_RECEIPT if is_early else Standing.RECEIPT


def found(bucket: MemoryBucket, prefix: str = keys.UPLOADS, after: str = "") -> list[tuple[str, Standing]]:
    return [(each.upload.key, each.standing) for each in listed_uploads(bucket, bucket, prefix, after=after)]


@given(st.dictionaries(st.sampled_from(NAMES), st.tuples(moments, moments, st.booleans())), st.integers(1, 5))
@example({f"{PAIRS}{name}": (0, 1, False) for name in ("a", "a-b", "a.b", "a.jpg", "a0")}, 2)
@example({f"{PAIRS}a": (0, 1, False), f"{PAIRS}a-b": (0, 1, False), f"{PAIRS}a.mask.png": (2, None, False)}, 2)
@example({f"{PAIRS}Z.jpg": (0, 1, False), f"{PAIRS}_mask.png": (2, None, False), f"{PAIRS}a": (0, 3, False)}, 1)
def test_page_by_page_each_upload_is_what_it_is_in_the_light_of_all_names(
    there: dict[str, tuple[int | None, int | None, bool]], page: int
) -> None:
    bucket = MemoryBucket(Clock())
    for key, (uploaded, answered, begun) in there.items():
        put(bucket, key, uploaded)
        put(bucket, Upload(key).receipt_key, answered)
        put(bucket, Upload(key).job_key, 0 if begun else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unserved, "PAGE", page)
        patch.setattr(unserved, "LONGEST_RUN", RUN)
        assert found(bucket) == [*at_once(bucket)]
        assert found(bucket, after=f"{PAIRS}a.jpg") == [each for each in at_once(bucket) if each[0] > f"{PAIRS}a.jpg"]


def test_an_empty_object_is_to_have_no_receipt() -> None:
    bucket = MemoryBucket(Clock())
    put(bucket, f"{PAIRS}a.jpg", 0, b"")
    put(bucket, f"{PAIRS}a.jpg.mask.png", 0)
    assert found(bucket) == []


def test_below_a_prefix_what_belongs_to_an_upload_counts_wherever_it_lies() -> None:
    bucket = MemoryBucket(Clock())
    for name, uploaded, answered in (("_mask.png", 5, None), ("a.jpg", 0, 3), ("a.jpg.mask.png", 0, None)):
        put(bucket, f"{PAIRS}{name}", uploaded)
        put(bucket, Upload(f"{PAIRS}{name}").receipt_key, answered)
    assert found(bucket, prefix=f"{PAIRS}a.jpg") == [(f"{PAIRS}a.jpg", Standing.NO_RECEIPT)], (
        "the folder's mask is newer"
    )
    assert found(bucket, prefix=f"{PAIRS}a.jpg.mask") == [], "it is served with its picture"


# -------------------------------------------------------------------- bounds


def crowd(count: int, folder: str) -> GeneratedBucket:
    """So many uploads in one folder, every other of them with a receipt and a picture, and a few jobs of others."""

    def answered(number: int) -> str:
        upload = f"cutouts/{folder}{number // 2 * 2:07}.jpg"
        return f"{upload}.{'png' if number % 2 else 'json'}"

    uploads = Names(lambda number: f"uploads/{folder}{number:07}.jpg", count)
    jobs = Names(lambda number: f"jobs/{folder}{number:07}.jpg.{'0A' * 16}.0.lease", count)
    return GeneratedBucket(Clock(), uploads, Names(answered, count), jobs)


@pytest.mark.parametrize("folder", ["general/common/", "general/refine-mask/"])
def test_neither_memory_nor_requests_an_upload_grow_with_their_number(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(count: int) -> tuple[int, float]:
        bucket = crowd(count, folder)
        tracemalloc.start()
        try:
            none = sum(each.standing is Standing.NO_RECEIPT for each in listed_uploads(bucket, bucket, keys.UPLOADS))
            assert none == count, "the receipts are of the same second"
            return tracemalloc.get_traced_memory()[1], len(bucket.requests) / count
        finally:
            tracemalloc.stop()

    monkeypatch.setattr(unserved, "PAGE", 1_000)
    (few, requests_of_few), (many, requests_of_many) = measured(2_000), measured(6_000)
    assert many - few < 200_000, "of all names it would be millions"
    assert requests_of_many <= requests_of_few + 0.001


def test_what_is_listed_is_an_upload() -> None:
    bucket = MemoryBucket(Clock())
    put(bucket, "uploads/general/common/a.jpg", 0)
    (each,) = listed_uploads(bucket, bucket, keys.UPLOADS)
    (listed,) = bucket.list(keys.UPLOADS)
    assert each == ListedUpload(listed, Standing.NO_RECEIPT)
