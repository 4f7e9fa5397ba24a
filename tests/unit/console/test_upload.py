"""`cutout upload`: what is sent of a folder, in which order, and what is said of the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from console.screen import Screen
from console.upload import command
from console.upload.send import File, files
from tests.scenarios.shop import photo
from tests.unit.console.desk.conftest import OneAccount
from tests.unit.fakes import Clock, MemoryBucket

COMMON = "uploads/general/common/"


class Slow(OneAccount):
    """Notes what begins and ends to be sent; a companion takes a while."""

    def __init__(self, bucket: MemoryBucket) -> None:
        super().__init__(bucket)
        self.sent = list[tuple[str, str]]()

    def objects(self, name: str = "") -> Any:
        return self.memory

    def put_object(self, key: str, body: Any) -> None:
        self.sent.append(("begin", key))
        time.sleep(0.2 if "mask" in key else 0)
        super().put_object(key, body)
        self.sent.append(("end", key))


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def _upload(
    bucket: MemoryBucket, folder: Path, capability: str = "general/common", *, yes: bool = True, dry_run: bool = False
) -> Slow:
    account = Slow(bucket)
    asked = command.asked(folder, capability, [], [], "")
    command.run(Screen(), account, asked, yes=yes, dry_run=dry_run)
    return account


def _problems(found: Iterator[File]) -> dict[str, str]:
    return {each.path.name: each.problem.en for each in found if each.problem}


def test_a_photo_is_replaced_only_when_that_is_agreed_to(
    bucket: MemoryBucket, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.put(f"{COMMON}a.jpg", photo())
    (folder / "a.jpg").write_bytes(photo(of="rocket"))
    with pytest.raises(typer.BadParameter):  # nobody can be asked here
        _upload(bucket, folder, yes=False)
    assert f"another file is there and will be replaced: {COMMON}a.jpg" in capsys.readouterr().out
    assert bucket.things[f"{COMMON}a.jpg"].body == photo()
    _upload(bucket, folder)
    assert bucket.things[f"{COMMON}a.jpg"].body == photo(of="rocket")


def test_what_is_there_costs_nothing(bucket: MemoryBucket, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(photo())
    bucket.put(f"{COMMON}a.jpg", photo())
    _upload(bucket, folder, dry_run=True)
    assert f"1 photos to {COMMON}, for 0.01 yuan; files that are there already: 1" in capsys.readouterr().out


def test_photos_wait_for_all_companions(bucket: MemoryBucket, folder: Path) -> None:
    for name in ("a.jpg", "a.jpg.mask.png", "b.jpg"):
        (folder / name).write_bytes(photo())
    sent = _upload(bucket, folder, "picwish/watermark").sent
    assert sent[:2] == [(each, "uploads/picwish/watermark/a.jpg.mask.png") for each in ("begin", "end")]
    assert len(sent) == 6


def test_other_files_are_named_and_not_sent(bucket: MemoryBucket, folder: Path) -> None:
    (folder / ".ssh").mkdir()
    (folder / ".ssh" / "id_rsa").write_bytes(b"secret")
    (folder / "notes.txt").write_bytes(b"notes")
    with (folder / "film.mp4").open("wb") as film:
        film.write(b"\0\0\0\x20ftypisom\0\0\2\0")
        film.truncate(60_000_000_000)
    assert _upload(bucket, folder).sent == []
    assert _problems(files(folder, COMMON)).keys() == {"id_rsa", "notes.txt", "film.mp4"}


def test_links_are_named(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "a.jpg").write_bytes(photo())
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    (folder / "linked").symlink_to(folder / "real")
    (folder / "same.jpg").symlink_to(folder / "real" / "a.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nothing")
    found = _problems(files(folder, COMMON))
    assert found.keys() == {"loop.jpg", "linked", "gone.jpg"}
    assert "symbolic link to a folder" in found["linked"]


def test_a_file_that_vanishes_is_named_and_the_others_are_sent(
    bucket: MemoryBucket, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photo())
    bucket.put(f"{COMMON}a.jpg", photo())
    found = [*files(folder, COMMON)]
    monkeypatch.setattr(command, "files", lambda *_: found)
    (folder / "a.jpg").unlink()
    (folder / "b.jpg").unlink()
    _upload(bucket, folder)
    said = capsys.readouterr().out
    for name in ("a.jpg", "b.jpg"):
        assert f"not sent: {folder / name}: it cannot be read: No such file or directory" in said
    assert f"{COMMON}c.jpg" in bucket.things
