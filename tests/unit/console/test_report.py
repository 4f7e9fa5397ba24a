"""The report: files that a browser shows, whatever photos are called and receipts say."""

from __future__ import annotations

import csv
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from console.records.mirror import Mirror
from console.records.record import Query
from console.report import command, write
from tests.scenarios.shop import photo
from tests.unit.console.records.made import NOON, listing, receipt
from tests.unit.fakes import Clock, MemoryBucket

MARKUP = "<img src=x onerror=alert(1)>\"'<script>alert(1)</script>.jpg"


class Page(HTMLParser):
    """What a browser makes of a page: its elements, with their attributes, and its text."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket(Clock())


def _written(bucket: MemoryBucket, folder: Path, query: Query = Query(), language: str = "en") -> int:  # noqa: B008
    mirror = Mirror(bucket, folder / "cache" / "bucket.sqlite")
    mirror.refresh()
    files = write.write(folder / "report", mirror, bucket, query, about="uploads/", language=language)  # type: ignore[arg-type]
    mirror.close()
    there = {
        each.relative_to(folder / "report").as_posix() for each in (folder / "report").rglob("*") if each.is_file()
    }
    assert there - {"page-about.html"} == files
    return sum(each.endswith(".html") for each in files)


def _served(bucket: MemoryBucket, name: str, **said: object) -> str:
    source = f"uploads/general/common/{name}"
    key = source.replace("uploads/", "cutouts/") + ".png"
    bucket.put(source, photo())
    bucket.put(key, photo("PNG", mode="RGBA"))
    bucket.unprocessable |= {source, key}
    output = {"key": key, "label": "", "content_type": "image/png", "bytes": 1}
    return receipt(bucket, name, outputs=[output], **said)


def test_failures_come_first_and_then_what_is_to_be_looked_at(bucket: MemoryBucket, tmp_path: Path) -> None:
    _served(bucket, "good.jpg", finished_at=NOON + timedelta(hours=1))
    listing(bucket, _served(bucket, "odd.jpg"), "look")
    receipt(bucket, "bad.jpg", status="failed", code="Timeout", message="No result came.")
    assert _written(bucket, tmp_path) == 1
    page = Page(tmp_path / "report" / "index.html")
    places = [page.text.index(name) for name in ("bad.jpg", "odd.jpg", "good.jpg")]
    assert places == sorted(places)
    assert "No result came." in page.text
    assert "not in the bucket any more" in page.text, "the photo of bad.jpg was deleted"
    files = [each["src"] for each in page.all("img")]
    assert len(files) == 4
    assert all((tmp_path / "report" / str(file)).read_bytes()[8:12] == b"WEBP" for file in files)
    with (tmp_path / "report" / "photos.csv").open(encoding="utf-8-sig", newline="") as rows:
        assert len([*csv.DictReader(rows)]) == 3


def test_names_and_messages_are_text(bucket: MemoryBucket, tmp_path: Path) -> None:
    receipt(bucket, MARKUP, status="failed", message=MARKUP, message_zh=MARKUP, code=MARKUP, request_id=MARKUP)
    _written(bucket, tmp_path)
    page = Page(tmp_path / "report" / "index.html")
    assert not page.all("script")
    assert not page.all("img")
    assert page.text.count(MARKUP) == 3
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_what_is_no_picture_is_not_shown(bucket: MemoryBucket, tmp_path: Path) -> None:
    _served(bucket, "svg.png")
    bucket.put("uploads/general/common/svg.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    _written(bucket, tmp_path)
    page = Page(tmp_path / "report" / "index.html")
    assert len(page.all("img")) == 1
    assert "cannot be shown" in page.text


def test_many_photos_are_on_many_pages(bucket: MemoryBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "ON_A_PAGE", 2)
    for number in range(5):
        receipt(bucket, f"{number}.jpg", status="rejected")
    assert _written(bucket, tmp_path, language="zh") == 3
    links = [each["href"] for each in Page(tmp_path / "report" / "page-2.html").all("a")]
    assert links == ["photos.csv", "index.html", "page-3.html"]
    assert "未受理" in Page(tmp_path / "report" / "page-3.html").text


def test_nothing_stays_of_an_earlier_report(
    bucket: MemoryBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "ON_A_PAGE", 2)
    for number in range(4):
        _served(bucket, f"{number}.jpg")
    assert _written(bucket, tmp_path) == 2
    (tmp_path / "report" / "page-about.html").write_text("somebody's own")
    for key in [key for key in bucket.things if "/0.jpg" not in key]:
        del bucket.things[key]
    assert _written(bucket, tmp_path) == 1
    assert len([*(tmp_path / "report" / "pictures").iterdir()]) == 2
    assert (tmp_path / "report" / "page-about.html").exists()


def test_each_prefix_has_a_report_of_its_own() -> None:
    prefixes = ("a b/", "a-b/", "a/b/", "a", "a/", "../", "")
    names = [command.asked(f"uploads/{each}", "", None, NOON).name for each in prefixes]
    assert len({*names}) == len(prefixes)
    assert names[4:] == ["a", names[5], "all"]
    assert names[0].startswith("a-b-")


def test_a_day_is_by_this_machines_zone() -> None:
    now = NOON.astimezone()
    asked = command.asked("uploads/goods/commodity/autumn sale/", "yesterday", None, now)
    assert asked.name.startswith(f"{now - timedelta(days=1):%Y-%m-%d}-goods-commodity-autumn-sale-")
    assert asked.query.since is not None
    assert asked.query.until == asked.query.since + timedelta(days=1)
    with pytest.raises(ValueError, match="uploads/"):
        command.asked("cutouts/", "", None, now)
