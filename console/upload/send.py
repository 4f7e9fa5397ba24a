"""Sends the files of a folder into the bucket, and leaves out what lies there already."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from console.account import Account, speaking
from console.records.pages import AT_ONCE, pages
from console.upload import destination
from shared.cloud.ports import Bucket
from shared.jobs.upload import Kind, Upload
from shared.messages.message import Message, Sentence

_LINK = Message("it is a symbolic link that leads out of the folder", "这是指向该目录之外的符号链接")
_UNREADABLE = Sentence("it cannot be read: {said}", "无法读取：{said}")
_NO_TEXT = Message("its name is no text in UTF-8", "文件名不是 UTF-8 文本")
_PIECE = 1 << 20


@dataclass(frozen=True)
class File:
    """A file of this machine, and the key that it gets; `problem` says why it is not sent."""

    path: Path
    key: str
    size: int
    problem: Message | None = None

    @property
    def is_photo(self) -> bool:
        """Whether it is to have a result of its own: a companion has none."""
        return self.problem is None and Upload(self.key).kind is Kind.PICTURE


def files(folder: Path, prefix: str) -> Iterator[File]:
    """All files of `folder` and of the folders in it, in the order of their names. Raises `OSError` for a folder that
    cannot be read."""

    def fail(error: OSError) -> None:
        raise error

    root = folder.resolve()
    for place, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            yield _file(root, path, prefix + path.relative_to(folder).as_posix())


def _file(root: Path, path: Path, key: str) -> File:
    try:
        key.encode()
        if not path.resolve().is_relative_to(root):
            return File(path, key, 0, _LINK)
        size = path.stat().st_size
    except UnicodeEncodeError:
        return File(path, key, 0, _NO_TEXT)
    except OSError as error:
        return File(path, key, 0, _UNREADABLE(said=error.strerror or str(error)))
    return File(path, key, size, destination.problem(key, size))


def there(bucket: Bucket, prefix: str) -> Mapping[str, tuple[int, str]]:
    """The sizes and ETags of what lies below `prefix`, by key."""
    return {each.key: (each.size, each.etag) for page in pages(bucket, prefix) for each in page}


def is_there(file: File, found: Mapping[str, tuple[int, str]]) -> bool:
    """Whether the very same bytes lie there: the ETag of what was put in one request is its MD5 (PutObject)."""
    size, etag = found.get(file.key, (-1, ""))
    if size != file.size:
        return False
    with file.path.open("rb") as read:
        digest = hashlib.md5(usedforsecurity=False)
        while piece := read.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest().upper() == etag.upper()


def send(
    account: Account, wanted: Iterable[File], found: Mapping[str, tuple[int, str]], say: Callable[[File, bool], object]
) -> None:
    """`say` is told of each file when it lies in the bucket, and whether it was sent for that. Companions go first, so
    that a photo finds its own. Raises `ApiError`, `OSError`: what was sent by then lies there."""
    bucket = account.bucket()

    def put(file: File) -> tuple[File, bool]:
        if is_there(file, found):
            return file, False
        with speaking("OSS", "PutObject"):
            bucket.put_object_from_file(file.key, str(file.path))
        return file, True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for file, was_sent in pool.map(put, sorted(wanted, key=lambda file: file.is_photo)):
            say(file, was_sent)
