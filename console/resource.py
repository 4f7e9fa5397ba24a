"""What the console makes in the account and keeps as it should be: one after the other, so that it can be stopped at any
moment and run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.finding import Finding
from shared.messages.message import Message, Sentence

Say = Callable[[Message], object]

_CREATE = Sentence("create the {what}", "创建{what}")
_UPDATE = Sentence("update the {what}", "更新{what}")
_DELETE = Sentence("delete the {what}", "删除{what}")


class Hindered(Exception):
    """A command cannot go on until a person has acted: `finding` says on what."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what.en)
        self.finding = finding


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


def bring_up_to_date(resources: Iterable[Resource], say: Say, *, dry_run: bool = False) -> None:
    """Makes what is not there and changes what is not as it should be; with `dry_run` only says so.

    Raises `ApiError`; run again, it goes on where it stopped.
    """
    for resource in resources:
        found = resource.read()
        if found is not None and covers(found, resource.wanted):
            continue
        sentence, change = (_CREATE, resource.create) if found is None else (_UPDATE, resource.update)
        say(sentence(what=resource.what))
        if not dry_run:
            change()


def take_away(resources: Iterable[Resource], say: Say, *, dry_run: bool = False) -> None:
    """The opposite, the last one first. Raises `ApiError`."""
    for resource in reversed([*resources]):
        if resource.delete is None or resource.read() is None:
            continue
        say(_DELETE(what=resource.what))
        if not dry_run:
            resource.delete()


def covers(found: Any, wanted: Any) -> bool:
    """Whether `found` has all that `wanted` has, and lists that are as long: services add fields of their own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(covers(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same_length = isinstance(found, list) and len(found) == len(wanted)
        return same_length and all(map(covers, found, wanted))
    return bool(found == wanted)
