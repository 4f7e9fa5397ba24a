"""The file `oss-cutout.env`: a change leaves the rest as it is, and nobody else ever reads it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from console.init.env_file import edited, write
from console.settings import ROOT, parse

PRESENT = "# ours\nexport OSS_BUCKET=old\n\nVIAPI_QPS=2\nOSS_BUCKET=older\n"


def test_a_change_leaves_other_lines_as_they_are_and_says_a_name_once() -> None:
    assert edited(PRESENT, {"OSS_BUCKET": "new"}, {}) == "# ours\nOSS_BUCKET=new\n\nVIAPI_QPS=2\n"


def test_an_empty_value_takes_its_line_out() -> None:
    assert edited(PRESENT, {"OSS_BUCKET": "", "DAMO_QPS": ""}, {}) == "# ours\n\nVIAPI_QPS=2\n"


def test_a_new_setting_comes_at_the_end_with_its_comment() -> None:
    text = edited("VIAPI_QPS=2", {"OSS_BUCKET": "new", "LOG_STORE": "log"}, {"OSS_BUCKET": "takes the photos"})
    assert text == "VIAPI_QPS=2\n# takes the photos\nOSS_BUCKET=new\nLOG_STORE=log\n"


def test_what_is_written_is_read_back_by_us_and_by_a_shell() -> None:
    values = {"PRICES": "general/common=0.1, goods/commodity=0.2", "DAMO_APPCODE": "$(id) `id` \\ # EXAMPLE"}
    text = edited("", values, {})
    assert parse(text) == values
    shell = f'set -a; {text} printf \'%s|%s\' "$PRICES" "$DAMO_APPCODE"'
    assert subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout == "|".join(
        values.values()
    )


def test_only_the_owner_reads_it_from_the_first_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = list[int]()

    def synced(descriptor: int) -> None:
        modes.append(os.fstat(descriptor).st_mode & 0o777)

    monkeypatch.setattr(os, "fsync", synced)
    file = tmp_path / "oss-cutout.env"
    file.write_text("VIAPI_QPS=2\n")
    file.chmod(0o644)
    before = os.umask(0)
    try:
        write(file, "VIAPI_QPS=5\n")
    finally:
        os.umask(before)
    assert modes == [0o600]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == "VIAPI_QPS=5\n"


def test_an_interrupted_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "oss-cutout.env"
    write(file, "VIAPI_QPS=2\n")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(file, "VIAPI_QPS=5\n")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("oss-cutout.env", "VIAPI_QPS=2\n")]


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "oss-cutout.env"
    left = tmp_path / "oss-cutout.env.new"
    left.write_text("VIAPI_")
    left.chmod(0o644)
    write(file, "VIAPI_QPS=5\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not left.exists()


def test_a_link_stays_one(tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "settings.env"
    kept.parent.mkdir()
    kept.write_text("")
    file = tmp_path / "oss-cutout.env"
    file.symlink_to(kept)
    write(file, "VIAPI_QPS=5\n")
    assert file.is_symlink()
    assert kept.read_text() == "VIAPI_QPS=5\n"


def test_git_takes_neither_the_file_nor_what_a_killed_process_left() -> None:
    assert "/oss-cutout.env*" in (ROOT / ".gitignore").read_text().splitlines()
