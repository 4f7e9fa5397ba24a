"""What the console makes in the account and keeps as it should be: one after the other, so that it can be stopped at any
moment and run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.finding import Finding
from shared.messages.message import Message, Sentence

Say = Callable[[Message], object]

_AS_IT_SHOULD_BE = Sentence("{what}: as it should be", "{what}：无需变更")
_MADE = Sentence("{what}: made", "{what}：已创建")
_CHANGED = Sentence("{what}: changed", "{what}：已更新")
_REMOVED = Sentence("{what}: removed", "{what}：已删除")
_NOT_THERE = Sentence("{what}: not there", "{what}：不存在")
_WOULD_BE_MADE = Sentence("{what}: would be made", "{what}：将创建")
_WOULD_BE_CHANGED = Sentence("{what}: would be changed", "{what}：将更新")
_WOULD_BE_REMOVED = Sentence("{what}: would be removed", "{what}：将删除")


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
        if found is None:
            _do(resource.create, dry_run=dry_run)
            say((_WOULD_BE_MADE if dry_run else _MADE)(what=resource.what))
        elif not covers(found, resource.wanted):
            _do(resource.update, dry_run=dry_run)
            say((_WOULD_BE_CHANGED if dry_run else _CHANGED)(what=resource.what))
        else:
            say(_AS_IT_SHOULD_BE(what=resource.what))


def take_away(resources: Iterable[Resource], say: Say, *, dry_run: bool = False) -> None:
    """The opposite, the last one first. Raises `ApiError`."""
    for resource in reversed([*resources]):
        if resource.delete is None:
            continue
        if resource.read() is None:
            say(_NOT_THERE(what=resource.what))
            continue
        _do(resource.delete, dry_run=dry_run)
        say((_WOULD_BE_REMOVED if dry_run else _REMOVED)(what=resource.what))


def covers(found: Any, wanted: Any) -> bool:
    """Whether `found` has all that `wanted` has, and lists that are as long: services add fields of their own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(covers(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same_length = isinstance(found, list) and len(found) == len(wanted)
        return same_length and all(map(covers, found, wanted))
    return bool(found == wanted)


def _do(change: Callable[[], object], *, dry_run: bool) -> None:
    if not dry_run:
        change()
