"""The Chinese half of the documentation says what the English one does: same shape, same facts, nothing left over."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest

from shared.vendors.capabilities import CAPABILITIES
from tests.catalogue.capability_table import CHINESE, capability_table
from tests.catalogue.markdown import Section, code, english, read, sections, where_to
from tests.catalogue.pages import between, column, page, pages
from tools.receipt_codes import CODES

_CHINESE = [name for name in pages() if english(name) != name]
_ENGLISH_ONLY = {"CHANGELOG.md", "CONTRIBUTING.md", "docs/figures.md", "docs/glossary.md", "docs/how-it-works.md"}
"""For those who change the code; the figures are tables of numbers."""
_WHO = {"uploader": "上传者", "operator": "运维人员", "nobody": "无需处理"}

_HAN = r"[\u3400-\u9fff]"
_WRITTEN_BY_CODE = capability_table(CHINESE)
_LEFT_IN_ENGLISH = re.compile(r"(?:[A-Za-z][\w'’-]*[ ,;:]+){4}[A-Za-z]+")
_CROWDED = re.compile(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9%]{_HAN}|{_HAN}[,;:!?(]|[,;:!?)]{_HAN}")
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, 2)} | {
    "a": 1,
    "an": 1,
    "one": 1,
    "each": 1,
    "twenty": 20,
}
_TIMES = {"million": 1_000_000, "万": 10_000, "亿": 100_000_000}
_DIGITS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?: ?(million|万|亿))?")

each_page = pytest.mark.parametrize("name", _CHINESE)


def pairs(name: str) -> list[tuple[Section, Section]]:
    """Sections of the English and of the Chinese page, side by side as far as both go."""
    return list(zip(sections(page(english(name))), sections(page(name)), strict=False))


def tables(name: str) -> list[tuple[str, list[list[str]], list[list[str]]]]:
    """Heading, English and Chinese table, side by side as far as both go."""
    return [
        (chinese.heading, *both)
        for original, chinese in pairs(name)
        for both in zip(original.tables, chinese.tables, strict=False)
    ]


def rows(name: str) -> list[tuple[str, list[str], list[str]]]:
    """Heading, English and Chinese row, without the tables' heads."""
    return [(heading, *both) for heading, *two in tables(name) for both in zip(two[0][1:], two[1][1:], strict=False)]


def numbers(text: str) -> set[float]:
    """Numbers written in digits: `2.5 亿` is 250 million."""
    return {
        round(float(digits.replace(",", "")) * _TIMES.get(times, 1), 6) for digits, times in _DIGITS.findall(read(text))
    }


def in_words(text: str) -> set[float]:
    """Numbers that English writes in words, which Chinese may write in digits."""
    return {_NUMBERS[word] for word in re.findall("[a-z]+", read(text).lower()) if word in _NUMBERS}


def units(name: str) -> list[tuple[str, str, str]]:
    """Where it is, and an English and a Chinese text with the same facts: a section's prose, or a row."""
    prose = ((f"below {chinese.heading}", original.prose, chinese.prose) for original, chinese in pairs(name))
    cells = ((f"{heading}, row {two[0]}", " | ".join(one), " | ".join(two)) for heading, one, two in rows(name))
    return [*prose, *cells]


def test_every_page_for_operators_and_uploaders_has_a_chinese_sister() -> None:
    assert sorted(map(english, _CHINESE)) == sorted({*pages()} - {*_CHINESE} - _ENGLISH_ONLY)


@each_page
def test_the_pages_lead_to_one_another(name: str) -> None:
    for one, other, line in (
        (name, english(name), r"\[English\]\((.+)\) \| 简体中文"),
        (english(name), name, r"English \| \[简体中文\]\((.+)\)"),
    ):
        link = re.fullmatch(line, page(one).splitlines()[2])
        assert link, f"{one}: the third line is to lead to {other}"
        assert where_to(one, link[1]) == english(name)
        assert ("zh-CN" in link[1]) == (other == name), f"{one}: {link[1]}"


@each_page
def test_headings_are_the_same_in_level_and_order(name: str) -> None:
    one, two = ([(each.level, each.heading) for each in sections(page(each))] for each in (english(name), name))
    assert [level for level, _ in two] == [level for level, _ in one], f"{name}: {two}\n{english(name)}: {one}"


