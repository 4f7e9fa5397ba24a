"""Renders the `${…}` of an s.yaml as Serverless Devs does, and lets nothing unresolved pass.

Known are `${vars.x}`, `${env('X')}` with or without a default, `${config('AccountID')}` and `${this.props.x}`:
those were tried out with `s preview`. A variable that is blank counts as one that is not set; one that has neither
value nor default ends `s`, whatever it was asked to do. `template`/`extend` is merged deeply, the resource's own
values winning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias, Union

import yaml

Node: TypeAlias = Union[bool, int, float, str, "list[Node]", "dict[str, Node]", None]

_REFERENCE = re.compile(r"\$\{\s*(?P<expression>[^}]*?)\s*\}")
_VARS = re.compile(r"vars\.(?P<name>\w+)")
_THIS = re.compile(r"this\.props\.(?P<name>\w+)")
_CONFIG = re.compile(r"""config\((?P<q>['"])AccountID(?P=q)\)""")
_ENV = re.compile(
    r"""env\((?P<q>['"])(?P<name>\w+)(?P=q)(?:\s*,\s*(?P<d>['"])(?P<default>[^'"]*)(?P=d))?\)""",
)


class Unresolved(ValueError):
    """A `${…}` that cannot be rendered, or a document that is not the shape of an s.yaml."""


def render(text: str, *, environment: Mapping[str, str], account_id: str) -> dict[str, Node]:
    """The document with every reference replaced and every `extend` merged; `template` and `vars` are left out.

    Raises `Unresolved`, or `yaml.YAMLError` when `text` is not YAML.
    """
    document = {**_mapping(_parsed(text), "the document")}
    templates = _mapping(document.pop("template", {}), "template")
    scope = _Scope(environment, account_id)
    for name, value in _mapping(document.pop("vars", {}), "vars").items():
        scope.variables[name] = scope.resolve(value)
    resources = _mapping(document.pop("resources", {}), "resources")
    rendered = _mapping(scope.resolve(document), "the document")
    rendered["resources"] = {
        name: scope.resource(_extended(_mapping(resource, f"resources.{name}"), templates))
        for name, resource in resources.items()
    }
    return rendered


@lru_cache(maxsize=1)
def _parsed(text: str) -> Node:
    """Kept, since a command renders the same file several times, and to read it takes a tenth of a second."""
    document: Node = yaml.safe_load(text)
    return document


def only_from_environment(value: Node) -> bool:
    """Whether a value, as written, is nothing but `${env('X')}`; a default other than '' would be in clear."""
    reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    match = _ENV.fullmatch(reference["expression"]) if reference else None
    return match is not None and not match["default"]


class _Scope:
    """What references may refer to."""

    def __init__(self, environment: Mapping[str, str], account_id: str) -> None:
        self.variables: dict[str, Node] = {}
        self._environment = environment
        self._account_id = account_id
        self._props: Mapping[str, Node] = {}

    def resource(self, resource: dict[str, Node]) -> dict[str, Node]:
        self._props = _mapping(resource.get("props", {}), "props")
        try:
            return _mapping(self.resolve(resource), "resource")
        finally:
            self._props = {}

    def resolve(self, node: Node) -> Node:
        if isinstance(node, dict):
            return {name: self.resolve(value) for name, value in node.items()}
        if isinstance(node, list):
            return [self.resolve(value) for value in node]
        if not isinstance(node, str):
            return node
        if whole := _REFERENCE.fullmatch(node):
            return self._value(whole["expression"])  # a number stays a number
        return _REFERENCE.sub(lambda match: str(self._value(match["expression"])), node)

    def _value(self, expression: str) -> Node:
        if (match := _VARS.fullmatch(expression)) and match["name"] in self.variables:
            return self.variables[match["name"]]
        if (match := _THIS.fullmatch(expression)) and match["name"] in self._props:
            return self.resolve(self._props[match["name"]])
        if _CONFIG.fullmatch(expression):
            return self._account_id
        if match := _ENV.fullmatch(expression):
            if value := self._environment.get(match["name"]):
                return value
            if match["default"] is not None:
                return match["default"]
            raise Unresolved(f"env('{match['name']}') not found")
        raise Unresolved(f"${{{expression}}} refers to nothing that is known here")


def _extended(resource: dict[str, Node], templates: Mapping[str, Node]) -> dict[str, Node]:
    resource = dict(resource)
    extend = _mapping(resource.pop("extend", {}), "extend")
    if not extend:
        return resource
    name = extend.get("name")
    if set(extend) != {"name"} or not isinstance(name, str) or name not in templates:
        raise Unresolved(f"extend: {extend} does not name a template")
    resource["props"] = _merged(templates[name], resource.get("props", {}))
    return resource


def _merged(under: Node, over: Node) -> Node:
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return under | {name: _merged(under.get(name), value) for name, value in over.items()}


def _mapping(node: object, where: str) -> dict[str, Node]:
    if not isinstance(node, dict):
        raise Unresolved(f"{where} is not a mapping")
    return node
