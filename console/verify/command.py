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
from console.screen import Screen
from console.settings import ROOT
from console.verify import beliefs, report, trial
from console.verify.photos import capabilities, photos
from console.verify.trial import Outcome
from shared.messages.message import Message, Sentence
from shared.vendors.prices import Prices

SAMPLE = ROOT / "tests" / "samples" / "astronaut.jpg"
"""A person with a helmet, in front of a flag: public domain."""
REPORTS = ROOT / "docs" / "verified"
SERVED, NOT_SERVED = 0, 1
"""Exit codes."""
_FIRST = ("identity", "fc", "settings", "functions", "triggers")

_BUY = Sentence(
    "{count} photos are sent to the vendors, one after the other as they take them. Those whose price is known cost "
    "{yuan:.3f} yuan in all; for {unknown} it is not known. Buy them?",
    "将向服务商发送 {count} 张照片。已知价格的合计 {yuan:.3f} 元，另有 {unknown} 张价格未知。是否购买？",
)
_COMES = Sentence("{name}: {what}, after {seconds:.0f} s", "{name}：{what}，{seconds:.0f} 秒")
_DONE = Sentence("pictures: {count}, bytes: {bytes:,}", "图片 {count} 张，{bytes:,} 字节")
_EMPTY = Message("nothing was found in the photo", "照片中没有找到主体")
_NOT_COME = Sentence("no receipt ({stuck})", "没有回执（{stuck}）")
_NO_JOB = Message("and no job", "也没有任务")
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
    """The command; what it returns is the exit code. Raises `ApiError`, and `OSError` over a file."""
    ready = doctor.examine(account, doctor.selected(_FIRST))
    if ready.exit_code != doctor.WELL:
        screen.findings(ready.findings)
        return ready.exit_code
    at = datetime.now(timezone.utc)
    folder = f"verify-{at:%Y%m%dT%H%M%SZ}"
    sent = [*photos(capabilities(account.settings, asked.only), asked.files or (SAMPLE,), folder)]
    prices = Prices(dict(read(account).prices))
    known = [price for each in sent if (price := prices.of(each.capability.name)) is not None]
    said = _BUY(count=len(sent), yuan=sum(known), unknown=len(sent) - len(known))
    confirm(screen, said, yes=asked.yes)
    began = trial.upload(account, sent)
    found = list[Outcome]()
    for outcome in trial.outcomes(account, sent, began):
        found.append(outcome)
        screen.say(_COMES(name=outcome.photo.capability.name, what=_what(outcome), seconds=outcome.seconds))
    answered = [*beliefs.answers(account, found)]
    screen.table(_HEAD, [(each.belief.question, _SAID[each.answer.said], each.answer.evidence) for each in answered])
    page, _ = report.write(asked.folder, at, found, answered)
    screen.say(_WRITTEN(page=str(page), folder=folder))
    if screen.machine:
        screen.json(report.document(at, found, answered))
    return SERVED if all(each.has_picture for each in found) else NOT_SERVED


def _what(outcome: Outcome) -> Message:
    receipt = outcome.receipt
    if receipt is None:
        return _NOT_COME(stuck=outcome.stuck or _NO_JOB)
    if outcome.has_picture:
        return _DONE(count=len(receipt.outputs), bytes=sum(each.bytes for each in receipt.outputs))
    if receipt.status == "done":
        return _EMPTY
    return Message(
        f"{receipt.status} {receipt.code}: {receipt.message}", f"{receipt.status} {receipt.code}：{receipt.message_zh}"
    )
