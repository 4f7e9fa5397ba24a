"""What the console keeps in the account as it should be: how each thing is read, created, updated and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.change import Change
from shared.messages.message import Message, Sentence

_CREATE = Sentence("create the {what}", "创建{what}")
_UPDATE = Sentence("update the {what}", "更新{what}")
_DELETE = Sentence("delete the {what}", "删除{what}")


@dataclass(frozen=True)
class Resource:
    """One thing in the account. Each function raises `ApiError`."""

    what: Message
    wanted: Any
    """As JSON has it."""
    read: Callable[[], Any]
    """As it is, in the form of `wanted`, perhaps with more in it; None when it is not there."""
    create: Callable[[], object]
    update: Callable[[], object]
    delete: Callable[[], object] | None = None
    """None for what stays."""


def stays() -> None:
    """The update of what is as it should be once it is there."""


def changes(resources: Iterable[Resource]) -> Iterator[Change]:
    """Creates what is not there, and updates what is not as it should be. Raises `ApiError`."""
    for resource in resources:
        found = resource.read()
        if found is None:
            yield Change(_CREATE(what=resource.what), resource.create)
        elif not covers(found, resource.wanted):
            yield Change(_UPDATE(what=resource.what), resource.update)


def removals(resources: Iterable[Resource]) -> Iterator[Change]:
    """The opposite, the last one first. Raises `ApiError`."""
    for resource in reversed([*resources]):
        if resource.delete and resource.read() is not None:
            yield Change(_DELETE(what=resource.what), resource.delete)


def covers(found: Any, wanted: Any) -> bool:
    """Whether `found` has all that `wanted` has, and lists that are as long: services add fields of their own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(covers(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same_length = isinstance(found, list) and len(found) == len(wanted)
        return same_length and all(map(covers, found, wanted))
    return bool(found == wanted)