@each_page
def test_every_section_has_as_many_items_tables_rows_and_columns(name: str) -> None:
    for original, chinese in pairs(name):
        for what, one, two in (
            ("items", original.items, chinese.items),
            ("tables", len(original.tables), len(chinese.tables)),
        ):
            assert two == one, f"{name}, {chinese.heading}: {two} {what}, in English {one}"
    for heading, first, second in tables(name):
        keys = f"{[row[0] for row in second]}\n{[row[0] for row in first]}"
        assert len(second) == len(first), f"{name}, {heading}: {len(second)} rows, in English {len(first)}\n{keys}"
        for one_row, two_row in zip(first, second, strict=True):
            assert len(two_row) == len(one_row), f"{name}, {heading}: {len(two_row)} cells in {two_row}"


@each_page
def test_fenced_blocks_are_the_same_but_for_their_comments(name: str) -> None:
    for original, chinese in pairs(name):
        assert chinese.blocks == original.blocks, f"{name}, {chinese.heading}: {chinese.blocks}\n{original.blocks}"


@each_page
def test_code_spans_are_the_same(name: str) -> None:
    for where, one, two in units(name):
        assert code(one) <= code(two), f"{name}, {where}: missing {code(one) - code(two)}"
        assert code(two) <= code(one), f"{name}, {where}: not in English {code(two) - code(one)}"


@each_page
def test_cells_have_the_same_code_and_the_same_are_empty(name: str) -> None:
    for heading, one_row, two_row in rows(name):
        for one, two in zip(one_row, two_row, strict=False):
            assert code(two) == code(one), f"{name}, {heading}: {two!r} for {one!r}"
            assert bool(two) == bool(one), f"{name}, {heading}: {two!r} for {one!r}"


@each_page
def test_numbers_acronyms_and_chinese_names_are_the_same(name: str) -> None:
    for where, one, two in units(name):
        assert numbers(one) <= numbers(two), f"{name}, {where}: missing {numbers(one) - numbers(two)}"
        strange = numbers(two) - numbers(one) - in_words(one)
        assert not strange, f"{name}, {where}: not in English {strange}"
        for names in (rf"{_HAN}+", r"\b[A-Z]{3,}\b"):
            missing = {each for each in re.findall(names, read(one)) if each not in two}
            assert not missing, f"{name}, {where}: missing {missing}"


@each_page
def test_links_lead_to_the_same_places(name: str) -> None:
    for original, chinese in pairs(name):
        one = Counter(where_to(english(name), link) for link in original.links)
        two = Counter(where_to(name, link) for link in chinese.links)
        assert two == one, f"{name}, {chinese.heading}: missing {set(one - two)}, not in English {set(two - one)}"


def in_english(text: str) -> bool:
    """Whether there is something to read and nothing of it is Chinese; a name of one or two words may stay."""
    return not re.search(_HAN, text) and len(re.findall("[A-Za-z]{2,}", read(text))) > 2


@each_page
def test_no_heading_line_or_row_is_left_in_english(name: str) -> None:
    for section in sections(page(name)):
        assert section.heading == "oss-cutout" or re.search(_HAN, section.heading), f"{name}: {section.heading}"
        for line in section.lines:
            assert not in_english(line), f"{name}, {section.heading}: {line}"
        for row in chain.from_iterable(section.tables):
            assert re.search(_HAN, " ".join(row)), f"{name}, {section.heading}: {row}"


@each_page
def test_no_cell_and_no_half_of_a_line_is_left_in_english(name: str) -> None:
    for section in sections(page(name)):
        for cell in chain.from_iterable(chain.from_iterable(section.tables)):
            word = re.search(r"\b[a-z]{3,}\b", read(cell))
            same = re.search(_HAN, cell) or not word or cell in _WRITTEN_BY_CODE
            assert same, f"{name}, {section.heading}: {cell}"
        left = _LEFT_IN_ENGLISH.search(read(section.prose))
        assert not left, f"{name}, {section.heading}: {left and left[0]}"


@each_page
def test_a_space_stands_between_chinese_and_other_letters(name: str) -> None:
    text = read(re.sub("^```.*?^```|<!--.*?-->", "", page(name), flags=re.MULTILINE | re.DOTALL))
    for title in (each.title for each in CAPABILITIES.values()):
        text = text.replace(title, "名")
    crowded = [text[max(0, each.start() - 8) : each.end() + 8] for each in _CROWDED.finditer(text)]
    assert not crowded, f"{name}: {crowded}"


def test_the_table_of_codes_says_who_acts() -> None:
    table = between(
        page("docs/zh-CN/bucket.md"), "<!-- codes: written by the code, compared by a test -->", "<!-- /codes -->"
    )
    said = set(zip(column(table), column(table, 1), strict=True))
    rows_of_code = {(f"`{name}`", _WHO[meaning.who]) for name, meaning in CODES.items()}
    assert said == rows_of_code, f"missing {rows_of_code - said}, not in the code {said - rows_of_code}"
