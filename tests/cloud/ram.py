"""RAM's policies, as its page "Policy elements" has them: what they allow, and what of them was made use of.

A Deny counts before any Allow, and what no statement allows is refused; `*` stands for any characters, `?` for one.
Conditions and NotAction are not known here, and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Right = tuple[str, str]
"""An action, and the resource that it is about."""

_SYSTEM_ACTIONS = {
    "AliyunVIAPIFullAccess": "viapi-*:*",
    "AliyunOSSFullAccess": "oss:*",
    "AliyunFCInvocationAccess": "fc:InvokeFunction",
}
SYSTEM_POLICIES: dict[str, Mapping[str, Any]] = {
    name: {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    for name, action in _SYSTEM_ACTIONS.items()
}
"""Of those that Alibaba keeps, by name: the one that this project attaches, and two that people are quick to."""


class Policies:
    """The policies of one role, as RAM takes them."""

    def __init__(self, *documents: Mapping[str, Any]) -> None:
        self.statements: list[Mapping[str, Any]] = []
        for document in documents:
            assert document["Version"] == "1", "RAM knows no other version"
            for statement in document["Statement"]:
                assert {*statement} == {"Effect", "Action", "Resource"}, f"not known here: {statement}"
                assert statement["Effect"] in ("Allow", "Deny")
                self.statements.append(statement)

    def allows(self, right: Right) -> bool:
        effects = {statement["Effect"] for statement in self.statements if _is_about(statement, right)}
        return effects == {"Allow"}

    def granted(self) -> Iterator[Right]:
        """Each action that is allowed with each resource, as they are written."""
        for statement in self.statements:
            if statement["Effect"] == "Allow":
                for action in several(statement["Action"]):
                    for resource in several(statement["Resource"]):
                        yield action, resource

    def uses(self, right: Right) -> set[Right]:
        """Of what is `granted`, what allows `right`."""
        return {each for each in self.granted() if _matches(each[0], right[0]) and _matches(each[1], right[1])}


def _is_about(statement: Mapping[str, Any], right: Right) -> bool:
    action, resource = right
    return any(_matches(each, action) for each in several(statement["Action"])) and any(
        _matches(each, resource) for each in several(statement["Resource"])
    )


def several(element: str | list[str]) -> list[str]:
    return [element] if isinstance(element, str) else element


def _matches(pattern: str, text: str) -> bool:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, re.DOTALL) is not None
