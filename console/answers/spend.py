"""`cutout spend`: the calls of a month that may have been billed, and what they cost.

The log knows each of them, for as long as its lines are kept; receipts, for as long as these are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from console.account import Account, ApiError
from console.alarms.queries import SPENT
from console.finding import Misasked
from console.logs.service import LogService
from console.records.opened import mirror
from console.records.record import Query
from console.screen import Screen
from shared.jobs.calls import total
from shared.messages.message import Message, Sentence

Source = Literal["auto", "log", "receipts"]
_NO_MONTH = Sentence("{text}: a month is 2026-11", "{text}：月份的写法为 2026-11")
_BY_LOG = Sentence(
    "By the log {project}, of which lines are kept for {days} days.", "依据日志 {project}，保留 {days} 天。"
)
_CUT_OFF = Message(
    "The month began before that: --from receipts may know more.",
    "该月有一部分早于日志的保留期：可用 --from receipts 查看回执的统计。",
)
_BY_RECEIPTS = Message(
    "By the receipts: calls for photos that were forgotten, or whose receipts were deleted, are not among them.",
    "依据回执：已清除的照片、回执已被删除的照片，其调用不计算在内。",
)
_NO_LOG = Sentence("The log {project} cannot be asked: {code}.", "无法查询日志 {project}：{code}。")
_NONE = Message("No call that may have been billed.", "没有可能计费的调用。")
_HEAD = (Message("capability", "能力"), Message("calls", "调用"), Message("yuan", "元"))
_ALL = Message("all", "合计")
_UNPRICED = Sentence(
    "{count} of these calls have no price: they gave no cutout, or nobody has said what they cost "
    "(PRICES=goods/commodity=0.003).",
    "其中 {count} 次调用没有价格：没有得到抠图结果，或未设置单价（PRICES=goods/commodity=0.003）。",
)
_UNKNOWN = "–"
_ASKING = Message("asking the log", "正在查询日志")


@dataclass
class Spent:
    """Calls that may have been billed; of those with a known price, how many they are and what they cost, in yuan."""

    calls: int = 0
    priced: int = 0
    yuan: float = 0.0

    def add(self, calls: int, price: float | None) -> None:
        """`price` is that of a call; None: it is not known."""
        self.calls += calls
        if price is not None:
            self.priced += calls
            self.yuan += calls * price


@dataclass(frozen=True)
class Month:
    """Such as `2026-11`, in UTC, as receipts count."""

    name: str

    @staticmethod
    def of(text: str, now: datetime) -> Month:
        """The month that `text` names; that of `now` when it is empty. Raises `Misasked`."""
        try:
            moment = datetime.strptime(text, "%Y-%m").replace(tzinfo=timezone.utc) if text else now
        except ValueError:
            raise Misasked(_NO_MONTH(text=text)) from None
        return Month(f"{moment.astimezone(timezone.utc):%Y-%m}")

    @property
    def begins(self) -> datetime:
        return datetime.strptime(self.name, "%Y-%m").replace(tzinfo=timezone.utc)

    @property
    def ends(self) -> datetime:
        return (self.begins + timedelta(days=32)).replace(day=1)


def run(screen: Screen, account: Account, month: Month, source: Source) -> None:
    """With `auto`, the log is asked if that can be, and else the receipts. Raises `ApiError`, `CutoutError`."""
    said = list[Message]()
    spent: Mapping[str, Spent] | None = None
    if source != "receipts":
        try:
            with screen.waiting(_ASKING):
                spent = _by_log(account, month, said)
        except ApiError as error:
            if source == "log":
                raise
            said.append(_NO_LOG(project=account.log_project, code=error.code))
    if spent is None:
        said.append(_BY_RECEIPTS)
        spent = _by_receipts(screen, account, month)
    if screen.machine:
        screen.json(_document(month, spent, said))
    else:
        for each in said:
            screen.say(each)
        _show(screen, spent)


def _by_log(account: Account, month: Month, said: list[Message]) -> Mapping[str, Spent]:
    service = LogService(account)
    asked = service.models.GetLogsV2Request(
        from_=int(month.begins.timestamp()), to=int(month.ends.timestamp()), query=SPENT
    )
    store = service.call("get_log_store", service.project, service.logstore)
    rows = service.call("get_logs_v2", service.project, service.logstore, asked).get("data", ())
    days = int(store.get("ttl") or 0)
    said.append(_BY_LOG(project=service.project, days=days))
    if datetime.now(timezone.utc) - month.begins > timedelta(days=days):
        said.append(_CUT_OFF)
    found = defaultdict[str, Spent](Spent)
    for row in rows:
        found[row["capability"]].add(int(row["calls"]), _number(row["price"]))
    return found


def _number(text: str) -> float | None:
    """SLS writes null for what is none ("GetLogsV2")."""
    return None if text in ("", "null") else float(text)


def _by_receipts(screen: Screen, account: Account, month: Month) -> Mapping[str, Spent]:
    found = defaultdict[str, Spent](Spent)
    with mirror(screen, account) as records:
        for record in records.find(Query(since=month.begins)):  # a receipt may count calls of months before its own
            receipt = record.receipt
            earlier = total(receipt.earlier_calls).get(month.name, 0)
            own = receipt.calls_by_month.get(month.name, 0) - earlier
            spent = found[receipt.capability]
            spent.add(own, receipt.price_yuan)
            spent.add(earlier, account.prices.of(receipt.capability))
    return {name: each for name, each in found.items() if each.calls}


def _show(screen: Screen, spent: Mapping[str, Spent]) -> None:
    if not spent:
        screen.say(_NONE)
        return
    whole = _sum(spent)
    rows = [(name or "-", str(each.calls), _yuan(each)) for name, each in sorted(spent.items())]
    screen.table(_HEAD, [*rows, (_ALL, str(whole.calls), _yuan(whole))])
    if unpriced := whole.calls - whole.priced:
        screen.say(_UNPRICED(count=unpriced))


def _yuan(spent: Spent) -> str:
    return f"{spent.yuan:.2f}" if spent.priced else _UNKNOWN


def _document(month: Month, spent: Mapping[str, Spent], said: list[Message]) -> dict[str, Any]:
    capabilities = {name: _rounded(each) for name, each in sorted(spent.items())}
    return {"month": month.name, "said": said, "capabilities": capabilities, "all": _rounded(_sum(spent))}


def _rounded(spent: Spent) -> dict[str, Any]:
    return {"calls": spent.calls, "unpriced": spent.calls - spent.priced, "yuan": round(spent.yuan, 4)}


def _sum(spent: Mapping[str, Spent]) -> Spent:
    every = spent.values()
    return Spent(
        sum(each.calls for each in every), sum(each.priced for each in every), sum(each.yuan for each in every)
    )
