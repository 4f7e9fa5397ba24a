"""Every sentence that a person reads is in the catalogue, in both languages, and is said somewhere."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import pyvips

import shared.messages
from shared.listings.quality import metrics
from shared.messages.message import Message, Sentence
from tests.catalogue.test_receipt_codes import ACTS, spelt
from tests.cloud.manifest import ROOT
from tools.receipt_codes import CODES

_HAN = r"[\u3400-\u9fff]"
_CROWDED = re.compile(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9%]{_HAN}|{_HAN}[,;:!?(]|[,;:!?)]{_HAN}")
_SEPARATORS = {"COMMA", "SEMICOLON", "AND", "AND_NAMES", "OR"}
_NO_WORDS = {"FIELD", "DATA", "WITH_ADVICE"}
"""A name of the vendor's and nothing else, or what only joins two sentences."""

CATALOGUE: dict[str, Sentence] = {
    f"{module.name}.{name}": entry
    for module in pkgutil.iter_modules(shared.messages.__path__)
    for name, entry in vars(importlib.import_module(f"shared.messages.{module.name}")).items()
    if isinstance(entry, Sentence)
}

each_sentence = pytest.mark.parametrize("name", CATALOGUE)


def placeholders(template: str) -> set[tuple[str, str, str]]:
    """The name, format and conversion of each."""
    return {
        (name, spec or "", conversion or "")
        for _, name, spec, conversion in string.Formatter().parse(template)
        if name is not None
    }


@each_sentence
def test_a_sentence_says_the_same_facts_in_both_languages_in_the_same_format(name: str) -> None:
    assert placeholders(CATALOGUE[name].en) == placeholders(CATALOGUE[name].zh)


@each_sentence
def test_a_sentence_is_there_in_both_languages(name: str) -> None:
    sentence, word = CATALOGUE[name], name.partition(".")[2]
    assert sentence.en
    assert sentence.zh
    if word not in _SEPARATORS | _NO_WORDS:
        assert re.search(_HAN, sentence.zh), "this is not Chinese"
    # Chinese in an English sentence is what the vendor's console calls something, in brackets.
    assert not re.search(_HAN, re.sub(rf"\({_HAN}+\)", "", sentence.en))


@each_sentence
def test_a_chinese_sentence_has_its_own_punctuation_and_spaces_around_other_words(name: str) -> None:
    shown = re.sub(r"\{(\w+)[^}]*\}", r"{}", CATALOGUE[name].zh)
    assert not _CROWDED.search(shown), shown
    assert not shown.endswith(("。", "."))


# -------------------------------------------------------------------- where it is said


class Said(NamedTuple):
    """A sentence as some module names it; `facts` is None where it is not called there."""

    name: str
    facts: frozenset[str] | None
    where: str


def _aliases(tree: ast.Module) -> dict[str, str]:
    """The catalogue's modules (`pictures`) and sentences (`pictures.TURNED`), by what a module calls them."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared.messages"):
            module = (node.module or "").removeprefix("shared.messages").lstrip(".")
            for each in node.names:
                found[each.asname or each.name] = f"{module}.{each.name}".lstrip(".")
    return found


def _sentence(node: ast.expr, aliases: dict[str, str]) -> str:
    """The sentence that an expression names; empty for anything else."""
    match node:
        case ast.Attribute(value=ast.Name(id=alias), attr=attribute):
            name = f"{aliases.get(alias)}.{attribute}"
        case ast.Name(id=alias):
            name = aliases.get(alias, "")
        case _:
            return ""
    return name if name in CATALOGUE else ""


TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "shared").rglob("*.py"))
    if path.parent.name != "messages"
}


def said() -> Iterator[Said]:
    for path, tree in TREES.items():
        aliases = _aliases(tree)
        called = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _sentence(node.func, aliases):
                assert not node.args, f"{path.name}:{node.lineno}: name the facts"
                called[node.func] = frozenset(str(keyword.arg) for keyword in node.keywords)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute | ast.Name) and (name := _sentence(node, aliases)):
                yield Said(name, called.get(node), f"{path.name}:{node.lineno}")


SAID = list(said())
_GREY = pyvips.Image.black(8, 8) + 128
METRICS = set(metrics((_GREY.bandjoin([_GREY, _GREY])).cast("uchar"), _GREY.cast("uchar")))
"""By their names, those that every cutout has."""


@each_sentence
def test_a_sentence_is_said_somewhere(name: str) -> None:
    assert name in {each.name for each in SAID}, "nothing says this any more: remove it"


@pytest.mark.parametrize("each", SAID, ids=lambda each: f"{each.where}-{each.name}")
def test_a_sentence_is_said_with_its_facts(each: Said) -> None:
    expected = {name for name, *_ in placeholders(CATALOGUE[each.name].en)}
    if each.where.startswith("thresholds.py"):  # each reason is said with all metrics
        assert expected <= METRICS
    else:
        assert (each.facts or frozenset()) == expected


# -------------------------------------------------------------------- what has no sentence in it

_OWN_WORDS = {"reason", "_shown"}
"""What returns a vendor's own words, which are quoted."""
_CODED_ELSEWHERE = {"CmykColours", "NoSuchKey", "InvalidObjectState", "Gateway<status>"}
"""Codes of ours that do not stand where their sentence does: it is a receipt's remark, or the code is a variable."""


