"""A cold start is taken from the process's start to the first request that an upload asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import stage
from tests.bench.cold_start import Starter, cold_starts
from tests.bench.stage import stage_peer
from tools.python310 import python310

SLOW = """
import os, time, urllib.request
time.sleep({imported})

def handler(event, context):
    time.sleep({made})
    assert context.credentials.access_key_id and b"eventName" in event
    urllib.request.urlopen(os.environ["OSS_ENDPOINT"] + "/?versioning").read()
    urllib.request.urlopen(os.environ["VIAPI_ENDPOINT"] + "/")
"""


@pytest.fixture(scope="module")
def python() -> str:
    found = python310()
    if found is None:
        pytest.skip("cold starts are those of CPython 3.10, and there is none here; $PYTHON310 may name one")
    return found


def starter(folder: Path, index: str) -> Starter:
    folder.mkdir(exist_ok=True)
    (folder / "index.py").write_text(index)
    return Starter(folder.name, folder)


def test_the_import_and_the_making_of_the_clients_are_in_the_figure(python: str, tmp_path: Path) -> None:
    starters = [
        starter(tmp_path / "import", SLOW.format(imported=1.5, made=0)),
        starter(tmp_path / "clients", SLOW.format(imported=0, made=1.5)),
    ]
    (by_import, by_clients), bare = cold_starts(python, starters, runs=1)
    assert [by_import.name, by_clients.name] == ["import", "clients"]
    assert by_import.imported > by_clients.imported + 750, "an interpreter may take its time on a busy machine"
    assert min(by_import.ready, by_clients.ready) > 1500 + bare / 2


def test_a_handler_that_asks_for_nothing_has_no_figure(python: str, tmp_path: Path) -> None:
    idle = starter(tmp_path / "idle", "def handler(event, context):\n    raise KeyError('OSS_HOST')\n")
    with pytest.raises(RuntimeError, match=r"(?s)idle made no request.*OSS_HOST"):
        cold_starts(python, [idle], runs=1)


def test_a_peer_is_compiled_as_ours_is_and_staged_once(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "OUT", tmp_path / "build")
    (tmp_path / "usual.py").write_text("handler = print\n")
    (tmp_path / "requirements.txt").write_text("")
    staged = stage_peer("usual", python, tmp_path)
    assert staged == tmp_path / "build/.peers/usual"
    compiled = staged / "__pycache__/index.cpython-310.pyc"
    assert compiled.read_bytes()[4:8] == b"\x01\0\0\0"
    before = compiled.stat().st_mtime_ns
    assert stage_peer("usual", python, tmp_path) == staged
    assert compiled.stat().st_mtime_ns == before
    (tmp_path / "usual.py").write_text("handler = repr\n")
    assert "repr" in (stage_peer("usual", python, tmp_path) / "usual.py").read_text()
    assert compiled.stat().st_mtime_ns > before
