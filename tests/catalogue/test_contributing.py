"""CONTRIBUTING.md tells all that a new capability needs: with a row and nothing else, every other thing is missed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud.manifest import ROOT

CAPABILITIES, VENDORS = "tests/catalogue/test_capabilities.py", "tests/catalogue/test_vendors.py"
CATALOGUE = (
    CAPABILITIES,
    "tests/catalogue/test_docs.py",
    "tests/catalogue/test_chinese.py",
    "tests/catalogue/test_manifest.py",
    VENDORS,
    "tests/demo/test_demo.py",
)
ROW = """
    Capability("{name}", "植物分割", "{vendor}", "SegmentPlant", Limits(_USUAL, 3 * _MB, 33, 1999)),
)

CAPABILITIES ="""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("shared", "functions", "tests", "tools", "events", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "README.zh-CN.md", "s.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def missed(copy: Path, name: str, *files: str, vendor: str = "viapi") -> str:
    """What the tests in `files` say of a copy of the project in which there is a row more."""
    table = copy / "shared" / "vendors" / "capabilities.py"
    text = table.read_text("utf-8")
    added = text.replace("\n)\n\nCAPABILITIES =", ROW.format(name=name, vendor=vendor), 1)
    assert added != text
    table.write_text(added, "utf-8")
    # What is said is in the messages; to compare the README's tables for more takes minutes.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--no-cov",
        "-n",
        "0",
        "--assert=plain",
        "--tb=short",
    ]
    done = subprocess.run([*command, *files], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_new_capability_is_missed_wherever_it_must_be_told_of(copy: Path) -> None:
    said = missed(copy, "general/plant", *CATALOGUE)
    assert "add SegmentPlant to tests/cloud/viapi_actions.py" in said
    assert "put this between the two comments in docs/capabilities.md" in said
    assert "put this between the two comments in docs/zh-CN/capabilities.md" in said
    assert said.count("| `general/plant` | 植物分割 |") == 2
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
