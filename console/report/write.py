"""Writes the report into a folder: pages, small pictures, and the table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.records.mirror import Mirror
from console.records.pages import AT_ONCE
from console.records.record import FAILURES, Query, Record
from console.records.table import write_csv
from console.report.cards import Card, Shown, card
from console.report.words import WORDS
from console.screen import Language
from console.thumbnails import thumbnail
from shared.cloud.ports import Bucket
from shared.errors import ObjectForbidden, Rejected, Unavailable

ON_A_PAGE = 100
"""Photos: a browser shows so many, with their pictures, at once."""
FIRST = "index.html"
_TABLE = "photos.csv"
_OURS = re.compile(r"page-\d+\.html|pictures/[0-9a-f]{24}\.webp")
"""The other files of a report, below its folder."""
_SIDE = 480
"""Pixels of a small picture: those of the page's 12 rem on a screen of high density."""


def write(
    folder: Path,
    mirror: Mirror,
    bucket: Bucket,
    query: Query,
    *,
    about: str,
    language: Language,
    say: Callable[[int], object] = lambda _: None,
) -> Set[str]:
    """Lay out the records that meet `query` in `folder`, of which `about` says what they are; failures first, then what
    is to be looked at. `say` is told how many photos are done. Returns the files, below `folder`; what is
    left there of an earlier report is deleted.

    A page of records is in memory at a time. Raises what `Bucket` does, `OSError`.
    """
    written = {FIRST, _TABLE}
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    with (folder / _TABLE).open("w", encoding="utf-8-sig", newline="") as out:  # Excel reads it as UTF-8
        write_csv(mirror.find(query, "old"), out, language)
    words = {name: getattr(message, language) for name, message in WORDS.items()}
    facts = _summary(mirror, query)
    total = sum(mirror.count(query).values())
    pages = max(1, -(-total // ON_A_PAGE))
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("page.html")
    records = _in_order(mirror, query)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for page in range(1, pages + 1):
            cards = [card(record, language) for record in islice(records, ON_A_PAGE)]
            shown = [*pool.map(partial(_with_files, folder, bucket, words), cards)]
            text = template.render(
                words=words, language=language, about=about, summary=facts, cards=shown, page=page, pages=pages
            )
            name = FIRST if page == 1 else f"page-{page}.html"
            (folder / name).write_text(text, "utf-8", errors="backslashreplace")
            written |= {name, *(picture["file"] for each in shown for picture in each["pictures"] if picture["file"])}
            say(min(page * ON_A_PAGE, total))
    _delete_others(folder, written)
    return written


def _delete_others(folder: Path, written: Set[str]) -> None:
    for file in (*folder.glob("page-*.html"), *folder.glob("pictures/*.webp")):
        name = file.relative_to(folder).as_posix()
        if name not in written and _OURS.fullmatch(name):
            file.unlink()


def _in_order(mirror: Mirror, query: Query) -> Iterator[Record]:
    wanted = query.statuses or (*FAILURES, "done")
    failures = tuple(status for status in wanted if status in FAILURES)
    found: list[Iterable[Record]] = [mirror.find(replace(query, statuses=failures))] if failures else []
    if "done" in wanted:
        done = replace(query, statuses=("done",))
        found.append(mirror.find(replace(done, verdict="look")))
        if query.verdict != "look":
            found.append(each for each in mirror.find(done) if each.verdict != "look")
    return chain.from_iterable(found)


def _summary(mirror: Mirror, query: Query) -> Sequence[tuple[str, object]]:
    counts, look = mirror.count(query), mirror.count(query, "verdict").get("look", 0)
    calls, yuan = mirror.sums(query)
    return (
        ("photos", sum(counts.values())),
        *((status, counts.get(status, 0)) for status in ("done", *reversed(FAILURES))),
        ("look", look),
        ("calls", calls),
        ("yuan", f"{yuan:.2f}"),
    )


def _with_files(folder: Path, bucket: Bucket, words: dict[str, str], shown: Card) -> dict[str, Any]:
    """The card as the template takes it, each of its pictures with the file that shows it, or a word in its place."""
    return {**asdict(shown), "pictures": [_picture(folder, bucket, words, each) for each in shown.pictures]}


def _picture(folder: Path, bucket: Bucket, words: dict[str, str], shown: Shown) -> dict[str, Any]:
    file, instead = "", ""
    if shown.key:
        name = hashlib.sha256(shown.key.encode(errors="backslashreplace")).hexdigest()[:24]
        file = f"pictures/{name}.webp"
        try:
            (folder / file).write_bytes(thumbnail(bucket, shown.key, _SIDE))
        except (Rejected, ObjectForbidden):
            file, instead = "", words["not_shown"]
        except Unavailable as error:
            if error.code != "NoSuchKey":
                raise
            file, instead = "", words["gone"]
    return {"title": shown.title, "made": shown.made, "file": file, "instead": instead}
