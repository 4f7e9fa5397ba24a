"""What the pages point at is there: other pages and their headings, files of the project, targets of `make`."""

from __future__ import annotations

import re

import pytest

from tests.catalogue.pages import ROOT, page, pages

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:shared|functions|tests|tools|events|docs)/[\w./]*)`")
_MAKE = re.compile(r"\bmake ([a-z]+)")


def anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str) -> None:
    for link in _LINK.findall(page(name)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{name}: {link}"


@pytest.mark.parametrize("name", pages())
def test_every_file_and_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in _PATH.findall(page(name)):
        assert (ROOT / path).exists(), f"{name}: {path}"
    for target in _MAKE.findall("\n".join(re.findall(r"```sh\n.*?```|`[^`\n]+`", page(name), re.DOTALL))):
        assert target in targets, f"{name}: make {target}"
