"""`cutout report`: what is asked for, and where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from console import moments, selection
from console.account import Account, speaking
from console.records.opened import mirror
from console.records.pages import AT_ONCE
from console.records.record import Query
from console.report.write import write
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
_TYPES: Mapping[str, str] = {
    "index.html": "text/html; charset=utf-8",
    "page-*.html": "text/html; charset=utf-8",
    "photos.csv": "text/csv; charset=utf-8",
    "pictures/*.webp": "image/webp",
}
"""The files of a report, and their content types. A folder that was there before may have other files in it, which are
not uploaded; and Python 3.10 has no type for WebP."""


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
    parts = filter(None, (date, prefix.removeprefix(UPLOADS).strip("/")))
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
        write(
            asked.folder,
            records,
            bucket,
            asked.query,
            about=asked.about,
            language=screen.language,
            say=lambda count: say(_WRITING(count=count)),
        )
    screen.say(_WRITTEN(file=str(asked.folder / "index.html"), photos=photos))
    stored = _store(account, asked) if asked.in_bucket else ""
    if stored:
        screen.say(_STORED(key=stored))
    if screen.machine:
        screen.json({"folder": str(asked.folder), "photos": photos, "stored": stored})


def _store(account: Account, asked: Asked) -> str:
    """Writes the report into the bucket, in place of an earlier one of this name; returns its first page's key."""
    prefix, bucket = f"{REPORTS}{asked.name}/", account.bucket()

    def put(file: Path) -> str:
        key = f"{prefix}{file.relative_to(asked.folder).as_posix()}"
        with speaking("OSS", "PutObject"):
            bucket.put_object_from_file(key, str(file), headers={"Content-Type": types[file]})
        return key

    types = {file: content_type for names, content_type in _TYPES.items() for file in asked.folder.glob(names)}
    first = asked.folder / "index.html"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        others = {*pool.map(put, types.keys() - {first})}
    found = put(first)  # at the end: what it links to is there
    objects = account.objects()
    objects.delete(tuple(each.key for each in objects.list(prefix) if each.key not in {*others, found}))
    return found
