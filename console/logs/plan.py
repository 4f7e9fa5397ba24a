"""Where the functions log: project, logstore and index of Simple Log Service, made and brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from console.account import Account, ApiError
from console.change import Change
from console.finding import Finding, Hindered
from console.logs import index as log_index
from console.logs.service import LogService, is_not_there
from console.resource import Resource, changes, stays
from shared.messages.message import Message, Sentence

RETENTION_DAYS = 30
"""Of a logstore that is made here. One that is there keeps its own."""
_SHARDS, _MOST_SHARDS = 1, 8
"""One takes 5 MB a second, and is split when more comes."""
_KNOWN_SECONDS, _PAUSE_SECONDS = 90, 3
"""Within which a new project is known to all of SLS (its samples wait a minute: "Go SDK quick start"), and how often it
is asked for."""

_DESCRIPTION = "The log of oss-cutout"
"""Of a project that was made here."""
_DELETE = Sentence(
    "delete the log project `{name}`, with all that was logged", "删除日志 Project `{name}` 及其中的全部日志"
)
_LEFT = Sentence(
    "left, since it was not made here: the log project `{name}`", "已保留日志 Project `{name}`：不是由此工具创建"
)

Sleep = Callable[[float], None]


def plan(account: Account, sleep: Sleep = time.sleep) -> Iterator[Change]:
    """Makes project, logstore and index, and adds to the index what it lacks.

    Raises `ApiError`; a change raises `Hindered` when the project's name is another account's, or in another region.
    """
    return changes(_resources(LogService(account), sleep))


def removal(account: Account) -> Iterator[Change]:
    """Deletes the project that was made here, with all that was logged; others' stay. Raises `ApiError`."""
    service = LogService(account)
    if project := service.find_project():
        if project.get("description") == _DESCRIPTION:
            asked = service.models.DeleteProjectRequest()
            yield Change(_DELETE(name=service.project), partial(service.call, "delete_project", service.project, asked))
        else:
            yield Change(_LEFT(name=service.project), None)


def _resources(service: LogService, sleep: Sleep) -> tuple[Resource, ...]:
    return (
        Resource(
            Sentence("log project `{name}`", "日志 Project `{name}`")(name=service.project),
            {},
            service.find_project,
            partial(_create_project, service, sleep),
            stays,
        ),
        Resource(
            Sentence("logstore `{name}`", "名为 `{name}` 的 Logstore")(name=service.logstore),
            {},
            service.find_logstore,
            partial(_once_known, partial(_create_logstore, service), sleep),
            stays,
        ),
        Resource(
            Sentence("index of logstore `{name}`", "名为 `{name}` 的 Logstore 的索引")(name=service.logstore),
            [],  # that lack
            partial(log_index.lacking, service),
            partial(_once_known, partial(log_index.create, service), sleep),
            partial(log_index.update, service),
        ),
    )


def _create_project(service: LogService, sleep: Sleep) -> None:
    wanted = service.models.CreateProjectRequest(project_name=service.project, description=_DESCRIPTION)
    try:
        service.call("create_project", wanted)
    except ApiError as error:
        if error.code != "ProjectAlreadyExist":
            raise
        # By ourselves a moment ago, perhaps, and it is not known everywhere yet.
    for _ in range(_KNOWN_SECONDS // _PAUSE_SECONDS):
        if service.find_project() is not None:
            return
        sleep(_PAUSE_SECONDS)
    raise Hindered(name_taken(service.project, service.region_of_project()))


def _create_logstore(service: LogService) -> None:
    wanted = service.models.CreateLogStoreRequest(
        logstore_name=service.logstore,
        ttl=RETENTION_DAYS,
        shard_count=_SHARDS,
        auto_split=True,
        max_split_shard=_MOST_SHARDS,
        mode="standard",  # the other one has no SQL, and so no alerts
    )
    service.call("create_log_store", service.project, wanted)


def _once_known(create: Callable[[], None], sleep: Sleep) -> None:
    """`create`, again as long as what it is to be in is not known everywhere."""
    for _ in range(_KNOWN_SECONDS // _PAUSE_SECONDS):
        try:
            return create()
        except ApiError as error:
            if not is_not_there(error):
                raise
            sleep(_PAUSE_SECONDS)
    return create()


def name_taken(project: str, region: str) -> Finding:
    """`region` is where this account has a project called so; empty when another account has it."""
    if region:
        what = Sentence(
            "log project `{project}` is in {region}, not in cn-shanghai",
            "日志 Project `{project}` 位于 {region}，而不是 cn-shanghai",
        )
    else:
        what = Sentence(
            "log project `{project}` is another account's: no two have the same name",
            "日志 Project 的名称 `{project}` 已被其他账号使用：该名称在所有账号中唯一",
        )
    return Finding(
        "LogProjectElsewhere",
        "error",
        what(project=project, region=region),
        CANNOT_LOG,
        Message("set `LOG_PROJECT` to another name: `cutout init`", "将 `LOG_PROJECT` 改为其他名称：`cutout init`"),
    )


CANNOT_LOG = Message("the functions have nowhere to log, and cannot be deployed", "函数没有可写入的日志库，无法部署")
