"""`cutout upload`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from console.account import Account
from console.command import confirm
from console.finding import Misasked
from console.screen import Screen
from console.upload import destination
from console.upload.send import File, files, send, there
from shared.errors import Rejected
from shared.messages.message import Message, Sentence
from shared.pipeline.folders import MOST_UNASKED

_NO_PAIR = Sentence("{text}: an option is <name>=<value>", "{text}：选项的写法为 <name>=<value>")
_LOOKING = Message("looking what is there", "正在列出已有对象")
_SKIPPED = Sentence("not sent: {file}: {why}", "不上传：{file}：{why}")
_MORE = Sentence("and {count} more are not sent: --json names them", "另有 {count} 个文件不上传，--json 可列出")
_NOTHING = Sentence("There is no photo in {folder}.", "{folder} 中没有照片。")
_PLAN = Sentence(
    "to be uploaded: {count} photos to {prefix}, for {yuan} yuan",
    "将上传 {count} 张照片到 {prefix}，费用 {yuan} 元",
)
_QUESTION = Message("Upload them?", "是否上传？")
_UNKNOWN = Message("?", "未知")
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
    every = [*files(asked.folder, asked.prefix)]
    wanted = [file for file in every if file.problem is None]
    skipped = {str(file.path): file.problem for file in every if file.problem}
    _say_skipped(screen, skipped)
    photos = sum(file.is_photo for file in wanted)
    price = account.prices.of(asked.capability)
    yuan = None if price is None else round(price * photos, 4)
    counts = Counter[bool]()
    if not photos:
        screen.say(_NOTHING(folder=str(asked.folder)), "yellow")
    else:
        said = _UNKNOWN if yuan is None else f"{yuan:.2f}"
        screen.say(_PLAN(count=photos, prefix=asked.prefix, yuan=said))
    if photos and not dry_run:
        if photos > MOST_UNASKED:
            confirm(screen, _QUESTION, yes=yes)
        counts = _send(screen, account, asked, wanted)
        screen.say(_SENT(sent=counts[True], there=counts[False], prefix=asked.prefix), "green")
    if screen.machine:
        screen.json(
            {
                "prefix": asked.prefix,
                "photos": photos,
                "price_yuan": yuan,
                "sent": counts[True],
                "there": counts[False],
                "skipped": skipped,
            }
        )


def _send(screen: Screen, account: Account, asked: Asked, wanted: Sequence[File]) -> Counter[bool]:
    counts, sizes = Counter[bool](), Counter[bool]()
    with screen.waiting(_LOOKING) as say:
        found = there(account.objects(), asked.prefix)

        def note(file: File, was_sent: bool) -> None:
            counts[was_sent] += 1
            sizes[was_sent] += file.size
            say(_SENDING(count=counts.total(), all=len(wanted), megabytes=sizes[True] / 1e6))

        try:
            send(account, wanted, found, note)
        except BaseException:
            screen.say(_AGAIN, "yellow")
            raise
    return counts


def _say_skipped(screen: Screen, skipped: Mapping[str, Message]) -> None:
    for file, why in islice(skipped.items(), _MOST_SAID):
        screen.say(_SKIPPED(file=file, why=why))
    if len(skipped) > _MOST_SAID:
        screen.say(_MORE(count=len(skipped) - _MOST_SAID))
