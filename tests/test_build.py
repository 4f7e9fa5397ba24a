"""What `make build` stages runs on a bare CPython 3.10, from what was bundled and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pathspec import PathSpec

from tests.build import ROOT, build, requirements
from tests.cloud.accounts import Accounts
from tests.cloud.fc import Fc
from tests.cloud.manifest import check_code, load
from tests.python310 import python310

STAGED = {name: (ROOT / function.code).resolve() for name, function in load().functions.items()}

# Run in the staged folder: what was imported from where, and how.
LOOK = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import index
files = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
print(json.dumps({
    "handler": callable(index.handler),
    "files": files,
    "fast_crc": sys.modules["crcmod.crcmod"]._usingExtension,
}))
"""


@pytest.fixture(scope="module")
def python() -> str:
    found = python310()
    if found is None:
        pytest.skip("the staged build is for CPython 3.10, and there is none here; $PYTHON310 may name one")
    build(found)
    return found


@pytest.fixture
def staged_fc(python: str) -> Iterator[Fc]:
    fc = Fc(load(), accounts=Accounts(), environment={}, code="staged", timer_seconds=math.inf)
    yield fc
    fc.stop()


def digest(folder: Path) -> str:
    listing = [
        (str(path.relative_to(folder)), path.stat().st_mtime, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    ]
    return hashlib.sha256(repr(listing).encode()).hexdigest()


def test_packages_are_chosen_for_the_target_and_not_for_the_python_that_builds() -> None:
    text = "a==1 ; python_full_version < '3.11'\nb==2 ; python_full_version >= '3.11'\nc==3 ; sys_platform == 'win32'\n"
    assert [str(row) for row in requirements(text)] == ["a==1"]


def test_crcmod_comes_with_its_c_extension_or_not_at_all() -> None:
    assert [row.name for row in requirements("crcmod==1.7\n")] == ["crcmod-plus"]


@pytest.mark.parametrize("function", STAGED)
def test_a_staged_handler_imports_in_a_bare_python310_from_bundled_code_alone(python: str, function: str) -> None:
    folder = STAGED[function]
    check_code(load().functions[function], folder)
    command = [python, "-I", "-S", "-X", "utf8", "-c", LOOK, str(folder)]
    looked = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr
    seen = json.loads(looked.stdout)
    bundled = {path for path in seen["files"] if Path(path).is_relative_to(folder)}
    assert not [path for path in seen["files"] if path not in bundled and "site-packages" in path]
    assert {str(folder / "shared/handlers.py"), str(folder / "oss2/__init__.py")} <= bundled
    assert seen["handler"]
    assert seen["fast_crc"], "without its extension crcmod is 40 times as slow"


def test_a_staged_handler_answers(staged_fc: Fc) -> None:
    elsewhere = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": "2026-11-21T08:00:00.000Z",
        "region": "cn-hangzhou",
        "oss": {
            "bucket": {"name": "shop-photos"},
            "object": {"key": "uploads/general/common/a.jpg", "eTag": "0" * 32, "size": 1},
        },
    }
    answer = staged_fc.invoke("general", json.dumps({"events": [elsewhere]}).encode())
    assert answer.error == "", staged_fc.logs
    assert any("cn-hangzhou" in line.text for line in staged_fc.logs)


@pytest.mark.parametrize("function", STAGED)
def test_every_module_is_compiled_so_that_no_cold_start_compiles_it(python: str, function: str) -> None:
    folder = STAGED[function]
    for name in ("index", "shared/handlers", "oss2/api", "httpx/_client", "pydantic/main"):
        source = folder / f"{name}.py"
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-310.pyc"
        # The second word of the header: 1 is a hash that is not checked, so no file is looked at twice.
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0"


@pytest.mark.parametrize("function", STAGED)
def test_no_tests_no_metadata_and_no_stubs_are_deployed(python: str, function: str) -> None:
    folder = STAGED[function]
    found = [path for pattern in ("*.dist-info", "tests", "SelfTest", "*.pyi", "bin") for path in folder.rglob(pattern)]
    assert found == []


@pytest.mark.parametrize("function", STAGED)
def test_fcignore_holds_nothing_of_the_build_back(python: str, function: str) -> None:
    ignored = PathSpec.from_lines("gitignore", (ROOT / ".fcignore").read_text("utf-8").splitlines())
    assert ignored.match_file("tests/test_build.py")
    files = [path for path in STAGED[function].rglob("*") if path.is_file()]
    # Whether patterns count from the code folder or from s.yaml's is the deploying tool's affair: either will do.
    for start in (STAGED[function], ROOT):
        assert list(ignored.match_files(path.relative_to(start) for path in files)) == []


def test_building_again_makes_the_same_bytes(python: str) -> None:
    before = {name: digest(folder) for name, folder in STAGED.items()}
    build(python)
    assert {name: digest(folder) for name, folder in STAGED.items()} == before
