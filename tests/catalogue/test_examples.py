"""What pages quote from docs/examples is what lies there, where tests/scenarios runs it."""

from __future__ import annotations

import re

import pytest

from tests.catalogue.pages import page
from tests.cloud.manifest import load
from tests.cloud.triggers import OssTrigger
from tests.scenarios.webshops import EXAMPLES, document

_PAGES = ("docs/upload-form.md", "docs/zh-CN/upload-form.md")
_QUOTED = re.compile(r"^<!-- quoted: (\S+) -->\n```\w+\n(.*?\n)```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", _PAGES)
def test_what_is_quoted_is_in_the_file(name: str) -> None:
    found = _QUOTED.findall(page(name))
    assert len(found) == page(name).count("<!-- quoted:")
    for path, lines in found:
        assert f"\n{lines}" in f"\n{page(path)}", f"{name} quotes {path} otherwise than it is"


@pytest.mark.parametrize("name", _PAGES)
def test_every_example_is_named(name: str) -> None:
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    assert set(re.findall(r"\]\((?:\.\./)?examples/(.+?)\)", page(name))) == files


def test_the_consumers_trigger_goes_with_those_of_the_project() -> None:
    (trigger,) = document("s.yaml")["resources"]["receipts"]["props"]["triggers"]
    own = [each for function in load().functions.values() for each in function.oss_triggers]
    assert not any(OssTrigger.model_validate(trigger).overlaps(each) for each in own)
