"""What the pages point at is there: other pages and their headings, files of the project, targets of `make`."""

from __future__ import annotations

import re

import pytest

from tests.catalogue.pages import ROOT, page, pages, slugs

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:shared|functions|console|tests|tools|events|docs)/[\w./]*)`")
_MAKE = re.compile(r"\bmake ([a-z]+)")


def test_anchors_are_githubs_in_chinese_too() -> None:
    text = "# RAM 角色\n\n```sh\n# none\n```\n\n## 供 `PicWish` 使用：公共读（只读）_副本\n\n### RAM 角色\n"
    assert slugs(text) == ["ram-角色", "供-picwish-使用公共读只读_副本", "ram-角色-1"]


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str) -> None:
    for link in _LINK.findall(page(name)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert not anchor or anchor in slugs(target.read_text(encoding="utf-8")), f"{name}: {link}"


@pytest.mark.parametrize("name", pages())
def test_every_file_and_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in _PATH.findall(page(name)):
        assert (ROOT / path).exists(), f"{name}: {path}"
    for target in _MAKE.findall("\n".join(re.findall(r"```sh\n.*?```|`[^`\n]+`", page(name), re.DOTALL))):
        assert target in targets, f"{name}: make {target}"
