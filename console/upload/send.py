"""Sends the files of a folder into the bucket, and leaves out what lies there already."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from console.account import Account, speaking
from console.records.pages import AT_ONCE, pages
from console.upload.problems import picture_problem, problem
from shared.cloud.ports import Bucket
from shared.jobs.upload import Kind, Upload
from shared.messages.message import Message, Sentence

_LINK = Message("it is a symbolic link that leads out of the folder", "这是指向该目录之外的符号链接")
_LINKED_FOLDER = Message("it is a symbolic link to a folder", "这是指向目录的符号链接")
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
    there: Literal["", "same", "other"] = ""
    """What lies at its key: nothing, the very same bytes, or other ones, which it replaces."""

    @property
    def is_photo(self) -> bool:
        """Whether it is to have a result of its own: a companion has none."""
        return Upload(self.key).kind is Kind.PICTURE


def files(folder: Path, prefix: str) -> Iterator[File]:
    """All files of `folder` and of the folders in it, in the order of their names. Raises `OSError` for a folder that
    cannot be read."""

    def fail(error: OSError) -> None:
        raise error

    root = folder.resolve()
    for place, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        for name in sorted((*names, *(each for each in folders if Path(place, each).is_symlink()))):
            path = Path(place) / name
            yield _file(root, path, prefix + path.relative_to(folder).as_posix())


def _file(root: Path, path: Path, key: str) -> File:
    try:
        if link := _link(root, path):
            return File(path, key, 0, link)
        size = path.stat().st_size
        if not size:  # a pipe, say, which is not opened
            return File(path, key, size, problem(key, size))
        with path.open("rb") as body:
            return File(path, key, size, picture_problem(key, size, body))
    except UnicodeEncodeError:
        return File(path, key, 0, _NO_TEXT)
    except (OSError, RuntimeError) as error:  # the latter: a link that leads to itself, until Python 3.13
        return File(path, key, 0, _unreadable(error))


def _link(root: Path, path: Path) -> Message | None:
    """Why what is no file of the folder itself is not sent."""
    if not path.resolve(strict=True).is_relative_to(root):
        return _LINK
    return _LINKED_FOLDER if path.is_dir() else None


def _unreadable(error: Exception) -> Message:
    return _UNREADABLE(said=getattr(error, "strerror", "") or str(error))


def there(bucket: Bucket, prefix: str) -> Mapping[str, tuple[int, str]]:
    """The sizes and ETags of what lies below `prefix`, by key."""
    return {each.key: (each.size, each.etag) for page in pages(bucket, prefix) for each in page}


def compared(files: Collection[File], found: Mapping[str, tuple[int, str]]) -> list[File]:
    """The same files, each held against what lies at its key."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [*pool.map(partial(_compared, found), files)]


def _compared(found: Mapping[str, tuple[int, str]], file: File) -> File:
    if file.problem or file.key not in found:
        return file
    size, etag = found[file.key]
    try:
        is_same = size == file.size and _md5(file.path) == etag.upper()
    except OSError as error:
        return replace(file, problem=_unreadable(error))
    return replace(file, there="same" if is_same else "other")


def _md5(path: Path) -> str:
    """As the ETag of what was put in one request has it (PutObject)."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as read:
        while piece := read.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest().upper()


def send(account: Account, wanted: Iterable[File], say: Callable[[File], object]) -> None:
    """Companions go first, and photos when all of them lie in the bucket, so that a photo finds its own. `say` is told
    of each file when it lies there, or, with a problem, when it could not be read. Raises `ApiError`: what was sent by
    then lies there."""
    bucket = account.bucket()

    def put(file: File) -> File:
        try:
            with file.path.open("rb") as body, speaking("OSS", "PutObject"):
                bucket.put_object(file.key, body)
        except OSError as error:
            return replace(file, problem=_unreadable(error))
        return file

    wanted = [*wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for is_photo in (False, True):
            for file in pool.map(put, [each for each in wanted if each.is_photo is is_photo]):
                say(file)
