"""The report of a trial, in Markdown and in JSON: to be attached to an issue, so no account, bucket or key is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from console.verify.belief import Answered, Evidence
from console.verify.trial import Outcome


def write(folder: Path, at: datetime, found: dict[str, Any]) -> tuple[Path, Path]:
    """Writes the document as `<moment>.md` and `<moment>.json`, and returns their paths. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{at:%Y-%m-%dT%H%M%SZ}"
    pages = folder / f"{stem}.md", folder / f"{stem}.json"
    pages[0].write_text("\n".join(_markdown(found)) + "\n", "utf-8")
    pages[1].write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return pages


def document(found: Evidence, answered: Sequence[Answered]) -> dict[str, Any]:
    """`where` tells the real cloud from one that is played on somebody's machine."""
    return {
        "at": f"{found.at:%Y-%m-%dT%H:%M:%SZ}",
        "where": "a cloud in a box" if found.account.is_box else found.account.region,
        "capabilities": [_outcome(each) for each in found.outcomes],
        "beliefs": [
            {
                "name": each.belief.name,
                "question": each.belief.question.en,
                "answer": each.answer.said,
                "evidence": each.answer.evidence.en,
            }
            for each in answered
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    row, receipt = outcome.photo.capability, outcome.receipt
    about = {
        "capability": row.name,
        "provider": row.provider,
        "action": row.action,
        "seconds": round(outcome.seconds, 1),
        "subject": None if outcome.subject is None else round(outcome.subject, 3),
    }
    if receipt is None:
        return {**about, "status": "no receipt", "code": outcome.stuck, "attempts": None, "pictures": 0, "bytes": 0}
    return {
        **about,
        "status": receipt.status,
        "code": receipt.code,
        "attempts": receipt.attempts,
        "pictures": len(receipt.outputs),
        "bytes": sum(each.bytes for each in receipt.outputs),
    }


def _markdown(found: dict[str, Any]) -> Iterator[str]:
    yield from (f"# Verified in {found['where']}, {found['at']}", "", "## Capabilities", "")
    yield from _table(found["capabilities"])
    yield from ("", "## Beliefs", "")
    yield from _table(found["beliefs"])


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    names = [*rows[0]] if rows else []
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from (f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in rows)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
