"""Photos that are dropped on the page: where they go, what that costs, and what will not be served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from pydantic import Base64Bytes, BaseModel, Field

from console.account import speaking
from console.desk import cards
from console.desk.desk import Desk
from console.upload import destination
from console.upload.problems import picture_problem, problem
from console.upload.send import there
from shared.errors import Rejected
from shared.jobs.keys import UPLOADS
from shared.jobs.upload import Kind, Upload
from shared.messages.message import Message

MOST_BYTES = 100_000_000
"""Bytes of a file. Functions reject photos over 40 MB, with a receipt; this limits what is stored on the disk here."""
_IN_MEMORY = 1_000_000
"""Bytes of a file that are kept in memory; a larger one is kept on the disk."""
_TOO_LARGE = Message("it has more than 100 MB", "文件超过 100 MB")
_TAKEN = Message(
    "another file of this name is there: rename this one, choose another folder, or forget the other one first",
    "该处已有另一个同名文件：请改名、换一个文件夹，或先删除已有的照片",
)


class File(BaseModel):
    """`name` may have folders in it; `head` is the beginning of the file, in base64, if it is told."""

    name: str
    bytes: int
    head: Base64Bytes = b""


class Asked(BaseModel):
    """What the page is about to upload, and what is to be made of it."""

    capability: str
    options: dict[str, str] = {}
    listings: list[str] = []
    folder: str = ""
    files: list[File] = Field(default=[], max_length=10_000)


def check(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Where the files go, what the calls for them cost, which of them will not be served, which lie there already, as
    far as their sizes tell, and which are companions, to be sent before the others. Raises `Rejected` when nothing of
    this can be asked for; and what `Bucket.list` does."""
    prefix = destination.prefix(asked.capability, asked.options, asked.listings, asked.folder)
    found = there(desk.photos, prefix)
    problems, companions, photos, same = list[dict[str, Any]](), list[str](), 0, 0
    for file in asked.files:
        key = prefix + file.name
        size, _ = found.get(key, (None, ""))
        wrong = problem(key, file.bytes, file.head) or (_TOO_LARGE if file.bytes > MOST_BYTES else None)
        if wrong or size not in (None, file.bytes):
            problems.append({"file": file.name, "message": cards.said(wrong or _TAKEN)})
            continue
        is_photo = Upload(key).kind is Kind.PICTURE
        if size is not None:
            same += 1
        elif is_photo:
            photos += 1
        if not is_photo:
            companions.append(file.name)
    price = desk.account.prices.of(asked.capability)
    total = None if price is None else round(price * photos, 4)
    return {
        "prefix": prefix,
        "count": photos,
        "there": same,
        "price_yuan": total,
        "problems": problems,
        "companions": companions,
    }


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
    """Upload it, unless the very same bytes lie there already. Raises `Rejected` for what no function serves and where
    other bytes lie, and `ApiError`."""
    if wrong := picture_problem(file.key, file.size, file.body):
        raise Rejected("NotServed", wrong)
    etag, found = file.digest.hexdigest().upper(), desk.photos.etag(file.key).upper()
    if found not in ("", etag):
        raise Rejected("Taken", _TAKEN)
    if not found:
        file.body.seek(0)
        with speaking("OSS", "PutObject"):
            desk.account.bucket().put_object(file.key, file.body)
        if Upload(file.key).kind is Kind.PICTURE:
            desk.watcher.await_upload(file.key)
    return {"source": file.key, "etag": etag, "skipped": bool(found)}
