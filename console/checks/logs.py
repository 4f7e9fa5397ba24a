"""Whether the functions have a log, whether it can be searched, and whether anybody is told of what is in it."""

from __future__ import annotations

from collections.abc import Iterator

from console.account import Account
from console.alarms import plan as alarms
from console.finding import IDENTITY, Check, Finding
from console.logs import index as log_index
from console.logs.plan import CANNOT_LOG, name_taken
from console.logs.service import LogService
from shared.messages.message import COMMA, Message, Sentence

_DEPLOY = Message("`cutout deploy` makes it", "运行 `cutout deploy` 创建")
_BLIND = Message(
    "nobody can look for what went wrong, and alarms and dashboard stay empty", "无法查询日志，告警和仪表盘没有数据"
)


def _project(account: Account) -> Iterator[Finding]:
    service = LogService(account)
    if service.find_project() is not None:
        return
    if region := service.region_of_project():
        yield name_taken(service.project, region)
    else:
        what = Sentence("there is no log project `{name}`", "日志 Project `{name}` 不存在")
        yield Finding("LogProjectMissing", "error", what(name=service.project), CANNOT_LOG, _DEPLOY)


def _logstore(account: Account) -> Iterator[Finding]:
    service = LogService(account)
    if service.find_project() is None:
        return
    found = service.find_logstore()
    if found is None:
        what = Sentence("there is no logstore `{name}`", "Logstore `{name}` 不存在")
        yield Finding("LogstoreMissing", "error", what(name=service.logstore), CANNOT_LOG, _DEPLOY)
    elif found.get("mode") == "query":
        what = Sentence("logstore `{name}` is of the type Query", "Logstore `{name}` 的类型为查询型")
        yield Finding(
            "LogstoreWithoutSql",
            "warning",
            what(name=service.logstore),
            Message("it has no SQL: alarms and dashboard stay empty", "不支持 SQL：告警和仪表盘没有数据"),
            Message(
                "change its type to Standard: https://sls.console.aliyun.com, or set `LOG_STORE` to another one",
                "将类型改为标准型：https://sls.console.aliyun.com，或者将 `LOG_STORE` 改为其他 Logstore",
            ),
        )


def _index(account: Account) -> Iterator[Finding]:
    service = LogService(account)
    if service.find_logstore() is None:
        return
    lacking = log_index.lacking(service)
    if lacking is None:
        what = Sentence("logstore `{name}` has no index", "Logstore `{name}` 没有索引")
        yield Finding("IndexMissing", "warning", what(name=service.logstore), _BLIND, _DEPLOY)
    elif lacking:
        what = Sentence(
            "the index of logstore `{name}` lacks {fields}, or has it otherwise",
            "Logstore `{name}` 的索引缺少 {fields}，或设置不符",
        )
        fields = COMMA.join(f"`{each}`" for each in lacking)
        mend = Message("`cutout deploy` adds it", "运行 `cutout deploy` 补上")
        yield Finding("IndexLacksField", "warning", what(name=service.logstore, fields=fields), _BLIND, mend)


def _alarms(account: Account) -> Iterator[Finding]:
    if names := alarms.not_set(account):
        what = Sentence("alarms are not set, or switched off: {names}", "未设置或已停用的告警：{names}")
        yield Finding(
            "AlarmsNotSet",
            "warning",
            what(names=COMMA.join(f"`{each}`" for each in names)),
            Message("photos that are not served are found by looking for them", "照片未被处理时，没有人收到通知"),
            Message("`cutout alarms`", "运行 `cutout alarms`"),
        )


_NEEDS = (IDENTITY, "sls")
CHECKS: tuple[Check, ...] = (
    Check("log-project", Message("the log project", "日志 Project"), _project, _NEEDS),
    Check("logstore", Message("the logstore", "日志库 Logstore"), _logstore, _NEEDS),
    Check("log-index", Message("the index of the log", "日志的索引"), _index, _NEEDS),
    Check("alarms", Message("alarms", "告警"), _alarms, _NEEDS),
)
