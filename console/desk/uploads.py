"""Photos that are dropped on the page: where they go, what that costs, and what will not be served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from pydantic import BaseModel, Field

from console.account import speaking
from console.desk import cards
from console.desk.desk import Desk
from console.upload import destination
from shared.errors import Rejected
from shared.jobs.keys import UPLOADS
from shared.jobs.upload import Kind, Upload
from shared.messages.message import Message

MOST_BYTES = 100_000_000
"""Bytes of a file. Functions reject photos over 40 MB, with a receipt; this limits what is stored on the disk here."""
_IN_MEMORY = 1_000_000
"""Bytes of a file that are kept in memory; a larger one is kept on the disk."""
_TOO_LARGE = Message("it has more than 100 MB", "文件超过 100 MB")


class File(BaseModel):
    """`name` may have folders in it."""

    name: str
    bytes: int


class Asked(BaseModel):
    """What the page is about to upload, and what is to be made of it."""

    capability: str
    options: dict[str, str] = {}
    listings: list[str] = []
    folder: str = ""
    files: list[File] = Field(default=[], max_length=10_000)


def check(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Where the files go, what the calls for them cost, and which of them will not be served. Raises `Rejected` when
    nothing of this can be asked for."""
    prefix = destination.prefix(asked.capability, asked.options, asked.listings, asked.folder)
    problems, photos = list[dict[str, Any]](), 0
    for file in asked.files:
        key = prefix + file.name
        wrong = destination.problem(key, file.bytes) or (_TOO_LARGE if file.bytes > MOST_BYTES else None)
        if wrong:
            problems.append({"file": file.name, "message": cards.said(wrong)})
        elif Upload(key).kind is Kind.PICTURE:
            photos += 1
    price = desk.account.prices.of(asked.capability)
    total = None if price is None else round(price * photos, 4)
    return {"prefix": prefix, "count": photos, "price_yuan": total, "problems": problems}


@dataclass
class Received:
    """A photo on its way from the page to the bucket."""

    key: str
    body: IO[bytes]
    size: int = 0
    digest: Any = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))

    def add(self, piece: bytes) -> None:
        """Raises `Rejected` when it gets too large."""
        self.size += len(piece)
        if self.size > MOST_BYTES:
            raise Rejected("PhotoTooLarge", _TOO_LARGE)
        self.digest.update(piece)
        self.body.write(piece)


@contextmanager
def received(prefix: str, name: str) -> Iterator[Received]:
    """Takes in a file that will be called `name` in a folder as `check` names them. Raises `ValueError` for another."""
    if not prefix.startswith(UPLOADS) or not prefix.endswith("/") or not name.strip("/"):
        raise ValueError(prefix)
    with SpooledTemporaryFile(_IN_MEMORY) as body:
        yield Received(prefix + name, body)


def store(desk: Desk, file: Received) -> dict[str, Any]:
    """Upload it, unless the very same bytes lie there already. Raises `Rejected` for what no function serves, and
    `ApiError`."""
    if wrong := destination.problem(file.key, file.size):
        raise Rejected("NotServed", wrong)
    etag = file.digest.hexdigest().upper()
    skipped = desk.photos.etag(file.key).upper() == etag
    if not skipped:
        file.body.seek(0)
        with speaking("OSS", "PutObject"):
            desk.account.bucket().put_object(file.key, file.body)
        desk.watcher.await_upload(file.key)
    return {"source": file.key, "etag": etag, "skipped": skipped}