class Site(NamedTuple):
    """Where an error is made: the function around it, and what the error says."""

    where: str
    code: ast.expr
    said: ast.expr
    around: ast.AST
    aliases: dict[str, str]


def _code_and_said(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """What an error is made of, or a job's last error; None for any other call."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    match call.func:
        case ast.Name(id="lacking"):
            return given[0], given[1]
        case ast.Name(id="error_for"):
            return given[1], given[2]
        case ast.Name(id=name) if name in ACTS or name == "kind":
            return given[0], given[1]
        case ast.Attribute(attr="with_reason" | "error") if len(given) > 1 and not _is_log(call.func):
            return given[0], given[1]
    return None


def _is_log(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id == "log"


def sites() -> Iterator[Site]:
    for path, tree in TREES.items():
        aliases = _aliases(tree)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (made := _code_and_said(node)):
                around = [each for each in functions if node in ast.walk(each)]
                yield Site(f"{path.name}:{node.lineno}", *made, around[-1] if around else tree, aliases)


def is_from_catalogue(node: ast.expr, site: Site) -> bool:
    match node:
        case ast.Call(func=function):
            return bool(_sentence(function, site.aliases)) or getattr(function, "id", "") in _OWN_WORDS
        case ast.Attribute(attr="text"):  # of an error or a job, which has it from here
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return is_from_catalogue(body, site) and is_from_catalogue(orelse, site)
        case ast.Name(id=name):
            given = [
                each.value
                for each in ast.walk(site.around)
                if isinstance(each, ast.Assign) and any(_names(target, name) for target in each.targets)
            ]
            return _is_message(site.around, name) if not given else all(is_from_catalogue(each, site) for each in given)
        case ast.Tuple(elts=parts):
            return any(is_from_catalogue(part, site) for part in parts)
    return False


def _names(target: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(target))


def _is_message(function: ast.AST, name: str) -> bool:
    """Whether a function's parameter of that name is a message."""
    parameters = function.args.args if isinstance(function, ast.FunctionDef) else []
    return any(each.arg == name and getattr(each.annotation, "id", "") in ("Message", "Text") for each in parameters)


SITES = list(sites())


def test_sites_are_found_at_all() -> None:
    assert len(SITES) > 70


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.where)
def test_whatever_an_error_says_is_in_the_catalogue(site: Site) -> None:
    assert is_from_catalogue(site.said, site), f"put {ast.unparse(site.said)} into shared/messages/"


@pytest.mark.parametrize("code", [code for code in CODES if code not in _CODED_ELSEWHERE])
def test_every_code_has_a_sentence(code: str) -> None:
    come = re.sub("<.*>", "200", code)
    spoken = [site for site in SITES if any(re.fullmatch(each, come) for each in spelt(site.code))]
    assert any(is_from_catalogue(site.said, site) for site in spoken)


def test_the_catalogue_costs_a_cold_start_nothing_but_itself() -> None:
    modules = ", ".join(f"shared.messages.{module.name}" for module in pkgutil.iter_modules(shared.messages.__path__))
    others = "import sys, __future__, collections.abc, shared; others = {*sys.modules}"
    script = f"{others}; import {modules}; print(*{{*sys.modules}} - others)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [name for name in run.stdout.split() if not name.startswith("shared.messages")] == []


# -------------------------------------------------------------------- how it is said


def test_a_fact_that_is_a_message_appears_in_the_language_around_it() -> None:
    inner = Sentence("{count:,} bytes", "{count:,} 字节")(count=1999)
    assert Sentence("it has {what}", "文件为 {what}")(what=inner) == Message("it has 1,999 bytes", "文件为 1,999 字节")


def test_what_somebody_else_says_is_quoted_in_both_languages() -> None:
    assert Message.of("{no template}") == Message("{no template}", "{no template}")
    assert Sentence("he says {said}", "返回：{said}")(said="{x}") == Message("he says {x}", "返回：{x}")
