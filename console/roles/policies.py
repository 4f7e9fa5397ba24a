"""RAM's documents compared by what they allow and whom they trust, whatever way they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

T = TypeVar("T", str, tuple[str, str])
Document = Mapping[str, Any]
Right = tuple[str, str]
"""An action and a resource, either with `*` and `?` in it."""


@dataclass(frozen=True)
class Difference(Generic[T]):
    """Between what is needed and what was found; false when there is none."""

    missing: tuple[T, ...] = ()
    extra: tuple[T, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


def compare_sets(needed: frozenset[T], found: frozenset[T]) -> Difference[T]:
    return Difference(tuple(sorted(needed - found)), tuple(sorted(found - needed)))


def compare_rights(needed: Document, found: Document) -> Difference[Right]:
    """`needed` has plain statements that allow something. A Deny in `found` takes rights away, and is `missing`; what
    is allowed there on conditions is none of those needed, and is `extra`."""
    wanted = [right for _, _, right in _rights(needed)]
    plain = [right for effect, is_plain, right in _rights(found) if effect == "Allow" and is_plain]
    missing = [right for right in wanted if not any(_covers(each, right) for each in plain)]
    extra = list[Right]()
    for effect, is_plain, (action, resource) in _rights(found):
        if effect == "Deny":
            missing.append((f"Deny {action}", resource))
        elif not is_plain or not any(_covers(each, (action, resource)) for each in wanted):
            extra.append((action, resource))
    return Difference(tuple(missing), tuple(extra))


def principals(trust: Document) -> frozenset[str]:
    """Who may assume a role by its trust policy, such as `Service fc.aliyuncs.com`."""
    return frozenset(
        " ".join(filter(None, [_remark(statement), kind, name]))
        for statement in trust["Statement"]
        for kind, named in statement.get("Principal", {}).items()
        for name in _several(named)
    )


def _remark(statement: Document) -> str:
    if statement["Effect"] != "Allow":
        return str(statement["Effect"])
    return "on conditions," if statement.get("Condition") else ""


def _rights(document: Document) -> Iterator[tuple[str, bool, Right]]:
    """Effect, whether it is said without conditions or exceptions, and the right."""
    for statement in document["Statement"]:
        is_plain = {"Effect", "Action", "Resource"} >= {name for name, said in statement.items() if said}
        for action in _elements(statement, "Action"):
            for resource in _elements(statement, "Resource"):
                yield statement["Effect"], is_plain, (action, resource)


def _elements(statement: Document, name: str) -> Iterator[str]:
    yield from _several(statement.get(name, []))
    yield from (f"Not{name} {each}" for each in _several(statement.get(f"Not{name}", [])))


def _several(element: str | list[str]) -> list[str]:
    return [element] if isinstance(element, str) else element


def _covers(pattern: Right, right: Right) -> bool:
    return all(fnmatchcase(said, wide) for said, wide in zip(right, pattern, strict=True))
