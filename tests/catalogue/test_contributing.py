"""CONTRIBUTING.md tells all that a new capability and a new vendor need.

Its examples, carried out to the letter in a copy of the project, pass the tests that it names; and with a row and
nothing else, every other thing is missed.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalogue.pages import between, page
from tests.catalogue.recipe import blocks
from tests.cloud.manifest import ROOT, load

CAPABILITIES, VENDORS = "tests/catalogue/test_capabilities.py", "tests/catalogue/test_vendors.py"
CATALOGUE = (
    CAPABILITIES,
    "tests/catalogue/test_docs.py",
    "tests/catalogue/test_chinese.py",
    "tests/catalogue/test_manifest.py",
    VENDORS,
    "tests/demo/test_demo.py",
)
# What is said is in the messages; to compare the README's tables for more takes minutes.
OPTIONS = ("-p", "no:cacheprovider", "--no-cov", "-n", "0", "--assert=plain", "--tb=short")
ROW = """
    Capability("{name}", "植物分割", "{vendor}", "SegmentPlant", Limits(_USUAL, 3 * _MB, 33, 1999)),
)

CAPABILITIES ="""


GUIDE = page("CONTRIBUTING.md")
STEPS = [
    block
    for title in ("## Add a capability\n", "## Add a vendor\n")
    for block in blocks(between(GUIDE, title, "\n## "))
]


def named() -> list[list[str]]:
    """The options and files of each `pytest` that CONTRIBUTING.md names."""
    lines = GUIDE.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[3:] for line in lines if line.startswith(".venv/bin/pytest -n 2 ")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("shared", "functions", "console", "tests", "tools", "events", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "Makefile", "s.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(copy: Path, module: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *options]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)


def missed(copy: Path, name: str, *files: str, vendor: str = "viapi") -> str:
    """What the tests in `files` say of a copy of the project in which there is a row more."""
    table = copy / "shared" / "vendors" / "capabilities.py"
    text = table.read_text("utf-8")
    added = text.replace("\n)\n\nCAPABILITIES =", ROW.format(name=name, vendor=vendor), 1)
    assert added != text
    table.write_text(added, "utf-8")
    done = run(copy, "pytest", *OPTIONS, *files)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_new_capability_is_missed_wherever_it_must_be_told_of(copy: Path) -> None:
    said = missed(copy, "general/plant", *CATALOGUE)
    assert "add SegmentPlant to tests/cloud/viapi_actions.py" in said
    assert "write the tables: .venv/bin/python -m tests.catalogue.tables" in said
    assert "add a photo for general/plant to tests/demo/photos.py" in said
    told = [line for line in said.splitlines() if line.startswith("FAILED")]
    assert len(told) == 4, "CONTRIBUTING.md has a step for each of these"


def test_a_new_group_is_missed_as_a_folder_and_a_trigger(copy: Path) -> None:
    said = missed(copy, "garden/plant", CAPABILITIES)
    assert "functions/garden" in said
    assert "add the function garden to s.yaml" in said


def test_a_new_vendor_is_missed_in_the_wiring_and_as_a_stand_in(copy: Path) -> None:
    said = missed(copy, "garden/plant", CAPABILITIES, VENDORS, vendor="acme")
    assert "the wiring has no vendor acme: see shared/entry/wiring.py" in said
    assert "write a stand-in for acme, and a row for it in tests/cloud/stand_ins.py" in said


def test_every_block_of_the_examples_says_where_it_goes() -> None:
    recipes = between(GUIDE, "## Add a capability\n", "\n## Add an error code")
    assert len(STEPS) == recipes.count("```\n") // 2


def test_the_examples_pass_every_test_that_is_named_for_them(copy: Path) -> None:
    for block in STEPS:
        block.put(copy)
    count_the_new_function(copy)
    count_the_new_crash_points(copy)
    assert run(copy, "tests.catalogue.tables").returncode == 0
    commands = named()
    assert len(commands) == 2
    for command in commands:
        files = [path for each in command for path in (sorted(map(str, ROOT.glob(each))) if "*" in each else [each])]
        done = run(copy, "pytest", *OPTIONS, *(path.replace(f"{ROOT}/", "") for path in files))
        assert done.returncode == 0, done.stdout + done.stderr


def count_the_new_function(copy: Path) -> None:
    """The numbers in the pages, as the failing tests say them."""
    functions = load().functions.values()
    instances = sum(function.concurrency.reserved for function in functions)
    triggers = sum(len(function.oss_triggers) for function in functions)
    more = load(copy / "s.yaml").functions["acme"].concurrency.reserved
    for name, was, becomes in (
        ("docs/settings.md", f"reserve {instances} ", f"reserve {instances + more} "),
        ("docs/zh-CN/settings.md", f"预留 {instances} ", f"预留 {instances + more} "),
        ("docs/operating.md", f"uses {triggers},", f"uses {triggers + 1},"),
        ("docs/zh-CN/operating.md", f"用了 {triggers} ", f"用了 {triggers + 1} "),
    ):
        text = (copy / name).read_text("utf-8")
        assert text.count(was) == 1, name
        (copy / name).write_text(text.replace(was, becomes), "utf-8")


def count_the_new_crash_points(copy: Path) -> None:
    """The number in the page of figures, as the failing test says it."""
    row = re.compile(r"^(?:E +)?(\| crash points tried \| .+ \|)$", re.MULTILINE)
    said = row.search(run(copy, "pytest", *OPTIONS, "-k", "figures", "tests/reliability/test_reliability.py").stdout)
    assert said
    figures = copy / "docs" / "figures.md"
    figures.write_text(row.sub(said[1], figures.read_text("utf-8")), "utf-8")
