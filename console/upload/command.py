"""`cutout upload`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from console.account import Account
from console.command import confirm
from console.costs import costs
from console.finding import Misasked
from console.screen import Screen, one_line
from console.upload import destination
from console.upload.send import File, compared, files, send, there
from shared.errors import Rejected
from shared.messages.message import Message, Sentence
from shared.pipeline.folders import MOST_UNASKED

_NO_PAIR = Sentence("{text}: an option is <name>=<value>", "{text}：选项的写法为 <name>=<value>")
_LOOKING = Message("looking what is there", "正在列出已有对象")
_SKIPPED = Sentence("not sent: {file}: {why}", "不上传：{file}：{why}")
_MORE = Sentence("and {count} more are not sent: --json names them", "另有 {count} 个文件不上传，--json 可列出")
_NOTHING = Sentence("There is no photo in {folder}.", "{folder} 中没有照片。")
_PLAN = Sentence(
    "to be uploaded: {count} photos to {prefix}, for {costs}; files that are there already: {there}",
    "将上传 {count} 张照片到 {prefix}，费用 {costs}；已存在的文件 {there} 个",
)
_REPLACED = Sentence("another file is there and will be replaced: {key}", "该处已有另一个文件，将被覆盖：{key}")
_MORE_REPLACED = Sentence(
    "and {count} more will be replaced: --dry-run --json names them",
    "另有 {count} 个文件将被覆盖，--dry-run --json 可列出",
)
_QUESTION = Message("Upload them?", "是否上传？")
_SENDING = Sentence("sent: {count} of {all}, {megabytes:.1f} MB", "已上传 {count}／{all}，{megabytes:.1f} MB")
_SENT = Sentence(
    "Sent: {sent}; there already: {there}. `cutout watch --prefix {prefix}` shows what comes of them.",
    "已上传 {sent} 个，已存在 {there} 个。可用 `cutout watch --prefix {prefix}` 查看进度。",
)
_AGAIN = Message("Run it again: it goes on with what is not there yet.", "请重新运行，已上传的会跳过。")
_MOST_SAID = 20
"""Files of which it is said one by one that they are not sent."""


@dataclass(frozen=True)
class Asked:
    folder: Path
    prefix: str
    """Where it goes, below `uploads/`."""
    capability: str


def asked(folder: Path, capability: str, options: Sequence[str], listings: Sequence[str], to: str) -> Asked:
    """Raises `Misasked` for what the functions would reject."""
    pairs = [each.partition("=") for each in options]
    for text, (name, sign, value) in zip(options, pairs, strict=True):
        if not (name and sign and value):
            raise Misasked(_NO_PAIR(text=text))
    try:
        prefix = destination.prefix(capability, {name: value for name, _, value in pairs}, listings, to)
    except Rejected as error:
        raise Misasked(error.text) from None
    return Asked(folder, prefix, capability)


def run(screen: Screen, account: Account, asked: Asked, *, yes: bool, dry_run: bool) -> None:
    """Raises `ApiError`, `CutoutError`, `OSError`."""
    with screen.waiting(_LOOKING):
        every = compared([*files(asked.folder, asked.prefix)], there(account.objects(), asked.prefix))
    skipped = {str(file.path): file.problem for file in every if file.problem}
    _say_skipped(screen, skipped)
    wanted = [file for file in every if not file.problem and file.there != "same"]
    same = sum(file.there == "same" for file in every)
    replaced = [file.key for file in wanted if file.there == "other"]
    photos = sum(file.is_photo for file in wanted)
    price = account.prices.of(asked.capability)
    yuan = None if price is None else round(price * photos, 4)
    sent = list[File]()
    if not (wanted or same):
        screen.say(_NOTHING(folder=str(asked.folder)), "yellow")
    else:
        screen.say(_PLAN(count=photos, prefix=asked.prefix, costs=costs(yuan), there=same))
        _say_replaced(screen, replaced)
    if wanted and not dry_run:
        if photos > MOST_UNASKED or replaced:
            confirm(screen, _QUESTION, yes=yes)
        sent = _send(screen, account, wanted)
        skipped |= {str(file.path): file.problem for file in sent if file.problem}
        sent = [file for file in sent if not file.problem]
        screen.say(_SENT(sent=len(sent), there=same, prefix=asked.prefix), "green")
    if screen.machine:
        screen.json(
            {
                "prefix": asked.prefix,
                "photos": photos,
                "price_yuan": yuan,
                "sent": len(sent),
                "there": same,
                "replaced": replaced,
                "skipped": skipped,
            }
        )


def _send(screen: Screen, account: Account, wanted: Sequence[File]) -> list[File]:
    """All of them; those that could not be read have a problem."""
    done, size = list[File](), 0
    with screen.waiting(_SENDING(count=0, all=len(wanted), megabytes=0)) as say:

        def note(file: File) -> None:
            nonlocal size
            done.append(file)
            size += file.size
            say(_SENDING(count=len(done), all=len(wanted), megabytes=size / 1e6))

        try:
            send(account, wanted, note)
        except BaseException:
            screen.say(_AGAIN, "yellow")
            raise
    _say_skipped(screen, {str(file.path): file.problem for file in done if file.problem})
    return done


def _say_replaced(screen: Screen, keys: Sequence[str]) -> None:
    for key in keys[:_MOST_SAID]:
        screen.say(_REPLACED(key=one_line(key)), "yellow")
    if len(keys) > _MOST_SAID:
        screen.say(_MORE_REPLACED(count=len(keys) - _MOST_SAID), "yellow")


def _say_skipped(screen: Screen, skipped: Mapping[str, Message]) -> None:
    for file, why in islice(skipped.items(), _MOST_SAID):
        screen.say(_SKIPPED(file=one_line(file), why=why))
    if len(skipped) > _MOST_SAID:
        screen.say(_MORE(count=len(skipped) - _MOST_SAID))
