"""What DAMO is asked, in JSON, read as strictly as its manuals print it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TypeAlias

from werkzeug.wrappers import Request

from tests.cloud.damo_apis import Api
from tests.cloud.damo_replies import Refused
from tests.cloud.vendor_pictures import Unfit, check_url

MOST_TASKS = 10
"""A batch holds no more ("最多支持批量提交10个任务")."""

Given: TypeAlias = Mapping[str, str]
"""A task as it was submitted, and as it is shown again."""


def parsed(request: Request) -> object:
    """The body, whatever it holds; None when it is not JSON."""
    try:
        return json.loads(request.get_data())
    except ValueError:
        return None


def data(request: Request) -> dict[str, object]:
    """What stands in the body under `data`; raises `Refused`."""
    if not request.get_data():
        raise Refused(23500012)
    if request.mimetype != "application/json":
        raise Refused(23500013, "Content-Type must be application/json")
    body = _object(parsed(request), "the body")
    inside = _required(body, "data")
    _only(body, ("data",))
    return _object(inside, "data")


def submitted(data: dict[str, object], api: Api) -> list[Given]:
    """One entry a task. Links are checked for their form only; raises `Refused`."""
    tasks = _required(data, "task_list")
    _only(data, ("task_list",))
    if not isinstance(tasks, list) or len(tasks) > MOST_TASKS:
        raise Refused(23500013, f"task_list is a list of at most {MOST_TASKS}")
    return [_task(_object(task, "a task"), api) for task in tasks]


def result_key(data: dict[str, object]) -> str:
    """What is asked for; raises `Refused`."""
    key = _required(data, "result_key")
    _only(data, ("result_key",))
    return _text(key, "result_key")


def _task(task: dict[str, object], api: Api) -> Given:
    links = {name: _text(_required(task, name), name) for name in api.pictures}
    _only(task, (*api.pictures, *api.options))
    options = {name: _text(task[name], name) for name in api.options if name in task}
    for name, value in options.items():
        if value not in api.options[name]:
            raise Refused(23500013, f"{name} is one of {', '.join(api.options[name])}")
    for name, link in links.items():
        try:
            check_url(link)
        except Unfit as unfit:
            raise Refused(23500006, f"{name}: {unfit.message}") from None
    return links | options


def _required(members: Mapping[str, object], name: str) -> object:
    if value := members.get(name):
        return value
    raise Refused(23500009, name)


def _only(members: Mapping[str, object], known: Collection[str]) -> None:
    if unknown := members.keys() - set(known):
        raise Refused(23500013, f"there is no field {', '.join(sorted(unknown))}")


def _object(value: object, name: str) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise Refused(23500013, f"{name} is not a JSON object")


def _text(value: object, name: str) -> str:
    if isinstance(value, str):
        return value
    raise Refused(23500013, f"{name} is not a string")
