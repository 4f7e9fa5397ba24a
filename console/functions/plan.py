"""The functions of a deployment: built and deployed by Serverless Devs, whose component leaves some things as they are.

It never takes away a function, and never moves a trigger to another bucket (`sourceArn` cannot be updated).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from console.account import Account
from console.change import Change
from console.functions import deployed, manifest, serverless_devs
from console.functions.serverless_devs import Hear
from console.roles.rights import FUNCTIONS, PREFIX
from console.settings import ROOT, defaults
from shared.messages.message import Message, Sentence

_BUILD = Message("build the functions", "构建函数")
_DEPLOY = Message("deploy them with Serverless Devs", "使用 Serverless Devs 部署")
ALWAYS = (_BUILD, _DEPLOY)
"""What is done each time."""
_MOVE = Sentence(
    "take away the trigger `{trigger}` of `{function}`, which is on the bucket {there}: it is made again on {bucket}",
    "删除 `{function}` 在 Bucket {there} 上的触发器 `{trigger}`，随后在 {bucket} 上重新创建",
)
_REMOVE = Sentence("remove the function `{function}`", "删除函数 `{function}`")


Watch = Callable[[], AbstractContextManager[Hear]]
"""Hands out, while a tool works, what gets the lines that it prints."""


def plan(account: Account, watch: Watch) -> Iterator[Change]:
    """What brings the functions up to date. Raises `ApiError`."""
    wanted = manifest.functions(account)
    for name in deployed.functions(account, PREFIX):
        if name not in wanted and name.removeprefix(PREFIX) in FUNCTIONS:
            yield from _removal(account, name)
    yield from _moves(account, wanted)
    yield Change(_BUILD, partial(_build, watch))
    yield Change(_DEPLOY, partial(_deploy, account, watch))


def removal(account: Account) -> Iterator[Change]:
    """What takes all of them away. Raises `ApiError`."""
    there = deployed.functions(account, PREFIX)
    for function in FUNCTIONS:
        if (name := f"{PREFIX}{function}") in there:
            yield from _removal(account, name)


def lost_settings(account: Account) -> list[str]:
    """The variables that the deployed functions have, that nobody sets now, and whose defaults are others.

    Raises `ApiError`.
    """
    there = deployed.functions(account, PREFIX).values()
    have = {each for found in there for each in (found.get("environmentVariables") or {}).items()}
    given, usual = account.settings.given, defaults()
    return sorted({name for name, value in have if name in usual and name not in given and value != usual[name]})


def _moves(account: Account, wanted: dict[str, manifest.Props]) -> Iterator[Change]:
    bucket = account.settings.bucket
    for function in deployed.functions(account, PREFIX):
        for name, trigger in deployed.triggers(account, function).items() if function in wanted else ():
            there = str(trigger.get("sourceArn", "")).rpartition(":")[2]
            if trigger["triggerType"] == "oss" and there != bucket:
                said = _MOVE(trigger=name, function=function, there=there, bucket=bucket)
                yield Change(said, partial(_delete_trigger, account, function, name))


def _removal(account: Account, function: str) -> Iterator[Change]:
    """What is set beside a function goes before it does."""

    def remove() -> None:
        from alibabacloud_fc20230330.models import DeleteAsyncInvokeConfigRequest  # noqa: PLC0415

        for trigger in deployed.triggers(account, function):
            _delete_trigger(account, function, trigger)
        if function in deployed.asynchronous(account):
            request = DeleteAsyncInvokeConfigRequest(qualifier="LATEST")
            account.call("FC", "DeleteAsyncInvokeConfig", account.fc.delete_async_invoke_config, function, request)
        if function in deployed.concurrency(account):
            account.call("FC", "DeleteConcurrencyConfig", account.fc.delete_concurrency_config, function)
        account.call("FC", "DeleteFunction", account.fc.delete_function, function)

    yield Change(_REMOVE(function=function), remove)


def _delete_trigger(account: Account, function: str, trigger: str) -> None:
    account.call("FC", "DeleteTrigger", account.fc.delete_trigger, function, trigger)


def _build(watch: Watch) -> None:
    with watch() as hear:
        serverless_devs.execute([sys.executable, "-m", "tools.build"], hear, cwd=ROOT)


def _deploy(account: Account, watch: Watch) -> None:
    left_out = [name for name in FUNCTIONS if not manifest.is_set_up(account.settings, name)]
    serverless_devs.write_manifest(left_out)
    with watch() as hear:
        serverless_devs.run(account, ["deploy", "-y"], hear)
