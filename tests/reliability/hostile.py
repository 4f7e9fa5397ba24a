"""Hostile input: what it is, and what must come of it. The lists are tried by tests, and counted by `make reliability`.

Whatever it is, the upload ends as a receipt or a parked job, with a code and a sentence; or, when no receipt could be
named after it, as a line of the log. Time and memory are bounded while that happens.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.jobs.upload import Upload
from shared.pictures.header import WINDOW
from tests.pictures import picture
from tests.reliability.leaks import told_too_much, watched
from tests.unit.fakes import Shop

SECONDS = 5.0
"""Of this thread's work, for any one of them: nearly all take milliseconds. Every allocation is traced here, which
takes ten times as long."""
MEGABYTES = 24
"""At the peak, beside what somebody uploaded: a function has 512, of which Python and its libraries take seventy."""
LONGEST_SENTENCE = 1_000
"""Characters."""
LONGEST_RECEIPT, LONGEST_OUTPUT = 6_000, 1_500
"""Characters: the upload's name, of 980 bytes, stands in both."""

Body = Callable[[], bytes]
ANY = "uploads/general/common/a.png"


def photo() -> bytes:
    return picture()


@dataclass(frozen=True)
class Hostile:
    """What somebody puts into the bucket. `code` is what its receipt must say, empty for one that is served."""

    name: str
    code: str
    body: Body = photo
    key: str = ANY
    metadata: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, Body] = field(default_factory=dict)
    """By what follows the upload's name."""


@dataclass(frozen=True)
class Answer:
    """What a vendor answers to the call, and to the question where it is asynchronous; `codes` are those of the receipt
    or the job, any of which is right."""

    name: str
    codes: tuple[str, ...]
    call: tuple[int, str]
    question: tuple[int, str] | None = None
    key: str = ANY
    results: Mapping[str, bytes] = field(default_factory=dict)


@contextmanager
def bounded(megabytes: float = MEGABYTES) -> Iterator[None]:
    """Asserts that what is done meanwhile takes no longer than `SECONDS`, and no more memory than that."""
    tracemalloc.start()
    began = time.thread_time()
    try:
        yield
        took, (_, peak) = time.thread_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < SECONDS, f"it took {took:.1f} s"
    assert peak < megabytes * 1_000_000, f"it took {peak:,} bytes at its peak"


def try_upload(hostile: Hostile) -> None:
    """Asserts that what must come of it does."""
    shop = Shop()
    shop.web.always = (200, '{"RequestId": "R-1", "Data": {"ImageURL": "https://results.example/1"}}')
    for suffix, body in hostile.beside.items():
        shop.bucket.put(hostile.key + suffix, body())
    etag = shop.bucket.put(hostile.key, hostile.body(), **hostile.metadata)
    with watched() as watch, bounded():
        shop.dispatcher.dispatch(Upload(hostile.key), etag)
    assert not watch.leaked
    receipt = shop.receipt(hostile.key)
    assert receipt is not None, f"{hostile.name}: {shop.job(hostile.key)}"
    assert receipt.code == hostile.code, f"{hostile.name}: {receipt}"
    assert receipt.status == ("rejected" if hostile.code else "done")
    reads = sum(name in ("peek", "read_range") for name, _ in shop.bucket.requests)
    assert reads <= 2 + 64, f"it was read {reads} times, {WINDOW:,} bytes each"
    ended(shop, hostile.key, (hostile.code,))


def try_answer(hostile: Answer) -> None:
    """Asserts that what must come of it does."""
    shop = Shop()
    shop.web.always, shop.web.polls = hostile.call, hostile.question
    shop.web.results.update(hostile.results)
    with watched() as watch, bounded():
        shop.upload(hostile.key, photo())
        if hostile.question:
            shop.after(hostile.key, seconds=30)
    assert not watch.leaked
    ended(shop, hostile.key, hostile.codes)


def ended(shop: Shop, key: str, codes: tuple[str, ...]) -> None:
    """Asserts a receipt and nothing else, or a job that waits, and that either says one of `codes` in a sentence."""
    receipt, job = shop.receipt(key), shop.job(key)
    if receipt is not None:
        assert job is None
        code, message, outputs = receipt.code, receipt.message, receipt.outputs
        assert len(receipt.model_dump_json()) < LONGEST_RECEIPT + LONGEST_OUTPUT * len(outputs)
        assert all(output.key in shop.bucket.things for output in outputs)
        assert all(output.key == Upload(key).output_key(output.label, output.key[-3:]) for output in outputs)
    else:
        assert job is not None, "nothing is left of it"
        assert job.lease_until is None
        assert job.due > shop.clock()
        code, message = job.code, job.message
    assert code in codes, f"{code}: {message}"
    assert bool(code) is bool(message)
    assert len(message) < LONGEST_SENTENCE
    assert not list(told_too_much(shop.bucket))
