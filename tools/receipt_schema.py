"""Writes the receipt's JSON schema, which is published, from the model: `python -m tools.receipt_schema`."""

from __future__ import annotations

import json
from pathlib import Path

from shared.jobs.receipt import Receipt

PATH = Path(__file__).parents[1] / "events" / "receipt.schema.json"


def text() -> str:
    return json.dumps(Receipt.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
