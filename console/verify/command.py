"""`cutout verify`: what is asked before, what is shown meanwhile, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from console import doctor
from console.account import Account
from console.checks.vendors import read
from console.command import confirm
from console.finding import Finding, Hindered, Misasked
from console.screen import Screen
from console.settings import ROOT
from console.upload.problems import problem
from console.verify import beliefs, report, trial
from console.verify.belief import Evidence
from console.verify.photos import Photo, capabilities, photos
from console.verify.trial import Outcome
from shared.errors import Rejected
from shared.messages.message import Message, Sentence
from shared.vendors.prices import Prices

SAMPLE = ROOT / "tests" / "samples" / "astronaut.jpg"
"""A person with a helmet in front of a flag: public domain. It lies with the demo's samples and their licences."""
REPORTS = ROOT / "docs" / "verified"
SERVED, NOT_SERVED = 0, 1
"""Exit codes."""
_FIRST = ("identity", "fc", "settings", "functions", "triggers")

_NO_SAMPLE = Sentence("the sample is not there: {file}", "样片不存在：{file}")
_NOTHING_SENT = Message("no photo was sent", "没有发送任何照片")
_GIVE_PHOTO = Message(
    "name a photo of yours: `cutout verify photo.jpg`", "请指定一张自己的照片：`cutout verify photo.jpg`"
)
_UNUSABLE = Sentence("{file}: {said}", "{file}：{said}")
_NAME_ANOTHER = Message(
    "name another file, or another folder with --report", "请指定其他文件，或用 --report 指定其他目录"
)
_COST = Sentence(
    "{count} photos are sent to the vendors, one after the other as they take them. Those whose price is known cost "
    "{yuan:.3f} yuan in all; for {unknown} it is not known.",
    "将向服务商发送 {count} 张照片。已知价格的合计 {yuan:.3f} 元，另有 {unknown} 张价格未知。",
)
_BUY = Message("Buy them?", "是否购买？")
_COMES = Sentence("{name}: {what}, after {seconds:.0f} s", "{name}：{what}，{seconds:.0f} 秒")
_DONE = Sentence(
    "pictures: {count}, bytes: {bytes:,}, showing something on {share:.0%}",
    "图片 {count} 张，{bytes:,} 字节，有内容的部分占 {share:.0%}",
)
_EMPTY = Message("the picture is empty", "结果图为空")
_FULL = Message("nothing was cut away from the picture", "结果图未去除任何部分")
_NO_PICTURE = Message("what was stored is no picture", "保存的结果不是图片")
_NOT_COME = Sentence("no receipt ({stuck})", "没有回执（{stuck}）")
_NO_JOB = Message("and no job", "也没有任务")
_ASKS = Message("looking for the answers, which takes a minute or two", "正在查找答案，需要一两分钟")
_HEAD = (Message("question", "问题"), Message("answer", "结论"), Message("evidence", "依据"))
_SAID = {"yes": Message("yes", "是"), "no": Message("no", "否"), "unknown": Message("not known", "未知")}
_WRITTEN = Sentence(
    "Written: {page}, and the same as JSON. Photos and cutouts stay under {folder}/ of each capability.",
    "已写入 {page} 和同名的 JSON。照片和结果保留在各能力的 {folder}/ 目录下。",
)


@dataclass(frozen=True)
class Asked:
    """What the command was called with."""

    files: Sequence[Path] = ()
    """The photos; a sample of our own without one."""
    only: Sequence[str] = ()
    """Capabilities; all of them without one."""
    folder: Path = REPORTS
    """That takes the report."""
    yes: bool = False


def run(screen: Screen, account: Account, asked: Asked) -> int:
    """The command; what it returns is the exit code. Raises `ApiError`, `Hindered`, and `OSError`
    over a file."""
    ready = doctor.examine(account, doctor.selected(_FIRST))
    if ready.exit_code != doctor.WELL:
        screen.findings(ready.findings)
        if screen.machine:
            screen.json(ready.document())
        return ready.exit_code
    if not asked.files and not SAMPLE.is_file():
        raise Hindered(Finding("NoSample", "error", _NO_SAMPLE(file=str(SAMPLE)), _NOTHING_SENT, _GIVE_PHOTO))
    at = datetime.now(timezone.utc)
    folder = f"verify-{at:%Y%m%dT%H%M%SZ}"
    sent = _to_be_sent(account, asked, folder)
    prices = Prices(dict(read(account).prices))
    known = [price for each in sent if (price := prices.of(each.capability.name)) is not None]
    screen.say(_COST(count=len(sent), yuan=sum(known), unknown=len(sent) - len(known)))
    confirm(screen, _BUY, yes=asked.yes)
    began = trial.upload(account, sent)
    found = list[Outcome]()
    for outcome in trial.outcomes(account, sent, began):
        found.append(outcome)
        screen.say(_COMES(name=outcome.photo.capability.name, what=_what(outcome), seconds=outcome.seconds))
    evidence = Evidence(account, at, found)
    with screen.waiting(_ASKS):
        answered = [*beliefs.answers(evidence)]
    screen.table(_HEAD, [(each.belief.question, _SAID[each.answer.said], each.answer.evidence) for each in answered])
    document = report.document(evidence, answered)
    page, _ = report.write(asked.folder, at, document)
    screen.say(_WRITTEN(page=str(page), folder=folder))
    if screen.machine:
        screen.json(document)
    return SERVED if all(each.has_picture for each in found) else NOT_SERVED


def _to_be_sent(account: Account, asked: Asked, folder: str) -> list[Photo]:
    """Before anything is bought. Raises `Misasked` for a photo that no function serves, and `Hindered` when there is no
    place for the report."""
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
        sent = [*photos(capabilities(account.settings, asked.only), asked.files or (SAMPLE,), folder)]
    except Rejected as error:
        raise Misasked(error.text) from None
    except OSError as error:
        said = _UNUSABLE(file=str(error.filename), said=error.strerror or str(error))
        raise Hindered(Finding("FileUnusable", "error", said, _NOTHING_SENT, _NAME_ANOTHER)) from None
    for each in sent:
        if wrong := problem(each.key, len(each.content)):
            raise Misasked(_UNUSABLE(file=each.key, said=wrong))
    return sent


def _what(outcome: Outcome) -> Message:
    receipt = outcome.receipt
    if receipt is None:
        return _NOT_COME(stuck=outcome.stuck or _NO_JOB)
    if outcome.subject is not None and outcome.has_picture:
        size = sum(each.bytes for each in receipt.outputs)
        return _DONE(count=len(receipt.outputs), bytes=size, share=outcome.subject)
    if receipt.status == "done":
        return _NO_PICTURE if outcome.subject is None else _FULL if outcome.subject else _EMPTY
    return Message(
        f"{receipt.status} {receipt.code}: {receipt.message}", f"{receipt.status} {receipt.code}：{receipt.message_zh}"
    )
