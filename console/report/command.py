"""`cutout report`: what is asked for, and where it goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from console import moments, selection
from console.account import Account, speaking
from console.records.opened import mirror
from console.records.pages import AT_ONCE
from console.records.record import Query
from console.report.write import FIRST, write
from console.screen import Screen
from shared.jobs.keys import REPORTS, UPLOADS
from shared.messages.message import Sentence

_WRITING = Sentence("photos written: {count}", "已写入照片 {count} 张")
_WRITTEN = Sentence("`{file}`, with {photos} photos", "`{file}`，共 {photos} 张照片")
_STORED = Sentence(
    "in the bucket: `{key}`; OSS has browsers download it, unless the bucket has a domain of its own",
    "已写入 Bucket：`{key}`；Bucket 未绑定自定义域名时，OSS 会让浏览器下载而不是打开",
)
_NO_NAME = re.compile(r"[^\w.=-]+")
_PLAIN = re.compile(rf"{UPLOADS}(?:[\w=]+/)?")
"""Prefixes that are told apart by their names alone: `a/b/`, `a-b/` and `a b/` all give `a-b`."""
_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".webp": "image/webp",
}
"""The content types of a report's files: Python 3.10 has none for WebP."""


@dataclass(frozen=True)
class Asked:
    """`name` is that of the report, for folders: of letters, digits, dots and hyphens."""

    query: Query
    about: str
    name: str
    folder: Path
    in_bucket: bool


def asked(prefix: str, day: str, folder: Path | None, now: datetime, *, in_bucket: bool = False) -> Asked:
    """Raises `Misasked`."""
    since, until = moments.day(day, now) if day else (None, None)
    date = f"{since:%Y-%m-%d}" if since else ""
    digest = (
        "" if _PLAIN.fullmatch(prefix) else hashlib.sha256(prefix.encode(errors="backslashreplace")).hexdigest()[:8]
    )
    parts = filter(None, (date, prefix.removeprefix(UPLOADS).strip("/"), digest))
    name = _NO_NAME.sub("-", "-".join(parts)) or "all"
    about = " ".join(filter(None, (prefix, date)))
    return Asked(
        replace(selection.query(prefix=prefix), since=since, until=until),
        about,
        name,
        folder or Path(f"report-{name}"),
        in_bucket,
    )


def run(screen: Screen, account: Account, asked: Asked) -> None:
    """The command. Raises `ApiError`, `CutoutError`, `OSError`."""
    bucket = account.objects()
    with mirror(screen, account, asked.query.prefix) as records, screen.waiting(_WRITING(count=0)) as say:
        photos = sum(records.count(asked.query).values())
        files = write(
            asked.folder,
            records,
            bucket,
            asked.query,
            about=asked.about,
            language=screen.language,
            say=lambda count: say(_WRITING(count=count)),
        )
    screen.say(_WRITTEN(file=str(asked.folder / FIRST), photos=photos))
    stored = _store(account, asked, files) if asked.in_bucket else ""
    if stored:
        screen.say(_STORED(key=stored))
    if screen.machine:
        screen.json({"folder": str(asked.folder), "photos": photos, "stored": stored})


def _store(account: Account, asked: Asked, files: Set[str]) -> str:
    """Writes the report's `files` into the bucket, in place of an earlier report of this name; returns the key of its
    first page."""
    prefix, bucket = f"{REPORTS}{asked.name}/", account.bucket()

    def put(file: str) -> str:
        with speaking("OSS", "PutObject"):
            bucket.put_object_from_file(
                prefix + file, str(asked.folder / file), headers={"Content-Type": _TYPES[Path(file).suffix]}
            )
        return prefix + file

    with ThreadPoolExecutor(AT_ONCE) as pool:
        others = {*pool.map(put, files - {FIRST})}
    found = put(FIRST)  # at the end: what it links to is there
    objects = account.objects()
    objects.delete(tuple(each.key for each in objects.list(prefix) if each.key not in {*others, found}))
    return found
