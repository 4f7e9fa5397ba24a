"""`cutout redo`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from console import selection
from console.account import Account
from console.command import confirm
from console.costs import costs
from console.finding import Misasked
from console.records.opened import mirror
from console.records.record import Query
from console.redo.redo import SKIPPED, Photo, examine, price, redo
from console.screen import Screen
from shared.jobs.keys import CUTOUTS, UPLOADS
from shared.messages.message import Message, Sentence
from shared.vendors.prices import Prices

_NOTHING_CHOSEN = Message(
    "name uploads, or choose with --failed, --rejected, --prefix or --since",
    "请指定上传的键，或使用 --failed、--rejected、--prefix、--since",
)
_LOOKING = Message("looking at the photos", "正在检查照片")
_QUESTION = Sentence(
    "{count} photos are sent to the vendors once more, for {costs}{unpriced}. Do it?",
    "将重新处理 {count} 张照片，费用 {costs}{unpriced}。是否执行？",
)
_UNPRICED = Sentence(", {count} of them at a price that is not known", "（其中 {count} 张价格未知）")
_PLAN = Sentence("to be redone: {count}, for {costs}{unpriced}", "将重新处理 {count} 张，费用 {costs}{unpriced}")
_NO_RECEIPT = Message(
    "it has no receipt, or one that is newer than --before; `cutout backfill` serves photos without a receipt",
    "没有回执，或回执晚于 --before；没有回执的照片请用 `cutout backfill` 处理",
)
_MORE_SKIPPED = Sentence(
    "and {count} more are not redone: --json names them", "另有 {count} 张不重新处理，--json 可列出"
)
_NONE = Message("There is no photo to be redone.", "没有需要重新处理的照片。")
_SKIPPED = Sentence("not redone: {source}: {why}", "不重新处理：{source}：{why}")
_DONE = Sentence(
    "{count} photos wait to be served: `cutout watch` shows them.",
    "{count} 张照片已加入队列：可用 `cutout watch` 查看。",
)
_REDOING = Sentence("in the queue: {count} of {all}", "已入队 {count}／{all}")
_GO_ON = Sentence("To go on: `cutout redo … --before {moment}`", "继续执行：`cutout redo … --before {moment}`")
_MOST_SAID = 20
"""Photos of which it is said one by one that they are not redone."""


@dataclass(frozen=True)
class Asked:
    """Receipts that meet `query`, finished before `before`; None: before the command looks for them."""

    query: Query
    before: datetime | None


def asked(named: Sequence[str], *, failed: bool, rejected: bool, prefix: str, since: str, before: str) -> Asked:
    """Raises `Misasked`."""
    keys = [key.strip() for each in named for key in (sys.stdin if each == "-" else [each]) if key.strip()]
    if not (keys or failed or rejected or prefix or since):
        raise Misasked(_NOTHING_CHOSEN)
    statuses = ("failed",) * failed + ("rejected",) * rejected
    query = selection.query(prefix=prefix or UPLOADS, since=since, until=before, statuses=statuses)
    return Asked(replace(query, sources=tuple(map(_upload, keys))), query.until)


def _upload(key: str) -> str:
    """The upload that is meant: its own key, or that of its receipt. Raises `Misasked`."""
    if key.startswith(CUTOUTS) and key.endswith(".json"):
        return UPLOADS + key.removeprefix(CUTOUTS).removesuffix(".json")
    selection.check_prefix(key)
    return key


def run(screen: Screen, account: Account, asked: Asked, *, yes: bool, dry_run: bool) -> None:
    """Raises `ApiError`, `CutoutError`."""
    photos, jobs = account.objects(), account.job_objects()
    with mirror(screen, account, asked.query.prefix) as found, screen.waiting(_LOOKING):
        examined = [*examine(photos, jobs, found.find(asked.query, "name"))]
        before = asked.before or account.clock()  # by OSS, which says when a receipt was finished, too
    plan = Plan.of(examined, asked, account.prices)
    plan.say(screen)
    count = 0
    if plan.wanted and not dry_run:
        confirm(screen, plan.filled(_QUESTION), yes=yes)
        with screen.waiting(_redoing(0, plan)) as say:
            try:
                count = redo(photos, jobs, plan.wanted, account.clock, lambda done: say(_redoing(done, plan)))
            except BaseException:
                screen.say(_GO_ON(moment=before.isoformat(timespec="seconds")), "yellow")
                raise
        screen.say(_DONE(count=count), "green")
    if screen.machine:
        screen.json(plan.document() | {"set_going": count})


def _redoing(done: int, plan: Plan) -> Message:
    return _REDOING(count=done, all=len(plan.wanted))


@dataclass(frozen=True)
class Plan:
    """What is redone, for how much, and what is not: with the reason, by the upload's key."""

    wanted: tuple[Photo, ...]
    yuan: float
    unpriced: int
    skipped: Mapping[str, Message]

    @staticmethod
    def of(examined: Sequence[Photo], asked: Asked, prices: Prices) -> Plan:
        known = {each.record.source: each.standing for each in examined}
        skipped = {source: SKIPPED[standing] for source, standing in known.items() if standing != "redo"}
        skipped |= dict.fromkeys({*asked.query.sources} - {*known}, _NO_RECEIPT)
        return Plan(tuple(each for each in examined if each.standing == "redo"), *price(examined, prices), skipped)

    def filled(self, sentence: Sentence) -> Message:
        """With how many photos are redone, and for how much."""
        count = len(self.wanted)
        if self.unpriced == count:
            return sentence(count=count, costs=costs(None), unpriced="")
        unpriced = _UNPRICED(count=self.unpriced) if self.unpriced else ""
        return sentence(count=count, costs=costs(self.yuan), unpriced=unpriced)

    def say(self, screen: Screen) -> None:
        for source, why in islice(self.skipped.items(), _MOST_SAID):
            screen.say(_SKIPPED(source=source, why=why))
        if len(self.skipped) > _MOST_SAID:
            screen.say(_MORE_SKIPPED(count=len(self.skipped) - _MOST_SAID))
        screen.say(self.filled(_PLAN) if self.wanted else _NONE)

    def document(self) -> dict[str, Any]:
        return {
            "photos": [each.record.source for each in self.wanted],
            "price_yuan": self.yuan,
            "unpriced": self.unpriced,
            "skipped": dict(self.skipped),
        }
