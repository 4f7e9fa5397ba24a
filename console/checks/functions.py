"""Are the functions there, as `s.yaml` and the settings want them: what runs, what it is told, what sets it going."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.account import Account
from console.finding import IDENTITY, Check, Finding, Severity
from console.functions import deployed, manifest
from console.roles.rights import PREFIX
from shared.messages.message import COMMA, Message, Sentence

_CONFIGURATION = (
    "runtime",
    "handler",
    "timeout",
    "cpu",
    "memorySize",
    "diskSize",
    "internetAccess",
    "role",
    "logConfig",
)
_DEPLOY = Message("`cutout deploy`", "`cutout deploy`")
_SET_AND_DEPLOY = Message(
    "compare them with `oss-cutout.env`, then `cutout deploy`", "核对 `oss-cutout.env` 后运行 `cutout deploy`"
)
_NOT_SERVED = Message("their uploads are not served", "相应的上传不会被处理")

_NONE = Message("nothing is deployed yet", "尚未部署")
_MISSING = Sentence("there is no function {functions}", "函数 {functions} 不存在")
_DIFFERS = Sentence("{functions}: {names} not as in s.yaml", "{functions} 的 {names} 与 s.yaml 不一致")
_AS_BEFORE = Message("the functions run as they were set up before", "函数仍按旧的配置运行")
_ENVIRONMENT = Sentence(
    "{functions}: the variables {names} are not as in the settings", "{functions} 的环境变量 {names} 与配置不一致"
)
_OLD_SETTINGS = Message("the functions work with other settings than these", "函数使用的不是当前的配置")
_RELEASE = Sentence(
    "{functions} are of the release {there}; this is {here}", "{functions} 的版本是 {there}，当前版本是 {here}"
)
_UNKNOWN = Message("unknown", "未知")
_OLD_RELEASE = Message("the functions do what that release did", "函数的行为与该版本一致")
_CONCURRENCY = Sentence(
    "{functions}: reservedConcurrency is not as in s.yaml", "{functions} 的 reservedConcurrency 与 s.yaml 不一致"
)
_BOUNDS = Message(
    "more is asked of a vendor than was bought, or instances are missing", "对服务商的调用超出购买量，或实例不足"
)
_ASYNCHRONOUS = Sentence(
    "{functions}: asyncInvokeConfig is not as in s.yaml", "{functions} 的 asyncInvokeConfig 与 s.yaml 不一致"
)
_LOST = Message("events are given up too early, or repeated in vain", "事件过早被丢弃，或被无谓地重试")
_NO_TRIGGER = Sentence("{function} has no trigger {trigger}", "{function} 没有触发器 {trigger}")
_ELSEWHERE = Sentence(
    "the trigger {trigger} of {function} is on {there}, and not on {bucket}",
    "{function} 的触发器 {trigger} 位于 {there}，而不是 {bucket}",
)
_TRIGGER_DIFFERS = Sentence(
    "the trigger {trigger} of {function} is not as in s.yaml: {names}",
    "{function} 的触发器 {trigger} 与 s.yaml 不一致：{names}",
)
_OFF = Sentence("the timer {trigger} of {function} is off", "{function} 的定时触发器 {trigger} 已停用")
_WAITS = Message("what could not finish at once waits for ever", "未能立即完成的任务会一直等待")
_WHAT_COMES = Message("what is uploaded does not reach the function", "上传的照片不会触发该函数")


def _functions(account: Account) -> Iterator[Finding]:
    wanted, there = _wanted(account), deployed.functions(account, PREFIX)
    missing = [name for name in wanted if name not in there]
    if missing and len(missing) == len(wanted):
        yield _finding("NotDeployed", "error", _NONE, _NOT_SERVED)
        return
    if missing:
        yield _finding("FunctionMissing", "error", _MISSING(functions=_named(missing)), _NOT_SERVED)
    pairs = {name: (props, there[name]) for name, props in wanted.items() if name in there}
    settings = {
        name: _differing(props["environmentVariables"], found.get("environmentVariables") or {})
        for name, (props, found) in pairs.items()
    }
    for names, functions in _alike(settings):
        what = _ENVIRONMENT(functions=_named(functions), names=_named(names))
        yield _finding("EnvironmentDiffers", "error", what, _OLD_SETTINGS, _SET_AND_DEPLOY)
    configuration = {
        name: tuple(each for each in _CONFIGURATION if not _same(props[each], found.get(each)))
        for name, (props, found) in pairs.items()
    }
    for names, functions in _alike(configuration):
        severity: Severity = "error" if {"role", "logConfig"} & {*names} else "warning"
        yield _finding(
            "FunctionDiffers", severity, _DIFFERS(functions=_named(functions), names=_named(names)), _AS_BEFORE
        )
    yield from _releases(pairs)


def _releases(pairs: Mapping[str, tuple[manifest.Props, deployed.Found]]) -> Iterator[Finding]:
    releases = {
        name: (_last_word(found.get("description", "")), _last_word(props["description"]))
        for name, (props, found) in pairs.items()
    }
    for (there, here), functions in _alike({name: each for name, each in releases.items() if each[0] != each[1]}):
        what = _RELEASE(functions=_named(functions), there=there if there[:1].isdigit() else _UNKNOWN, here=here)
        yield _finding("ReleaseDiffers", "warning", what, _OLD_RELEASE)


def _last_word(description: str) -> str:
    return description.rpartition(" ")[2]


def _limits(account: Account) -> Iterator[Finding]:
    there = deployed.functions(account, PREFIX)
    wanted = {name: props for name, props in _wanted(account).items() if name in there}
    reserved, asynchronous = deployed.concurrency(account), deployed.asynchronous(account)
    if differ := [name for name, props in wanted.items() if not _same(props["concurrencyConfig"], reserved.get(name))]:
        yield _finding("ConcurrencyDiffers", "error", _CONCURRENCY(functions=_named(differ)), _BOUNDS)
    limits = {name: _without_qualifier(props["asyncInvokeConfig"]) for name, props in wanted.items()}
    if differ := [name for name, config in limits.items() if not _same(config, asynchronous.get(name))]:
        yield _finding("AsyncConfigDiffers", "warning", _ASYNCHRONOUS(functions=_named(differ)), _LOST)


def _triggers(account: Account) -> Iterator[Finding]:
    there = deployed.functions(account, PREFIX)
    for function, props in _wanted(account).items():
        if function in there and (wanted := props.get("triggers")):
            found = deployed.triggers(account, function)
            for trigger in wanted:
                yield from _trigger(function, trigger, found.get(trigger["triggerName"]))


def _trigger(function: str, wanted: Mapping[str, Any], found: deployed.Found | None) -> Iterator[Finding]:
    facts = {"function": f"`{function}`", "trigger": f"`{wanted['triggerName']}`"}
    leads_to = _WAITS if wanted["triggerType"] == "timer" else _WHAT_COMES
    if found is None:
        yield _finding("TriggerMissing", "error", _NO_TRIGGER(**facts), leads_to)
        return
    buckets = [str(each.get("sourceArn", "")).rpartition(":")[2] for each in (found, wanted)]
    if buckets[0] != buckets[1]:
        what = _ELSEWHERE(**facts, there=f"`{buckets[0]}`", bucket=f"`{buckets[1]}`")
        yield _finding("TriggerElsewhere", "error", what, leads_to)
    config = found["triggerConfig"]
    if wanted["triggerType"] == "timer" and not config.get("enable"):
        yield _finding("TimerOff", "error", _OFF(**facts), leads_to)
        config = {**config, "enable": True}
    names = [name for name, value in wanted["triggerConfig"].items() if not _same(value, config.get(name))]
    names += [] if _same(wanted.get("invocationRole"), found.get("invocationRole")) else ["invocationRole"]
    if names:
        yield _finding("TriggerDiffers", "error", _TRIGGER_DIFFERS(**facts, names=_named(names)), leads_to)


def _wanted(account: Account) -> dict[str, manifest.Props]:
    return manifest.functions(account) if account.settings.bucket else {}


def _differing(wanted: Mapping[str, str], there: Mapping[str, str]) -> tuple[str, ...]:
    """The variables whose values are not the same, by name; no value is shown, for it may be a secret."""
    return tuple(name for name in sorted({*wanted, *there}) if wanted.get(name, "") != there.get(name, ""))


def _alike(differences: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Functions that differ in the same."""
    for names in dict.fromkeys(each for each in differences.values() if each):
        yield names, [function for function, each in differences.items() if each == names]


def _same(wanted: object, there: object) -> bool:
    """Of a map, what is wanted; names of roles are the same in upper and lower case."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(_same(value, there.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and sorted(map(str, wanted)) == sorted(map(str, there))
    if isinstance(wanted, str) and isinstance(there, str) and wanted.startswith("acs:ram:"):
        return wanted.lower() == there.lower()
    return wanted == there


def _without_qualifier(config: Mapping[str, Any]) -> dict[str, Any]:
    """The component's: the API has it in the query."""
    return {name: value for name, value in config.items() if name != "qualifier"}


def _named(names: Iterable[str]) -> Message:
    return COMMA.join(f"`{name}`" for name in names)


def _finding(code: str, severity: Severity, what: Message, leads_to: Message, mend: Message = _DEPLOY) -> Finding:
    return Finding(code, severity, what, leads_to, mend)


_NEEDS = (IDENTITY, "fc")
CHECKS: tuple[Check, ...] = (
    Check("functions", Message("the functions and their settings", "函数及其配置"), _functions, _NEEDS),
    Check("limits", Message("what bounds the functions", "函数的并发与异步配置"), _limits, _NEEDS),
    Check("triggers", Message("what sets the functions going", "函数的触发器"), _triggers, _NEEDS),
)
