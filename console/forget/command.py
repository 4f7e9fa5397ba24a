"""`cutout forget`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from console.account import Account
from console.command import confirm, wrongly_called
from console.finding import Misasked
from console.forget.forget import Chosen, forget
from console.records.opened import mirror
from console.screen import Screen
from shared.errors import Misconfigured
from shared.jobs.keys import UPLOADS
from shared.messages.message import COMMA, Message, Sentence

if TYPE_CHECKING:
    from shared.cloud.oss import OssBucket

_COUNTING = Message("counting the objects", "正在统计")
_FOUND = Sentence("{key}: {counts}", "{key}：{counts}")
_NOTHING = Sentence("There is nothing of {key}.", "没有 {key} 的任何内容。")
_FOLDER = Sentence(
    "there is no photo {key}, and a folder of that name: to delete all that is in it, say {key}/",
    "没有照片 {key}，但有同名文件夹：如需删除其中全部内容，请写作 {key}/",
)
_QUESTION = Message("All of this is deleted, for good. Do it?", "以上内容将被永久删除。是否执行？")
_NAME_IT = Sentence(
    "This is every photo of the bucket. Type its name, {bucket}, to delete them",
    "这将删除 Bucket 中的全部照片。请输入 Bucket 名称 {bucket} 以确认",
)
_OTHER_NAME = Message("that is not its name: nothing was deleted", "名称不符，未删除任何内容")
_AGAIN = Message("run it again", "请重新运行")
_DELETING = Sentence("deleted: {counts}", "已删除：{counts}")
_DELETED = Sentence("Deleted: {counts}.", "已删除：{counts}。")
_WAITING = Sentence(
    "waiting for an instance that is at work on some of them, until {moment} at the latest",
    "正在等待仍在处理其中照片的实例结束，最晚至 {moment}",
)
_ELSEWHERE = Message(
    "Names and pictures may still be in the log, under reports/, and in files that were downloaded. Results that a "
    "vendor delivers from now on are not stored.",
    "其他位置可能留有名称或图片：日志、reports/ 以及已下载的文件。服务商正在处理的照片，结果返回后不会保存。",
)
_VERSIONED = Sentence(
    "The bucket {bucket} has, or had, versioning: earlier versions of what is deleted stay in it, until its lifecycle "
    "rules or you delete them.",
    "Bucket {bucket} 启用过版本控制：删除后仍会保留历史版本，需由生命周期规则或您自行删除。",
)
_LONGEST = timedelta(minutes=12)
"""More than the 10 minutes after which Function Compute ends an instance of `settle` (`timeout` in s.yaml)."""
_PAUSE = 1.0
"""Seconds between two looks whether an instance has ended."""


def run(screen: Screen, account: Account, key: str, *, yes: bool, dry_run: bool) -> None:
    """`key` is that of a photo, or a folder. Raises `Misasked` for another one, `ApiError`, `CutoutError`."""
    chosen, photos, jobs = Chosen((key,)), account.objects(), account.job_objects()
    with screen.waiting(_COUNTING) as say:
        found = forget(photos, jobs, chosen, clock=account.clock, dry_run=True, say=lambda counts: say(_counts(counts)))
    if found.objects:
        screen.say(_FOUND(key=key, counts=_counts(found.objects)))
    elif next(iter(photos.list(f"{key}/")), None):
        raise Misasked(_FOLDER(key=key))
    else:
        screen.say(_NOTHING(key=key), "green")
    deleted = Counter[str]()
    if found.objects:
        _say_of_versions(screen, photos)
    if found.objects and not dry_run:
        confirm(screen, _QUESTION, yes=yes)
        if key == UPLOADS and not yes:
            _name_the_bucket(screen, account.settings.bucket)
        with screen.waiting(_COUNTING) as say:
            deleted = _until_nothing_is_left(account, chosen, say)
        with mirror(screen, account, key):
            pass  # what was kept of them on this machine goes too
        screen.say(_DELETED(counts=_counts(deleted)), "green")
        screen.say(_ELSEWHERE, "dim")
    if screen.machine:
        screen.json({"found": found.objects, "deleted": deleted})


def _say_of_versions(screen: Screen, photos: OssBucket) -> None:
    with suppress(Misconfigured):  # the key may not ask
        if photos.versioned():
            screen.say(_VERSIONED(bucket=photos.name), "yellow")


def _until_nothing_is_left(account: Account, chosen: Chosen, say: Callable[[Message], object]) -> Counter[str]:
    """Deletes, and once more what instances have stored that are at work on some of it, until those have ended."""
    photos, jobs, clock = account.objects(), account.job_objects(), account.clock
    deleted, ends = Counter[str](), clock() + _LONGEST
    while True:
        found = forget(photos, jobs, chosen, clock=clock, say=lambda counts: say(_DELETING(counts=_counts(counts))))
        deleted += found.objects
        if clock() > ends or not (found.objects or found.held_until):
            return deleted
        if found.held_until:
            say(_WAITING(moment=f"{min(found.held_until, ends).astimezone():%H:%M:%S}"))
            time.sleep(_PAUSE)


def _name_the_bucket(screen: Screen, name: str) -> None:
    """Ends the command unless somebody types it."""
    if typer.prompt(screen.text(_NAME_IT(bucket=name)), default="", show_default=False) != name:
        raise wrongly_called(screen, "NotConfirmed", _OTHER_NAME, _AGAIN)


def _counts(objects: Counter[str]) -> Message:
    return COMMA.join(f"{folder} {count:,}" for folder, count in objects.items() if count)
