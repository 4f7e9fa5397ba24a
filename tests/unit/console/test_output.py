"""What commands print where stdout is a pipe, an old terminal, or a file of an encoding with fewer characters."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.settings import ROOT

NAME = "é照片\u202egpj.exe\x1b]0;title\x07\x1b[2J\nfailed  line.jpg"
_PROGRAM = f"""
import sys
import console.commands.failed, console.commands.receipts
from console.main import main
from tests.unit.console.records.made import receipt
from tests.unit.console.test_upload import Slow
from tests.unit.fakes import Clock, MemoryBucket

bucket = MemoryBucket(Clock())
for number in range(int(sys.argv.pop(1))):
    receipt(bucket, f"{{number}} " + {NAME!r}, status="failed", code="X", message="照片 not served")
for module in (console.commands.failed, console.commands.receipts):
    module.account_of = lambda *_: Slow(bucket)
main()
"""


def _run(tmp_path: Path, *arguments: str, encoding: str = "utf-8", count: int = 1) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONIOENCODING": encoding, "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(count), *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8"])
@pytest.mark.parametrize("command", ["receipts", "failed"])
def test_names_are_shown_whatever_they_are(tmp_path: Path, command: str, encoding: str) -> None:
    running = _run(tmp_path, command, encoding=encoding)
    out, err = running.communicate()
    assert (running.returncode, err) == (0, b"")
    said = out.decode(encoding)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "gpj.exe failed  line.jpg" in said


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8"])
def test_programs_read_the_name_as_it_is(tmp_path: Path, encoding: str) -> None:
    out, _ = _run(tmp_path, "receipts", "--format", "jsonl", encoding=encoding).communicate()
    assert json.loads(out.decode(encoding))["source"].endswith(NAME)


def test_a_table_for_spreadsheets_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    out, _ = _run(tmp_path, "receipts", "--format", "csv").communicate()
    (row,) = csv.DictReader(out.decode().splitlines(keepends=True))
    assert row["source"].endswith("é照片gpj.exe\nfailed  line.jpg")


@pytest.mark.parametrize(("count", "form"), [(1, "table"), (1000, "csv"), (1000, "jsonl")])
def test_nothing_is_wrong_when_nobody_reads_on(tmp_path: Path, count: int, form: str) -> None:
    running = _run(tmp_path, "receipts", "--format", form, count=count)
    assert running.stdout
    assert running.stderr
    running.stdout.close()
    assert (running.stderr.read(), running.wait()) == (b"", 141)
    running.stderr.close()
